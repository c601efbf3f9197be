// Relations between two samples: covariance, correlation, the least-squares line.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/reduce.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/slots.h"
#include "protocol/value.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

using Span = std::span<const double>;

/// Sums of squares and products about the means.
struct Moments {
  double mean_x = 0;
  double mean_y = 0;
  double sxx = 0;
  double sxy = 0;
  double syy = 0;

  double slope() const noexcept { return sxy / sxx; }
  double intercept() const noexcept { return mean_y - slope() * mean_x; }
};

/// Sums `term(i)` in eight fixed lanes, so that the bits do not depend on the machine's vectors.
template <class Term>
double sum_of(std::size_t count, Term term) {
  std::array<double, 8> lanes{};
  for (std::size_t i = 0; i < count; ++i)
    lanes[i % lanes.size()] += term(i);
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
         ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/// Two passes: the means first, so that nothing cancels.
Moments moments_of(Span x, Span y, Call& call) {
  const auto n = static_cast<double>(x.size());
  Moments m;
  m.mean_x = compensated_sum(x, &call) / n;
  m.mean_y = compensated_sum(y, &call) / n;
  m.sxx = sum_of(x.size(), [&](std::size_t i) { return squared(x[i] - m.mean_x); });
  m.sxy = sum_of(x.size(), [&](std::size_t i) { return (x[i] - m.mean_x) * (y[i] - m.mean_y); });
  m.syy = sum_of(x.size(), [&](std::size_t i) { return squared(y[i] - m.mean_y); });
  call.keep_going(3 * (x.size_bytes() + y.size_bytes()));
  return m;
}

using Relation = Outcome (*)(const Moments& m, Span x, Span y);

Outcome covariance(const Moments& m, Span x, Span /*y*/) {
  return m.sxy / static_cast<double>(x.size());
}

Outcome correlation(const Moments& m, Span /*x*/, Span /*y*/) {
  return quotient(m.sxy, std::sqrt(m.sxx * m.syy), "x or y does not vary");
}

Outcome line_slope(const Moments& m, Span /*x*/, Span /*y*/) {
  if (m.sxx == 0) return Outcome::fail("x does not vary");
  return m.slope();
}

Outcome line_intercept(const Moments& m, Span /*x*/, Span /*y*/) {
  if (m.sxx == 0) return Outcome::fail("x does not vary");
  return m.intercept();
}

Outcome determination(const Moments& m, Span x, Span y) {
  if (m.sxx == 0 || m.syy == 0) return Outcome::fail("x or y does not vary");
  const double slope = m.slope();
  const double intercept = m.intercept();
  const double residual =
      sum_of(x.size(), [&](std::size_t i) { return squared(y[i] - (slope * x[i] + intercept)); });
  return 1 - residual / m.syy;
}

Value value_of(const Call& call, const Outcome& outcome) {
  return outcome.error != nullptr ? call.fail(outcome.error) : Value::scalar(outcome.value);
}

template <Relation F>
Value over_pairs(Call& call) {
  const PairSlots pairs(call);
  return value_of(call, F(moments_of(pairs.x(), pairs.y(), call), pairs.x(), pairs.y()));
}

bool are_points(Span x, Span y) noexcept {
  return x.size() == y.size() && x.size() >= 2;
}

constexpr std::string_view kNeedsPoints = "x and y must be equally long, with two points at least";

template <Relation F>
Value over_vectors(Call& call) {
  const Span x = call.input(0).as_vector().span();
  const Span y = call.input(1).as_vector().span();
  if (!are_points(x, y)) return call.fail(kNeedsPoints);
  return value_of(call, F(moments_of(x, y, call), x, y));
}

Value predict(Call& call) {
  const Span x = call.input(0).as_vector().span();
  const Span y = call.input(1).as_vector().span();
  if (!are_points(x, y)) return call.fail(kNeedsPoints);
  const Moments m = moments_of(x, y, call);
  if (m.sxx == 0) return call.fail("x does not vary");
  return Value::scalar(m.slope() * call.scalar(2) + m.intercept());
}

constexpr Port kCovariance[] = {{"c", "Count", Takes::Scalar},
                                {"x1", "X1", Takes::Any},
                                {"x2", "X2", Takes::Any},
                                {"x3", "X3", Takes::Any},
                                {"x4", "X4", Takes::Any},
                                {"x5", "X5", Takes::Any},
                                {"x6", "X6", Takes::Any},
                                {"y1", "Y1", Takes::Any},
                                {"y2", "Y2", Takes::Any},
                                {"y3", "Y3", Takes::Any},
                                {"y4", "Y4", Takes::Any},
                                {"y5", "Y5", Takes::Any},
                                {"y6", "Y6", Takes::Any}};
constexpr Port kLinregSlopeVec[] = {{"x", "X", Takes::Vector}, {"y", "Y", Takes::Vector}};
constexpr Port kLinregPredict[] = {
    {"x", "X", Takes::Vector}, {"y", "Y", Takes::Vector}, {"x_new", "X new", Takes::Scalar}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::StatsRel,
                  "stats.rel.covariance",
                  "Covariance",
                  kCovariance,
                  Kernel::of(over_pairs<covariance>),
                  "mean of (x - mean x)(y - mean y) over the first count pairs")),
    pro(operation(Category::StatsRel,
                  "stats.rel.correlation",
                  "Correlation",
                  kCovariance,
                  Kernel::of(over_pairs<correlation>),
                  "covariance / (sigma_x sigma_y)",
                  "Pearson 1895")),
    pro(operation(Category::StatsRel,
                  "stats.rel.linreg_slope",
                  "LinReg Slope",
                  kCovariance,
                  Kernel::of(over_pairs<line_slope>),
                  "Sxy / Sxx",
                  "Draper and Smith, Applied Regression Analysis")),
    pro(operation(Category::StatsRel,
                  "stats.rel.linreg_intercept",
                  "LinReg Intercept",
                  kCovariance,
                  Kernel::of(over_pairs<line_intercept>),
                  "mean y - slope mean x",
                  "Draper and Smith, Applied Regression Analysis")),
    pro(operation(Category::StatsRel,
                  "stats.rel.linreg_slope_vec",
                  "LinReg Slope (vector)",
                  kLinregSlopeVec,
                  Kernel::of(over_vectors<line_slope>),
                  "Sxy / Sxx",
                  "Draper and Smith, Applied Regression Analysis")),
    pro(operation(Category::StatsRel,
                  "stats.rel.linreg_intercept_vec",
                  "LinReg Intercept (vector)",
                  kLinregSlopeVec,
                  Kernel::of(over_vectors<line_intercept>),
                  "mean y - slope mean x",
                  "Draper and Smith, Applied Regression Analysis")),
    pro(operation(Category::StatsRel,
                  "stats.rel.linreg_r2",
                  "LinReg R²",
                  kLinregSlopeVec,
                  Kernel::of(over_vectors<determination>),
                  "1 - SS_residual / SS_total",
                  "Draper and Smith, Applied Regression Analysis")),
    pro(operation(Category::StatsRel,
                  "stats.rel.linreg_predict",
                  "LinReg Predict",
                  kLinregPredict,
                  Kernel::of(predict),
                  "slope x_new + intercept",
                  "Draper and Smith, Applied Regression Analysis")),
};

}  // namespace

std::span<const BlockDef> stats_rel_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
