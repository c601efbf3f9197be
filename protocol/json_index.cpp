#include "protocol/json_index.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

namespace chainsolved {

namespace {

constexpr std::size_t kWindow = 256U << 10;  // text and index together stay in the second cache
constexpr std::size_t kSmallest = 1U << 10;  // the buffer of a small text; it grows by doubling

const char* words_of(simdjson::error_code code) noexcept {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return "the text is not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string does not end";
    case simdjson::UNESCAPED_CHARS:
      return "a string has a control character that is not escaped";
    case simdjson::EMPTY:
      return "the text is empty";
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return "the text is too large for this machine's memory";
    default:
      return "the text cannot be read";
  }
}

// Behind the last character of `window` that ends a token or is one, if it stands outside strings;
// 0 when there is none in the second half, since a window must be worth its while.
std::size_t find_cut(std::string_view window) noexcept {
  for (std::size_t end = window.size(); end > window.size() / 2; --end) {
    const char c = window[end - 1];
    if (c == ',' || c == '}' || c == ']') return end;
  }
  return 0;
}

}  // namespace

struct JsonIndex::Scanner {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;

  bool reserve(std::size_t bytes) {
    const bool fits = stage && stage->capacity() >= bytes;
    const bool wasteful = stage && stage->capacity() > kWindow && bytes <= kWindow;
    if (fits && !wasteful) return true;
    const std::size_t capacity =
        bytes > kWindow ? bytes : std::bit_ceil(std::max(bytes, kSmallest));
    stage.reset();  // the old buffer goes before the new one is made
    return simdjson::get_active_implementation()->create_dom_parser_implementation(
               capacity, 1, stage) == simdjson::SUCCESS;
  }

  simdjson::error_code run(std::string_view text) {
    if (text.empty()) return simdjson::EMPTY;
    if (text.size() >= std::numeric_limits<std::uint32_t>::max() || !reserve(text.size()))
      return simdjson::CAPACITY;
    // NOLINTNEXTLINE(*-reinterpret-cast): text seen as the bytes it is
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    return stage->stage1(bytes, text.size(), simdjson::stage1_mode::regular);
  }

  Window window(simdjson::error_code code, bool last) const {
    if (code != simdjson::SUCCESS) return {nullptr, 0, true, words_of(code)};
    return {stage->structural_indexes.get(), stage->n_structural_indexes, last, nullptr};
  }
};

JsonIndex::JsonIndex() : scanner_(std::make_unique<Scanner>()) {}
JsonIndex::~JsonIndex() = default;

JsonIndex::Window JsonIndex::scan(std::string_view text, std::size_t from) {
  const std::string_view rest = text.substr(from);
  // A cut inside a string shows as a string that does not end; a window twice as large has another
  // cut. Such a string is as long as the windows tried, so that trying costs no more than reading.
  for (std::size_t size = kWindow; size < rest.size(); size *= 2) {
    const std::size_t cut = find_cut(rest.substr(0, size));
    if (cut == 0) continue;
    const auto code = scanner_->run(rest.substr(0, cut));
    if (code != simdjson::UNCLOSED_STRING) return scanner_->window(code, false);
  }
  return scanner_->window(scanner_->run(rest), true);
}

}  // namespace chainsolved
