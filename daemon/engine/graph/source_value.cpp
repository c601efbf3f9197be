#include "daemon/engine/graph/source_value.h"

#include <algorithm>
#include <charconv>

namespace chainsolved::graph {
namespace {

bool take_column(const Table& table, std::string_view digits, Value& out) {
  std::size_t column = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), column);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) return false;
  if (column >= table.columns.size()) return false;
  if (column < table.width) {
    out = Value::vector(table.column(column));
  } else {
    // A named column that no row is long enough for.
    out = Value::vector(std::vector<double>(table.row_count, 0.0));
  }
  return true;
}

bool take_property(const Table& table, std::string_view name, Value& out) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), name);
  if (found == table.columns.end() || table.row_count == 0) return false;
  const auto column = static_cast<std::size_t>(found - table.columns.begin());
  if (column >= table.row_length(0)) return false;
  out = Value::scalar(table.cell(0, column));
  return true;
}

}  // namespace

bool through_handle(const Value& value, std::string_view handle, Value& out) {
  constexpr std::string_view kColumn = "col_";
  constexpr std::string_view kProperty = "prop_";
  if (!value.is(ValueKind::Table)) return false;
  if (handle.starts_with(kColumn)) {
    return take_column(value.as_table(), handle.substr(kColumn.size()), out);
  }
  if (handle.starts_with(kProperty)) {
    return take_property(value.as_table(), handle.substr(kProperty.size()), out);
  }
  return false;
}

}  // namespace chainsolved::graph
