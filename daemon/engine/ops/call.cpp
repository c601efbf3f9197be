#include "daemon/engine/ops/call.h"

#include "daemon/engine/ops/tables.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

using Json = nlohmann::json;

const Json* find_member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

std::vector<double> numeric_entries(const Json& array) {
  std::vector<double> numbers;
  numbers.reserve(array.size());
  for (const Json& entry : array) {
    if (entry.is_number()) numbers.push_back(entry.get<double>());
  }
  return numbers;
}

std::vector<double> cells_of_row(const Json& row) {
  std::vector<double> cells;
  cells.reserve(row.size());
  for (const Json& cell : row)
    cells.push_back(cell.is_number() ? cell.get<double>() : 0.0);
  return cells;
}

}  // namespace

std::optional<double> BlockData::number(std::string_view key) const {
  const Json* member = find_member(*object_, key);
  if (member == nullptr || !member->is_number()) return std::nullopt;
  return member->get<double>();
}

std::optional<std::string> BlockData::text(std::string_view key) const {
  const Json* member = find_member(*object_, key);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

std::string BlockData::text_or(std::string_view key, std::string_view fallback) const {
  std::optional<std::string> found = text(key);
  return found ? *std::move(found) : std::string(fallback);
}

std::optional<bool> BlockData::boolean(std::string_view key) const {
  const Json* member = find_member(*object_, key);
  if (member == nullptr || !member->is_boolean()) return std::nullopt;
  return member->get<bool>();
}

std::optional<std::vector<double>> BlockData::numbers(std::string_view key) const {
  const Json* member = find_member(*object_, key);
  if (member == nullptr || !member->is_array()) return std::nullopt;
  return numeric_entries(*member);
}

std::optional<Table> BlockData::table(std::string_view key) const {
  const Json* member = find_member(*object_, key);
  if (member == nullptr || !member->is_object()) return std::nullopt;
  std::vector<std::string> columns;
  if (const Json* names = find_member(*member, "columns"); names != nullptr && names->is_array()) {
    for (const Json& name : *names) {
      if (name.is_string()) columns.push_back(name.get<std::string>());
    }
  }
  std::vector<std::vector<double>> rows;
  if (const Json* lines = find_member(*member, "rows"); lines != nullptr && lines->is_array()) {
    rows.reserve(lines->size());
    for (const Json& line : *lines) {
      if (line.is_array()) rows.push_back(cells_of_row(line));
    }
  }
  return table_of_rows(std::move(columns), rows);
}

const Value& Call::input(std::size_t i) const noexcept {
  static const Value nothing;
  return i < inputs_.size() && inputs_[i] != nullptr ? *inputs_[i] : nothing;
}

double Call::scalar(std::size_t i) const noexcept {
  const Value& value = input(i);
  return value.is(ValueKind::Scalar) ? value.as_scalar() : std::numeric_limits<double>::quiet_NaN();
}

std::string too_long_message(std::size_t entries, std::size_t most) {
  return "the list would have " + std::to_string(entries) + " entries; maxVectorLength is " +
         std::to_string(most);
}

Value Call::too_long(std::size_t entries) const {
  return fail(too_long_message(entries, surroundings_.max_vector_length()));
}

Value Call::fail(std::string_view reason) const {
  std::string message(block_.label);
  message += ": ";
  message += reason;
  return Value::error(std::move(message));
}

}  // namespace chainsolved::ops
