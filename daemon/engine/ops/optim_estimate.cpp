// Parameters of differential equations from observations.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/optimisation.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "daemon/engine/ops/text_list.h"
#include "daemon/engine/ops/trajectory.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/QR>

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

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t kMaxParameters = 100;
constexpr std::size_t kMaxObservedStates = 200;
constexpr std::size_t kMaxObservations = 100'000;

/// What was seen: a time per row, and the first states in the other columns.
struct Observations {
  std::vector<double> times;  // ascending, from 0
  MatrixXd states;
};

Result<Observations> observations_on(const Call& call) {
  const auto refuse = [](const char* why) {
    return Error{ErrorCode::InvalidParams, why, {}};
  };
  const Table& table = call.input(0).as_table();
  const auto t = std::ranges::find(table.columns, "t");
  if (t == table.columns.end()) return refuse("data needs a column 't'");
  if (table.ragged() || table.row_count == 0) return refuse("data needs rows of equal length");
  if (table.row_count > kMaxObservations) return refuse("more than 100000 observations");
  if (table.width < 2) return refuse("data needs a column of observations beside 't'");
  const auto time_column = static_cast<std::size_t>(t - table.columns.begin());
  const auto rows = static_cast<Index>(table.row_count);
  Observations seen{.times = {}, .states = MatrixXd(rows, static_cast<Index>(table.width) - 1)};
  for (std::size_t r = 0; r < table.row_count; ++r)
    seen.times.push_back(table.cell(r, time_column));
  for (std::size_t c = 0, state = 0; c < table.width; ++c) {
    if (c == time_column) continue;
    for (std::size_t r = 0; r < table.row_count; ++r)
      seen.states(static_cast<Index>(r), static_cast<Index>(state)) = table.cell(r, c);
    ++state;
  }
  const bool finite = std::ranges::all_of(seen.times, [](double x) { return std::isfinite(x); });
  if (!finite || !seen.states.allFinite()) return refuse("data has entries that are not finite");
  if (!std::ranges::is_sorted(seen.times) || seen.times.front() < 0) {
    return refuse("t must ascend from 0 or later");
  }
  return seen;
}

struct Parameters {
  std::vector<std::string> names;
  VectorXd start;
  VectorXd lower;
  VectorXd upper;
};

Result<Parameters> parameters_of(const BlockData& data) {
  const auto refuse = [](const char* why) {
    return Error{ErrorCode::InvalidParams, why, {}};
  };
  Parameters parameters{
      .names = split_list(data.text_or("params", ""), ','), .start = {}, .lower = {}, .upper = {}};
  const std::size_t n = parameters.names.size();
  if (n == 0) return refuse("needs the names of the parameters in 'params'");
  if (n > kMaxParameters) return refuse("more than 100 parameters");
  const double infinity = std::numeric_limits<double>::infinity();
  const auto read = [&](const char* key, double missing) {
    std::vector<double> numbers = split_numbers(data.text_or(key, ""), ',');
    numbers.resize(n, missing);
    return VectorXd(Eigen::Map<VectorXd>(numbers.data(), static_cast<Index>(n)));
  };
  parameters.start = read("param_init", 1);
  parameters.lower = read("param_lower", -infinity);
  parameters.upper = read("param_upper", infinity);
  if (!parameters.start.allFinite()) return refuse("param_init must be numbers");
  if (!(parameters.lower.array() <= parameters.upper.array()).all()) {
    return refuse("param_lower is above param_upper");
  }
  parameters.start = parameters.start.cwiseMax(parameters.lower).cwiseMin(parameters.upper);
  return parameters;
}

/// The model's states at the times of the observations, as a function of the parameters.
class FittedModel {
 public:
  FittedModel(Call& call,
              const Observations& seen,
              const FormulaSystem& rates,
              std::vector<double> y0,
              double dt)
      : call_(call), seen_(seen), rates_(rates), y0_(std::move(y0)), dt_(dt) {}

  Index residuals() const { return seen_.states.size(); }
  bool stopped() const noexcept { return stopped_; }

  VectorXd residual(const VectorXd& parameters) {
    VectorXd result(residuals());
    std::vector<double> y = y0_;
    double t = 0;
    Index at = 0;
    for (std::size_t r = 0; r < seen_.times.size(); ++r) {
      while (t < seen_.times[r] && !stopped_)
        advance(parameters, y, t, seen_.times[r]);
      for (Index c = 0; c < seen_.states.cols(); ++c)
        result(at++) = y[static_cast<std::size_t>(c)] - seen_.states(static_cast<Index>(r), c);
    }
    return result;
  }

  MatrixXd jacobian(const VectorXd& parameters) {
    MatrixXd result(residuals(), parameters.size());
    for (Index p = 0; p < parameters.size(); ++p) {
      const double h = 1e-6 * std::fmax(1, std::abs(parameters(p)));
      VectorXd ahead = parameters;
      VectorXd behind = parameters;
      ahead(p) += h;
      behind(p) -= h;
      result.col(p) = (residual(ahead) - residual(behind)) / (2 * h);
    }
    return result;
  }

 private:
  /// One step of the classical Runge-Kutta method, no further than `end`.
  void advance(const VectorXd& parameters, std::vector<double>& y, double& t, double end) {
    stopped_ = stopped_ || !call_.keep_going(4 * rates_.work());
    const double h = std::fmin(dt_, end - t);
    const std::size_t n = y.size();
    std::vector<double> k(n);
    std::vector<double> sum(n, 0.0);
    std::vector<double> at = y;
    constexpr double kReach[] = {0, 0.5, 0.5, 1};
    constexpr double kWeight[] = {1, 2, 2, 1};
    for (std::size_t s = 0; s < 4; ++s) {
      for (std::size_t i = 0; i < n; ++i)
        at[i] = y[i] + kReach[s] * h * k[i];
      std::vector<double> point = {t + kReach[s] * h};
      point.insert(point.end(), at.begin(), at.end());
      point.insert(point.end(), parameters.begin(), parameters.end());
      rates_.evaluate(point, k);
      for (std::size_t i = 0; i < n; ++i)
        sum[i] += kWeight[s] * k[i];
    }
    for (std::size_t i = 0; i < n; ++i)
      y[i] += h / 6 * sum[i];
    t = end - t <= dt_ ? end : t + h;
  }

  Call& call_;
  const Observations& seen_;
  const FormulaSystem& rates_;
  std::vector<double> y0_;
  double dt_;
  bool stopped_ = false;
};

struct Fit {
  VectorXd parameters;
  VectorXd residual;
  MatrixXd jacobian;
};

/// Marquardt 1963; a step stands when it makes the residual smaller.
Fit levenberg_marquardt(Call& call, FittedModel& model, const Parameters& parameters) {
  const std::size_t iterations = count_of(call, "max_iter", 200, 1, 10'000);
  const double tolerance = call.data().number_or("tol", 1e-8);
  constexpr double kMostDamping = 1e12;
  Fit fit{.parameters = parameters.start,
          .residual = model.residual(parameters.start),
          .jacobian = model.jacobian(parameters.start)};
  double damping = 1e-3;
  for (std::size_t i = 0; i < iterations && damping < kMostDamping && !model.stopped(); ++i) {
    MatrixXd normal = fit.jacobian.transpose() * fit.jacobian;
    normal.diagonal() += damping * normal.diagonal().cwiseMax(1e-12);
    const VectorXd step = normal.ldlt().solve(-fit.jacobian.transpose() * fit.residual);
    VectorXd next = (fit.parameters + step).cwiseMax(parameters.lower).cwiseMin(parameters.upper);
    const VectorXd residual = next.allFinite() ? model.residual(next) : fit.residual;
    if (!(residual.squaredNorm() < fit.residual.squaredNorm())) {
      damping *= 10;
      continue;
    }
    const double moved = (next - fit.parameters).norm();
    fit.parameters = next;
    fit.residual = residual;
    fit.jacobian = model.jacobian(next);
    damping = std::fmax(damping / 10, 1e-15);
    if (moved < tolerance * (1 + next.norm())) break;
  }
  return fit;
}

Value table_of_fit(const Fit& fit) {
  const Index n = fit.parameters.size();
  const Index observations = fit.residual.size();
  const double left = fit.residual.squaredNorm();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  VectorXd errors = VectorXd::Constant(n, nan);
  const Eigen::LDLT<MatrixXd> normal(fit.jacobian.transpose() * fit.jacobian);
  if (observations > n && normal.isPositive() && normal.vectorD().minCoeff() > 0) {
    const MatrixXd inverse = normal.solve(MatrixXd::Identity(n, n));
    errors = (inverse.diagonal() * left / static_cast<double>(observations - n)).cwiseSqrt();
  }
  const auto rows = static_cast<std::size_t>(n) + 1;
  NumberBuffer cells(3 * rows);
  for (std::size_t r = 0; r < rows; ++r) {
    const bool last = r + 1 == rows;
    cells[r] = static_cast<double>(r);
    cells[rows + r] = last ? left : fit.parameters(static_cast<Index>(r));
    cells[2 * rows + r] = last ? nan : errors(static_cast<Index>(r));
  }
  return Value::table(
      table_of_columns({"param_idx", "value", "std_error"}, rows, std::move(cells).take()));
}

Value estimate(Call& call) {
  const auto seen = observations_on(call);
  if (!seen.ok()) return call.fail(seen.error().message);
  const auto texts = split_list(call.data().text_or("equations", ""), ';');
  if (texts.empty()) return call.fail("needs 'equations', separated by ';'");
  if (texts.size() > kMaxObservedStates) return call.fail("more than 200 equations");
  const auto observed = static_cast<std::size_t>(seen->states.cols());
  if (observed > texts.size()) return call.fail("data has more columns than there are equations");
  const auto parameters = parameters_of(call.data());
  if (!parameters.ok()) return call.fail(parameters.error().message);
  const double dt = call.data().number_or("dt", 0.01);
  if (!(dt > 0) || !(seen->times.back() / dt <= kMaxTimeSteps)) {
    return call.fail("dt must be positive and make a million steps at most");
  }
  if (seen->times.back() + dt == seen->times.back()) return call.fail("dt does not move t");

  std::vector<double> y0(texts.size(), 0.0);
  if (call.has(1)) {
    auto given = state_on(call, 1, "y0");
    if (!given.ok()) return call.fail(given.error().message);
    if (given->size() != y0.size()) return call.fail("y0 needs one number per equation");
    y0 = *std::move(given);
  } else {
    for (std::size_t i = 0; i < observed; ++i)
      y0[i] = seen->states(0, static_cast<Index>(i));
  }
  std::vector<std::string> names = {"t"};
  for (std::string& name : numbered_names("y", texts.size()))
    names.push_back(std::move(name));
  names.insert(names.end(), parameters->names.begin(), parameters->names.end());
  const auto rates = FormulaSystem::parse(texts, names, {});
  if (!rates.ok()) return call.fail(rates.error().message);

  FittedModel model(call, *seen, *rates, std::move(y0), dt);
  if (!model.residual(parameters->start).allFinite()) {
    return call.fail("the model is not finite with param_init");
  }
  const Fit fit = levenberg_marquardt(call, model, *parameters);
  return table_of_fit(fit);
}

constexpr Port kPorts[] = {{"data", "Observed data (table)", Takes::Table},
                           {"y0", "Initial state", Takes::Any}};
constexpr std::string_view kKeys[] = {
    "equations", "params", "param_init", "param_lower", "param_upper", "max_iter", "tol", "dt"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          pro(operation(Category::Optimization,
                        "optim.paramEst",
                        "Parameter Estimation",
                        kPorts,
                        Kernel::of(estimate),
                        "least squares between data and y' = f(t, y, params), y(0) = y0 or the "
                        "first observation: Levenberg-Marquardt over Runge-Kutta steps of dt",
                        "Marquardt 1963; Bard, Nonlinear Parameter Estimation"))),
};

}  // namespace

std::span<const BlockDef> optim_estimate_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
