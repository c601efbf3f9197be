#pragma once

#include "daemon/engine/in_flight_table.h"
#include "protocol/columns.h"
#include "protocol/error.h"
#include "protocol/frame.h"
#include "protocol/limits.h"
#include "shm/message_socket.h"
#include "shm/segment.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::engine {

/// One message of a client on its way to being answered, with the descriptors that came with it.
/// The bytes are borrowed from the receive buffer until keep() is called, as it is for what has to
/// wait.
class IncomingRequest {
 public:
  std::uint64_t client = 0;
  FrameHeader header;
  std::optional<InFlightTable::Entry> entry;  // none: nobody waits for an answer
  std::optional<Error> refused;               // what is wrong with the frame; told in its turn
  FdList fds;

  std::string_view json() const noexcept { return json_; }
  std::span<const std::byte> data() const noexcept { return data_; }

  /// The segment that the JSON came in, if it fills it; null otherwise.
  const std::shared_ptr<const SealedSegment>& json_segment() const noexcept {
    return json_segment_;
  }

  /// Splits a received message. `message` must be followed by kJsonPadding readable bytes.
  /// PROTOCOL_ERROR, and the errors of a segment that should hold the JSON.
  Result<void> open(std::span<const std::byte> message, const Limits& limits);

  /// Makes the bytes the request's own.
  void keep();

 private:
  Result<void> open_json_segment(const Limits& limits);

  std::string_view json_;
  std::span<const std::byte> data_;
  std::shared_ptr<const SealedSegment> json_segment_;
  std::shared_ptr<const SegmentMapping> json_mapping_;
  std::string json_copy_;
  std::vector<std::byte> kept_;
};

/// The columns of a request: its data bytes and the segments attached to it. A segment is taken
/// over, checked and mapped when it is first asked for.
class RequestColumns final : public DataBytes {
 public:
  explicit RequestColumns(IncomingRequest& request) noexcept
      : DataBytes(request.data()), request_(request) {}

  Result<Numbers> segment(std::uint64_t index, std::uint64_t offset, std::uint64_t count) override;

  /// A segment that was asked for and found good; kept by whoever wants to send it on.
  struct Opened {
    std::shared_ptr<const SealedSegment> sealed;
    std::shared_ptr<const SegmentMapping> mapping;
  };
  const Opened* opened(std::uint64_t index) const noexcept;

 private:
  IncomingRequest& request_;
  std::array<Opened, kMaxFrameSegments> opened_;
};

}  // namespace chainsolved::engine
