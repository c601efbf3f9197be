#pragma once

#include "daemon/engine/outgoing_frame.h"
#include "protocol/columns.h"
#include "protocol/error.h"
#include "protocol/frame.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"
#include "protocol/numbers.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chainsolved::engine {

/// A part of a segment that is already sealed.
struct SegmentRange {
  std::shared_ptr<const SealedSegment> segment;
  std::uint64_t offset = 0;  // in bytes
};

/// Knows which memory is a segment's own, so that it need not be copied to be sent.
class SegmentFinder {
 public:
  SegmentFinder() = default;
  SegmentFinder(const SegmentFinder&) = delete;
  SegmentFinder& operator=(const SegmentFinder&) = delete;
  virtual ~SegmentFinder() = default;
  virtual std::optional<SegmentRange> segment_of(const Numbers& numbers) const = 0;
};

/// Builds one outgoing frame: JSON is written through json(), columns through put(), which places
/// each beside the JSON while it fits a frame, and otherwise in one result segment, column after
/// column; a dataset's own memory goes as its own segment, uncopied. JSON that does not fit goes
/// into a segment too, the last one. Reused from frame to frame, so that small answers allocate
/// nothing.
class FrameBuilder final : public ColumnSink {
 public:
  explicit FrameBuilder(const SegmentFinder& segments) noexcept : finder_(segments) {}

  /// Begins a frame under these limits; what was built before is forgotten.
  void start(const Limits& limits);
  JsonWriter& json() noexcept { return *json_; }

  /// Bytes that do not fit beside the JSON must stay valid until finish().
  void put(JsonWriter& json, ColumnType type, std::span<const std::byte> bytes) override;
  void put(JsonWriter& json, const Numbers& numbers) override;

  /// The frame, in `out` (replaced, its capacity reused). LIMIT_EXCEEDED when the result is over
  /// maxResultBytes or no segment can be made.
  Result<void> finish(FrameHeader header, OutgoingFrame& out);

 private:
  struct Column {
    Numbers keeper;  // what keeps the bytes alive, if anything must
    std::span<const std::byte> bytes;
    std::uint64_t offset = 0;  // in the result segment
  };

  bool fits(std::size_t bytes) const noexcept;
  void append_inline(JsonWriter& json, ColumnType type, std::span<const std::byte> bytes);
  void append_to_result(JsonWriter& json, ColumnType type, Column column);
  bool attach_own(JsonWriter& json, const Numbers& numbers);
  Result<void> seal_result(OutgoingFrame& out);
  Result<void> seal_json(FrameHeader& header, OutgoingFrame& out);

  const SegmentFinder& finder_;
  std::string text_;
  std::optional<JsonWriter> json_;
  std::vector<std::byte> data_;
  std::size_t inline_limit_ = 0;
  std::size_t data_limit_ = 0;
  std::uint64_t max_result_bytes_ = 0;
  std::vector<Column> columns_;  // of the result segment
  std::uint64_t result_bytes_ = 0;
  std::optional<std::size_t> result_index_;
  std::vector<std::shared_ptr<const SealedSegment>> attached_;  // null: the result segment
};

}  // namespace chainsolved::engine
