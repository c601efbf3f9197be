// Intervals.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace chainsolved::ops {

namespace {

Value interval_from_bounds(Call& call) {
  const double lo = call.scalar(0);
  const double hi = call.scalar(1);
  if (std::isnan(lo) || std::isnan(hi)) return call.fail("needs two bounds that are numbers");
  return Value::interval(std::min(lo, hi), std::max(lo, hi));
}

constexpr Port kBounds[] = {{"lo", "Lo"}, {"hi", "Hi"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::Interval,
                  "interval_from_bounds",
                  "Interval [lo, hi]",
                  kBounds,
                  Kernel::of(interval_from_bounds),
                  "[min(lo, hi), max(lo, hi)]")),
};

}  // namespace

std::span<const BlockDef> interval_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
