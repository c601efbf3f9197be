// The Jacobian of formulas at a point.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/gradient.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/sensitivity_inputs.h"
#include "daemon/engine/ops/tables.h"
#include "daemon/engine/ops/text_list.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

/// One row per formula: its index, the partial derivatives, and which mode is cheaper. Derivatives
/// are exact in both modes; the column says what a solver over these formulas would choose.
Value jacobian_table(Call& call,
                     const std::vector<Expression>& formulas,
                     const std::vector<std::string>& names,
                     std::span<const double> point,
                     double mode) {
  std::vector<std::string> columns = {"output_idx"};
  columns.insert(columns.end(), names.begin(), names.end());
  columns.emplace_back("mode");
  const std::size_t rows = formulas.size();
  std::vector<double> cells(columns.size() * rows);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t work = formulas[r].program().size() * names.size() * sizeof(double);
    if (!call.keep_going(work)) break;
    const ValueAndGradient at = evaluate_with_gradient(formulas[r], point);
    cells[r] = static_cast<double>(r);
    for (std::size_t c = 0; c < names.size(); ++c)
      cells[(c + 1) * rows + r] = at.partials[c];
    cells[(names.size() + 1) * rows + r] = mode;
  }
  return Value::table(table_of_columns(std::move(columns), rows, Numbers(std::move(cells))));
}

Value mixed_jacobian(Call& call) {
  const auto texts = split_list(call.data().text_or("expressions", ""), ',');
  if (texts.empty()) return call.fail("needs formulas in 'expressions', separated by commas");
  const auto names = split_list(call.data().text_or("var_names", "x"), ',');
  const auto point = point_on(call, 0, "x");
  if (!point) return call.fail("needs a point: a vector on port 'x' or numbers in 'x'");
  if (point->size() != names.size()) {
    return call.fail(std::to_string(names.size()) + " variables but " +
                     std::to_string(point->size()) + " numbers in x");
  }
  const auto formulas = parse_all(texts, names);
  if (!formulas.ok()) return call.fail(formulas.error().message);
  const double threshold = call.data().number_or("threshold", 1);
  const bool forward =
      static_cast<double>(names.size()) <= threshold * static_cast<double>(texts.size());
  return jacobian_table(call, *formulas, names, *point, forward ? 0 : 1);
}

constexpr Port kPoint[] = {{"x", "Eval point (vector)", Takes::Any}};
constexpr std::string_view kKeys[] = {"expressions", "var_names", "x", "threshold"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          operation(Category::Math,
                    "ad.mixedJacobian",
                    "Mixed-Mode Jacobian",
                    kPoint,
                    Kernel::of(mixed_jacobian),
                    "d expressions / d var_names at x, exact; mode 0 forward, 1 reverse",
                    "Griewank and Walther, Evaluating Derivatives")),
};

}  // namespace

std::span<const BlockDef> jacobian_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
