// Gradients of what an initial value problem ends at, by its parameters.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "daemon/engine/ops/text_list.h"
#include "daemon/engine/ops/trajectory.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::size_t kMaxAdjointStates = 1000;

/// y' = f(t, y, p) from y0, and an objective of the final state.
struct Sensitivity {
  FormulaSystem rates;      // over t, y0, ..., and the parameters
  FormulaSystem objective;  // the same
  std::size_t states;
  std::vector<double> parameters;
  std::vector<double> y0;
  TimeSpan span;

  double time(std::size_t step) const {
    return std::fmin(span.start + static_cast<double>(step) * span.dt, span.end);
  }
  std::size_t steps() const {
    return static_cast<std::size_t>(std::ceil((span.end - span.start) / span.dt - 1e-9));
  }

  std::vector<double> point(double t, std::span<const double> y) const {
    std::vector<double> all = {t};
    all.insert(all.end(), y.begin(), y.end());
    all.insert(all.end(), parameters.begin(), parameters.end());
    return all;
  }

  /// One step of the classical Runge-Kutta method.
  std::vector<double> advance(std::size_t step, const std::vector<double>& y) const {
    const double t = time(step);
    const double h = time(step + 1) - t;
    const std::size_t n = states;
    std::vector<double> k(4 * n);
    std::vector<double> at = y;
    constexpr double kPart[] = {0, 0.5, 0.5, 1};
    for (std::size_t s = 0; s < 4; ++s) {
      for (std::size_t i = 0; i < n && s > 0; ++i)
        at[i] = y[i] + kPart[s] * h * k[(s - 1) * n + i];
      rates.evaluate(point(t + kPart[s] * h, at), std::span(k).subspan(s * n, n));
    }
    for (std::size_t i = 0; i < n; ++i)
      at[i] = y[i] + h / 6 * (k[i] + 2 * k[n + i] + 2 * k[2 * n + i] + k[3 * n + i]);
    return at;
  }
};

Result<Sensitivity> sensitivity_of(const Call& call) {
  const BlockData& data = call.data();
  const auto refuse = [](std::string why) {
    return Error{ErrorCode::InvalidParams, std::move(why), {}};
  };
  const auto texts = split_list(data.text_or("equations", ""), ';');
  if (texts.empty()) return refuse("needs 'equations', separated by ';'");
  if (texts.size() > kMaxAdjointStates) return refuse("more than 1000 equations");
  const auto parameter_names = split_list(data.text_or("param_names", ""), ',');
  const auto span = time_span(call, 0.01);
  if (!span.ok()) return span.error();

  const FormulaSystem::Constants constants = constants_of(data.json(), "params");
  std::vector<double> parameters;
  for (const std::string& name : parameter_names) {
    const auto at = constants.find(name);
    if (at == constants.end()) return refuse("params has no number for '" + name + "'");
    parameters.push_back(at->second);
  }
  std::vector<double> y0;
  for (std::size_t i = 0; i < texts.size(); ++i)
    y0.push_back(data.number_or("y" + std::to_string(i) + "_init", 0));

  std::vector<std::string> names = {"t"};
  for (std::string& name : numbered_names("y", texts.size()))
    names.push_back(std::move(name));
  names.insert(names.end(), parameter_names.begin(), parameter_names.end());
  auto rates = FormulaSystem::parse(texts, names, constants);
  if (!rates.ok()) return rates.error();
  const std::string aim = data.text_or("objective", "y0^2");
  auto objective = FormulaSystem::parse({&aim, 1}, names, constants);
  if (!objective.ok()) return objective.error();
  return Sensitivity{.rates = *std::move(rates),
                     .objective = *std::move(objective),
                     .states = texts.size(),
                     .parameters = std::move(parameters),
                     .y0 = std::move(y0),
                     .span = *span};
}

/// Solves forward keeping some states, then the adjoint backward, recomputing what lies between
/// (Griewank 1992). One segment keeps everything.
class Adjoint {
 public:
  Adjoint(Call& call, const Sensitivity& problem, std::size_t segments)
      : call_(call),
        problem_(problem),
        length_((problem.steps() + segments - 1) / std::max<std::size_t>(segments, 1)) {
    length_ = std::max<std::size_t>(length_, 1);
  }

  double objective() const noexcept { return objective_; }
  const VectorXd& gradient() const noexcept { return gradient_; }
  /// Steps that were made once more on the way back.
  std::size_t recomputations() const noexcept { return recomputations_; }

  void forward() {
    std::vector<double> y = problem_.y0;
    for (std::size_t step = 0; step < problem_.steps(); ++step) {
      if (!call_.keep_going(4 * problem_.rates.work())) return;
      if (step % length_ == 0) kept_.push_back(y);
      y = problem_.advance(step, y);
    }
    last_ = y;
    objective_ = problem_.objective.value(0, problem_.point(problem_.span.end, y));
  }

  /// Explicit Euler for the adjoint: lambda_n = lambda_{n+1} + h f_y^T lambda_{n+1}.
  void backward() {
    const auto n = static_cast<Index>(problem_.states);
    const auto parameters = static_cast<Index>(problem_.parameters.size());
    const Eigen::MatrixXd end =
        problem_.objective.jacobian(problem_.point(problem_.span.end, last_));
    VectorXd lambda = end.row(0).segment(1, n);
    gradient_ = end.row(0).tail(parameters);
    for (std::size_t segment = kept_.size(); segment-- > 0;) {
      const std::size_t first = segment * length_;
      const std::vector<std::vector<double>> states = states_from(segment);
      for (std::size_t i = states.size(); i-- > 0;) {
        if (!call_.keep_going(problem_.rates.work() * (1 + problem_.states))) return;
        const double t = problem_.time(first + i);
        const double h = problem_.time(first + i + 1) - t;
        const Eigen::MatrixXd slope = problem_.rates.jacobian(problem_.point(t, states[i]));
        gradient_ += h * slope.rightCols(parameters).transpose() * lambda;
        lambda += h * slope.middleCols(1, n).transpose() * lambda;
      }
    }
  }

 private:
  std::vector<std::vector<double>> states_from(std::size_t segment) {
    const std::size_t first = segment * length_;
    const std::size_t count = std::min(length_, problem_.steps() - first);
    std::vector<std::vector<double>> states = {kept_[segment]};
    for (std::size_t i = 0; i < count; ++i) {
      if (!call_.keep_going(4 * problem_.rates.work())) break;
      ++recomputations_;
      std::vector<double> next = problem_.advance(first + i, states.back());
      if (i + 1 < count) states.push_back(std::move(next));
    }
    return states;
  }

  Call& call_;
  const Sensitivity& problem_;
  std::size_t length_;
  std::vector<std::vector<double>> kept_;
  std::vector<double> last_;
  double objective_ = 0;
  VectorXd gradient_;
  std::size_t recomputations_ = 0;
};

Value gradient_table(const Adjoint& adjoint, std::string_view extra_name, double extra) {
  const auto rows = static_cast<std::size_t>(adjoint.gradient().size());
  NumberBuffer cells(3 * rows);
  for (std::size_t r = 0; r < rows; ++r) {
    cells[r] = static_cast<double>(r);
    cells[rows + r] = adjoint.gradient()(static_cast<Index>(r));
    cells[2 * rows + r] = extra;
  }
  return Value::table(table_of_columns(
      {"param_idx", "gradient", std::string(extra_name)}, rows, std::move(cells).take()));
}

/// Steps times states that are kept at most: 256 MiB.
constexpr double kMaxKept = 1 << 25;

Value solve_adjoint(Call& call, double segments, bool tell_recomputations) {
  const auto problem = sensitivity_of(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  if (static_cast<double>(problem->steps()) * static_cast<double>(problem->states) > kMaxKept) {
    return call.fail("too many steps for so many equations");
  }
  const double most = std::fmax(static_cast<double>(problem->steps()), 1);
  segments = std::fmin(std::fmax(segments, 1), most);
  Adjoint adjoint(call, *problem, static_cast<std::size_t>(segments));
  adjoint.forward();
  if (problem->parameters.empty()) return Value::scalar(adjoint.objective());
  adjoint.backward();
  if (!tell_recomputations) return gradient_table(adjoint, "objective", adjoint.objective());
  return gradient_table(adjoint, "recomputations", static_cast<double>(adjoint.recomputations()));
}

Value ode_adjoint_gradient(Call& call) {
  return solve_adjoint(call, call.data().number_or("n_checkpoints", 0), false);
}

Value checkpointed_gradient(Call& call) {
  return solve_adjoint(call, call.data().number_or("n_checkpoints", 4), true);
}

constexpr std::string_view kKeys[] = {"equations",
                                      "param_names",
                                      "objective",
                                      "params",
                                      "y0_init",
                                      "y1_init",
                                      "t_start",
                                      "t_end",
                                      "dt",
                                      "n_checkpoints"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          operation(Category::Simulation,
                    "ad.odeAdjoint",
                    "ODE Adjoint Sensitivity",
                    {},
                    Kernel::of(ode_adjoint_gradient),
                    "d objective(y(t_end)) / d parameters: Runge-Kutta of order 4 forward, the "
                    "adjoint by Euler's method backward with exact Jacobians; y0_init, y1_init, "
                    "... are the first state; the objective alone without parameters",
                    "Cao, Li, Petzold, Serban 2003, SIAM J. Sci. Comput. 24")),
    reads(kKeys,
          operation(Category::Simulation,
                    "ad.gradCheckpoint",
                    "Gradient Checkpointing",
                    {},
                    Kernel::of(checkpointed_gradient),
                    "the gradient of ad.odeAdjoint, keeping n_checkpoints states and making the "
                    "steps between them once more",
                    "Griewank 1992, Optimization Methods and Software 1")),
};

}  // namespace

std::span<const BlockDef> ode_adjoint_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
