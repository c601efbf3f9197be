#pragma once

#include "daemon/engine/ops/symbolic/buchberger.h"
#include "daemon/engine/ops/symbolic/polynomial.h"

#include <cstddef>
#include <span>
#include <vector>

namespace chainsolved::ops::symbolic {

struct RealSolutions {
  bool finitely_many = false;               // of complex ones; if not, `points` is empty
  std::vector<std::vector<double>> points;  // a number per variable; by the last variable, then
                                            // the one before it, ascending
};

/// Most solutions in one variable that are looked for.
inline constexpr std::size_t kMaxRoots = 64;

/// The real points where all polynomials of the basis vanish: each variable's minimal polynomial in
/// the quotient ring has the coordinates as its roots (Cox, Little and O'Shea, Using Algebraic
/// Geometry, ch. 2), and of their combinations those remain on which the basis vanishes.
/// Meaningless once the effort is spent, as it is when there are more than kMaxRoots.
RealSolutions real_solutions(std::span<const Polynomial> basis,
                             std::size_t variable_count,
                             Effort& effort);

}  // namespace chainsolved::ops::symbolic
