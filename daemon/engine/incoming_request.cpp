#include "daemon/engine/incoming_request.h"

#include "protocol/snapshot.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <unistd.h>

namespace chainsolved::engine {

namespace {

/// Whether the last page of a mapping of `size` bytes has room for the padding that the JSON reader
/// may read: the kernel fills a page that a file ends in with zeros.
bool has_padding(std::uint64_t size) noexcept {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t in_last_page = size % page;
  return in_last_page != 0 && page - in_last_page >= kJsonPadding;
}

}  // namespace

Result<void> IncomingRequest::open(std::span<const std::byte> message, const Limits& limits) {
  auto frame = decode_frame(message);
  if (!frame.ok()) return std::move(frame).error();
  header = frame->header;
  if (fds.size() != header.segments)
    return Error{ErrorCode::ProtocolFault,
                 "The frame announces " + std::to_string(header.segments) +
                     " descriptors and came with " + std::to_string(fds.size()) + "."};
  json_ = frame->json;
  data_ = frame->data;
  if (header.json_in_segment()) return open_json_segment(limits);
  return {};
}

Result<void> IncomingRequest::open_json_segment(const Limits& limits) {
  auto segment =
      SealedSegment::adopt(std::move(fds[fds.size() - 1]), std::max(header.json_bytes, 1U));
  if (!segment.ok()) return std::move(segment).error();
  const std::uint64_t length = header.json_bytes != 0 ? header.json_bytes : segment->size();
  if (length > limits.max_json_bytes)
    return limit_error("maxJsonBytes",
                       limits.max_json_bytes,
                       "the request's JSON has " + std::to_string(length) + " bytes");
  auto mapping = segment->map();
  if (!mapping.ok()) return std::move(mapping).error();
  if (length == segment->size())
    json_segment_ = std::make_shared<const SealedSegment>(std::move(*segment));
  const auto bytes = (*mapping)->bytes();
  // NOLINTNEXTLINE(*-reinterpret-cast): bytes seen as the text they are
  json_ = {reinterpret_cast<const char*>(bytes.data()), length};
  if (has_padding(bytes.size())) {
    json_mapping_ = std::move(*mapping);
    return {};
  }
  json_copy_.reserve(json_.size() + kJsonPadding);
  json_copy_.assign(json_);
  json_ = json_copy_;
  return {};
}

void IncomingRequest::keep() {
  const std::size_t inline_json = header.json_in_segment() ? 0 : json_.size();
  kept_.resize(data_.size() + inline_json + kJsonPadding);
  // The columns come first: a vector's memory is aligned for them, the text's end is not.
  std::copy(data_.begin(), data_.end(), kept_.begin());
  data_ = std::span<const std::byte>(kept_).first(data_.size());
  if (inline_json == 0) {
    if (!json_copy_.empty()) json_ = json_copy_;
    return;
  }
  const auto text = std::as_bytes(std::span(json_));
  std::copy(text.begin(), text.end(), kept_.begin() + static_cast<std::ptrdiff_t>(data_.size()));
  // NOLINTNEXTLINE(*-reinterpret-cast): bytes seen as the text they are
  json_ = {reinterpret_cast<const char*>(kept_.data() + data_.size()), inline_json};
}

Result<Numbers> RequestColumns::segment(std::uint64_t index,
                                        std::uint64_t offset,
                                        std::uint64_t count) {
  const std::size_t usable = request_.fds.size() - (request_.header.json_in_segment() ? 1 : 0);
  if (index >= usable)
    return Error{ErrorCode::InvalidParams,
                 "\"$segment\" names index " + std::to_string(index) + ", and " +
                     std::to_string(usable) + " segments came with the request"};
  Opened& opened = opened_[index];
  if (!opened.mapping) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    const bool fits = count <= kMax / sizeof(double) && offset <= kMax - count * sizeof(double);
    auto sealed = SealedSegment::adopt(std::move(request_.fds[index]),
                                       fits ? offset + count * sizeof(double) : kMax);
    if (!sealed.ok()) return std::move(sealed).error();
    auto mapping = sealed->map();
    if (!mapping.ok()) return std::move(mapping).error();
    opened = {std::make_shared<const SealedSegment>(std::move(*sealed)), std::move(*mapping)};
  }
  return numbers_in(opened.mapping, offset, count);
}

const RequestColumns::Opened* RequestColumns::opened(std::uint64_t index) const noexcept {
  return index < opened_.size() && opened_[index].mapping ? &opened_[index] : nullptr;
}

}  // namespace chainsolved::engine
