#include "client/cpp/src/frame.h"

#include "protocol/snapshot.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

namespace chainsolved::client {

FrameRef::FrameRef(const FrameRef& other) noexcept : frame_(other.frame_) {
  if (frame_ != nullptr) frame_->references.fetch_add(1, std::memory_order_relaxed);
}

FrameRef& FrameRef::operator=(const FrameRef& other) noexcept {
  if (this != &other) *this = FrameRef(other);
  return *this;
}

FrameRef& FrameRef::operator=(FrameRef&& other) noexcept {
  if (this != &other) {
    reset();
    frame_ = std::exchange(other.frame_, nullptr);
  }
  return *this;
}

void FrameRef::reset() noexcept {
  Frame* frame = std::exchange(frame_, nullptr);
  if (frame != nullptr && frame->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete frame;
}

// Uninitialised: the kernel writes what is read. The padding is set once, for valgrind's sake and
// because it is part of what a parser looks at.
Frame::Frame(std::size_t size) : buffer(new std::byte[size + kJsonPadding]), capacity(size) {
  std::fill_n(buffer.get() + size, kJsonPadding, std::byte{0});
}

FrameRef Frame::make(std::size_t capacity) {
  return FrameRef(new Frame(capacity));
}

void Frame::clear() noexcept {
  header = {};
  json = {};
  data = {};
  drop_segments();
  json_mapping_.reset();
  json_copy_.clear();
}

void Frame::drop_segments() noexcept {
  for (auto& segment : segments)
    segment.reset();
}

Result<void> Frame::decode(std::size_t bytes, FdList& fds) {
  const auto view = decode_frame({buffer.get(), bytes});
  if (!view.ok()) return view.error();
  header = view->header;
  json = view->json;
  data = view->data;
  if (fds.size() != header.segments)
    return Error{ErrorCode::ProtocolFault,
                 "a frame says " + std::to_string(header.segments) + " segments and carries " +
                     std::to_string(fds.size()) + " descriptors"};
  for (std::size_t i = 0; i < fds.size(); ++i) {
    auto adopted = SealedSegment::adopt(std::move(fds[i]), 0);
    if (!adopted.ok()) return std::move(adopted).error();
    segments[i].emplace(std::move(adopted).value());
  }
  fds.clear();
  return header.json_in_segment() ? map_json() : Result<void>();
}

Result<void> Frame::map_json() {
  auto mapping = segments[header.segments - 1U]->map();
  if (!mapping.ok()) return std::move(mapping).error();
  json_mapping_ = *mapping;
  const auto bytes = json_mapping_->bytes();
  json = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  // What follows the text on its last page reads as zeros; past the page nothing may be read.
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if ((page - bytes.size() % page) % page < kJsonPadding) {
    json_copy_.reserve(json.size() + kJsonPadding);
    json_copy_.assign(json);
    json = json_copy_;
    json_mapping_.reset();
  }
  return {};
}

FrameRef FramePool::take() {
  for (FrameRef& frame : kept_) {
    // Acquire: whoever let go last has finished reading before this thread writes.
    if (frame->references.load(std::memory_order_acquire) == 1) {
      frame->clear();
      return frame;
    }
  }
  FrameRef fresh = Frame::make(capacity_);
  if (kept_.size() < kKept) kept_.push_back(fresh);
  return fresh;
}

void FramePool::forget(const FrameRef& frame) noexcept {
  std::erase_if(kept_, [&](const FrameRef& kept) { return kept.get() == frame.get(); });
}

void FramePool::set_capacity(std::size_t capacity) noexcept {
  if (capacity == capacity_) return;
  capacity_ = capacity;
  kept_.clear();
}

Result<std::span<const std::byte>> FrameColumns::column(ColumnType type,
                                                        std::uint64_t offset,
                                                        std::uint64_t count) {
  return data_.column(type, offset, count);
}

Result<std::shared_ptr<const SegmentMapping>> FrameColumns::mapping(std::uint64_t index) {
  if (index >= kMaxFrameSegments || !frame_->segments[index].has_value())
    return Error{ErrorCode::InvalidParams,
                 "a $segment names descriptor " + std::to_string(index) + " of " +
                     std::to_string(frame_->header.segments)};
  auto& kept = mapped_[index];
  if (kept == nullptr) {
    auto fresh = frame_->segments[index]->map();
    if (!fresh.ok()) return std::move(fresh).error();
    kept = *fresh;
  }
  return kept;
}

Result<Numbers> FrameColumns::segment(std::uint64_t index,
                                      std::uint64_t offset,
                                      std::uint64_t count) {
  auto found = mapping(index);
  if (!found.ok()) return std::move(found).error();
  return numbers_in(*found, offset, count);
}

Result<std::span<const std::byte>> FrameColumns::segment_column(std::uint64_t index,
                                                                ColumnType type,
                                                                std::uint64_t offset,
                                                                std::uint64_t count) {
  auto found = mapping(index);
  if (!found.ok()) return std::move(found).error();
  // A mapping is checked as a frame's data bytes are: alignment, range, overflow.
  return DataBytes((*found)->bytes()).column(type, offset, count);
}

std::vector<std::shared_ptr<const void>> FrameColumns::mappings() const {
  std::vector<std::shared_ptr<const void>> result;
  for (const auto& kept : mapped_) {
    if (kept != nullptr) result.emplace_back(kept);
  }
  return result;
}

}  // namespace chainsolved::client
