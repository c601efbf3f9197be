#include "daemon/engine/ops/symbolic/polynomial_system.h"

#include "daemon/engine/ops/symbolic/buchberger.h"
#include "daemon/engine/ops/symbolic/polynomial.h"
#include "daemon/engine/ops/symbolic/real_roots.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

// Roots are good to the last bits; a combination that is no solution misses by far more.
constexpr double kVanishes = 1e-10;
constexpr std::size_t kEverything = std::numeric_limits<std::size_t>::max() / 2;

bool is_power_of(const Monomial& monomial, std::size_t variable) {
  for (std::size_t i = 0; i < monomial.size(); ++i) {
    if (i != variable && monomial[i] > 0) return false;
  }
  return true;
}

/// Whether for every variable some leading monomial is a power of it (1 is one of all).
bool has_finitely_many_zeros(std::span<const Polynomial> basis, std::size_t variable_count) {
  for (std::size_t v = 0; v < variable_count; ++v) {
    const bool bounded = std::ranges::any_of(
        basis, [v](const Polynomial& p) { return is_power_of(p.begin()->first, v); });
    if (!bounded) return false;
  }
  return true;
}

/// A normal form, and which combination of the powers it is of.
struct Combination {
  Polynomial form;
  Univariate powers;
};

/// row -= factor * other.
void subtract(Combination& row, const Rational& factor, const Combination& other, Effort& effort) {
  subtract_multiple(
      row.form, factor, Monomial(other.form.begin()->first.size()), other.form, effort);
  for (std::size_t i = 0; i < other.powers.size(); ++i)
    row.powers[i] -= factor * other.powers[i];
}

/// The least combination of 1, x, x^2, ... that lies in the ideal, by elimination among their
/// normal forms. Requires finitely many zeros.
Univariate minimal_polynomial(std::span<const Polynomial> basis,
                              std::size_t variable_count,
                              std::size_t variable,
                              Effort& effort) {
  Monomial step(variable_count);
  step[variable] = 1;
  Polynomial power(basis.front().key_comp());
  power.emplace(Monomial(variable_count), 1);
  power = remainder(std::move(power), basis, effort);
  std::vector<Combination> rows;
  while (!effort.spent()) {
    Combination row{.form = power, .powers = Univariate(rows.size() + 1)};
    row.powers.back() = 1;
    for (const Combination& other : rows) {
      const auto term = row.form.find(other.form.begin()->first);
      if (term == row.form.end()) continue;
      const Rational factor = term->second / other.form.begin()->second;
      subtract(row, factor, other, effort);
    }
    if (row.form.empty()) return row.powers;
    rows.push_back(std::move(row));
    if (rows.size() > kMaxRoots) effort.take(kEverything);
    Polynomial next(power.key_comp());
    subtract_multiple(next, Rational(-1), step, power, effort);
    power = remainder(std::move(next), basis, effort);
  }
  return {};
}

/// A polynomial with coefficients that are quick to evaluate.
struct NumericTerm {
  double coefficient;
  Monomial monomial;
};
using NumericPolynomial = std::vector<NumericTerm>;

/// The first variable that occurs; `variable_count` in a constant.
std::size_t first_variable(const NumericPolynomial& p, std::size_t variable_count) {
  std::size_t first = variable_count;
  for (const NumericTerm& term : p) {
    for (std::size_t i = 0; i < first; ++i) {
      if (term.monomial[i] > 0) first = i;
    }
  }
  return first;
}

bool vanishes(const NumericPolynomial& p, const std::vector<double>& point) {
  double sum = 0;
  double size = 0;
  for (const NumericTerm& term : p) {
    double value = term.coefficient;
    for (std::size_t i = 0; i < point.size(); ++i) {
      if (term.monomial[i] > 0) value *= std::pow(point[i], term.monomial[i]);
    }
    sum += value;
    size += std::abs(value);
  }
  return std::abs(sum) <= kVanishes * size;
}

/// Tries the combinations of roots, the last variable first; a polynomial is looked at as soon as
/// all of its variables have a value.
class Combinations {
 public:
  Combinations(std::span<const Polynomial> basis,
               std::vector<std::vector<double>> roots,
               Effort& effort)
      : roots_(std::move(roots)), decided_by_(roots_.size() + 1), effort_(effort) {
    for (const Polynomial& p : basis) {
      NumericPolynomial numeric;
      for (const auto& [monomial, coefficient] : p)
        numeric.push_back({coefficient.convert_to<double>(), monomial});
      decided_by_[first_variable(numeric, roots_.size())].push_back(std::move(numeric));
    }
    point_.resize(roots_.size());
  }

  std::vector<std::vector<double>> find() {
    try_variable(roots_.size());
    return std::move(found_);
  }

 private:
  /// Variables from `known` on have values. As deep as there are variables, which are few.
  void try_variable(std::size_t known) {  // NOLINT(misc-no-recursion)
    if (known == 0) {
      found_.push_back(point_);
      return;
    }
    const std::size_t variable = known - 1;
    for (const double root : roots_[variable]) {
      if (!effort_.take(1 + decided_by_[variable].size())) return;
      point_[variable] = root;
      const bool fits =
          std::ranges::all_of(decided_by_[variable],
                              [this](const NumericPolynomial& p) { return vanishes(p, point_); });
      if (fits) try_variable(variable);
    }
  }

  std::vector<std::vector<double>> roots_;
  std::vector<std::vector<NumericPolynomial>> decided_by_;
  Effort& effort_;
  std::vector<double> point_;
  std::vector<std::vector<double>> found_;
};

}  // namespace

RealSolutions real_solutions(std::span<const Polynomial> basis,
                             std::size_t variable_count,
                             Effort& effort) {
  RealSolutions solutions;
  solutions.finitely_many = has_finitely_many_zeros(basis, variable_count);
  if (!solutions.finitely_many) return solutions;
  std::vector<std::vector<double>> roots;
  for (std::size_t v = 0; v < variable_count && !effort.spent(); ++v)
    roots.push_back(real_roots(minimal_polynomial(basis, variable_count, v, effort), effort));
  if (effort.spent()) return solutions;
  solutions.points = Combinations(basis, std::move(roots), effort).find();
  return solutions;
}

}  // namespace chainsolved::ops::symbolic
