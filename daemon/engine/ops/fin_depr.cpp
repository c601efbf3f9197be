// Depreciation.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <cmath>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr Port kStraightLine[] = {{"cost", "Cost"}, {"salvage", "Salvage"}, {"life", "Life"}};
constexpr Port kDecliningBalance[] = {
    {"cost", "Cost"}, {"salvage", "Salvage"}, {"life", "Life"}, {"period", "Period"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::FinDepr,
                  "fin.depr.straight_line",
                  "SL Depreciation",
                  kStraightLine,
                  formula([](double cost, double salvage, double life) {
                    return quotient(cost - salvage, life, "the life is 0");
                  }),
                  "(cost - salvage) / life")),
    pro(operation(Category::FinDepr,
                  "fin.depr.declining_balance",
                  "DB Depreciation",
                  kDecliningBalance,
                  formula([](double cost, double salvage, double life, double period) -> Outcome {
                    if (life == 0) return Outcome::fail("the life is 0");
                    if (cost == 0) return 0.0;
                    const double rate = 1 - std::pow(salvage / cost, 1 / life);
                    return cost * std::pow(1 - rate, period - 1) * rate;
                  }),
                  "rate = 1 - (salvage / cost)^(1 / life); cost (1 - rate)^(period - 1) rate")),
};

}  // namespace

std::span<const BlockDef> fin_depr_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
