#include "protocol/value_json.h"

#include "protocol/columns.h"
#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "protocol/json_writer.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved {

namespace {

using nlohmann::json;

// Ragged rows are stored padded to the longest. Beyond so many cells in all, or so many for each
// cell that was sent, the padding would be the attack.
constexpr std::size_t kFreeCells = 1U << 20;
constexpr std::size_t kMaxPadding = 64;

Error invalid(std::string message) {
  return {ErrorCode::InvalidParams, std::move(message), {}};
}

Error invalid_member(std::string_view kind, std::string_view member, std::string_view what) {
  std::string message("A value of kind ");
  message.append(kind).append(": ").append(member).append(" ").append(what).append(".");
  return invalid(std::move(message));
}

const json* find(const json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

// A member that counts something: a non-negative integer, also one written as 3.0.
std::optional<std::uint64_t> read_count(const json* member) {
  constexpr double kLimit = 9007199254740992.0;
  if (member == nullptr || !member->is_number()) return std::nullopt;
  if (member->is_number_unsigned()) return member->get<std::uint64_t>();
  const auto number = member->get<double>();
  if (!(number >= 0 && number < kLimit) || number != static_cast<double>(std::uint64_t(number)))
    return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

// --- writing ---

void write_rows(JsonWriter& out, const Table& table) {
  out.key("rows").begin_array();
  for (std::size_t row = 0; row < table.row_count; ++row) {
    out.begin_array();
    for (std::size_t column = 0; column < table.row_length(row); ++column)
      out.number(table.cell(row, column));
    out.end_array();
  }
  out.end_array();
}

void write_table(JsonWriter& out, const Table& table, ColumnSink& columns) {
  out.key("columns").begin_array();
  for (const std::string& name : table.columns)
    out.string(name);
  out.end_array();
  if (table.ragged() || table.width != table.columns.size() || columns.rows_of_tables()) {
    write_rows(out, table);
    return;
  }
  out.member("rowCount", static_cast<std::uint64_t>(table.row_count)).key("cells");
  columns.put(out, table.cells);
}

void write_matrix(JsonWriter& out, const Matrix& matrix, ColumnSink& columns) {
  out.member("rows", static_cast<std::uint64_t>(matrix.rows));
  out.member("cols", static_cast<std::uint64_t>(matrix.cols)).key("data");
  columns.put(out, matrix.data);
}

void write_high_precision(JsonWriter& out, const HighPrecision& number) {
  out.member("display", number.display).member("approx", number.approx);
  out.member("precision", static_cast<std::uint64_t>(number.precision));
}

// --- reading ---

// Numbers in one of their three spellings, for the value whose kind and member are named.
class NumbersReader {
 public:
  NumbersReader(std::string_view kind, std::string_view member, ColumnSource& columns)
      : kind_(kind), member_(member), columns_(columns) {}

  Result<Numbers> read(const json* from) {
    if (from == nullptr) return error("is missing");
    if (from->is_array()) return from_array(*from);
    if (!from->is_object()) return error("is neither an array, a $column nor a $segment");
    if (const json* column = find(*from, "$column")) return from_column(*column);
    if (const json* segment = find(*from, "$segment")) return from_segment(*segment);
    return error("has neither $column nor $segment");
  }

 private:
  Error error(std::string_view what) const { return invalid_member(kind_, member_, what); }

  Result<Numbers> from_array(const json& array) const {
    NumberBuffer numbers(array.size());
    for (std::size_t i = 0; i < array.size(); ++i) {
      auto number = read_number(array[i]);
      if (!number.ok()) return error("has an entry " + std::to_string(i) + " that is no number");
      numbers[i] = *number;
    }
    return std::move(numbers).take();
  }

  Result<Numbers> from_column(const json& reference) {
    const auto range = read_range(reference, "f64");
    if (!range) return error("has a $column without type f64, offset and count");
    auto bytes = columns_.column(ColumnType::F64, range->offset, range->count);
    if (!bytes.ok()) return std::move(bytes).error();
    NumberBuffer numbers(bytes->size() / sizeof(double));
    if (!bytes->empty()) std::memcpy(numbers.data(), bytes->data(), bytes->size());
    return std::move(numbers).take();
  }

  Result<Numbers> from_segment(const json& reference) {
    const auto range = read_range(reference, "f64");
    const auto index = range ? read_count(find(reference, "index")) : std::nullopt;
    if (!index) return error("has a $segment without index, type f64, offset and count");
    return columns_.segment(*index, range->offset, range->count);
  }

  struct Range {
    std::uint64_t offset;
    std::uint64_t count;
  };

  static std::optional<Range> read_range(const json& reference, std::string_view type) {
    if (!reference.is_object()) return std::nullopt;
    const json* given = find(reference, "type");
    const auto offset = read_count(find(reference, "offset"));
    const auto count = read_count(find(reference, "count"));
    if (given == nullptr || *given != type || !offset || !count) return std::nullopt;
    return Range{*offset, *count};
  }

  std::string_view kind_;
  std::string_view member_;
  ColumnSource& columns_;
};

Result<double> read_member(std::string_view kind, const json& object, std::string_view member) {
  const json* from = find(object, member);
  if (from == nullptr) return invalid_member(kind, member, "is missing");
  auto number = read_number(*from);
  if (!number.ok()) return invalid_member(kind, member, "is not a number");
  return number;
}

Result<std::string> read_text(std::string_view kind, const json& object, std::string_view member) {
  const json* from = find(object, member);
  if (from == nullptr || !from->is_string())
    return invalid_member(kind, member, from == nullptr ? "is missing" : "is not a string");
  return from->get<std::string>();
}

Result<Value> read_scalar(const json& object, ColumnSource& /*columns*/) {
  auto number = read_member("scalar", object, "value");
  if (!number.ok()) return std::move(number).error();
  return Value::scalar(*number);
}

Result<Value> read_vector(const json& object, ColumnSource& columns) {
  auto numbers = NumbersReader("vector", "value", columns).read(find(object, "value"));
  if (!numbers.ok()) return std::move(numbers).error();
  return Value::vector(std::move(*numbers));
}

Result<Value> read_interval(const json& object, ColumnSource& /*columns*/) {
  auto lo = read_member("interval", object, "lo");
  if (!lo.ok()) return std::move(lo).error();
  auto hi = read_member("interval", object, "hi");
  if (!hi.ok()) return std::move(hi).error();
  return Value::interval(*lo, *hi);
}

Result<Value> read_complex(const json& object, ColumnSource& /*columns*/) {
  auto re = read_member("complex", object, "re");
  if (!re.ok()) return std::move(re).error();
  auto im = read_member("complex", object, "im");
  if (!im.ok()) return std::move(im).error();
  return Value::complex(*re, *im);
}

Result<Value> read_text_value(const json& object, ColumnSource& /*columns*/) {
  auto text = read_text("text", object, "value");
  if (!text.ok()) return std::move(text).error();
  return Value::text(std::move(*text));
}

Result<Value> read_error_value(const json& object, ColumnSource& /*columns*/) {
  auto text = read_text("error", object, "message");
  if (!text.ok()) return std::move(text).error();
  return Value::error(std::move(*text));
}

// Whether rows * columns is `cells`, without overflow. Rows without columns cost nothing to send,
// but whoever walks over them pays.
bool fills(std::uint64_t rows, std::uint64_t columns, std::size_t cells) noexcept {
  if (rows == 0 || columns == 0) return cells == 0 && std::max(rows, columns) <= kFreeCells;
  return cells % rows == 0 && cells / rows == columns;
}

Result<Value> read_matrix(const json& object, ColumnSource& columns) {
  const auto rows = read_count(find(object, "rows"));
  const auto cols = read_count(find(object, "cols"));
  if (!rows || !cols) return invalid_member("matrix", "rows and cols", "must be counts");
  auto data = NumbersReader("matrix", "data", columns).read(find(object, "data"));
  if (!data.ok()) return std::move(data).error();
  if (!fills(*rows, *cols, data->size()))
    return invalid_member(
        "matrix", "data", "has " + std::to_string(data->size()) + " entries, not rows * cols");
  return Value::matrix(*rows, *cols, std::move(*data));
}

Result<Value> read_high_precision(const json& object, ColumnSource& /*columns*/) {
  constexpr std::string_view kKind = "highPrecision";
  auto display = read_text(kKind, object, "display");
  if (!display.ok()) return std::move(display).error();
  auto approx = read_member(kKind, object, "approx");
  if (!approx.ok()) return std::move(approx).error();
  const auto precision = read_count(find(object, "precision"));
  if (!precision || *precision > std::numeric_limits<std::uint32_t>::max())
    return invalid_member(kKind, "precision", "is not a number of digits");
  return Value::high_precision(
      {std::move(*display), *approx, static_cast<std::uint32_t>(*precision)});
}

Result<std::vector<std::string>> read_column_names(const json& object) {
  const json* from = find(object, "columns");
  if (from == nullptr || !from->is_array())
    return invalid_member("table", "columns", "is not an array");
  std::vector<std::string> names;
  names.reserve(from->size());
  for (const json& name : *from) {
    if (!name.is_string()) return invalid_member("table", "columns", "has a name that is no text");
    names.push_back(name.get<std::string>());
  }
  return names;
}

Result<Value> read_table_cells(const json& object, Table table, ColumnSource& columns) {
  const auto rows = read_count(find(object, "rowCount"));
  if (!rows) return invalid_member("table", "rowCount", "is not a count");
  auto cells = NumbersReader("table", "cells", columns).read(find(object, "cells"));
  if (!cells.ok()) return std::move(cells).error();
  table.row_count = *rows;
  table.width = table.columns.size();
  table.cells = std::move(*cells);
  if (!fills(table.row_count, table.width, table.cells.size()))
    return invalid_member(
        "table",
        "cells",
        "has " + std::to_string(table.cells.size()) + " entries, not rowCount for each column");
  return Value::table(std::move(table));
}

// Sets row_count, width and, if rows differ in length, row_lengths.
Result<void> measure_rows(const json& rows, Table& table) {
  std::size_t cells = 0;
  std::size_t longest = 0;
  bool ragged = false;
  for (const json& row : rows) {
    if (!row.is_array()) return invalid_member("table", "rows", "has a row that is no array");
    if (row.size() > std::numeric_limits<std::uint32_t>::max())
      return invalid_member("table", "rows", "has a row that is too long");
    cells += row.size();
    longest = std::max(longest, row.size());
    ragged = ragged || row.size() != table.columns.size();
  }
  table.row_count = rows.size();
  table.width = std::max(longest, table.columns.size());  // every named column has its cells
  const std::size_t allowed =
      std::max(kFreeCells, cells > kFreeCells ? cells * kMaxPadding : cells);
  if (table.width != 0 && table.row_count > allowed / table.width)
    return invalid_member("table", "rows", "differ too much in length");
  if (ragged)
    for (const json& row : rows)
      table.row_lengths.push_back(static_cast<std::uint32_t>(row.size()));
  return {};
}

Result<Value> read_table_rows(const json& rows, Table table) {
  if (!rows.is_array()) return invalid_member("table", "rows", "is not an array");
  if (auto measured = measure_rows(rows, table); !measured.ok()) return std::move(measured).error();
  NumberBuffer cells(table.row_count * table.width);
  if (table.ragged()) std::fill(cells.span().begin(), cells.span().end(), 0.0);
  for (std::size_t r = 0; r < table.row_count; ++r) {
    const json& row = rows[r];
    for (std::size_t c = 0; c < row.size(); ++c) {
      auto number = read_number(row[c]);
      if (!number.ok())
        return invalid_member(
            "table", "rows", "has a row " + std::to_string(r) + " with a cell that is no number");
      cells[c * table.row_count + r] = *number;
    }
  }
  table.cells = std::move(cells).take();
  return Value::table(std::move(table));
}

Result<Value> read_table(const json& object, ColumnSource& columns) {
  auto names = read_column_names(object);
  if (!names.ok()) return std::move(names).error();
  Table table;
  table.columns = std::move(*names);
  if (const json* rows = find(object, "rows")) return read_table_rows(*rows, std::move(table));
  return read_table_cells(object, std::move(table), columns);
}

}  // namespace

void write_value(JsonWriter& out, const Value& value, ColumnSink& columns) {
  out.begin_object().member("kind", name_of(value.kind()));
  switch (value.kind()) {
    case ValueKind::None:
      break;
    case ValueKind::Scalar:
      out.member("value", value.as_scalar());
      break;
    case ValueKind::Vector:
      out.key("value");
      columns.put(out, value.as_vector());
      break;
    case ValueKind::Table:
      write_table(out, value.as_table(), columns);
      break;
    case ValueKind::Error:
      out.member("message", value.error_message());
      break;
    case ValueKind::Text:
      out.member("value", value.as_text());
      break;
    case ValueKind::Interval:
      out.member("lo", value.as_interval().lo).member("hi", value.as_interval().hi);
      break;
    case ValueKind::Complex:
      out.member("re", value.as_complex().re).member("im", value.as_complex().im);
      break;
    case ValueKind::Matrix:
      write_matrix(out, value.as_matrix(), columns);
      break;
    case ValueKind::HighPrecision:
      write_high_precision(out, value.as_high_precision());
      break;
  }
  out.end_object();
}

Result<Value> read_value(const json& object, ColumnSource& columns) {
  if (!object.is_object()) return invalid("A value is an object with a kind.");
  const json* name = find(object, "kind");
  if (name == nullptr || !name->is_string())
    return invalid("A value's kind is missing or no text.");
  switch (value_kind_named(name->get_ref<const std::string&>()).value_or(ValueKind::None)) {
    case ValueKind::None:
      return invalid(
          "A value's kind is none of scalar, vector, table, error, text, interval, "
          "complex, matrix and highPrecision.");
    case ValueKind::Scalar:
      return read_scalar(object, columns);
    case ValueKind::Vector:
      return read_vector(object, columns);
    case ValueKind::Table:
      return read_table(object, columns);
    case ValueKind::Error:
      return read_error_value(object, columns);
    case ValueKind::Text:
      return read_text_value(object, columns);
    case ValueKind::Interval:
      return read_interval(object, columns);
    case ValueKind::Complex:
      return read_complex(object, columns);
    case ValueKind::Matrix:
      return read_matrix(object, columns);
    case ValueKind::HighPrecision:
      return read_high_precision(object, columns);
  }
  return invalid("A value's kind is unknown.");
}

Result<double> read_number(const json& from) {
  double number = std::numeric_limits<double>::quiet_NaN();
  if (from.is_number()) return from.get<double>();
  if (from.is_null()) return number;
  if (from.is_string() && parse_non_finite(from.get_ref<const std::string&>(), number))
    return number;
  return invalid("A number, \"NaN\", \"Infinity\", \"-Infinity\" or null was expected.");
}

}  // namespace chainsolved
