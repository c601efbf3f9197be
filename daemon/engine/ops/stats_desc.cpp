// Descriptive statistics of up to six numbers on ports of their own.
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
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

using Statistic = Outcome (*)(std::span<double> x);

/// Runs a statistic over the first `c` slots, of which there are at least `kLeast`.
template <Statistic F, std::size_t kLeast>
Value over_slots(Call& call) {
  std::array<double, kMaxSlots> x{};
  for (std::size_t i = 0; i < kMaxSlots; ++i)
    x[i] = slot(call, i + 1);
  const Outcome outcome = F(std::span(x).first(slot_count(call, 0, kLeast)));
  return outcome.error != nullptr ? call.fail(outcome.error) : Value::scalar(outcome.value);
}

double mean_of(std::span<const double> x) {
  return compensated_sum(x) / static_cast<double>(x.size());
}

Outcome mean(std::span<double> x) {
  return mean_of(x);
}

Outcome sum(std::span<double> x) {
  return compensated_sum(x);
}

Outcome median(std::span<double> x) {
  // NaN counts as smaller than everything, so that the order is one.
  std::ranges::partial_sort(
      x, x.end(), [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const std::size_t middle = x.size() / 2;
  return x.size() % 2 == 1 ? x[middle] : (x[middle - 1] + x[middle]) / 2;
}

Outcome mode(std::span<double> x) {
  double best = x[0];
  std::ptrdiff_t best_count = 0;
  for (const double candidate : x) {
    const auto count = std::ranges::count_if(x, [candidate](double other) {
      return std::fabs(other - candidate) < std::numeric_limits<double>::epsilon();
    });
    if (count > best_count) {
      best = candidate;
      best_count = count;
    }
  }
  return best;
}

Outcome range(std::span<double> x) {
  return largest(x) - smallest(x);
}

/// Of the whole population: divided by n.
double variance_of(std::span<double> x) {
  const double mean = mean_of(x);
  std::ranges::for_each(x, [mean](double& entry) { entry -= mean; });
  return sum_of_squares(x) / static_cast<double>(x.size());
}

Outcome variance(std::span<double> x) {
  return variance_of(x);
}

Outcome standard_deviation(std::span<double> x) {
  return std::sqrt(variance_of(x));
}

Outcome geometric_mean(std::span<double> x) {
  for (double& entry : x) {
    if (entry <= 0) return Outcome::fail("all values must be > 0");
    entry = std::log(entry);
  }
  return std::exp(mean_of(x));
}

constexpr Port kSlotPorts[] = {
    {"c", "Count"},
    {"x1", "X1", Takes::Any},
    {"x2", "X2", Takes::Any},
    {"x3", "X3", Takes::Any},
    {"x4", "X4", Takes::Any},
    {"x5", "X5", Takes::Any},
    {"x6", "X6", Takes::Any},
};
constexpr Port kZScorePorts[] = {{"x", "x"}, {"mu", "μ"}, {"sigma", "σ"}};

template <Statistic F, std::size_t kLeast = 1>
constexpr BlockDef slots(std::string_view id, std::string_view label, std::string_view formula) {
  constexpr Kernel kKernel = Kernel::of(over_slots<F, kLeast>);
  return pro(operation(Category::StatsDesc, id, label, kSlotPorts, kKernel, formula));
}

constexpr BlockDef kRows[] = {
    slots<mean>("stats.desc.mean", "Mean", "sum of x / n"),
    slots<median>("stats.desc.median", "Median", "middle value, mean of the two middle ones"),
    slots<mode>(
        "stats.desc.mode_approx", "Mode (approx)", "most frequent value, the first of equals"),
    slots<range>("stats.desc.range", "Range", "largest - smallest"),
    slots<variance, 2>("stats.desc.variance", "Variance", "sum of (x - mean)^2 / n"),
    slots<standard_deviation, 2>("stats.desc.stddev", "Std Dev", "sqrt(sum of (x - mean)^2 / n)"),
    slots<sum>("stats.desc.sum", "Sum", "sum of x"),
    slots<geometric_mean>("stats.desc.geo_mean", "Geometric Mean", "exp(mean of ln x)"),
    pro(operation(Category::StatsDesc,
                  "stats.desc.zscore",
                  "Z-Score",
                  kZScorePorts,
                  formula([](double x, double mu, double sigma) {
                    return quotient(x - mu, sigma, "sigma must not be 0");
                  }),
                  "(x - mu) / sigma")),
};

}  // namespace

std::span<const BlockDef> stats_desc_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
