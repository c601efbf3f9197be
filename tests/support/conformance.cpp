#include "tests/support/conformance.h"

#include "protocol/numbers.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {

namespace {

using Json = nlohmann::json;
using Difference = std::optional<std::string>;

double number_of(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (json.is_null() || json == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (json == "Infinity") return std::numeric_limits<double>::infinity();
  if (json == "-Infinity") return -std::numeric_limits<double>::infinity();
  throw std::invalid_argument("no number: " + json.dump());
}

std::vector<double> numbers_of(const Json& array) {
  std::vector<double> numbers;
  for (const Json& entry : array)
    numbers.push_back(number_of(entry));
  return numbers;
}

Value table_of(const Json& json) {
  Table table;
  table.columns = json.at("columns").get<std::vector<std::string>>();
  const Json& rows = json.at("rows");
  table.row_count = rows.size();
  table.width = table.columns.size();
  const auto fits = [&table](const Json& row) {
    return row.size() == table.columns.size();
  };
  if (!std::ranges::all_of(rows, fits)) {
    table.width = 0;
    for (const Json& row : rows) {
      table.width = std::max(table.width, row.size());
      table.row_lengths.push_back(static_cast<std::uint32_t>(row.size()));
    }
  }
  std::vector<double> cells(table.width * table.row_count, 0.0);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      cells[c * rows.size() + r] = number_of(rows[r][c]);
    }
  }
  table.cells = Numbers(std::move(cells));
  return Value::table(std::move(table));
}

Difference differs(const std::string& where, double expected, double got, const Json& tolerance) {
  if (numbers_agree(expected, got, tolerance)) return std::nullopt;
  return where + " is " + Json(got).dump() + ", expected " + Json(expected).dump();
}

Difference first_of(Difference a, Difference b) {
  return a ? std::move(a) : std::move(b);
}

Difference numbers_differ(std::vector<double> expected,
                          std::vector<double> got,
                          const Json& tolerance,
                          bool sorted) {
  if (expected.size() != got.size()) {
    return std::to_string(got.size()) + " entries, expected " + std::to_string(expected.size());
  }
  if (sorted) {
    std::ranges::sort(expected);
    std::ranges::sort(got);
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    auto difference = differs("[" + std::to_string(i) + "]", expected[i], got[i], tolerance);
    if (difference) return difference;
  }
  return std::nullopt;
}

bool lists(const Json& options, const char* key, const Json& wanted) {
  if (!options.is_object() || !options.contains(key)) return false;
  return std::ranges::find(options[key], wanted) != options[key].end();
}

bool option(const Json& options, const char* key) {
  return options.is_object() && options.value(key, false);
}

/// ignoreRows counts from the end when negative.
bool row_ignored(const Json& options, std::size_t row, std::size_t rows) {
  const auto signed_row = static_cast<std::int64_t>(row);
  return lists(options, "ignoreRows", signed_row) ||
         lists(options, "ignoreRows", signed_row - static_cast<std::int64_t>(rows));
}

Difference row_differs(const Table& expected,
                       const Table& got,
                       std::size_t row,
                       const Json& tolerance,
                       const Json& options) {
  const std::string where = "row " + std::to_string(row);
  if (expected.row_length(row) != got.row_length(row)) return where + " has another length";
  for (std::size_t c = 0; c < expected.row_length(row); ++c) {
    if (c < expected.columns.size() && lists(options, "ignoreColumns", expected.columns[c]))
      continue;
    auto difference = differs(
        where + " column " + std::to_string(c), expected.cell(row, c), got.cell(row, c), tolerance);
    if (difference) return difference;
  }
  return std::nullopt;
}

Difference tables_differ(const Table& expected,
                         const Table& got,
                         const Json& tolerance,
                         const Json& options) {
  if (!option(options, "ignoreColumnNames") && expected.columns != got.columns) {
    return "columns are " + Json(got.columns).dump() + ", expected " +
           Json(expected.columns).dump();
  }
  if (expected.row_count != got.row_count) {
    return std::to_string(got.row_count) + " rows, expected " + std::to_string(expected.row_count);
  }
  for (std::size_t r = 0; r < expected.row_count; ++r) {
    if (row_ignored(options, r, expected.row_count)) continue;
    auto difference = row_differs(expected, got, r, tolerance, options);
    if (difference) return difference;
  }
  return std::nullopt;
}

std::vector<double> copy_of(const Numbers& numbers) {
  return {numbers.begin(), numbers.end()};
}

Difference matrices_differ(const Matrix& expected, const Matrix& got, const Json& tolerance) {
  if (expected.rows != got.rows || expected.cols != got.cols) return "another shape";
  return numbers_differ(copy_of(expected.data), copy_of(got.data), tolerance, false);
}

Difference same_kind_differs(const Value& expected,
                             const Value& got,
                             const Json& tolerance,
                             const Json& options) {
  switch (expected.kind()) {
    case ValueKind::Scalar:
      return differs("the number", expected.as_scalar(), got.as_scalar(), tolerance);
    case ValueKind::Vector:
      return numbers_differ(copy_of(expected.as_vector()),
                            copy_of(got.as_vector()),
                            tolerance,
                            option(options, "sorted"));
    case ValueKind::Table:
      return tables_differ(expected.as_table(), got.as_table(), tolerance, options);
    case ValueKind::Text:
      if (expected.as_text() == got.as_text()) return std::nullopt;
      return describe(got) + ", expected " + describe(expected);
    case ValueKind::Interval:
      return first_of(differs("lo", expected.as_interval().lo, got.as_interval().lo, tolerance),
                      differs("hi", expected.as_interval().hi, got.as_interval().hi, tolerance));
    case ValueKind::Complex:
      return first_of(differs("re", expected.as_complex().re, got.as_complex().re, tolerance),
                      differs("im", expected.as_complex().im, got.as_complex().im, tolerance));
    case ValueKind::Matrix:
      return matrices_differ(expected.as_matrix(), got.as_matrix(), tolerance);
    case ValueKind::HighPrecision:
      if (expected.as_high_precision().display == got.as_high_precision().display) {
        return std::nullopt;
      }
      return "the digits are " + got.as_high_precision().display;
    default:
      return std::nullopt;  // error values agree in kind
  }
}

Json json_number(double number) {
  if (std::isfinite(number)) return number;
  if (std::isnan(number)) return "NaN";
  return number > 0 ? "Infinity" : "-Infinity";
}

std::string list_text(std::span<const double> numbers) {
  constexpr std::size_t kShown = 8;
  Json list = Json::array();
  for (const double number : numbers.first(std::min(kShown, numbers.size()))) {
    list.push_back(json_number(number));
  }
  return list.dump() + (numbers.size() > kShown ? " and more" : "");
}

std::string description_of(const Value& value) {
  std::string kind(name_of(value.kind()));
  switch (value.kind()) {
    case ValueKind::Scalar:
      return kind + " " + json_number(value.as_scalar()).dump();
    case ValueKind::Vector:
      return kind + " " + list_text(value.as_vector().span());
    case ValueKind::Table:
      return kind + " " + Json(value.as_table().columns).dump() + " of " +
             std::to_string(value.as_table().row_count) + " rows";
    case ValueKind::Error:
      return kind + " '" + value.error_message() + "'";
    case ValueKind::Text:
      return kind + " '" + value.as_text() + "'";
    case ValueKind::Matrix:
      return kind + " " + list_text(value.as_matrix().data.span());
    default:
      return kind;
  }
}

}  // namespace

std::optional<std::filesystem::path> shared_folder() {
  const char* named = std::getenv("CHAINSOLVED_SHARED");  // NOLINT(concurrency-mt-unsafe)
  const std::filesystem::path folder =
      named != nullptr ? std::filesystem::path(named)
                       : std::filesystem::path(CHAINSOLVED_SOURCE_DIR) / ".." / "shared";
  if (!std::filesystem::exists(folder / "conformance")) return std::nullopt;
  return folder;
}

std::vector<Json> read_json_lines(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  std::vector<Json> documents;
  for (std::string line; std::getline(stream, line);)
    documents.push_back(Json::parse(line));
  return documents;
}

Json read_json_file(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  return Json::parse(stream);
}

Value value_of(const Json& json) {
  const std::string kind = json.at("kind");
  if (kind == "scalar") return Value::scalar(number_of(json.at("value")));
  if (kind == "vector") return Value::vector(numbers_of(json.at("value")));
  if (kind == "table") return table_of(json);
  if (kind == "error") return Value::error(json.value("message", ""));
  if (kind == "text") return Value::text(json.at("value"));
  if (kind == "interval") {
    return Value::interval(number_of(json.at("lo")), number_of(json.at("hi")));
  }
  if (kind == "complex") return Value::complex(number_of(json.at("re")), number_of(json.at("im")));
  if (kind == "matrix") {
    return Value::matrix(json.at("rows"), json.at("cols"), Numbers(numbers_of(json.at("data"))));
  }
  if (kind == "highPrecision") {
    HighPrecision number;
    number.display = json.at("display");
    number.approx = json.value("approx", 0.0);
    number.precision = json.value("precision", 0U);
    return Value::high_precision(std::move(number));
  }
  throw std::invalid_argument("no value: " + json.dump());
}

bool numbers_agree(double expected, double got, const Json& tolerance) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (expected == got) return true;
  if (std::isinf(expected) || std::isinf(got)) return false;
  const double scale = std::max(std::fabs(expected), std::fabs(got));
  const double allowed = std::max(tolerance.value("abs", 0.0), tolerance.value("rel", 0.0) * scale);
  return std::fabs(expected - got) <= allowed;
}

Difference value_difference(const Json& expected,
                            const Value& got,
                            const Json& tolerance,
                            const Json& options) {
  const Value wanted = value_of(expected);
  if (wanted.kind() != got.kind()) return describe(got) + ", expected " + describe(wanted);
  if (option(options, "kindOnly")) return std::nullopt;
  return same_kind_differs(wanted, got, tolerance, options);
}

std::string describe(const Value& value) {
  constexpr std::size_t kLongest = 200;
  std::string text = description_of(value);
  if (text.size() > kLongest) text.replace(kLongest, std::string::npos, "...");
  return text;
}

}  // namespace chainsolved::test
