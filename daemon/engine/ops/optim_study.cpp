// Design variables, and how an objective looks over their ranges.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/one_row.h"
#include "daemon/engine/ops/optimisation.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

Value design_variable(Call& call) {
  const BlockData& data = call.data();
  const double min = data.number_or("min", -10);
  const double max = data.number_or("max", 10);
  if (min > max) return call.fail("min is above max");
  return one_row({{"min", min},
                  {"max", max},
                  {"initial", data.number_or("value", (min + max) / 2)},
                  {"step", data.number_or("step", 0.1)}});
}

Value pass_or_nan(Call& call) {
  return call.has(0) ? call.input(0) : Value::scalar(std::numeric_limits<double>::quiet_NaN());
}

/// A number that the front end keeps with the ports, else with the data.
double manual_number(const Call& call, const char* key, double fallback) {
  const auto manual = call.data().json().find("manualValues");
  if (manual != call.data().json().end() && manual->is_object()) {
    const auto number = manual->find(key);
    if (number != manual->end() && number->is_number()) return number->get<double>();
  }
  return call.data().number_or(key, fallback);
}

/// Variables and objective, not yet evaluated anywhere.
Result<Optimisation> study(const Call& call) {
  auto variables = design_variables(call, 1);
  if (!variables.ok()) return variables.error();
  auto objective = Objective::read(call, 0, *variables);
  if (!objective.ok()) return objective.error();
  return Optimisation{.variables = *std::move(variables), .objective = *std::move(objective)};
}

Value parametric_sweep(Call& call) {
  const auto problem = study(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const double asked = std::fmin(std::fmax(manual_number(call, "steps", 100), 2), 1e7);
  const auto steps = static_cast<std::size_t>(asked);
  if (!call.fits(2 * steps)) return call.too_long(2 * steps);
  const DesignVariable& swept = problem->variables.front();
  std::vector<double> x = problem->initial();
  NumberBuffer cells(2 * steps);
  for (std::size_t i = 0; i < steps; ++i) {
    if (i % 1024 == 0 && !call.keep_going(1024 * problem->objective.work())) break;
    const double part = static_cast<double>(i) / static_cast<double>(steps - 1);
    x[0] = swept.min + part * swept.range();
    cells[i] = x[0];
    cells[steps + i] = problem->objective(x);
  }
  return Value::table(table_of_columns({"input", "output"}, steps, std::move(cells).take()));
}

// --- optim.monteCarlo ---

/// Of sorted numbers, interpolated between neighbours.
double percentile(const std::vector<double>& sorted, double percent) {
  const double at = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

constexpr std::size_t kStatistics = 10;

std::array<double, kStatistics> histogram(const std::vector<double>& sorted) {
  std::array<double, kStatistics> bins{};
  const double width = (sorted.back() - sorted.front()) / kStatistics;
  for (const double value : sorted) {
    const double bin = width > 0 ? (value - sorted.front()) / width : 0;
    bins[static_cast<std::size_t>(std::fmin(std::fmax(bin, 0), kStatistics - 1))] += 1;
  }
  return bins;
}

Value statistics_table(std::vector<double> values) {
  double sum = 0;
  for (const double value : values)
    sum += value;
  const auto count = static_cast<double>(values.size());
  const double mean = sum / count;
  double squares = 0;
  for (const double value : values)
    squares += squared(value - mean);
  std::ranges::sort(values);
  const std::array<double, kStatistics> statistics = {mean,
                                                      std::sqrt(squares / count),
                                                      values.front(),
                                                      values.back(),
                                                      percentile(values, 5),
                                                      percentile(values, 25),
                                                      percentile(values, 50),
                                                      percentile(values, 75),
                                                      percentile(values, 95),
                                                      count};
  const std::array<double, kStatistics> bins = histogram(values);
  NumberBuffer cells(3 * kStatistics);
  for (std::size_t i = 0; i < kStatistics; ++i) {
    cells[i] = static_cast<double>(i);
    cells[kStatistics + i] = statistics[i];
    cells[2 * kStatistics + i] = bins[i];
  }
  return Value::table(
      table_of_columns({"statistic", "value", "histogram"}, kStatistics, std::move(cells).take()));
}

Value monte_carlo(Call& call) {
  const auto problem = study(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const double samples = std::fmin(std::fmax(manual_number(call, "samples", 1000), 10), 1e7);
  Xorshift64 random(call.data().number_or("seed", 42));
  std::vector<double> x(problem->variables.size());
  std::vector<double> values;
  for (double i = 0; i < samples && call.keep_going(problem->objective.work()); ++i) {
    for (std::size_t v = 0; v < x.size(); ++v)
      x[v] = problem->variables[v].min + random.uniform() * problem->variables[v].range();
    const double value = problem->objective(x);
    if (std::isfinite(value)) values.push_back(value);
  }
  if (values.empty()) return call.fail("no sample has a finite objective");
  return statistics_table(std::move(values));
}

Value sensitivity_analysis(Call& call) {
  const auto problem = study(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const std::vector<double> centre = problem->initial();
  const double scale = std::fmax(std::abs(problem->objective(centre)), 1e-15);
  std::vector<std::array<double, 6>> rows;
  for (std::size_t v = 0; v < centre.size() && call.keep_going(problem->objective.work()); ++v) {
    const DesignVariable& variable = problem->variables[v];
    const double low = variable.limited(centre[v] - 0.1 * variable.range());
    const double high = variable.limited(centre[v] + 0.1 * variable.range());
    std::vector<double> x = centre;
    x[v] = low;
    const double at_low = problem->objective(x);
    x[v] = high;
    const double at_high = problem->objective(x);
    rows.push_back(
        {static_cast<double>(v), low, high, at_low, at_high, std::abs(at_high - at_low) / scale});
  }
  // What is no number comes last.
  std::ranges::stable_sort(rows, [](const auto& a, const auto& b) {
    return (std::isnan(a[5]) ? -1 : a[5]) > (std::isnan(b[5]) ? -1 : b[5]);
  });
  NumberBuffer cells(6 * rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < 6; ++c)
      cells[c * rows.size() + r] = rows[r][c];
  }
  return Value::table(table_of_columns(
      {"variable", "low_value", "high_value", "low_output", "high_output", "sensitivity"},
      rows.size(),
      std::move(cells).take()));
}

constexpr Port kValue[] = {{"value", "Value to minimize", Takes::Any}};
constexpr Port kResult[] = {{"data", "Optimizer output", Takes::Any}};
constexpr Port kSwept[] = {{"objective", "Function", Takes::Any},
                           {"variable", "Variable", Takes::Any, {}, "variables"}};
constexpr Port kStudied[] = {{"objective", "Function", Takes::Any},
                             {"variables", "Variables", Takes::Any, {}, "variable"}};
constexpr std::string_view kVariableKeys[] = {"min", "max", "value", "step"};
constexpr std::string_view kSweepKeys[] = {
    "coefficients", "expression", "min", "max", "value", "label", "steps"};
constexpr std::string_view kMonteCarloKeys[] = {
    "coefficients", "expression", "min", "max", "value", "label", "samples", "seed"};
constexpr std::string_view kSensitivityKeys[] = {
    "coefficients", "expression", "min", "max", "value", "label"};

constexpr BlockDef kRows[] = {
    reads(kVariableKeys,
          row(NodeKind::Source,
              Category::Optimization,
              "optim.designVariable",
              "Design Variable",
              {},
              Kernel::of(design_variable),
              "one row of min, max, initial (data.value, else the middle) and step")),
    operation(Category::Optimization,
              "optim.objectiveFunction",
              "Objective Function",
              kValue,
              Kernel::of(pass_or_nan),
              "value as it is; NaN without one"),
    row(NodeKind::Plot,
        Category::Optimization,
        "optim.convergencePlot",
        "Convergence Plot",
        kResult,
        Kernel::of(pass_or_nan),
        "data as it is; NaN without any"),
    row(NodeKind::Display,
        Category::Optimization,
        "optim.resultsTable",
        "Optimization Results",
        kResult,
        Kernel::of(pass_or_nan),
        "data as it is; NaN without any"),
    reads(kSweepKeys,
          operation(Category::Optimization,
                    "optim.parametricSweep",
                    "Parametric Sweep",
                    kSwept,
                    Kernel::of(parametric_sweep),
                    "the objective at evenly spaced values of the first variable, the others at "
                    "their initial ones")),
    reads(kMonteCarloKeys,
          operation(Category::Optimization,
                    "optim.monteCarlo",
                    "Monte Carlo",
                    kStudied,
                    Kernel::of(monte_carlo),
                    "mean, population std, min, max, percentiles 5, 25, 50, 75, 95 and count of "
                    "the objective at uniform samples (xorshift64); ten equal bins",
                    "Metropolis and Ulam 1949; Marsaglia 2003")),
    reads(kSensitivityKeys,
          operation(Category::Optimization,
                    "optim.sensitivity",
                    "Sensitivity Analysis",
                    kStudied,
                    Kernel::of(sensitivity_analysis),
                    "|f(x + 10% of range) - f(x - 10% of range)| / max(|f(x)|, 1e-15), one "
                    "variable at a time, the most sensitive first",
                    "Saltelli et al., Global Sensitivity Analysis, ch. 1")),
};

}  // namespace

std::span<const BlockDef> optim_study_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
