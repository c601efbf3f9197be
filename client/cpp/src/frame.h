#pragma once

#include "chainsolved/frame_ref.h"
#include "protocol/columns.h"
#include "protocol/error.h"
#include "protocol/frame.h"
#include "shm/message_socket.h"
#include "shm/segment.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::client {

/// A received message and the buffer that it lies in. Filled by one thread, then immutable but for
/// the reference count; shared through FrameRef.
struct Frame {
  static FrameRef make(std::size_t capacity);

  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  std::atomic<std::uint32_t> references{1};
  std::unique_ptr<std::byte[]> buffer;  // capacity + kJsonPadding bytes
  std::size_t capacity;

  FrameHeader header;
  std::string_view json;  // followed by kJsonPadding readable bytes, wherever it lies
  std::span<const std::byte> data;
  std::array<std::optional<SealedSegment>, kMaxFrameSegments> segments;

  std::span<std::byte> room() noexcept { return {buffer.get(), capacity}; }

  /// Reads the message of `bytes` bytes in the buffer; takes `fds` over, checks each and maps the
  /// JSON when it lies in one.
  Result<void> decode(std::size_t bytes, FdList& fds);
  /// Forgets the message; the buffer stays.
  void clear() noexcept;
  /// Closes the segments' descriptors: what is mapped stays with whoever holds the mapping.
  void drop_segments() noexcept;

 private:
  friend class FrameRef;
  explicit Frame(std::size_t size);
  ~Frame() = default;
  Result<void> map_json();

  std::shared_ptr<const SegmentMapping> json_mapping_;
  std::string json_copy_;
};

/// Buffers for receiving, used again when nobody holds them any more: a client that lets its
/// results go receives without allocating.
class FramePool {
 public:
  explicit FramePool(std::size_t capacity) noexcept : capacity_(capacity) {}
  FrameRef take();
  /// Keeps a frame with segments out of reuse, so that they end with the last holder.
  void forget(const FrameRef& frame) noexcept;
  void set_capacity(std::size_t capacity) noexcept;
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  static constexpr std::size_t kKept = 4;
  std::size_t capacity_;
  std::vector<FrameRef> kept_;
};

/// Resolves a message's columns. The mappings of its segments are made once and kept by whatever
/// numbers point into them.
class FrameColumns final : public ColumnSource {
 public:
  explicit FrameColumns(const FrameRef& frame) noexcept : frame_(frame), data_(frame->data) {}

  Result<std::span<const std::byte>> column(ColumnType type,
                                            std::uint64_t offset,
                                            std::uint64_t count) override;
  Result<Numbers> segment(std::uint64_t index, std::uint64_t offset, std::uint64_t count) override;
  /// A column of any type in a segment.
  Result<std::span<const std::byte>> segment_column(std::uint64_t index,
                                                    ColumnType type,
                                                    std::uint64_t offset,
                                                    std::uint64_t count);
  /// What of the message's segments has been mapped.
  std::vector<std::shared_ptr<const void>> mappings() const;

 private:
  Result<std::shared_ptr<const SegmentMapping>> mapping(std::uint64_t index);

  const FrameRef& frame_;
  DataBytes data_;
  std::array<std::shared_ptr<const SegmentMapping>, kMaxFrameSegments> mapped_;
};

}  // namespace chainsolved::client
