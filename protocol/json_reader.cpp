#include "protocol/json_reader.h"

#include "protocol/error.h"
#include "protocol/limits.h"

#include <simdjson.h>

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

// Index buffers are kept from text to text up to this text length; larger ones are given back.
constexpr std::size_t kKeptCapacity = 64U << 10;
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

const char* first_stage_fault(simdjson::error_code code) noexcept {
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

struct JsonReader::Index {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> scanner;

  bool reserve(std::size_t bytes) {
    const bool fits = scanner && scanner->capacity() >= bytes;
    const bool wasteful = scanner && scanner->capacity() > kKeptCapacity && bytes <= kKeptCapacity;
    if (fits && !wasteful) return true;
    scanner.reset();  // the old buffer goes before the new one is made
    return simdjson::get_active_implementation()->create_dom_parser_implementation(
               std::max(bytes, kKeptCapacity), 1, scanner) == simdjson::SUCCESS;
  }
};

JsonReader::JsonReader() : owner_(std::make_unique<Index>()) {}
JsonReader::~JsonReader() = default;
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;

bool JsonReader::start(std::string_view text, std::uint64_t max_nesting) {
  text_ = text.data();
  size_ = text.size();
  index_ = nullptr;
  count_ = 0;
  at_ = 0;
  depth_ = 0;
  max_depth_ = static_cast<std::uint32_t>(std::min(max_nesting, kDeepest));
  fault_ = nullptr;
  used_ = 0;
  if (text.empty()) return fail(first_stage_fault(simdjson::EMPTY));
  if (text.size() >= std::numeric_limits<std::uint32_t>::max() || !owner_->reserve(text.size()))
    return fail(first_stage_fault(simdjson::CAPACITY));
  auto& scanner = *owner_->scanner;
  // NOLINTNEXTLINE(*-reinterpret-cast): text seen as the bytes it is
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto code = scanner.stage1(bytes, text.size(), simdjson::stage1_mode::regular);
  if (code != simdjson::SUCCESS) return fail(first_stage_fault(code));
  index_ = scanner.structural_indexes.get();
  count_ = scanner.n_structural_indexes;
  return true;
}

bool JsonReader::fail(const char* why) noexcept {
  if (fault_ == nullptr) fault_ = why;
  count_ = std::min(count_, at_);  // nothing is here any more: every further step fails too
  return false;
}

Error JsonReader::error() const {
  if (fault_ == kTooDeep)
    return limit_error(find_limit("maxNesting")->name, max_depth_, "The JSON is nested too deeply");
  std::string message = "The text is not valid JSON: ";
  message += fault_;
  if (index_ != nullptr) message += " (at byte " + std::to_string(index_[at_]) + ")";
  message += '.';
  return {ErrorCode::ParseError, std::move(message), {}};
}

JsonReader::Type JsonReader::peek() const noexcept {
  switch (here()) {
    case '{':
      return Type::Object;
    case '[':
      return Type::Array;
    case '"':
      return Type::String;
    case 't':
      return Type::True;
    case 'f':
      return Type::False;
    case 'n':
      return Type::Null;
    default:
      return is_digit(here()) || here() == '-' ? Type::Number : Type::Other;
  }
}

bool JsonReader::unescape(std::string_view escaped, std::string_view& out) {
  if (used_ == unescaped_.size()) unescaped_.emplace_back();
  std::string& text = unescaped_[used_];
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

bool JsonReader::boolean(bool& out) noexcept {
  out = here() == 't';
  return literal(out ? "true" : "false");
}

bool JsonReader::literal(std::string_view word) noexcept {
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

bool JsonReader::skip_number() noexcept {
  bool whole = false;
  if (!is_number(token(), whole)) return fail("a number was expected");
  ++at_;
  return true;
}

bool JsonReader::raw(std::string_view& out) {
  const Place from = place();
  if (!skip()) return false;
  out = text_since(from);
  return true;
}

std::string_view JsonReader::text_since(Place from) const noexcept {
  const std::uint32_t begin = index_[from.token];
  std::uint32_t end = index_[at_];
  while (end > begin && is_space(text_[end - 1]))
    --end;
  return {text_ + begin, end - begin};
}

bool JsonReader::skip_unchecked(std::size_t* elements) noexcept {
  const char open = here();
  if (open != '{' && open != '[') return fail("an array or object was expected");
  const std::uint32_t begin = at_;
  std::uint32_t level = 0;
  std::size_t commas = 0;
  for (; at_ < count_; ++at_) {
    const char c = text_[index_[at_]];
    const auto bracket = static_cast<unsigned>(c | 0x20);  // '[' becomes '{', ']' becomes '}'
    level += bracket == '{' ? 1U : 0U;
    level -= bracket == '}' ? 1U : 0U;
    commas += c == ',' && level == 1 ? 1U : 0U;
    if (level == 0) break;
  }
  if (here() != (open == '{' ? '}' : ']')) return fail("an array or object does not end");
  ++at_;
  if (elements != nullptr) *elements = at_ - begin == 2 ? 0 : commas + 1;
  return true;
}

bool JsonReader::finish() noexcept {
  if (failed()) return false;
  return at_ == count_ || fail("something follows after the end");
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
