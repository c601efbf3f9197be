// Columns of tables and lookup tables.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/interpolate.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Value extract_column(Call& call) {
  const Table& table = call.input(0).as_table();
  const double index = call.has(1) ? std::trunc(call.scalar(1)) : 0;
  if (std::isnan(index)) return call.fail("the column's index is not a number");
  const double column = std::fmax(index, 0);
  if (column < static_cast<double>(table.width)) {
    return Value::vector(table.column(static_cast<std::size_t>(column)));
  }
  return Value::vector(std::vector<double>(table.row_count, 0.0));
}

Value lookup_1d(Call& call) {
  const auto x = call.input(0).as_vector().span();
  const auto y = call.input(1).as_vector().span();
  if (x.size() != y.size() || x.size() < 2) {
    return call.fail("needs as many x as y values, and at least two");
  }
  const double query = call.scalar(2);
  const std::string method = call.data().text_or("method", "linear");
  if (method == "nearest") return Value::scalar(nearest_of(x, y, query));
  if (!ascends(x)) return call.fail("the x values must ascend");
  if (method != "cubic") return Value::scalar(linear_between(x, y, query));
  if (std::ranges::adjacent_find(x) != x.end()) {
    return call.fail("a cubic lookup needs x values that differ");
  }
  return Value::scalar(natural_spline(x, y, query));
}

/// The cells of a grid whose rows follow y and whose columns follow x.
class Grid {
 public:
  explicit Grid(const Value& value)
      : table_(value.is(ValueKind::Table) ? &value.as_table() : nullptr),
        matrix_(value.is(ValueKind::Matrix) ? &value.as_matrix() : nullptr) {}

  bool usable() const noexcept { return table_ != nullptr || matrix_ != nullptr; }

  /// NaN where the grid has no cell.
  double cell(std::size_t row, std::size_t column) const noexcept {
    if (matrix_ != nullptr) {
      return row < matrix_->rows && column < matrix_->cols
                 ? matrix_->data[row * matrix_->cols + column]
                 : kNan;
    }
    return row < table_->row_count && column < table_->row_length(row) ? table_->cell(row, column)
                                                                       : kNan;
  }

 private:
  const Table* table_;
  const Matrix* matrix_;
};

/// Bilinear inside the grid; queries outside are moved to its edge.
double bilinear(const Grid& grid,
                std::span<const double> x,
                std::span<const double> y,
                double query_x,
                double query_y) {
  const double qx = std::clamp(query_x, x.front(), x.back());
  const double qy = std::clamp(query_y, y.front(), y.back());
  const std::size_t i = segment_of(x, qx);
  const std::size_t j = segment_of(y, qy);
  const double width = x[i + 1] - x[i];
  const double height = y[j + 1] - y[j];
  const double u = width > 0 ? (qx - x[i]) / width : 0;
  const double v = height > 0 ? (qy - y[j]) / height : 0;
  return grid.cell(j, i) * (1 - u) * (1 - v) + grid.cell(j, i + 1) * u * (1 - v) +
         grid.cell(j + 1, i) * (1 - u) * v + grid.cell(j + 1, i + 1) * u * v;
}

Value lookup_2d(Call& call) {
  const auto x = call.input(0).as_vector().span();
  const auto y = call.input(1).as_vector().span();
  const Grid grid(call.input(2));
  if (!grid.usable()) return call.fail("needs a table or matrix of z values");
  if (x.size() < 2 || y.size() < 2) return call.fail("needs at least two x and two y values");
  if (!ascends(x) || !ascends(y)) return call.fail("the x and the y values must ascend");
  const double qx = call.scalar(3);
  const double qy = call.scalar(4);
  if (std::isnan(qx) || std::isnan(qy)) return Value::scalar(kNan);
  return Value::scalar(bilinear(grid, x, y, qx, qy));
}

constexpr Port kColumn[] = {{"table", "Table", Takes::Table}, {"index", "Column Index"}};
constexpr Port kLookup1d[] = {
    {"x_vec", "X (vector)", Takes::Vector, "", "xv"},
    {"y_vec", "Y (vector)", Takes::Vector, "", "yv"},
    {"x", "Query X", Takes::Scalar, "", "query"},
};
constexpr Port kLookup2d[] = {
    {"x_vec", "X axis", Takes::Vector},
    {"y_vec", "Y axis", Takes::Vector},
    {"z_mat", "Z (table)", Takes::Any},
    {"x", "Query X", Takes::Scalar, "", "qx"},
    {"y", "Query Y", Takes::Scalar, "", "qy"},
};
constexpr std::string_view kMethod[] = {"method"};

constexpr BlockDef table(std::string_view id,
                         std::string_view label,
                         std::span<const Port> ports,
                         GeneralFn run,
                         std::string_view formula) {
  return operation(Category::TableOps, id, label, ports, Kernel::of(run), formula);
}

constexpr BlockDef kRows[] = {
    pro(table("table_extract_col",
              "Table Column",
              kColumn,
              extract_column,
              "column number index, from 0; cells that do not exist are 0")),
    reads(kMethod,
          table("lookup.1d",
                "Lookup Table 1D",
                kLookup1d,
                lookup_1d,
                "y at x: linear, nearest or cubic (natural spline); end values outside")),
    table("lookup.2d",
          "Lookup Table 2D",
          kLookup2d,
          lookup_2d,
          "z at (x, y), bilinear; z has a row per y and a column per x; edge values outside"),
};

}  // namespace

std::span<const BlockDef> table_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
