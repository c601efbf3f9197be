#include "daemon/engine/ops/symbolic/real_roots.h"

#include "daemon/engine/ops/symbolic/polynomial.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

constexpr int kMaxBisections = 2200;  // from the largest double to the smallest
constexpr int kRootBits = 60;

std::size_t degree(const Univariate& p) {
  return p.size() - 1;
}

void trim(Univariate& p) {
  while (!p.empty() && p.back() == 0)
    p.pop_back();
}

struct Division {
  Univariate quotient;
  Univariate rest;  // empty when there is none
};

Division divide(Univariate p, const Univariate& divisor, Effort& effort) {
  Univariate quotient(p.size() < divisor.size() ? 0 : p.size() - divisor.size() + 1);
  while (p.size() >= divisor.size()) {
    const std::size_t shift = p.size() - divisor.size();
    const Rational factor = p.back() / divisor.back();
    if (!effort.take(divisor.size() * steps_of(factor))) break;
    quotient[shift] = factor;
    for (std::size_t i = 0; i < divisor.size(); ++i)
      p[i + shift] -= factor * divisor[i];
    trim(p);
  }
  return {.quotient = std::move(quotient), .rest = std::move(p)};
}

Univariate derivative(const Univariate& p) {
  Univariate result;
  for (std::size_t i = 1; i < p.size(); ++i)
    result.push_back(p[i] * i);
  return result;
}

/// The same signs with smaller numbers.
void normalise(Univariate& p) {
  const Rational size = abs(p.back());
  for (Rational& coefficient : p)
    coefficient /= size;
}

Univariate greatest_common_divisor(Univariate a, Univariate b, Effort& effort) {
  while (!b.empty() && !effort.spent()) {
    Univariate rest = divide(std::move(a), b, effort).rest;
    if (!rest.empty()) normalise(rest);
    a = std::exchange(b, std::move(rest));
  }
  return a;
}

/// The polynomial with the same roots, all of them simple.
Univariate square_free(Univariate p, Effort& effort) {
  const Univariate common = greatest_common_divisor(p, derivative(p), effort);
  return degree(common) == 0 ? p : divide(std::move(p), common, effort).quotient;
}

int sign_at(const Univariate& p, const Rational& x, Effort& effort) {
  Rational value = 0;
  for (auto coefficient = p.rbegin(); coefficient != p.rend(); ++coefficient) {
    if (!effort.take(steps_of(value))) return 0;
    value = value * x + *coefficient;
  }
  return value.sign();
}

/// Sturm's sequence of a square-free polynomial of degree 1 at least.
class SturmSequence {
 public:
  SturmSequence(const Univariate& p, Effort& effort) : effort_(effort) {
    chain_.push_back(p);
    chain_.push_back(derivative(p));
    while (degree(chain_.back()) > 0 && !effort_.spent()) {
      Univariate next = divide(chain_[chain_.size() - 2], chain_.back(), effort_).rest;
      if (next.empty()) break;
      normalise(next);
      for (Rational& coefficient : next)
        coefficient = -coefficient;
      chain_.push_back(std::move(next));
    }
  }

  /// changes_at(a) - changes_at(b) roots lie in (a, b].
  int changes_at(const Rational& x) {
    int changes = 0;
    int last = 0;
    for (const Univariate& p : chain_) {
      const int sign = sign_at(p, x, effort_);
      if (sign != 0 && last != 0 && sign != last) ++changes;
      if (sign != 0) last = sign;
    }
    return changes;
  }

 private:
  Effort& effort_;
  std::vector<Univariate> chain_;
};

/// A power of two beyond all roots (Cauchy's bound).
Rational root_bound(const Univariate& p) {
  Rational largest = 0;
  for (const Rational& coefficient : p)
    largest = std::max(largest, Rational(abs(coefficient / p.back())));
  Rational bound = 2;
  while (bound <= largest + 1)
    bound *= 2;
  return bound;
}

/// (low, high] with the numbers of sign changes at its ends.
struct Range {
  Rational low;
  Rational high;
  int changes_low;
  int changes_high;

  int roots() const { return changes_low - changes_high; }
};

class RootFinder {
 public:
  RootFinder(Univariate p, Effort& effort)
      : p_(std::move(p)), effort_(effort), sequence_(p_, effort) {}

  std::vector<double> find() {
    const Rational bound = root_bound(p_);
    std::vector<Range> open{range(-bound, bound)};
    std::vector<double> roots;
    while (!open.empty() && !effort_.spent()) {
      const Range next = std::move(open.back());
      open.pop_back();
      if (next.roots() == 1) roots.push_back(refined(next));
      if (next.roots() <= 1) continue;
      auto [lower, upper] = halves(next);
      open.push_back(std::move(upper));
      open.push_back(std::move(lower));
    }
    return roots;
  }

 private:
  Range range(const Rational& low, const Rational& high) {
    return {low, high, sequence_.changes_at(low), sequence_.changes_at(high)};
  }

  std::pair<Range, Range> halves(const Range& whole) {
    const Rational middle = (whole.low + whole.high) / 2;
    const int changes = sequence_.changes_at(middle);
    return {Range{whole.low, middle, whole.changes_low, changes},
            Range{middle, whole.high, changes, whole.changes_high}};
  }

  static bool is_narrow(const Range& r) {
    const Rational size = std::max(Rational(abs(r.low)), Rational(abs(r.high)));
    return (r.high - r.low) * (Rational(1) * (boost::multiprecision::cpp_int(1) << kRootBits)) <=
           size;
  }

  double refined(Range r) {
    const int sign_high = sign_at(p_, r.high, effort_);
    if (sign_high == 0) return r.high.convert_to<double>();
    for (int i = 0; i < kMaxBisections && !is_narrow(r) && !effort_.spent(); ++i) {
      const Rational middle = (r.low + r.high) / 2;
      const int sign = sign_at(p_, middle, effort_);
      if (sign == 0) return middle.convert_to<double>();
      (sign == sign_high ? r.high : r.low) = middle;
    }
    return Rational((r.low + r.high) / 2).convert_to<double>();
  }

  Univariate p_;
  Effort& effort_;
  SturmSequence sequence_;
};

}  // namespace

std::vector<double> real_roots(Univariate p, Effort& effort) {
  if (p.size() < 2) return {};
  Univariate simple = square_free(std::move(p), effort);
  if (effort.spent()) return {};
  return RootFinder(std::move(simple), effort).find();
}

}  // namespace chainsolved::ops::symbolic
