#include "daemon/engine/ops/one_row.h"

#include "daemon/engine/ops/tables.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace chainsolved::ops {

Value one_row(std::initializer_list<NamedNumber> cells) {
  std::vector<std::string> columns;
  std::vector<double> values;
  columns.reserve(cells.size());
  values.reserve(cells.size());
  for (const NamedNumber& cell : cells) {
    columns.emplace_back(cell.name);
    values.push_back(cell.value);
  }
  return Value::table(table_of_columns(std::move(columns), 1, Numbers(std::move(values))));
}

}  // namespace chainsolved::ops
