#include "protocol/json_reader.h"

#include "protocol/error.h"
#include "protocol/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace chainsolved {

namespace {

// Buffers of unescaped strings are kept from text to text, but not an attacker's million.
constexpr std::size_t kKeptStrings = 1024;
// skip() and the tree builder recurse: no configured limit may exceed what the stack holds.
constexpr std::uint64_t kDeepest = 512;
constexpr std::size_t kExactDigits = 15;  // integers of so many digits are doubles exactly

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// The value of four hexadecimal digits at `i`, or a number above 0xFFFF.
std::uint32_t hex4(std::string_view text, std::size_t i) noexcept {
  constexpr std::uint32_t kNone = 0x10000;
  std::uint32_t value = 0;
  if (text.size() < i + 4) return kNone;
  const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 4, value, 16);
  return error == std::errc{} && end == text.data() + i + 4 ? value : kNone;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

// What a token does to the nesting. '[' and '{' differ by one bit only, and so do their partners.
int step_of(char c) noexcept {
  const int bracket = c | 0x20;
  return static_cast<int>(bracket == '{') - static_cast<int>(bracket == '}');
}

// Digits from `i`; how many there were.
std::size_t digits(std::string_view text, std::size_t& i) noexcept {
  const std::size_t begin = i;
  while (i < text.size() && is_digit(text[i]))
    ++i;
  return i - begin;
}

// Whether `text` is a number by JSON's grammar; `whole` when it has neither fraction nor exponent.
bool is_number(std::string_view text, bool& whole) noexcept {
  std::size_t i = !text.empty() && text[0] == '-' ? 1 : 0;
  const bool leading_zero = i < text.size() && text[i] == '0';
  const std::size_t integer_digits = digits(text, i);
  if (integer_digits == 0 || (leading_zero && integer_digits > 1)) return false;
  whole = i == text.size();
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits(text, i) == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits(text, i) == 0) return false;
  }
  return i == text.size();
}

double small_integer(std::string_view text) noexcept {
  const bool negative = text[0] == '-';
  std::int64_t value = 0;
  for (const char c : text.substr(negative ? 1 : 0))
    value = value * 10 + (c - '0');
  return negative ? -static_cast<double>(value) : static_cast<double>(value);
}

}  // namespace

bool JsonReader::start(std::string_view text, std::uint64_t max_nesting) {
  text_ = text;
  depth_ = 0;
  max_depth_ = static_cast<std::uint32_t>(std::min(max_nesting, kDeepest));
  fault_ = nullptr;
  release_strings();
  if (unescaped_.size() > kKeptStrings) unescaped_.clear();
  if (text.size() < std::numeric_limits<std::uint32_t>::max()) return scan(0);
  count_ = 0;
  return fail("the text has more than four gigabytes");
}

bool JsonReader::scan(std::size_t from) {
  const JsonIndex::Window window = index_.scan(text_, from);
  window_ = text_.data() + from;
  tokens_ = window.tokens;
  count_ = window.count;
  last_window_ = window.last;
  at_ = 0;
  return window.fault == nullptr || fail(window.fault);
}

// The next window begins with the last token of this one: some steps look back at it.
bool JsonReader::next_window() {
  if (last_window_ || failed()) return false;
  if (!scan(offset_of(count_ - 1))) return false;
  at_ = 1;
  return at_ < count_;
}

bool JsonReader::fail(const char* why) noexcept {
  if (fault_ == nullptr) fault_ = why;
  count_ = std::min(count_, at_);  // nothing is here any more: every further step fails too
  last_window_ = true;
  return false;
}

Error JsonReader::error() const {
  if (fault_ == kTooDeep)
    return limit_error(find_limit("maxNesting")->name, max_depth_, "The JSON is nested too deeply");
  std::string message = "The text is not valid JSON: ";
  message += fault_;
  if (tokens_ != nullptr) message += " (at byte " + std::to_string(offset_of(at_)) + ")";
  message += '.';
  return {ErrorCode::ParseError, std::move(message), {}};
}

bool JsonReader::unescape(std::string_view escaped, std::string_view& out) {
  if (used_ == unescaped_.size()) unescaped_.push_back(std::make_unique<std::string>());
  std::string& text = *unescaped_[used_];
  text.clear();
  for (std::size_t i = 0; i < escaped.size();) {
    const std::size_t backslash = std::min(escaped.find('\\', i), escaped.size());
    text.append(escaped, i, backslash - i);
    i = backslash + 2;
    if (backslash == escaped.size()) break;
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const char name = i <= escaped.size() ? escaped[backslash + 1] : '\0';
    if (const auto which = kNames.find(name); which != std::string_view::npos) {
      text += kMeant[which];
    } else if (name != 'u' || !unescape_unicode(escaped, i, text)) {
      return fail("a string has an escape that JSON does not know");
    }
  }
  ++used_;
  out = text;
  return true;
}

// `i` stands behind "\u" and goes behind the digits; a surrogate needs its partner.
bool JsonReader::unescape_unicode(std::string_view escaped, std::size_t& i, std::string& out) {
  std::uint32_t code = hex4(escaped, i);
  i += 4;
  if (code > 0xFFFF || (code >= 0xDC00 && code <= 0xDFFF)) return false;
  if (code >= 0xD800 && code <= 0xDBFF) {
    if (escaped.substr(std::min(i, escaped.size()), 2) != "\\u") return false;
    const std::uint32_t low = hex4(escaped, i + 2);
    i += 6;
    if (low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  }
  append_utf8(out, code);
  return true;
}

bool JsonReader::number(double& out) {
  if (!parse_json_number(token(), out)) return fail("a number was expected");
  ++at_;
  return true;
}

bool JsonReader::wire_number(double& out, bool& found) {
  std::string_view text;
  found = true;
  switch (peek()) {
    case Type::Number:
      return number(out);
    case Type::Null:
      out = std::numeric_limits<double>::quiet_NaN();
      return null();
    case Type::String:
      if (!string(text)) return false;
      found = parse_non_finite(text, out);
      return true;
    default:
      found = false;
      return skip();
  }
}

bool JsonReader::boolean(bool& out) {
  out = here() == 't';
  return literal(out ? "true" : "false");
}

bool JsonReader::literal(std::string_view word) {
  if (token() != word) return fail("a value was expected");
  ++at_;
  return true;
}

bool JsonReader::skip() {
  const std::size_t used = used_;
  std::string_view text;
  switch (peek()) {
    case Type::Object:
      if (!enter_object()) return false;
      while (next_key(text)) {
        used_ = used;  // what is passed over needs no memory
        if (!skip()) return false;
      }
      return !failed();
    case Type::Array:
      if (!enter_array()) return false;
      while (next_element())
        if (!skip()) return false;
      return !failed();
    case Type::String:
      if (!string(text)) return false;
      used_ = used;
      return true;
    case Type::Number:
      return skip_number();
    case Type::True:
      return literal("true");
    case Type::False:
      return literal("false");
    case Type::Null:
      return null();
    case Type::Other:
      break;
  }
  return fail("a value was expected");
}

bool JsonReader::skip_number() {
  bool whole = false;
  if (!is_number(token(), whole)) return fail("a number was expected");
  ++at_;
  return true;
}

JsonReader::Place JsonReader::place() {
  here();  // the next token may be in the next window
  if (tokens_ == nullptr) return {};
  const auto at = static_cast<std::uint32_t>(offset_of(at_));
  return {at, at_ == 0 ? at : static_cast<std::uint32_t>(offset_of(at_ - 1)), depth_};
}

void JsonReader::go(Place place) {
  if (failed()) return;
  depth_ = place.depth;
  const auto begin = static_cast<std::size_t>(window_ - text_.data());
  if (place.before < begin || place.before >= begin + tokens_[count_]) scan(place.before);
  if (failed()) return;
  const auto offset = place.before - static_cast<std::uint32_t>(window_ - text_.data());
  const auto* token = std::lower_bound(tokens_, tokens_ + count_, offset);
  at_ = static_cast<std::uint32_t>(token - tokens_) + (place.at == place.before ? 0 : 1);
}

std::string_view JsonReader::text_since(Place from) {
  here();
  if (failed()) return {};
  std::size_t end = offset_of(at_);
  while (end > from.at && is_space(text_[end - 1]))
    --end;
  return text_.substr(from.at, end - from.at);
}

bool JsonReader::skip_unchecked(std::size_t* elements) {
  const char open = here();
  if (open != '{' && open != '[') return fail("an array or object was expected");
  int level = 0;
  std::size_t commas = 0;
  do {
    for (; at_ < count_; ++at_) {
      const char c = window_[tokens_[at_]];
      level += step_of(c);
      commas += static_cast<std::size_t>(c == ',') & static_cast<std::size_t>(level == 1);
      if (level == 0) break;
    }
  } while (level != 0 && next_window());
  if (level != 0 || here() != (open == '{' ? '}' : ']'))
    return fail("an array or object does not end");
  if (elements != nullptr) *elements = commas == 0 && first_in(open) ? 0 : commas + 1;
  ++at_;
  return true;
}

bool JsonReader::finish() {
  const bool more = here() != '\0' || at_ < count_;
  if (failed()) return false;
  return !more || fail("something follows after the end");
}

bool parse_non_finite(std::string_view text, double& out) noexcept {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") {
    out = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity") {
    out = kInfinity;
  } else if (text == "-Infinity") {
    out = -kInfinity;
  } else {
    return false;
  }
  return true;
}

bool parse_json_number(std::string_view text, double& out) {
  bool whole = false;
  if (!is_number(text, whole)) return false;
  if (whole && text.size() <= kExactDigits) {
    out = small_integer(text);
    return true;
  }
  const auto code = std::from_chars(text.data(), text.data() + text.size(), out).ec;
  if (code == std::errc::result_out_of_range)
    out = std::strtod(std::string(text).c_str(), nullptr);  // knows infinite from 0
  return true;
}

}  // namespace chainsolved
