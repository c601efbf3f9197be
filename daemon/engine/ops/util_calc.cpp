// What a pocket calculator has beside its keys.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <cmath>
#include <limits>
#include <span>

namespace chainsolved::ops {

namespace {

/// A count of places that is missing is 0.
Outcome round_to_places(double x, double places) {
  if (std::isinf(places)) return std::numeric_limits<double>::quiet_NaN();
  const double digits = std::isnan(places) ? 0 : std::round(places);
  const double scale = std::pow(10, std::abs(digits));
  if (digits < 0) return std::isinf(scale) && !std::isnan(x) ? 0 : std::round(x / scale) * scale;
  const double scaled = x * scale;
  // A number that does not bear the scale has no digits so far behind the point.
  return std::isinf(scaled) || std::isinf(scale) ? x : std::round(scaled) / scale;
}

constexpr Port kRound[] = {{"x", "x"}, {"dp", "DP"}};
constexpr Port kPercent[] = {{"pct", "%", Takes::Broadcast, "%"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::UtilCalc,
                  "util.round.to_dp",
                  "Round to DP",
                  kRound,
                  formula<round_to_places>(),
                  "x to dp decimal places, halves away from zero; without a dp to none, as the "
                  "contract has it (util.round.to_dp/9)")),
    pro(operation(Category::UtilCalc,
                  "util.pct.to_decimal",
                  "% → Decimal",
                  kPercent,
                  elementwise([](double pct) { return pct / 100; }),
                  "pct / 100")),
};

}  // namespace

std::span<const BlockDef> util_calc_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
