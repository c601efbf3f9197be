// Minimisers under constraints: the augmented Lagrangian, and the most probable point of failure.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/optimisation.h"
#include "daemon/engine/ops/projected_bfgs.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "daemon/engine/ops/text_list.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

// --- optim.sqp ---

/// The formulas of a list of texts in data, or of the text on a port, separated by ";".
Result<std::vector<Objective>> constraints_on(const Call& call,
                                              std::size_t port,
                                              const char* key,
                                              std::size_t variables) {
  std::vector<std::string> texts;
  if (call.input(port).is(ValueKind::Text)) {
    texts = split_list(call.input(port).as_text(), ';');
  } else if (call.has(port)) {
    return Error{ErrorCode::InvalidParams,
                 std::string(key) + " must be a text of formulas, separated by ';'",
                 {}};
  }
  const auto member = call.data().json().find(key);
  if (member != call.data().json().end() && member->is_array()) {
    for (const auto& entry : *member) {
      if (entry.is_string()) texts.push_back(entry.get<std::string>());
    }
  } else if (member != call.data().json().end() && member->is_string()) {
    for (std::string& text : split_list(member->get<std::string>(), ';'))
      texts.push_back(std::move(text));
  }
  std::vector<std::string> names = numbered_names("x", variables);
  names.emplace_back("x");
  std::vector<Objective> constraints;
  for (const std::string& text : texts) {
    auto formula = Objective::of_formula(text, names);
    if (!formula.ok()) return formula.error();
    constraints.push_back(*std::move(formula));
  }
  return constraints;
}

/// f + sum of (max(0, m + r c)^2 - m^2) / 2r over inequalities c <= 0, and m c + r c^2 / 2 over
/// equalities: its minimum moves to the constrained one as the multipliers m settle.
class AugmentedLagrangian {
 public:
  AugmentedLagrangian(const Optimisation& problem,
                      std::vector<Objective> equalities,
                      std::vector<Objective> inequalities)
      : problem_(problem), equalities_(equalities.size()), constraints_(std::move(equalities)) {
    for (Objective& inequality : inequalities)
      constraints_.push_back(std::move(inequality));
    multipliers_.assign(constraints_.size(), 0.0);
  }

  double value(const std::vector<double>& x) const {
    double sum = problem_.objective(x);
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      const double m = multipliers_[i];
      sum += (squared(pull(i, x)) - squared(m)) / (2 * penalty_);
    }
    return sum;
  }

  std::vector<double> gradient(const std::vector<double>& x) const {
    std::vector<double> sum = problem_.objective.gradient(x);
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      const double weight = pull(i, x);
      if (weight == 0) continue;
      const std::vector<double> slope = constraints_[i].gradient(x);
      for (std::size_t v = 0; v < x.size(); ++v)
        sum[v] += weight * slope[v];
    }
    return sum;
  }

  /// How far the worst constraint is from holding.
  double violation(const std::vector<double>& x) const {
    double worst = 0;
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      const double c = constraints_[i](x);
      const double off = i < equalities_ ? std::abs(c) : c;
      if (std::isnan(off)) return off;
      worst = std::fmax(worst, off);
    }
    return worst;
  }

  void tighten(const std::vector<double>& x) {
    for (std::size_t i = 0; i < constraints_.size(); ++i)
      multipliers_[i] = pull(i, x);
    penalty_ = std::fmin(5 * penalty_, 1e8);
  }

  std::size_t work() const {
    std::size_t sum = problem_.objective.work();
    for (const Objective& constraint : constraints_)
      sum += constraint.work();
    return sum;
  }

 private:
  double pull(std::size_t i, const std::vector<double>& x) const {
    const double force = multipliers_[i] + penalty_ * constraints_[i](x);
    return i < equalities_ || !(force < 0) ? force : 0;
  }

  const Optimisation& problem_;
  std::size_t equalities_;
  std::vector<Objective> constraints_;
  std::vector<double> multipliers_;
  double penalty_ = 10;
};

constexpr int kInnerSteps = 5000;

Value sequential_program(Call& call) {
  const auto problem = optimisation(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const std::size_t n = problem->variables.size();
  auto equalities = constraints_on(call, 2, "eq_constraints", n);
  if (!equalities.ok()) return call.fail(equalities.error().message);
  auto inequalities = constraints_on(call, 3, "ineq_constraints", n);
  if (!inequalities.ok()) return call.fail(inequalities.error().message);
  const std::size_t iterations = count_of(call, "maxIterations", 100, 1, 10'000);
  const double tolerance = call.data().number_or("tolerance", 1e-6);
  AugmentedLagrangian merit(*problem, *std::move(equalities), *std::move(inequalities));
  const SmoothFunction function{
      .value = [&merit](const std::vector<double>& x) { return merit.value(x); },
      .gradient =
          [&merit](const std::vector<double>& x) {
            return merit.gradient(x);
          }};
  std::vector<double> x = problem->initial();
  if (std::isnan(merit.violation(x))) return call.fail("a constraint is not a number at the start");
  OptimisationHistory history;
  history.add(problem->objective(x));
  double off = 0;
  while (history.size() <= iterations) {
    ProjectedBfgs inner(function, problem->variables, x, 10);
    for (int i = 0; i < kInnerSteps && inner.projected_gradient() > 0.1 * tolerance; ++i) {
      if (!call.keep_going(merit.work() * (2 + n)) || !inner.step()) break;
    }
    x = inner.x();
    history.add(problem->objective(x));
    off = merit.violation(x);
    if (off <= tolerance || !call.keep_going(merit.work())) break;
    merit.tighten(x);
  }
  if (off > 100 * std::fmax(tolerance, 1e-6) && history.size() > 20) {
    return call.fail("no point within the bounds fulfils the constraints");
  }
  return history.table(problem->variables, x);
}

// --- optim.form ---

constexpr double kMostRandomVariables = 200;

/// How many standard normal variables the limit state has.
Result<std::size_t> random_variables(const Call& call) {
  if (call.input(0).is(ValueKind::Table)) {
    const std::size_t rows = call.input(0).as_table().row_count;
    if (rows == 0) return Error{ErrorCode::InvalidParams, "there are no design variables", {}};
    if (static_cast<double>(rows) <= kMostRandomVariables) return rows;
  } else if (call.has(0)) {
    return Error{ErrorCode::InvalidParams, "the variables must be a table", {}};
  } else if (const double n = call.data().number_or("n_vars", 1);
             n >= 1 && n <= kMostRandomVariables) {
    return static_cast<std::size_t>(n);
  }
  return Error{ErrorCode::InvalidParams, "the limit state takes 1 to 200 variables", {}};
}

/// The limit state over u0, ..., and the same under the names x0, ...
class LimitState {
 public:
  LimitState(const Objective& formula, std::size_t variables)
      : formula_(formula), variables_(variables) {}

  double value(const std::vector<double>& u) const { return formula_(twice(u)); }

  std::vector<double> gradient(const std::vector<double>& u) const {
    std::vector<double> slope = formula_.gradient(twice(u));
    for (std::size_t i = 0; i < variables_; ++i)
      slope[i] += slope[variables_ + i];
    slope.resize(variables_);
    return slope;
  }

 private:
  static std::vector<double> twice(const std::vector<double>& u) {
    std::vector<double> both = u;
    both.insert(both.end(), u.begin(), u.end());
    return both;
  }

  const Objective& formula_;
  std::size_t variables_;
};

double norm(const std::vector<double>& u) {
  double squares = 0;
  for (const double x : u)
    squares += x * x;
  return std::sqrt(squares);
}

/// The iteration of Hasofer, Lind, Rackwitz and Fiessler from the origin. False when it does not
/// converge.
bool most_probable_point(Call& call,
                         const LimitState& limit,
                         std::size_t work,
                         std::vector<double>& u) {
  const std::size_t iterations = count_of(call, "maxIterations", 100, 1, 100'000);
  const double tolerance = call.data().number_or("tolerance", 1e-6);
  for (std::size_t i = 0; i < iterations && call.keep_going(work); ++i) {
    const double value = limit.value(u);
    const std::vector<double> slope = limit.gradient(u);
    double squares = 0;
    double along = -value;
    for (std::size_t v = 0; v < u.size(); ++v) {
      squares += squared(slope[v]);
      along += slope[v] * u[v];
    }
    if (!(squares > 0) || !std::isfinite(along / squares)) return false;
    std::vector<double> step(u.size());
    for (std::size_t v = 0; v < u.size(); ++v) {
      step[v] = along / squares * slope[v] - u[v];
      u[v] += step[v];
    }
    if (norm(step) < tolerance) return true;
  }
  return std::abs(limit.value(u)) < 1e-3;
}

Value first_order_reliability(Call& call) {
  const auto n = random_variables(call);
  if (!n.ok()) return call.fail(n.error().message);
  std::vector<std::string> names = numbered_names("u", *n);
  for (std::string& name : numbered_names("x", *n))
    names.push_back(std::move(name));
  std::string text = call.data().text_or("expression", "");
  if (split_list(text, ';').empty()) {
    // Through a variable of its own: a number written out would lose digits.
    text = "beta0";
    for (std::size_t i = 0; i < *n; ++i)
      text += " - " + names[i];
  }
  const auto formula =
      Objective::of_formula(text, names, {{"beta0", call.data().number_or("beta0", 2)}});
  if (!formula.ok()) return call.fail(formula.error().message);
  std::vector<double> u(*n, 0.0);
  if (!most_probable_point(call, LimitState(*formula, *n), 2 * formula->work(), u)) {
    return call.fail("the most probable point was not found");
  }
  std::vector<std::string> columns = {"beta", "p_failure"};
  const double beta = norm(u);
  std::vector<double> cells = {beta, std::erfc(beta / std::numbers::sqrt2) / 2};
  for (std::size_t i = 0; i < *n; ++i) {
    columns.push_back("mpp_" + names[i]);
    cells.push_back(u[i]);
  }
  return Value::table(table_of_columns(std::move(columns), 1, Numbers(std::move(cells))));
}

constexpr Port kProgram[] = {{"objective", "Objective", Takes::Any},
                             {"variables", "Variables", Takes::Any, {}, "variable"},
                             {"eq_constraints", "Equality constraints", Takes::Any},
                             {"ineq_constraints", "Inequality constraints", Takes::Any}};
constexpr Port kReliability[] = {{"variables", "Variables", Takes::Any, {}, "variable"}};
constexpr std::string_view kProgramKeys[] = {"coefficients",
                                             "expression",
                                             "min",
                                             "max",
                                             "value",
                                             "label",
                                             "maxIterations",
                                             "tolerance",
                                             "eq_constraints",
                                             "ineq_constraints"};
constexpr std::string_view kReliabilityKeys[] = {
    "n_vars", "expression", "beta0", "maxIterations", "tolerance"};

constexpr BlockDef kRows[] = {
    reads(kProgramKeys,
          pro(row(NodeKind::Optimizer,
                  Category::Optimization,
                  "optim.sqp",
                  "SQP",
                  kProgram,
                  Kernel::of(sequential_program),
                  "augmented Lagrangian: equalities = 0, inequalities <= 0; the penalty starts "
                  "at 10 and grows by 5 (Hestenes 1969, Powell 1969, Rockafellar 1973)"))),
    reads(kReliabilityKeys,
          pro(operation(Category::Optimization,
                        "optim.form",
                        "FORM Reliability",
                        kReliability,
                        Kernel::of(first_order_reliability),
                        "the point nearest the origin where the limit state (u0, u1, ..., "
                        "standard normal) is 0; p = Phi(-beta)",
                        "Hasofer and Lind 1974; Rackwitz and Fiessler 1978"))),
};

}  // namespace

std::span<const BlockDef> optim_constrained_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
