#pragma once

#include "protocol/error.h"
#include "protocol/json_index.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved {

/// Reads JSON text token by token, without a tree: the one JSON grammar of every decoder here.
/// simdjson's first stage finds the tokens (and refuses invalid UTF-8, control characters in
/// strings and strings that do not end); this class walks over them strictly.
///
/// Each step returns false at a fault, which stays until the next start(): callers may look at the
/// end only. Text of any content is safe; nesting is bounded; what is not read is skipped and
/// checked all the same. Numbers beyond double become infinite or 0. Keeps its buffers from text to
/// text.
class JsonReader {
 public:
  /// Begins with `text`, which stays readable while this reads it. Views given out point into it
  /// or, where escapes had to be resolved, into buffers that live until the next start().
  bool start(std::string_view text, std::uint64_t max_nesting);

  enum class Type : std::uint8_t { Object, Array, String, Number, True, False, Null, Other };
  /// What the next value is, as its first character has it.
  Type peek();

  bool enter_object() { return enter('{'); }
  /// The next member's key; the value must be read or skipped before the next call. False at the
  /// object's end, which is then behind, and at a fault.
  bool next_key(std::string_view& key);

  bool enter_array() { return enter('['); }
  /// Whether an element follows. False at the array's end, which is then behind, and at a fault.
  bool next_element();

  bool string(std::string_view& out);
  bool number(double& out);
  /// A number where WIRE.md has one in a value: a number, null (NaN) or the name of a non-finite
  /// one. Anything else is passed over, and `found` is false.
  bool wire_number(double& out, bool& found);
  bool boolean(bool& out);
  bool null() { return literal("null"); }
  /// The next scalar's text, unchecked: for whoever wants to see a number's spelling.
  std::string_view token() {
    if (here() == '\0') return {};
    const std::uint32_t begin = tokens_[at_];
    std::uint32_t end = tokens_[at_ + 1];
    while (end > begin + 1 && is_space(window_[end - 1]))
      --end;
    return {window_ + begin, end - begin};
  }

  /// Passes over a value, checking it.
  bool skip();
  /// Passes over an array or object by its brackets alone; whoever calls this reads or skips the
  /// value another time. `elements` receives how many the outermost level has.
  bool skip_unchecked(std::size_t* elements = nullptr);
  /// Nothing follows.
  bool finish();

  /// A place to come back to within the same text, always between values.
  struct Place {
    std::uint32_t at = 0;      // the byte where the next token begins
    std::uint32_t before = 0;  // and the one before it; the same at the text's beginning
    std::uint32_t depth = 0;
  };
  Place place();
  void go(Place place);
  /// The text from `from` to here, without white space around it.
  std::string_view text_since(Place from);

  /// Passes over a value, checking it, and gives its text.
  bool raw(std::string_view& out) {
    const Place begin = place();
    if (!skip()) return false;
    out = text_since(begin);
    return !failed();
  }

  /// Ends the life of unescaped strings given out so far: of views that may point into buffers.
  void release_strings() noexcept { used_ = 0; }

  bool failed() const noexcept { return fault_ != nullptr; }
  /// Requires failed(): PARSE_ERROR with the byte, or LIMIT_EXCEEDED for the nesting.
  Error error() const;

 private:
  // An array, since error() knows it by its address, which a literal's need not be.
  static constexpr char kTooDeep[] = "arrays and objects are nested too deeply";

  bool fail(const char* why) noexcept;
  bool scan(std::size_t from);
  bool next_window();
  bool enter(char bracket);
  bool literal(std::string_view word);
  bool skip_number();
  bool has_backslash(std::string_view content) const noexcept;
  bool unescape(std::string_view escaped, std::string_view& out);
  static bool unescape_unicode(std::string_view escaped, std::size_t& i, std::string& out);

  static bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  // The next token's first character; NUL where there is none.
  char here() { return at_ < count_ || next_window() ? window_[tokens_[at_]] : '\0'; }
  bool first_in(char bracket) const noexcept { return window_[tokens_[at_ - 1]] == bracket; }
  std::size_t offset_of(std::uint32_t token) const noexcept {
    return static_cast<std::size_t>(window_ - text_.data()) + tokens_[token];
  }

  JsonIndex index_;
  std::string_view text_;
  const char* window_ = nullptr;           // where the window begins in the text
  const std::uint32_t* tokens_ = nullptr;  // offsets into the window; [count_] is its length
  std::uint32_t count_ = 0;
  std::uint32_t at_ = 0;  // the next token; the one before it is in the window, too
  bool last_window_ = true;
  std::uint32_t depth_ = 0;
  std::uint32_t max_depth_ = 0;
  const char* fault_ = nullptr;
  std::vector<std::unique_ptr<std::string>> unescaped_;  // the first used_ are in use
  std::size_t used_ = 0;
};

// The walk itself stands here for speed: a snapshot of a million nodes has forty million tokens.

inline JsonReader::Type JsonReader::peek() {
  static constexpr auto kTypes = [] {
    std::array<Type, 256> types{};
    types.fill(Type::Other);
    types['{'] = Type::Object;
    types['['] = Type::Array;
    types['"'] = Type::String;
    types['t'] = Type::True;
    types['f'] = Type::False;
    types['n'] = Type::Null;
    types['-'] = Type::Number;
    for (unsigned digit = '0'; digit <= '9'; ++digit)
      types[digit] = Type::Number;
    return types;
  }();
  return kTypes[static_cast<unsigned char>(here())];
}

inline bool JsonReader::enter(char bracket) {
  if (here() != bracket)
    return fail(bracket == '{' ? "an object was expected" : "an array was expected");
  if (depth_ == max_depth_) return fail(kTooDeep);
  ++depth_;
  ++at_;
  return true;
}

inline bool JsonReader::next_key(std::string_view& key) {
  const char c = here();
  if (c == '}') {
    ++at_;
    --depth_;
    return false;
  }
  if (failed()) return false;
  if (!first_in('{')) {
    if (c != ',') return fail("a comma or a closing brace was expected");
    ++at_;
  }
  if (!string(key)) return false;
  if (here() != ':') return fail("a colon was expected after a key");
  ++at_;
  return true;
}

inline bool JsonReader::next_element() {
  if (here() == ']') {
    ++at_;
    --depth_;
    return false;
  }
  if (failed()) return false;
  if (!first_in('[')) {
    if (here() != ',') return fail("a comma or a closing bracket was expected");
    ++at_;
    if (here() == ']') return fail("a value was expected after a comma");
  }
  return true;
}

inline bool JsonReader::string(std::string_view& out) {
  const std::string_view quoted = token();
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"')
    return fail("a string was expected");
  const std::string_view content = quoted.substr(1, quoted.size() - 2);
  if (!has_backslash(content)) {
    out = content;
  } else if (!unescape(content, out)) {
    return false;
  }
  ++at_;
  return true;
}

// Eight bytes at a time; a short content is looked at together with what stands behind it.
inline bool JsonReader::has_backslash(std::string_view content) const noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const auto marks = [](const char* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, kWord);
    word ^= kOnes * '\\';
    return (word - kOnes) & ~word & kHighs;
  };
  if (content.size() >= kWord) {
    std::size_t i = 0;
    for (; i + kWord < content.size(); i += kWord)
      if (marks(content.data() + i) != 0) return true;
    return marks(content.data() + content.size() - kWord) != 0;
  }
  if (content.data() + kWord > text_.data() + text_.size())
    return content.find('\\') != std::string_view::npos;
  const std::uint64_t inside = (std::uint64_t{1} << (8 * content.size())) - 1;
  return (marks(content.data()) & inside) != 0;
}

/// The number of the strings "NaN", "Infinity" and "-Infinity"; false for any other text.
bool parse_non_finite(std::string_view text, double& out) noexcept;

/// A JSON number's text as a double; false if it is none. Beyond double: infinite or 0.
bool parse_json_number(std::string_view text, double& out);

}  // namespace chainsolved
