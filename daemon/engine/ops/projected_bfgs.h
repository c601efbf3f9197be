#pragma once

#include "daemon/engine/ops/optimisation.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <vector>

namespace chainsolved::ops {

struct SmoothFunction {
  std::function<double(const std::vector<double>&)> value;
  std::function<std::vector<double>(const std::vector<double>&)> gradient;
};

/// A minimiser within bounds: the two-loop recursion of Nocedal 1980 on the variables that are not
/// held at a bound, steps projected into the bounds (Bertsekas 1982), Armijo's rule with halving.
/// Borrows function and variables.
class ProjectedBfgs {
 public:
  ProjectedBfgs(const SmoothFunction& function,
                std::span<const DesignVariable> variables,
                std::vector<double> start,
                std::size_t memory);

  double value() const noexcept { return value_; }
  const std::vector<double>& x() const noexcept { return x_; }
  /// The largest move that steepest descent could make within the bounds.
  double projected_gradient() const;

  /// False when no step makes the function smaller.
  bool step();

 private:
  struct Pair {
    std::vector<double> step;
    std::vector<double> change;
    double product;
  };

  bool is_held(std::size_t i) const;
  std::vector<double> direction() const;
  void hold(std::vector<double>& direction) const;
  bool search(const std::vector<double>& direction);
  void accept(std::vector<double> next, std::vector<double> step, double value);
  void limit(std::vector<double>& x) const;
  double value_at(const std::vector<double>& x) const;

  const SmoothFunction& function_;
  std::span<const DesignVariable> variables_;
  std::size_t memory_;
  std::vector<double> x_;
  double value_;
  std::vector<double> slope_;
  std::deque<Pair> pairs_;
};

}  // namespace chainsolved::ops
