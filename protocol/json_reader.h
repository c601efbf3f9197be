#pragma once

#include "protocol/error.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

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
  JsonReader();
  ~JsonReader();
  JsonReader(JsonReader&&) noexcept;
  JsonReader& operator=(JsonReader&&) noexcept;
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  /// Begins with `text`, which stays readable while this reads it. Views given out point into it
  /// or, where escapes had to be resolved, into buffers that live until the next start().
  bool start(std::string_view text, std::uint64_t max_nesting);

  enum class Type : std::uint8_t { Object, Array, String, Number, True, False, Null, Other };
  /// What the next value is, as its first character has it.
  Type peek() const noexcept;

  bool enter_object() noexcept { return enter('{'); }
  /// The next member's key; the value must be read or skipped before the next call. False at the
  /// object's end, which is then behind, and at a fault.
  bool next_key(std::string_view& key);

  bool enter_array() noexcept { return enter('['); }
  /// Whether an element follows. False at the array's end, which is then behind, and at a fault.
  bool next_element() noexcept;

  bool string(std::string_view& out);
  bool number(double& out);
  /// A number where WIRE.md has one in a value: a number, null (NaN) or the name of a non-finite
  /// one. Anything else is passed over, and `found` is false.
  bool wire_number(double& out, bool& found);
  bool boolean(bool& out) noexcept;
  bool null() noexcept { return literal("null"); }
  /// The next scalar's text, unchecked: for whoever wants to see a number's spelling.
  std::string_view token() const noexcept;

  /// Passes over a value, checking it.
  bool skip();
  /// The same, giving its text.
  bool raw(std::string_view& out);
  /// Passes over an array or object by its brackets alone; whoever calls this reads or skips the
  /// value another time. `elements` receives how many the outermost level has.
  bool skip_unchecked(std::size_t* elements = nullptr) noexcept;
  /// Nothing follows.
  bool finish() noexcept;

  /// A place to come back to within the same text, always between values.
  struct Place {
    std::uint32_t token = 0;
    std::uint32_t depth = 0;
  };
  Place place() const noexcept { return {at_, depth_}; }
  void go(Place place) noexcept {
    if (failed()) return;
    at_ = place.token;
    depth_ = place.depth;
  }
  /// The text from `from` to here, without white space around it.
  std::string_view text_since(Place from) const noexcept;

  /// Ends the life of unescaped strings given out so far: of views that may point into buffers.
  void release_strings() noexcept { used_ = 0; }

  bool failed() const noexcept { return fault_ != nullptr; }
  /// Requires failed(): PARSE_ERROR with the byte, or LIMIT_EXCEEDED for the nesting.
  Error error() const;

 private:
  struct Index;

  bool fail(const char* why) noexcept;
  bool enter(char bracket) noexcept;
  bool literal(std::string_view word) noexcept;
  bool skip_number() noexcept;
  bool unescape(std::string_view escaped, std::string_view& out);
  bool unescape_unicode(std::string_view escaped, std::size_t& i, std::string& out);
  char here() const noexcept { return at_ < count_ ? text_[index_[at_]] : '\0'; }
  bool first_in(char bracket) const noexcept { return text_[index_[at_ - 1]] == bracket; }

  std::unique_ptr<Index> owner_;
  const char* text_ = nullptr;
  const std::uint32_t* index_ = nullptr;  // where tokens begin; [count_] is the text's length
  std::uint32_t count_ = 0;
  std::uint32_t at_ = 0;
  std::uint32_t depth_ = 0;
  std::uint32_t max_depth_ = 0;
  const char* fault_ = nullptr;
  std::deque<std::string> unescaped_;  // addresses stay; the first used_ are in use
  std::size_t used_ = 0;
};

/// The number of the strings "NaN", "Infinity" and "-Infinity"; false for any other text.
bool parse_non_finite(std::string_view text, double& out) noexcept;

/// A JSON number's text as a double; false if it is none. Beyond double: infinite or 0.
bool parse_json_number(std::string_view text, double& out);

}  // namespace chainsolved
