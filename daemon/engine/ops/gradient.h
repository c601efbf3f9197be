#pragma once

#include <span>
#include <vector>

namespace chainsolved::ops {

class Expression;

struct ValueAndGradient {
  double value = 0;
  std::vector<double> partials;  // one per variable
};

/// The formula's value and its partial derivatives at `point`, exact up to rounding: forward mode,
/// all variables at once. At a kink (abs, min, round, ...) the derivative of one side.
ValueAndGradient evaluate_with_gradient(const Expression& expression,
                                        std::span<const double> point);

}  // namespace chainsolved::ops
