#include "daemon/engine/frame_builder.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace chainsolved::engine {

namespace {

// Room that the data bytes leave for the JSON around them, so that the answer to a change of ten
// thousand scalars is one message and no segment.
constexpr std::size_t kJsonRoom = 4096;

// Up to this many numbers are shorter as JSON than as a reference to a column.
constexpr std::size_t kSmallColumn = 8;

// Of the four segments of a frame one is kept for the JSON and one for the result.
constexpr std::size_t kMaxOwnSegments = kMaxFrameSegments - 2;

// What a segment is worth: less is copied rather than sent with a descriptor of its own.
constexpr std::size_t kPageBytes = 4096;

// The largest text whose memory is kept for the next frame.
constexpr std::size_t kKeptText = 1U << 20;

constexpr std::size_t aligned(std::size_t bytes) noexcept {
  return (bytes + 7) & ~std::size_t{7};
}

void write_reference(JsonWriter& json,
                     ColumnType type,
                     std::optional<std::size_t> segment,
                     std::uint64_t offset,
                     std::uint64_t count) {
  json.begin_object().key(segment ? "$segment" : "$column").begin_object();
  if (segment) json.member("index", static_cast<std::uint64_t>(*segment));
  json.member("type", name_of(type)).member("offset", offset).member("count", count);
  json.end_object().end_object();
}

}  // namespace

void FrameBuilder::start(const Limits& limits) {
  text_.clear();
  if (text_.capacity() > kKeptText) std::string().swap(text_);
  json_.emplace(text_);
  data_.clear();
  columns_.clear();
  attached_.clear();
  result_bytes_ = 0;
  result_index_.reset();
  inline_limit_ = static_cast<std::size_t>(limits.inline_limit);
  data_limit_ = inline_limit_ > 2 * kJsonRoom ? inline_limit_ - kJsonRoom : inline_limit_ / 2;
  max_result_bytes_ = limits.max_result_bytes;
}

bool FrameBuilder::fits(std::size_t bytes) const noexcept {
  return aligned(data_.size()) + bytes <= data_limit_;
}

void FrameBuilder::put(JsonWriter& json, ColumnType type, std::span<const std::byte> bytes) {
  if (fits(bytes.size())) return append_inline(json, type, bytes);
  append_to_result(json, type, {Numbers{}, bytes, 0});
}

void FrameBuilder::put(JsonWriter& json, const Numbers& numbers) {
  if (numbers.size() <= kSmallColumn) {
    json.begin_array();
    for (const double number : numbers)
      json.number(number);
    json.end_array();
    return;
  }
  const auto bytes = std::as_bytes(numbers.span());
  if (fits(bytes.size())) return append_inline(json, ColumnType::F64, bytes);
  if (attach_own(json, numbers)) return;
  append_to_result(json, ColumnType::F64, {numbers, bytes, 0});
}

void FrameBuilder::append_inline(JsonWriter& json,
                                 ColumnType type,
                                 std::span<const std::byte> bytes) {
  data_.resize(aligned(data_.size()));
  const std::size_t offset = data_.size();
  data_.insert(data_.end(), bytes.begin(), bytes.end());
  write_reference(json, type, std::nullopt, offset, bytes.size() / element_size(type));
}

void FrameBuilder::append_to_result(JsonWriter& json, ColumnType type, Column column) {
  if (!result_index_) {
    result_index_ = attached_.size();
    attached_.emplace_back(nullptr);
  }
  column.offset = aligned(static_cast<std::size_t>(result_bytes_));
  result_bytes_ = column.offset + column.bytes.size();
  write_reference(
      json, type, result_index_, column.offset, column.bytes.size() / element_size(type));
  columns_.push_back(std::move(column));
}

bool FrameBuilder::attach_own(JsonWriter& json, const Numbers& numbers) {
  if (numbers.size() * sizeof(double) < kPageBytes) return false;
  const auto range = finder_.segment_of(numbers);
  if (!range) return false;
  auto place = std::find(attached_.begin(), attached_.end(), range->segment);
  if (place == attached_.end()) {
    if (attached_.size() - (result_index_ ? 1 : 0) >= kMaxOwnSegments) return false;
    place = attached_.insert(attached_.end(), range->segment);
  }
  const auto index = static_cast<std::size_t>(place - attached_.begin());
  write_reference(json, ColumnType::F64, index, range->offset, numbers.size());
  return true;
}

Result<void> FrameBuilder::finish(FrameHeader header, OutgoingFrame& out) {
  out.release_segments();
  for (auto& segment : attached_)
    out.segments[out.segment_count++] = segment;
  if (result_index_) {
    auto sealed = seal_result(out);
    if (!sealed.ok()) return sealed;
  }
  if (frame_size(text_.size(), data_.size()) > inline_limit_) {
    auto sealed = seal_json(header, out);
    if (!sealed.ok()) return sealed;
  }
  header.segments = static_cast<std::uint8_t>(out.segment_count);
  encode_frame(header, header.json_in_segment() ? std::string_view{} : text_, data_, out.message);
  // Nothing large is kept alive until the next frame.
  columns_.clear();
  attached_.clear();
  return {};
}

Result<void> FrameBuilder::seal_result(OutgoingFrame& out) {
  if (result_bytes_ > max_result_bytes_)
    return limit_error("maxResultBytes",
                       max_result_bytes_,
                       "the result has " + std::to_string(result_bytes_) +
                           " bytes; ask for fewer nodes at a time, or raise the limit");
  auto builder = SegmentBuilder::create(result_bytes_, "chainsolved-result");
  if (!builder.ok()) return std::move(builder).error();
  for (const Column& column : columns_) {
    auto written = builder->write(column.offset, column.bytes);
    if (!written.ok()) return written;
  }
  auto sealed = std::move(*builder).seal();
  if (!sealed.ok()) return std::move(sealed).error();
  out.segments[*result_index_] = std::make_shared<const SealedSegment>(std::move(*sealed));
  return {};
}

Result<void> FrameBuilder::seal_json(FrameHeader& header, OutgoingFrame& out) {
  auto builder = SegmentBuilder::create(text_.size(), "chainsolved-json");
  if (!builder.ok()) return std::move(builder).error();
  auto written = builder->write(0, std::as_bytes(std::span(text_)));
  if (!written.ok()) return written;
  auto sealed = std::move(*builder).seal();
  if (!sealed.ok()) return std::move(sealed).error();
  header.flags |= kFlagJsonInSegment;
  out.segments[out.segment_count++] = std::make_shared<const SealedSegment>(std::move(*sealed));
  return {};
}

}  // namespace chainsolved::engine
