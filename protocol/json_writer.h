#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved {

/// Appends JSON text to a string: no tree, no allocation beyond the string's own growth. Commas are
/// put where they belong; begin/end must match. Text is made valid UTF-8 on the way out (bytes that
/// are not become U+FFFD), so that no message can make a reply unreadable.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) noexcept : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& string(std::string_view text);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& integer(std::int64_t value);
  JsonWriter& unsigned_integer(std::uint64_t value);
  /// Shortest text that reads back to the same double (std::to_chars, as ECMAScript prints it where
  /// they agree); non-finite doubles become the strings "NaN", "Infinity", "-Infinity" (WIRE.md).
  JsonWriter& number(double value);
  /// Text that is already JSON, put in as it is.
  JsonWriter& raw(std::string_view json);

  // key and value in one call
  JsonWriter& member(std::string_view name, std::string_view text) {
    return key(name).string(text);
  }
  JsonWriter& member(std::string_view name, const char* text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& member(std::string_view name, std::uint64_t value) {
    return key(name).unsigned_integer(value);
  }
  JsonWriter& member(std::string_view name, std::int64_t value) { return key(name).integer(value); }
  JsonWriter& member(std::string_view name, double value) { return key(name).number(value); }

  std::string& out() noexcept { return out_; }

 private:
  void separate();

  std::string& out_;
  bool needs_comma_ = false;
};

/// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

/// Appends a double as JsonWriter::number does.
void append_json_number(std::string& out, double value);

/// `text` with every byte sequence that is not UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace chainsolved
