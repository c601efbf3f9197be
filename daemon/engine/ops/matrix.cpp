// Matrices.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <cstddef>
#include <limits>
#include <span>
#include <utility>

namespace chainsolved::ops {

namespace {

/// A row per row, a column per column name; cells that do not exist are NaN.
Value matrix_from_table(Call& call) {
  const Table& table = call.input(0).as_table();
  if (table.row_count == 0) return call.fail("the table has no rows");
  const std::size_t columns = table.columns.size();
  NumberBuffer data(table.row_count * columns);
  for (std::size_t r = 0; r < table.row_count; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      data[r * columns + c] =
          c < table.row_length(r) ? table.cell(r, c) : std::numeric_limits<double>::quiet_NaN();
    }
    if (!call.keep_going(columns * 2 * sizeof(double))) return {};
  }
  return Value::matrix(table.row_count, columns, std::move(data).take());
}

constexpr Port kTable[] = {{"table", "Table", Takes::Table}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::Matrix,
                  "matrix_from_table",
                  "Table to Matrix",
                  kTable,
                  Kernel::of(matrix_from_table),
                  "the table's cells as a matrix")),
};

}  // namespace

std::span<const BlockDef> matrix_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
