#include "client/cli/value_text.h"

#include "client/cli/output.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::cli {

namespace {

constexpr std::size_t kShownEntries = 5;

std::string shape_of(std::size_t rows, std::size_t columns) {
  return std::to_string(rows) + " × " + std::to_string(columns);
}

std::string joined(const std::vector<std::string>& words, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(words.size(), most); ++i) {
    if (i > 0) text.append(", ");
    text.append(words[i]);
  }
  if (words.size() > most) text.append(", ...");
  return text;
}

std::string vector_summary(const Numbers& numbers) {
  std::string text = "[";
  for (std::size_t i = 0; i < std::min(numbers.size(), kShownEntries); ++i) {
    if (i > 0) text.append(", ");
    text.append(short_number(numbers[i]));
  }
  if (numbers.size() <= kShownEntries) return text.append("]");
  return text.append(", ...] (").append(std::to_string(numbers.size())).append(" entries)");
}

/// What vectors, tables and matrices have in common: a grid. Cells that a ragged table lacks are
/// not visited.
struct Grid {
  std::size_t rows = 0;
  std::vector<std::string> columns;
  std::function<bool(std::size_t row, std::size_t column, double& cell)> cell;
};

Grid grid_of(const Value& value) {
  switch (value.kind()) {
    case ValueKind::Vector: {
      const Numbers& numbers = value.as_vector();
      return {numbers.size(), {"value"}, [&](std::size_t row, std::size_t, double& cell) {
                cell = numbers[row];
                return true;
              }};
    }
    case ValueKind::Table: {
      const Table& table = value.as_table();
      std::vector<std::string> columns = table.columns;
      for (std::size_t c = columns.size(); c < table.width; ++c)
        columns.push_back("column_" + std::to_string(c + 1));
      return {table.row_count,
              std::move(columns),
              [&](std::size_t row, std::size_t column, double& cell) {
                if (column >= table.row_length(row)) return false;
                cell = table.cell(row, column);
                return true;
              }};
    }
    case ValueKind::Matrix: {
      const Matrix& matrix = value.as_matrix();
      std::vector<std::string> columns;
      for (std::size_t c = 0; c < matrix.cols; ++c)
        columns.push_back(std::to_string(c));
      return {
          matrix.rows, std::move(columns), [&](std::size_t row, std::size_t column, double& cell) {
            cell = matrix.data[row * matrix.cols + column];
            return true;
          }};
    }
    default:
      return {};
  }
}

std::string grid_text(const Value& value) {
  const Grid grid = grid_of(value);
  std::vector<TextTable::Heading> headings{{"row", Align::Right}};
  for (const std::string& column : grid.columns)
    headings.push_back({printable(column), Align::Right});
  TextTable table(std::move(headings));
  for (std::size_t r = 0; r < grid.rows; ++r) {
    std::vector<std::string> cells{std::to_string(r)};
    for (std::size_t c = 0; c < grid.columns.size(); ++c) {
      double cell = 0;
      cells.push_back(grid.cell(r, c, cell) ? short_number(cell) : std::string());
    }
    table.row(std::move(cells));
  }
  return table.text();
}

}  // namespace

std::string summary_of(const Value& value) {
  switch (value.kind()) {
    case ValueKind::None:
      return "(no value)";
    case ValueKind::Scalar:
      return short_number(value.as_scalar());
    case ValueKind::Vector:
      return vector_summary(value.as_vector());
    case ValueKind::Table: {
      const Table& table = value.as_table();
      return "table " + shape_of(table.row_count, table.columns.size()) + " (" +
             joined(table.columns, kShownEntries) + ")";
    }
    case ValueKind::Error:
      return "error: " + value.error_message();
    case ValueKind::Text:
      return value.as_text();
    case ValueKind::Interval:
      return "[" + short_number(value.as_interval().lo) + ", " +
             short_number(value.as_interval().hi) + "]";
    case ValueKind::Complex: {
      const Complex z = value.as_complex();
      const bool minus = z.im < 0;
      return short_number(z.re) + (minus ? " - " : " + ") + short_number(minus ? -z.im : z.im) +
             "i";
    }
    case ValueKind::Matrix:
      return "matrix " + shape_of(value.as_matrix().rows, value.as_matrix().cols);
    case ValueKind::HighPrecision:
      return value.as_high_precision().display;
  }
  return {};
}

std::string full_text_of(const Value& value) {
  return is_grid(value) ? grid_text(value) : printable(summary_of(value)) + "\n";
}

bool is_grid(const Value& value) noexcept {
  return value.is(ValueKind::Vector) || value.is(ValueKind::Table) || value.is(ValueKind::Matrix);
}

void write_grid(CsvWriter& csv, const Value& value) {
  const Grid grid = grid_of(value);
  for (const std::string& column : grid.columns)
    csv.cell(column);
  csv.end_row();
  for (std::size_t r = 0; r < grid.rows; ++r) {
    for (std::size_t c = 0; c < grid.columns.size(); ++c) {
      double cell = 0;
      if (grid.cell(r, c, cell)) {
        csv.number(cell);
      } else {
        csv.cell("");
      }
    }
    csv.end_row();
  }
}

void write_long_rows(CsvWriter& csv, const std::string& node, const Value& value) {
  const auto begin = [&](std::string_view row, std::string_view column) -> CsvWriter& {
    return csv.cell(node).cell(name_of(value.kind())).cell(row).cell(column);
  };
  switch (value.kind()) {
    case ValueKind::None:
      return;
    case ValueKind::Scalar:
      begin("", "").number(value.as_scalar()).end_row();
      return;
    case ValueKind::Interval:
      begin("", "lo").number(value.as_interval().lo).end_row();
      begin("", "hi").number(value.as_interval().hi).end_row();
      return;
    case ValueKind::Complex:
      begin("", "re").number(value.as_complex().re).end_row();
      begin("", "im").number(value.as_complex().im).end_row();
      return;
    case ValueKind::Error:
      begin("", "").cell(value.error_message()).end_row();
      return;
    case ValueKind::Text:
    case ValueKind::HighPrecision:
      begin("", "").cell(summary_of(value)).end_row();
      return;
    case ValueKind::Vector:
    case ValueKind::Table:
    case ValueKind::Matrix:
      break;
  }
  const Grid grid = grid_of(value);
  for (std::size_t r = 0; r < grid.rows; ++r) {
    for (std::size_t c = 0; c < grid.columns.size(); ++c) {
      double cell = 0;
      if (!grid.cell(r, c, cell)) continue;
      const bool vector = value.is(ValueKind::Vector);
      begin(std::to_string(r), vector ? std::string_view() : grid.columns[c])
          .number(cell)
          .end_row();
    }
  }
}

}  // namespace chainsolved::cli
