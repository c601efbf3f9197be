#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::cli {

/// How a command writes its data to standard output.
enum class Format : std::uint8_t { Table, Json, Csv };

enum class Align : std::uint8_t { Left, Right };

/// Rows of text in aligned columns, for people. Columns are as wide as their widest cell; a column
/// without any text is left out. Control characters cannot reach the terminal.
class TextTable {
 public:
  struct Heading {
    std::string text;
    Align align = Align::Left;
  };

  explicit TextTable(std::vector<Heading> headings) : headings_(std::move(headings)) {}

  /// As many cells as there are headings.
  void row(std::vector<std::string> cells);
  std::string text() const;

 private:
  std::vector<Heading> headings_;
  std::vector<std::vector<std::string>> rows_;
};

/// RFC 4180 records, for other programs.
class CsvWriter {
 public:
  CsvWriter& cell(std::string_view text);
  CsvWriter& number(double value);
  CsvWriter& end_row();
  std::string take() && { return std::move(out_); }

 private:
  void separate();
  std::string out_;
  bool at_row_start_ = true;
};

/// The text with control characters made spaces, so that no label can move the cursor.
std::string printable(std::string_view text);

/// A number for people: 10 significant digits. The other formats write every digit.
std::string short_number(double value);

/// Bytes as people say them: "1.5 MiB".
std::string byte_count(double bytes);

/// A time in milliseconds as people say it: "3 d 4 h", "2.5 s".
std::string duration(double milliseconds);

/// Writes all of it to standard output; a line break is added when there is none.
void print(std::string_view text);

/// A line for people on standard error, `chainsolve: ` in front.
void note(std::string_view text);

}  // namespace chainsolved::cli
