// Local minimisers: gradient descent, simplex, quasi-Newton, trust region.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/optimisation.h"
#include "daemon/engine/ops/projected_bfgs.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

using Vector = std::vector<double>;
using Eigen::VectorXd;

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kMostIterations = 100'000;

double inner(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

Vector moved(const Vector& x, double length, const Vector& direction) {
  Vector result = x;
  for (std::size_t i = 0; i < x.size(); ++i)
    result[i] += length * direction[i];
  return result;
}

/// A NaN is worse than anything.
double value_at(const Optimisation& problem, const Vector& x) {
  const double value = problem.objective(x);
  if (std::isnan(value)) return kInfinite;
  return value;
}

// --- optim.gradientDescent ---

Value gradient_descent(Call& call) {
  const auto problem = optimisation(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const std::size_t iterations = count_of(call, "maxIterations", 500, 1, kMostIterations);
  const double rate = call.data().number_or("learningRate", 0.01);
  const double momentum = call.data().number_or("momentum", 0.9);
  const double tolerance = call.data().number_or("tolerance", 1e-8);
  Vector x = problem->initial();
  Vector best = x;
  Vector speed(x.size(), 0.0);
  double before = kInfinite;
  double lowest = kInfinite;
  OptimisationHistory history;
  while (history.size() < iterations && call.keep_going(2 * problem->objective.work())) {
    const double here = problem->objective(x);
    history.add(here);
    if (here < lowest) {
      lowest = here;
      best = x;
    }
    if (!std::isfinite(here) || std::abs(here - before) < tolerance) break;
    before = here;
    const Vector slope = problem->objective.gradient(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      speed[i] = momentum * speed[i] - rate * slope[i];
      x[i] += speed[i];
    }
    problem->limit(x);
  }
  return history.table(problem->variables, best);
}

// --- optim.nelderMead ---

/// The simplex of Nelder and Mead 1965, its vertices kept within the bounds.
class Simplex {
 public:
  explicit Simplex(const Optimisation& problem) : problem_(problem) {
    const Vector start = problem.initial();
    add(start);
    for (std::size_t i = 0; i < start.size(); ++i) {
      const DesignVariable& variable = problem.variables[i];
      Vector corner = start;
      corner[i] += 0.05 * variable.range();
      // A start on the upper bound would make a flat simplex.
      if (corner[i] > variable.max) corner[i] = start[i] - 0.05 * variable.range();
      add(corner);
    }
    sort();
  }

  double best_value() const noexcept { return vertices_.front().value; }
  const Vector& best() const noexcept { return vertices_.front().x; }

  /// The largest distance of a vertex from the best.
  double size() const {
    double largest = 0;
    for (const Vertex& vertex : vertices_) {
      const Vector gap = moved(vertex.x, -1, best());
      largest = std::fmax(largest, std::sqrt(inner(gap, gap)));
    }
    return largest;
  }

  void step() {
    const Vector centre = centre_of_others();
    const Vertex reflected = beyond(centre, 1);
    const double second = vertices_[vertices_.size() - 2].value;
    if (reflected.value < best_value()) {
      const Vertex expanded = beyond(centre, 2);
      vertices_.back() = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < second) {
      vertices_.back() = reflected;
    } else {
      contract(centre);
    }
    sort();
  }

 private:
  struct Vertex {
    Vector x;
    double value;
  };

  void add(Vector x) {
    problem_.limit(x);
    const double value = value_at(problem_, x);
    vertices_.push_back({std::move(x), value});
  }

  void sort() {
    std::ranges::stable_sort(vertices_,
                             [](const Vertex& a, const Vertex& b) { return a.value < b.value; });
  }

  Vector centre_of_others() const {
    Vector centre(best().size(), 0.0);
    const std::size_t others = vertices_.size() - 1;
    for (std::size_t i = 0; i < others; ++i)
      centre = moved(centre, 1, vertices_[i].x);
    for (double& coordinate : centre)
      coordinate /= static_cast<double>(others);
    return centre;
  }

  /// The worst vertex, mirrored in the centre and moved `length` as far away.
  Vertex beyond(const Vector& centre, double length) const {
    Vector x = moved(centre, length, moved(centre, -1, vertices_.back().x));
    problem_.limit(x);
    const double value = value_at(problem_, x);
    return {std::move(x), value};
  }

  void contract(const Vector& centre) {
    const Vertex contracted = beyond(centre, -0.5);
    if (contracted.value < vertices_.back().value) {
      vertices_.back() = contracted;
      return;
    }
    const Vector kept = best();
    for (std::size_t i = 1; i < vertices_.size(); ++i) {
      vertices_[i].x = moved(kept, 0.5, moved(vertices_[i].x, -1, kept));
      vertices_[i].value = value_at(problem_, vertices_[i].x);
    }
  }

  const Optimisation& problem_;
  std::vector<Vertex> vertices_;
};

Value nelder_mead(Call& call) {
  const auto problem = optimisation(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const std::size_t iterations = count_of(call, "maxIterations", 1000, 1, kMostIterations);
  const double tolerance = call.data().number_or("tolerance", 1e-8);
  Simplex simplex(*problem);
  OptimisationHistory history;
  history.add(simplex.best_value());
  while (history.size() < iterations && !(simplex.size() < tolerance)) {
    if (!call.keep_going(4 * problem->objective.work())) break;
    simplex.step();
    history.add(simplex.best_value());
  }
  return history.table(problem->variables, simplex.best());
}

// --- optim.lbfgsb ---

Value lbfgsb(Call& call) {
  const auto problem = optimisation(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const std::size_t iterations = count_of(call, "maxIterations", 1000, 1, kMostIterations);
  const std::size_t memory = count_of(call, "memory", 10, 1, 100);
  const double tolerance = call.data().number_or("tolerance", 1e-8);
  const SmoothFunction function{
      .value = [&problem](const Vector& x) { return problem->objective(x); },
      .gradient =
          [&problem](const Vector& x) {
            return problem->objective.gradient(x);
          }};
  ProjectedBfgs search(function, problem->variables, problem->initial(), memory);
  OptimisationHistory history;
  history.add(search.value());
  while (history.size() <= iterations && !(search.projected_gradient() < tolerance)) {
    if (!call.keep_going(problem->objective.work() * (2 + problem->variables.size()))) break;
    if (!search.step()) break;
    history.add(search.value());
  }
  return history.table(problem->variables, search.x());
}

// --- optim.trustRegion ---

/// Powell's dogleg within a radius, with differences of the gradient as the Hessian.
class TrustRegion {
 public:
  explicit TrustRegion(const Optimisation& problem)
      : problem_(problem), x_(problem.initial()), value_(value_at(problem, x_)) {
    slope_ = gradient();
  }

  double value() const noexcept { return value_; }
  const Vector& x() const noexcept { return x_; }
  double slope_norm() const { return slope_.norm(); }

  /// False when the radius has become nothing.
  bool step() {
    const Eigen::MatrixXd hessian = hessian_here();
    const VectorXd wanted = dogleg(hessian);
    Vector next = x_;
    for (std::size_t i = 0; i < next.size(); ++i)
      next[i] += wanted(static_cast<Eigen::Index>(i));
    problem_.limit(next);
    VectorXd step(wanted.size());
    for (std::size_t i = 0; i < next.size(); ++i)
      step(static_cast<Eigen::Index>(i)) = next[i] - x_[i];
    const double predicted = -(slope_.dot(step) + step.dot(hessian * step) / 2);
    const double value = value_at(problem_, next);
    const double ratio = predicted > 0 ? (value_ - value) / predicted : -1;
    if (!(ratio >= 0.25)) radius_ /= 4;
    if (ratio > 0.75) radius_ = std::fmin(2 * radius_, 100);
    if (ratio > 0.1) {
      x_ = std::move(next);
      value_ = value;
      slope_ = gradient();
    }
    return radius_ > 1e-14 && step.allFinite();
  }

 private:
  VectorXd gradient() const {
    const Vector slope = problem_.objective.gradient(x_);
    return Eigen::Map<const VectorXd>(slope.data(), static_cast<Eigen::Index>(slope.size()));
  }

  Eigen::MatrixXd hessian_here() const {
    const auto n = static_cast<Eigen::Index>(x_.size());
    Eigen::MatrixXd hessian(n, n);
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const double h = 1e-5 * std::fmax(1, std::abs(x_[i]));
      Vector ahead = x_;
      Vector behind = x_;
      ahead[i] += h;
      behind[i] -= h;
      const Vector a = problem_.objective.gradient(ahead);
      const Vector b = problem_.objective.gradient(behind);
      for (std::size_t j = 0; j < x_.size(); ++j) {
        hessian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
            (a[j] - b[j]) / (2 * h);
      }
    }
    return (hessian + hessian.transpose()) / 2;
  }

  VectorXd dogleg(const Eigen::MatrixXd& hessian) const {
    const double curvature = slope_.dot(hessian * slope_);
    const double squared_slope = slope_.squaredNorm();
    if (!(curvature > 0)) return -radius_ / std::sqrt(squared_slope) * slope_;
    const VectorXd cauchy = -squared_slope / curvature * slope_;
    const Eigen::LLT<Eigen::MatrixXd> factors(hessian);
    if (factors.info() == Eigen::Success) {
      VectorXd newton = -factors.solve(slope_);
      if (newton.norm() <= radius_) return newton;
      if (cauchy.norm() < radius_) return toward(cauchy, newton);
    }
    return cauchy * std::fmin(1, radius_ / cauchy.norm());
  }

  /// From the Cauchy point towards Newton's as far as the radius goes.
  VectorXd toward(const VectorXd& cauchy, const VectorXd& newton) const {
    const VectorXd leg = newton - cauchy;
    const double a = leg.squaredNorm();
    const double b = cauchy.dot(leg);
    const double c = cauchy.squaredNorm() - radius_ * radius_;
    const double part = (-b + std::sqrt(b * b - a * c)) / a;
    return cauchy + part * leg;
  }

  const Optimisation& problem_;
  Vector x_;
  double value_;
  VectorXd slope_;
  double radius_ = 1;
};

Value trust_region(Call& call) {
  const auto problem = optimisation(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const std::size_t n = problem->variables.size();
  const std::size_t iterations = count_of(call, "maxIterations", 1000, 1, kMostIterations);
  const double tolerance = call.data().number_or("tolerance", 1e-6);
  TrustRegion search(*problem);
  OptimisationHistory history;
  history.add(search.value());
  while (history.size() <= iterations && !(search.slope_norm() < tolerance)) {
    if (!call.keep_going(2 * n * n * problem->objective.work() + 8 * n * n * n)) break;
    const bool goes_on = search.step();
    history.add(search.value());
    if (!goes_on) break;
  }
  return history.table(problem->variables, search.x());
}

constexpr Port kPorts[] = {{"objective", "Objective", Takes::Any},
                           {"variables", "Variables", Takes::Any, {}, "variable"}};
constexpr std::string_view kDescentKeys[] = {"coefficients",
                                             "expression",
                                             "min",
                                             "max",
                                             "value",
                                             "label",
                                             "maxIterations",
                                             "learningRate",
                                             "momentum",
                                             "tolerance"};
constexpr std::string_view kCommonKeys[] = {
    "coefficients", "expression", "min", "max", "value", "label", "maxIterations", "tolerance"};
constexpr std::string_view kBfgsKeys[] = {"coefficients",
                                          "expression",
                                          "min",
                                          "max",
                                          "value",
                                          "label",
                                          "maxIterations",
                                          "memory",
                                          "tolerance"};

constexpr BlockDef optimizer(BlockDef block) {
  block.kind = NodeKind::Optimizer;
  return block;
}

constexpr BlockDef kRows[] = {
    reads(kDescentKeys,
          operation(Category::Optimization,
                    "optim.gradientDescent",
                    "Gradient Descent",
                    kPorts,
                    Kernel::of(gradient_descent),
                    "steepest descent with momentum and exact gradients, until two objectives "
                    "differ by less than tolerance",
                    "Polyak 1964, USSR Comput. Math. Math. Phys. 4")),
    reads(kCommonKeys,
          operation(Category::Optimization,
                    "optim.nelderMead",
                    "Nelder-Mead",
                    kPorts,
                    Kernel::of(nelder_mead),
                    "a simplex with reflection 1, expansion 2, contraction 0.5, shrinkage 0.5; "
                    "it starts with 5% of each range",
                    "Nelder and Mead 1965, Computer Journal 7")),
    reads(kBfgsKeys,
          pro(operation(Category::Optimization,
                        "optim.lbfgsb",
                        "L-BFGS-B",
                        kPorts,
                        Kernel::of(lbfgsb),
                        "limited-memory BFGS within bounds, Armijo's rule with halving, exact "
                        "gradients",
                        "Nocedal 1980, Math. Comput. 35; Bertsekas 1982, SIAM J. Control 20"))),
    reads(kCommonKeys,
          optimizer(pro(operation(Category::Optimization,
                                  "optim.trustRegion",
                                  "Trust-Region",
                                  kPorts,
                                  Kernel::of(trust_region),
                                  "the dogleg within a radius that starts at 1, steps projected "
                                  "to the bounds",
                                  "Powell 1970; Nocedal and Wright, Numerical Optimization, "
                                  "ch. 4")))),
};

}  // namespace

std::span<const BlockDef> optim_descent_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
