#include "daemon/engine/ops/symbolic/buchberger.h"

#include "daemon/engine/ops/symbolic/polynomial.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

// A pair takes memory as well as time.
constexpr std::size_t kStepsPerPair = 20;
constexpr std::uint64_t kMaxPairDegree = 100'000;  // sums of two fit an exponent

const Monomial& leading(const Polynomial& p) {
  return p.begin()->first;
}

Monomial least_common_multiple(const Monomial& a, const Monomial& b) {
  Monomial lcm(a.size());
  std::ranges::transform(
      a, b, lcm.begin(), [](std::uint32_t x, std::uint32_t y) { return std::max(x, y); });
  return lcm;
}

Monomial quotient(const Monomial& a, const Monomial& b) {
  Monomial result(a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    result[i] = a[i] - b[i];
  return result;
}

bool coprime(const Monomial& a, const Monomial& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > 0 && b[i] > 0) return false;
  }
  return true;
}

struct CriticalPair {
  Monomial lcm;
  std::size_t first;
  std::size_t second;
};

/// The smallest least common multiple first, then the older pair.
struct NormalStrategy {
  Descending descending;
  bool operator()(const CriticalPair& a, const CriticalPair& b) const {
    if (a.lcm != b.lcm) return descending(b.lcm, a.lcm);
    return std::tie(a.second, a.first) < std::tie(b.second, b.first);
  }
};

class Buchberger {
 public:
  Buchberger(Descending order, Effort& effort)
      : effort_(effort), pairs_(NormalStrategy{order}), order_(order) {}

  void add(Polynomial p) {
    make_monic(p);
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (!effort_.take(kStepsPerPair)) return;
      pairs_.insert({least_common_multiple(leading(found_[i]), leading(p)), i, found_.size()});
    }
    found_.push_back(std::move(p));
  }

  /// False when there are more pairs than that or their degrees get out of hand, or the effort is
  /// spent.
  bool complete(std::size_t max_pairs) {
    for (std::size_t count = 0; !pairs_.empty(); ++count) {
      if (count == max_pairs || effort_.spent()) return false;
      const CriticalPair pair = std::move(pairs_.extract(pairs_.begin()).value());
      if (coprime(leading(found_[pair.first]), leading(found_[pair.second]))) {
        ++result_.zero_reductions;
        continue;
      }
      if (std::accumulate(pair.lcm.begin(), pair.lcm.end(), std::uint64_t{0}) > kMaxPairDegree) {
        return false;
      }
      ++result_.s_polynomials;
      Polynomial rest = remainder(s_polynomial(pair), found_, effort_);
      if (effort_.spent()) return false;
      if (rest.empty()) {
        ++result_.zero_reductions;
      } else {
        add(std::move(rest));
      }
    }
    return !effort_.spent();
  }

  /// Without what the others make superfluous, each reduced by the others.
  GroebnerBasis reduced() && {
    std::vector<Polynomial> kept;
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (!is_superfluous(i)) kept.push_back(found_[i]);
    }
    for (std::size_t i = 0; i < kept.size(); ++i)
      kept[i] = remainder(std::move(kept[i]), kept, effort_, i);
    result_.polynomials = std::move(kept);
    return std::move(result_);
  }

 private:
  Polynomial s_polynomial(const CriticalPair& pair) {
    const Polynomial& f = found_[pair.first];
    const Polynomial& g = found_[pair.second];
    Polynomial s(order_);
    subtract_multiple(s, Rational(-1), quotient(pair.lcm, leading(f)), f, effort_);
    subtract_multiple(s, Rational(1), quotient(pair.lcm, leading(g)), g, effort_);
    return s;
  }

  /// Of several with the same leading monomial the first is kept.
  bool is_superfluous(std::size_t i) const {
    for (std::size_t j = 0; j < found_.size(); ++j) {
      if (j == i || !divides(leading(found_[j]), leading(found_[i]))) continue;
      if (leading(found_[j]) != leading(found_[i]) || j < i) return true;
    }
    return false;
  }

  Effort& effort_;
  std::set<CriticalPair, NormalStrategy> pairs_;
  Descending order_;
  std::vector<Polynomial> found_;
  GroebnerBasis result_;
};

}  // namespace

bool divides(const Monomial& a, const Monomial& b) {
  return std::ranges::equal(a, b, [](std::uint32_t x, std::uint32_t y) { return x <= y; });
}

Polynomial remainder(Polynomial p,
                     std::span<const Polynomial> divisors,
                     Effort& effort,
                     std::size_t skipped) {
  Polynomial rest(p.key_comp());
  while (!p.empty() && effort.take(1 + divisors.size() / 8)) {
    const Monomial monomial = leading(p);
    std::size_t i = 0;
    while (i < divisors.size() && (i == skipped || !divides(leading(divisors[i]), monomial)))
      ++i;
    if (i == divisors.size()) {
      rest.insert(rest.end(), p.extract(p.begin()));
      continue;
    }
    const Polynomial& divisor = divisors[i];
    const Rational factor = p.begin()->second / divisor.begin()->second;
    subtract_multiple(p, factor, quotient(monomial, leading(divisor)), divisor, effort);
  }
  return rest;
}

std::optional<GroebnerBasis> groebner_basis(std::vector<Polynomial> generators,
                                            std::size_t max_pairs,
                                            Effort& effort) {
  std::erase_if(generators, [](const Polynomial& p) { return p.empty(); });
  if (generators.empty()) return GroebnerBasis();
  Buchberger algorithm(generators.front().key_comp(), effort);
  for (Polynomial& p : generators)
    algorithm.add(std::move(p));
  if (!algorithm.complete(max_pairs)) return std::nullopt;
  GroebnerBasis basis = std::move(algorithm).reduced();
  if (effort.spent()) return std::nullopt;
  return basis;
}

}  // namespace chainsolved::ops::symbolic
