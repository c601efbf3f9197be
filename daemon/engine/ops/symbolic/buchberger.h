#pragma once

#include "daemon/engine/ops/symbolic/polynomial.h"

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace chainsolved::ops::symbolic {

struct GroebnerBasis {
  std::vector<Polynomial> polynomials;  // reduced and monic, in the order they were found
  std::size_t s_polynomials = 0;        // S-polynomials that were computed
  std::size_t zero_reductions = 0;      // pairs that gave nothing, coprime ones included
};

/// The reduced Gröbner basis of the ideal of `generators`, all of one order, by Buchberger's
/// algorithm with the normal selection strategy and the criterion of coprime leading monomials
/// (Cox, Little and O'Shea, Ideals, Varieties, and Algorithms, ch. 2). Nothing when it takes more
/// than `max_pairs` pairs, or more than the effort.
std::optional<GroebnerBasis> groebner_basis(std::vector<Polynomial> generators,
                                            std::size_t max_pairs,
                                            Effort& effort);

inline constexpr std::size_t kNoDivisor = std::numeric_limits<std::size_t>::max();

/// What division by `divisors`, but for the one at `skipped`, leaves of p.
Polynomial remainder(Polynomial p,
                     std::span<const Polynomial> divisors,
                     Effort& effort,
                     std::size_t skipped = kNoDivisor);

/// Whether x^a divides x^b.
bool divides(const Monomial& a, const Monomial& b);

}  // namespace chainsolved::ops::symbolic
