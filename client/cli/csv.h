#pragma once

#include "protocol/error.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::cli {

/// A CSV file (RFC 4180): quoted fields, doubled quotes, line breaks inside quotes, CRLF or LF, a
/// UTF-8 byte order mark. Every record has as many fields as the first. Blank lines are passed over
/// when there is more than one column; with one column they are missing values.
///
/// The first record is a header when none of its fields is a number, or when it is the only thing
/// in its column that is not. Without one the columns are called column_1, column_2, ...
///
/// A column is numeric when every field in it is a number or missing: empty, NA, N/A, #N/A, null or
/// NaN in any case. Missing values are NaN. Numbers are as C writes them, with an optional sign,
/// spaces around them, inf and infinity.
///
/// Errors say what is wrong at which line and column (counted in bytes, both from 1).
class CsvFile {
 public:
  struct Column {
    std::string name;
    bool numeric = true;
    std::size_t missing = 0;
    std::size_t text_line = 0;  // where the first field that is text stands, and what it says
    std::string text_example;
  };

  /// Reads a file whole. INVALID_PARAMS when it cannot be opened or is not CSV.
  static Result<CsvFile> read(const std::string& path);
  /// The same of text; `name` stands for the file in messages.
  static Result<CsvFile> parse(std::string text, std::string name);

  const std::string& name() const noexcept { return name_; }
  const std::vector<Column>& columns() const noexcept { return columns_; }
  std::size_t rows() const noexcept { return rows_; }
  bool has_header() const noexcept { return header_; }

  std::optional<std::size_t> find_column(std::string_view name) const noexcept;

  /// Writes the named columns' numbers, column after column, straight where they shall lie: one
  /// pass over the text. Requires numeric columns and cells.size() == wanted.size() * rows().
  void fill(std::span<const std::size_t> wanted, std::span<double> cells) const;

 private:
  CsvFile(std::string text, std::string name) : text_(std::move(text)), name_(std::move(name)) {}
  Result<void> scan();
  void name_columns(const std::vector<std::string>& first);

  std::string text_;
  std::string name_;
  std::vector<Column> columns_;
  std::size_t rows_ = 0;
  bool header_ = false;
};

/// A field as a number; nullopt when it is text. Missing values are NaN.
std::optional<double> csv_number(std::string_view field) noexcept;

}  // namespace chainsolved::cli
