// Returns and portfolios.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/reduce.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/slots.h"
#include "protocol/value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <span>

namespace chainsolved::ops {

namespace {

Value weighted_average(Call& call) {
  const PairSlots pairs(call);
  const double weight = compensated_sum(pairs.y());
  if (weight == 0) return call.fail("the weights sum to 0");
  std::array<double, kMaxSlots> products{};
  std::ranges::transform(pairs.x(), pairs.y(), products.begin(), std::multiplies<>());
  return Value::scalar(compensated_sum(products) / weight);
}

constexpr Port kPctReturn[] = {{"v0", "V₀"}, {"v1", "V₁"}};
constexpr Port kCagr[] = {{"v0", "V₀"}, {"v1", "V₁"}, {"t", "t (yrs)"}};
constexpr Port kSharpe[] = {{"ret", "Return"}, {"rf", "R𝆓"}, {"sigma", "σ"}};
constexpr Port kWeightedAvg[] = {{"c", "Count", Takes::Scalar},
                                 {"x1", "X1", Takes::Any},
                                 {"x2", "X2", Takes::Any},
                                 {"x3", "X3", Takes::Any},
                                 {"x4", "X4", Takes::Any},
                                 {"x5", "X5", Takes::Any},
                                 {"x6", "X6", Takes::Any},
                                 {"y1", "W1", Takes::Any},
                                 {"y2", "W2", Takes::Any},
                                 {"y3", "W3", Takes::Any},
                                 {"y4", "W4", Takes::Any},
                                 {"y5", "W5", Takes::Any},
                                 {"y6", "W6", Takes::Any}};
constexpr Port kPortfolioVariance[] = {
    {"w1", "w₁"}, {"w2", "w₂"}, {"s1", "σ₁"}, {"s2", "σ₂"}, {"rho", "ρ"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::FinReturns,
                  "fin.returns.pct_return",
                  "% Return",
                  kPctReturn,
                  formula([](double v0, double v1) { return quotient(v1 - v0, v0, "V0 is 0"); }),
                  "(V1 - V0) / V0")),
    pro(operation(Category::FinReturns,
                  "fin.returns.log_return",
                  "Log Return",
                  kPctReturn,
                  formula([](double v0, double v1) -> Outcome {
                    if (v0 <= 0 || v1 <= 0) return Outcome::fail("both values must be positive");
                    return std::log(v1 / v0);
                  }),
                  "ln(V1 / V0)")),
    pro(operation(Category::FinReturns,
                  "fin.returns.cagr",
                  "CAGR",
                  kCagr,
                  formula([](double v0, double v1, double years) -> Outcome {
                    if (v0 <= 0) return Outcome::fail("V0 must be positive");
                    if (years == 0) return Outcome::fail("t is 0");
                    return std::pow(v1 / v0, 1 / years) - 1;
                  }),
                  "(V1 / V0)^(1 / t) - 1")),
    pro(operation(Category::FinReturns,
                  "fin.returns.sharpe",
                  "Sharpe Ratio",
                  kSharpe,
                  formula([](double mean, double risk_free, double sigma) {
                    return quotient(mean - risk_free, sigma, "sigma is 0");
                  }),
                  "(R - Rf) / sigma",
                  "Sharpe 1966")),
    pro(operation(Category::FinReturns,
                  "fin.returns.weighted_avg",
                  "Weighted Avg",
                  kWeightedAvg,
                  Kernel::of(weighted_average),
                  "sum x_i w_i / sum w_i over the first count slots")),
    pro(operation(Category::FinReturns,
                  "fin.returns.portfolio_variance",
                  "Portfolio Var (2-asset)",
                  kPortfolioVariance,
                  formula([](double w1, double w2, double s1, double s2, double rho) {
                    return squared(w1 * s1) + squared(w2 * s2) + 2 * w1 * w2 * rho * s1 * s2;
                  }),
                  "(w1 s1)^2 + (w2 s2)^2 + 2 w1 w2 rho s1 s2",
                  "Markowitz 1952")),
};

}  // namespace

std::span<const BlockDef> fin_returns_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
