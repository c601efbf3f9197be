#pragma once

#include <Eigen/Core>
#include <Eigen/LU>

namespace chainsolved::ops {

struct NewtonLimits {
  int iterations = 25;
  double tolerance = 1e-9;  // of the largest change, relative to 1 + the largest entry
};

/// Newton's method: changes `x` until a step is small. `linearise(x, residual, jacobian)` fills in
/// both. False when it does not converge or an iterate is not finite; x is then anything.
template <class Linearise>
bool solve_newton(const Linearise& linearise, Eigen::VectorXd& x, const NewtonLimits& limits) {
  Eigen::VectorXd residual(x.size());
  Eigen::MatrixXd jacobian(x.size(), x.size());
  for (int i = 0; i < limits.iterations; ++i) {
    linearise(x, residual, jacobian);
    if (!residual.allFinite() || !jacobian.allFinite()) return false;
    const Eigen::VectorXd change = jacobian.partialPivLu().solve(residual);
    if (!change.allFinite()) return false;
    x -= change;
    if (change.lpNorm<Eigen::Infinity>() <= limits.tolerance * (1 + x.lpNorm<Eigen::Infinity>())) {
      return true;
    }
  }
  return false;
}

}  // namespace chainsolved::ops
