#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved::cli {

/// Takes CSV text apart, field by field, without allocating (but for fields with doubled quotes).
class CsvReader {
 public:
  enum class Step : std::uint8_t {
    Field,      // a field, and another follows in this record
    LastField,  // the last field of its record
    End,        // no more records
    Unclosed,   // a quoted field without its closing quote; the place is where it opens
    AfterQuote  // something other than a comma or a line end follows a closing quote
  };

  explicit CsvReader(std::string_view text) noexcept : text_(text) {}

  Step next();

  /// The field that next() found; valid until the next call.
  std::string_view field() const noexcept { return field_; }
  bool quoted() const noexcept { return quoted_; }
  /// Where it begins (or where the error is), from 1.
  std::size_t line() const noexcept { return field_line_; }
  std::size_t column() const noexcept { return field_column_; }
  /// Where the reader stands now: the end of the field.
  std::size_t end_column() const noexcept { return pos_ - line_start_ + 1; }

 private:
  Step plain_field();
  Step quoted_field();
  Step finish(std::size_t end);

  std::string_view text_;
  std::size_t pos_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  bool in_record_ = false;
  std::string_view field_;
  std::string unescaped_;
  bool quoted_ = false;
  std::size_t field_line_ = 1;
  std::size_t field_column_ = 1;
};

}  // namespace chainsolved::cli
