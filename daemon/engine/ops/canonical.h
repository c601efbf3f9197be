#pragma once

#include <limits>

namespace chainsolved::ops {

/// Any NaN becomes the one NaN, -0 becomes +0 (ENGINE.md, "Evaluation").
inline double canonical(double x) noexcept {
  return x == x ? x + 0.0 : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace chainsolved::ops
