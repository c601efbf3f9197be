#pragma once

#include "daemon/engine/ops/symbolic/polynomial.h"

#include <vector>

namespace chainsolved::ops::symbolic {

/// Coefficients of 1, x, x^2, ...; the last one is not 0.
using Univariate = std::vector<Rational>;

/// The real roots of p, each once, in ascending order and to the last bits of a double: isolated by
/// Sturm's theorem and bisected, with rational numbers all the way. Meaningless once the effort is
/// spent.
std::vector<double> real_roots(Univariate p, Effort& effort);

}  // namespace chainsolved::ops::symbolic
