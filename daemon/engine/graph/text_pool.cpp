#include "daemon/engine/graph/text_pool.h"

#include <cstring>

namespace chainsolved::graph {
namespace {

constexpr std::size_t kLengthBytes = sizeof(std::uint32_t);

std::size_t rounded(std::size_t text_bytes, std::size_t grain) {
  return (text_bytes + kLengthBytes + grain - 1) / grain * grain;
}

void write_text(char* at, std::string_view text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  std::memcpy(at, &length, kLengthBytes);
  std::memcpy(at + kLengthBytes, text.data(), text.size());
}

}  // namespace

std::string_view TextPool::Ref::view() const noexcept {
  if (at_ == nullptr) return {};
  std::uint32_t length = 0;
  std::memcpy(&length, at_, kLengthBytes);
  return {at_ + kLengthBytes, length};
}

TextPool::Ref TextPool::add(std::string_view text) {
  if (text.empty()) return {};
  const std::size_t bytes = rounded(text.size(), kGrain);
  char* at = nullptr;
  if (bytes > kLargestPooled) {
    auto own = std::make_unique_for_overwrite<char[]>(bytes);
    at = own.get();
    large_.emplace(at, std::move(own));
    bytes_ += bytes;
  } else {
    at = take(bytes);
  }
  write_text(at, text);
  return Ref(at);
}

char* TextPool::take(std::size_t bytes) {
  char*& first_free = free_[bytes / kGrain];
  if (first_free != nullptr) {
    char* at = first_free;
    std::memcpy(&first_free, at, sizeof(char*));
    return at;
  }
  if (left_ < bytes) {
    // What is left of the old block is lost: at most 1 % of it.
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
    next_ = blocks_.back().get();
    left_ = kBlockBytes;
    bytes_ += kBlockBytes;
  }
  char* at = next_;
  next_ += bytes;
  left_ -= bytes;
  return at;
}

void TextPool::release(Ref ref) noexcept {
  if (ref.null()) return;
  const std::size_t bytes = rounded(ref.view().size(), kGrain);
  if (bytes > kLargestPooled) {
    bytes_ -= bytes;
    large_.erase(ref.at_);
    return;
  }
  char* at = const_cast<char*>(ref.at_);
  char*& first_free = free_[bytes / kGrain];
  std::memcpy(at, &first_free, sizeof(char*));
  first_free = at;
}

}  // namespace chainsolved::graph
