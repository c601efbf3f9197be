// Stiff initial value problems, differential-algebraic ones, and equilibria.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/newton.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/text_list.h"
#include "daemon/engine/ops/trajectory.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <Eigen/Core>
#include <Eigen/QR>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <deque>
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

/// Newton's method solves dense systems of this size.
constexpr std::size_t kMaxStates = 300;
constexpr int kMaxHalvings = 30;

VectorXd to_eigen(std::span<const double> numbers) {
  return Eigen::Map<const VectorXd>(numbers.data(), static_cast<Index>(numbers.size()));
}

std::span<const double> as_span(const VectorXd& x) {
  return {x.data(), static_cast<std::size_t>(x.size())};
}

std::size_t newton_work(const FormulaSystem& formulas, Index unknowns) {
  const auto n = static_cast<std::size_t>(unknowns);
  return 4 * (n * formulas.work() + 8 * n * n * n);
}

/// M y' = f(t, y) with M = diag(1 .. 1, 0 .. 0): the last formulas are constraints.
struct ImplicitProblem {
  const FormulaSystem& formulas;  // over t and the states
  Index differential;

  void at(double t, const VectorXd& y, VectorXd& f, MatrixXd& dfdy) const {
    std::vector<double> point = {t};
    point.insert(point.end(), y.begin(), y.end());
    formulas.evaluate(point, {f.data(), static_cast<std::size_t>(f.size())});
    dfdy = formulas.jacobian(point).rightCols(y.size());
  }
};

/// How the step length goes on: it grows by a factor up to a most, and is halved when Newton's
/// method fails.
struct StepPolicy {
  double growth;
  double most;
  double tolerance;
  std::size_t work;  // of one step, for Call::keep_going

  NewtonLimits limits() const { return {.tolerance = std::fmax(1e-3 * tolerance, 1e-13)}; }
};

/// Where a solution starts, and the table that it is written to.
struct Start {
  Trajectory path;
  VectorXd y;
};

/// Walks from start to end. `attempt(t, h, y)` makes one step, or returns false.
template <class Attempt>
Value walk(Call& call,
           const TimeSpan& span,
           const StepPolicy& policy,
           Start start,
           const Attempt& attempt) {
  auto& [path, y] = start;
  double t = span.start;
  double step = span.dt;
  path.add(t, as_span(y));
  int halvings = 0;
  while (t < span.end && call.keep_going(policy.work)) {
    if (!path.has_room(call)) return call.fail("the result has too many rows");
    // What rounding leaves over of the last step is none.
    const bool last = span.end - t <= step * (1 + 1e-9);
    const double h = last ? span.end - t : step;
    if (!attempt(t, h, y)) {
      if (++halvings > kMaxHalvings || t + h / 2 <= t) {
        return call.fail("Newton's method does not converge at t = " + std::to_string(t));
      }
      step = h / 2;
      continue;
    }
    halvings = 0;
    t = last ? span.end : t + h;
    path.add(t, as_span(y));
    step = std::fmin(step * policy.growth, policy.most);
  }
  return path.table();
}

// --- ode.bdf, ode.dae ---

/// Backward differentiation on the grid as it is: the derivative at the newest point of the
/// polynomial through it and the last `order` ones (Brenan, Campbell, Petzold, ch. 5).
class BackwardDifferences {
 public:
  BackwardDifferences(
      const ImplicitProblem& problem, std::size_t order, NewtonLimits limits, double t, VectorXd y)
      : problem_(problem), order_(order), limits_(limits) {
    past_.push_front({t, std::move(y)});
  }

  bool step(double t, double h, VectorXd& y) {
    const double now = t + h;
    const std::vector<double> weights = derivative_weights(now);
    VectorXd history = VectorXd::Zero(y.size());
    for (std::size_t j = 0; j < past_.size(); ++j)
      history += weights[j + 1] * past_[j].y;
    VectorXd next = y;
    const bool solved = solve_newton(
        [&](const VectorXd& x, VectorXd& residual, MatrixXd& jacobian) {
          problem_.at(now, x, residual, jacobian);
          const Index n = problem_.differential;
          residual.head(n) -= weights[0] * x.head(n) + history.head(n);
          jacobian.topLeftCorner(n, n).diagonal().array() -= weights[0];
        },
        next,
        limits_);
    if (!solved) return false;
    y = next;
    past_.push_front({now, next});
    if (past_.size() > order_) past_.pop_back();
    return true;
  }

 private:
  struct Point {
    double t;
    VectorXd y;
  };

  /// Of the Lagrange polynomials through `now` and the past points, newest first.
  std::vector<double> derivative_weights(double now) const {
    std::vector<double> weights = {0};
    for (std::size_t j = 0; j < past_.size(); ++j) {
      double weight = 1 / (past_[j].t - now);
      for (std::size_t m = 0; m < past_.size(); ++m) {
        if (m != j) weight *= (now - past_[m].t) / (past_[j].t - past_[m].t);
      }
      weights.push_back(weight);
      weights[0] += 1 / (now - past_[j].t);
    }
    return weights;
  }

  const ImplicitProblem& problem_;
  std::size_t order_;
  NewtonLimits limits_;
  std::deque<Point> past_;
};

Value walk_bdf(Call& call,
               const ImplicitProblem& problem,
               const TimeSpan& span,
               const StepPolicy& policy,
               std::size_t order,
               Start start) {
  BackwardDifferences method(problem, order, policy.limits(), span.start, start.y);
  return walk(call, span, policy, std::move(start), [&method](double t, double h, VectorXd& state) {
    return method.step(t, h, state);
  });
}

Value solve_bdf(Call& call) {
  const auto problem = initial_value_problem(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  if (problem->y0.size() > kMaxStates) return call.fail("more than 300 equations");
  const auto span = time_span(call, 0.01);
  if (!span.ok()) return call.fail(span.error().message);
  const double tolerance = call.data().number_or("tolerance", 1e-6);
  if (!(tolerance > 0)) return call.fail("tolerance must be positive");
  const double order = std::fmin(std::fmax(call.data().number_or("order", 2), 1), 5);
  const ImplicitProblem implicit{problem->formulas, static_cast<Index>(problem->y0.size())};
  return walk_bdf(call,
                  implicit,
                  *span,
                  {.growth = 1.1,
                   .most = 10 * span->dt,
                   .tolerance = tolerance,
                   .work = newton_work(problem->formulas, implicit.differential)},
                  static_cast<std::size_t>(order),
                  {Trajectory::of_states(problem->y0.size()), to_eigen(problem->y0)});
}

/// The unknowns of a differential-algebraic problem: t, y0, ..., z0, ...
std::vector<std::string> dae_names(std::size_t differential, std::size_t algebraic) {
  std::vector<std::string> names = {"t"};
  for (std::string& name : numbered_names("y", differential))
    names.push_back(std::move(name));
  for (std::string& name : numbered_names("z", algebraic))
    names.push_back(std::move(name));
  return names;
}

/// Newton's method on the constraints alone: z that agrees with y.
bool make_consistent(const ImplicitProblem& problem,
                     double t,
                     VectorXd& state,
                     const NewtonLimits& limits) {
  const Index n = problem.differential;
  const Index constraints = state.size() - n;
  VectorXd whole = state;
  VectorXd f(state.size());
  MatrixXd jacobian;
  VectorXd z = state.tail(constraints);
  const bool solved = solve_newton(
      [&](const VectorXd& x, VectorXd& residual, MatrixXd& slope) {
        whole.tail(constraints) = x;
        problem.at(t, whole, f, jacobian);
        residual = f.tail(constraints);
        slope = jacobian.bottomRightCorner(constraints, constraints);
      },
      z,
      limits);
  state.tail(constraints) = z;
  return solved;
}

Value solve_dae(Call& call) {
  auto texts = split_list(call.input(0).as_text(), ';');
  const auto constraints = split_list(call.input(1).as_text(), ';');
  if (texts.empty()) return call.fail("there are no differential equations");
  if (constraints.empty()) return call.fail("there are no algebraic equations");
  const auto y0 = state_on(call, 2, "y0");
  if (!y0.ok()) return call.fail(y0.error().message);
  if (y0->size() != texts.size()) {
    return call.fail(std::to_string(texts.size()) + " differential equations but " +
                     std::to_string(y0->size()) + " initial values");
  }
  std::vector<double> z0(constraints.size(), 0.0);
  if (call.has(3)) {
    auto given = state_on(call, 3, "z0");
    if (!given.ok()) return call.fail(given.error().message);
    if (given->size() != z0.size()) {
      return call.fail(std::to_string(z0.size()) + " algebraic equations but " +
                       std::to_string(given->size()) + " guesses");
    }
    z0 = *std::move(given);
  }
  if (y0->size() + z0.size() > kMaxStates) return call.fail("more than 300 equations");
  const auto span = time_span(call, 0.01);
  if (!span.ok()) return call.fail(span.error().message);
  const double tolerance = call.data().number_or("tolerance", 1e-6);
  if (!(tolerance > 0)) return call.fail("tolerance must be positive");

  const std::vector<std::string> names = dae_names(y0->size(), z0.size());
  texts.insert(texts.end(), constraints.begin(), constraints.end());
  const auto formulas =
      FormulaSystem::parse(texts, names, constants_of(call.data().json(), "params"));
  if (!formulas.ok()) return call.fail(formulas.error().message);
  const ImplicitProblem problem{*formulas, static_cast<Index>(y0->size())};
  const StepPolicy policy{.growth = 1.1,
                          .most = 5 * span->dt,
                          .tolerance = tolerance,
                          .work = newton_work(*formulas, static_cast<Index>(texts.size()))};
  VectorXd state(static_cast<Index>(names.size()) - 1);
  state << to_eigen(*y0), to_eigen(z0);
  if (!make_consistent(problem, span->start, state, policy.limits())) {
    return call.fail("no z that agrees with y0 was found; the index may be above 1");
  }
  return walk_bdf(call, problem, *span, policy, 2, {Trajectory(names), state});
}

// --- ode.radau ---

/// Radau IIA with three stages, order 5 (Hairer and Wanner, Solving ODEs II, table 5.6).
class RadauStep {
 public:
  RadauStep(const ImplicitProblem& problem, NewtonLimits limits)
      : problem_(problem), limits_(limits) {}

  bool operator()(double t, double h, VectorXd& y) const {
    const Index n = y.size();
    VectorXd stages = y.replicate(3, 1);
    std::array<VectorXd, 3> f = {VectorXd(n), VectorXd(n), VectorXd(n)};
    std::array<MatrixXd, 3> dfdy;
    const bool solved = solve_newton(
        [&](const VectorXd& x, VectorXd& residual, MatrixXd& jacobian) {
          for (std::size_t j = 0; j < 3; ++j) {
            problem_.at(t + nodes()[j] * h, x.segment(static_cast<Index>(j) * n, n), f[j], dfdy[j]);
          }
          jacobian.setIdentity();
          residual = x - y.replicate(3, 1);
          for (Index i = 0; i < 3; ++i) {
            for (Index j = 0; j < 3; ++j) {
              const double weight = h * coefficients()(i, j);
              residual.segment(i * n, n) -= weight * f[static_cast<std::size_t>(j)];
              jacobian.block(i * n, j * n, n, n) -= weight * dfdy[static_cast<std::size_t>(j)];
            }
          }
        },
        stages,
        limits_);
    if (solved) y = stages.tail(n);
    return solved;
  }

 private:
  static const std::array<double, 3>& nodes() {
    static const double root = std::sqrt(6.0);
    static const std::array<double, 3> c = {(4 - root) / 10, (4 + root) / 10, 1};
    return c;
  }
  static const Eigen::Matrix3d& coefficients() {
    static const Eigen::Matrix3d a = [] {
      const double root = std::sqrt(6.0);
      Eigen::Matrix3d m;
      m << (88 - 7 * root) / 360, (296 - 169 * root) / 1800, (-2 + 3 * root) / 225,
          (296 + 169 * root) / 1800, (88 + 7 * root) / 360, (-2 - 3 * root) / 225, (16 - root) / 36,
          (16 + root) / 36, 1.0 / 9;
      return m;
    }();
    return a;
  }

  const ImplicitProblem& problem_;
  NewtonLimits limits_;
};

Value solve_radau(Call& call) {
  const auto problem = initial_value_problem(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  if (problem->y0.size() > kMaxStates / 3) return call.fail("more than 100 equations");
  const auto span = time_span(call, 0.01);
  if (!span.ok()) return call.fail(span.error().message);
  const double tolerance = call.data().number_or("tolerance", 1e-6);
  if (!(tolerance > 0)) return call.fail("tolerance must be positive");
  const auto n = static_cast<Index>(problem->y0.size());
  const ImplicitProblem implicit{problem->formulas, n};
  const StepPolicy policy{.growth = 1.05,
                          .most = 5 * span->dt,
                          .tolerance = tolerance,
                          .work = newton_work(problem->formulas, 3 * n)};
  return walk(call,
              *span,
              policy,
              {Trajectory::of_states(problem->y0.size()), to_eigen(problem->y0)},
              RadauStep(implicit, policy.limits()));
}

// --- ode.steady_state ---

/// Newton's method with the shortest step where the Jacobian is singular, as of a conserved sum.
bool find_equilibrium(
    Call& call, const ImplicitProblem& problem, double t, VectorXd& y, VectorXd& f) {
  const double most = std::fmin(std::fmax(call.data().number_or("max_iter", 100), 1), 10'000);
  const double tolerance = call.data().number_or("tol", 1e-10);
  MatrixXd jacobian;
  for (int i = 0; i < most && call.keep_going(newton_work(problem.formulas, y.size())); ++i) {
    problem.at(t, y, f, jacobian);
    if (f.norm() <= tolerance) return true;
    if (!f.allFinite() || !jacobian.allFinite()) return false;
    y -= jacobian.completeOrthogonalDecomposition().solve(f);
  }
  problem.at(t, y, f, jacobian);
  return f.norm() <= tolerance;
}

Value solve_steady_state(Call& call) {
  const auto problem = initial_value_problem(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  if (problem->y0.size() > kMaxStates) return call.fail("more than 300 equations");
  const auto n = static_cast<Index>(problem->y0.size());
  const ImplicitProblem implicit{problem->formulas, n};
  VectorXd y = to_eigen(problem->y0);
  VectorXd f(n);
  const bool converged = find_equilibrium(call, implicit, call.data().number_or("t_eval", 0), y, f);
  if (!f.allFinite() || !y.allFinite()) return call.fail("the equations are not finite");
  Trajectory rows({"state_index", "equilibrium"});
  const auto add = [&rows](double index, double value) {
    rows.add(index, {&value, 1});
  };
  for (Index i = 0; i < n; ++i)
    add(static_cast<double>(i), y(i));
  add(static_cast<double>(n), f.norm());
  add(static_cast<double>(n) + 1, converged ? 1 : 0);
  return rows.table();
}

constexpr Port kEquations[] = {{"equations", "Equations (text)", Takes::Text},
                               {"y0", "Initial state", Takes::Any}};
constexpr Port kEquilibrium[] = {{"equations", "Equations (text)", Takes::Text},
                                 {"y0", "Initial guess", Takes::Any}};
constexpr Port kConstrained[] = {{"diff_eqs", "Differential eqs (text)", Takes::Text},
                                 {"alg_eqs", "Algebraic eqs (text)", Takes::Text},
                                 {"y0", "Diff initial state", Takes::Any},
                                 {"z0", "Alg initial guess", Takes::Any}};
constexpr std::string_view kEquilibriumKeys[] = {"t_eval", "max_iter", "tol", "params"};
constexpr std::string_view kBdfKeys[] = {"order", "t_start", "t_end", "dt", "tolerance", "params"};
constexpr std::string_view kStiffKeys[] = {"t_start", "t_end", "dt", "tolerance", "params"};

constexpr BlockDef kRows[] = {
    reads(kEquilibriumKeys,
          pro(operation(Category::OdeSolvers,
                        "ode.steady_state",
                        "Steady-State Solver",
                        kEquilibrium,
                        Kernel::of(solve_steady_state),
                        "f(t_eval, y) = 0 by Newton's method; then the norm of f, and 1 if it is "
                        "at most tol",
                        "Deuflhard, Newton Methods for Nonlinear Problems, ch. 2"))),
    reads(kBdfKeys,
          pro(operation(Category::OdeSolvers,
                        "ode.bdf",
                        "ODE Solver (BDF)",
                        kEquations,
                        Kernel::of(solve_bdf),
                        "backward differentiation of order 1 to 5 with the coefficients of the "
                        "grid; steps grow by 1.1 up to 10 dt",
                        "Brenan, Campbell, Petzold, Numerical Solution of IVPs in DAEs, ch. 5"))),
    reads(kStiffKeys,
          pro(operation(Category::OdeSolvers,
                        "ode.radau",
                        "ODE Solver (Radau)",
                        kEquations,
                        Kernel::of(solve_radau),
                        "Radau IIA, three stages, order 5; steps grow by 1.05 up to 5 dt",
                        "Hairer and Wanner, Solving ODEs II, IV.5"))),
    reads(kStiffKeys,
          pro(operation(Category::OdeSolvers,
                        "ode.dae",
                        "DAE Solver",
                        kConstrained,
                        Kernel::of(solve_dae),
                        "y' = f(t, y, z), 0 = g(t, y, z) of index 1 by backward differentiation "
                        "of order 2; steps grow by 1.1 up to 5 dt",
                        "Brenan, Campbell, Petzold, Numerical Solution of IVPs in DAEs, ch. 5"))),
};

}  // namespace

std::span<const BlockDef> ode_implicit_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
