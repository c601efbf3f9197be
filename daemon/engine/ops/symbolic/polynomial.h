#pragma once

#include "daemon/engine/ops/symbolic/tree.h"
#include "protocol/error.h"

#include <boost/multiprecision/cpp_int.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Polynomials in several variables with exact rational coefficients.
namespace chainsolved::ops::symbolic {

using Rational = boost::multiprecision::number<boost::multiprecision::cpp_rational_backend,
                                               boost::multiprecision::et_off>;

/// The exponent of each variable.
using Monomial = std::vector<std::uint32_t>;

enum class MonomialOrder : std::uint8_t { Lex, GradedLex, GradedReverseLex };

/// The larger monomial first, as polynomials are written.
struct Descending {
  MonomialOrder order = MonomialOrder::Lex;
  bool operator()(const Monomial& a, const Monomial& b) const;
};

/// Terms, the leading one first; no coefficient is 0.
using Polynomial = std::map<Monomial, Rational, Descending>;

/// Bounds work that grows out of proportion to its input. Once it is spent it stays so: loops end,
/// and what they made is to be thrown away.
class Effort {
 public:
  /// `keep_going` is asked from time to time, with the steps since it was asked last.
  Effort(std::size_t most_steps, std::function<bool(std::size_t)> keep_going)
      : most_(most_steps), keep_going_(std::move(keep_going)) {}

  /// Takes `steps`, each about one operation on a small number. False when there are none left.
  bool take(std::size_t steps);
  bool spent() const noexcept { return spent_; }

 private:
  std::size_t most_;
  std::function<bool(std::size_t)> keep_going_;
  std::size_t taken_ = 0;
  std::size_t asked_at_ = 0;
  bool spent_ = false;
};

/// How many steps an operation with this number counts for.
std::size_t steps_of(const Rational& number);

/// p -= factor * x^shift * q.
void subtract_multiple(Polynomial& p,
                       const Rational& factor,
                       const Monomial& shift,
                       const Polynomial& q,
                       Effort& effort);

/// Divides by the leading coefficient. Requires a term.
void make_monic(Polynomial& p);

/// The formula at `root` as a polynomial in `variables`; INVALID_PARAMS for what is none.
Result<Polynomial> polynomial_of(const Tree& tree,
                                 NodeId root,
                                 std::span<const std::string> variables,
                                 MonomialOrder order,
                                 Effort& effort);

/// "x^2 - 2*x*y + 0.5": coefficients as the shortest decimals of their doubles.
std::string written(const Polynomial& p, std::span<const std::string> variables);

}  // namespace chainsolved::ops::symbolic
