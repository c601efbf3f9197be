#include "daemon/engine/ops/symbolic/polynomial.h"

#include "daemon/engine/ops/symbolic/tree.h"
#include "protocol/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

using boost::multiprecision::cpp_int;

constexpr std::uint64_t kMaxDegree = 1000;
constexpr std::size_t kStepsBetweenQuestions = 10'000;

std::uint64_t degree_of(const Monomial& monomial) {
  return std::accumulate(monomial.begin(), monomial.end(), std::uint64_t{0});
}

std::uint64_t degree_of(const Polynomial& p) {
  std::uint64_t degree = 0;
  for (const auto& term : p)
    degree = std::max(degree, degree_of(term.first));
  return degree;
}

/// The decimal number that is written for `value`, exactly: 0.1 is 1/10. Requires a finite one.
Rational decimal(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(
      buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const std::string text(buffer.data(), end.ptr);
  const std::size_t e = text.find('e');
  int exponent = std::atoi(text.c_str() + e + 1);  // NOLINT(cert-err34-c): to_chars wrote it
  std::string digits = text.substr(0, e);
  const bool negative = digits.front() == '-';
  if (negative) digits.erase(0, 1);
  if (const std::size_t point = digits.find('.'); point != std::string::npos) {
    exponent -= static_cast<int>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  // A leading 0 would make the rest octal.
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  const cpp_int whole(digits);
  const cpp_int scale =
      boost::multiprecision::pow(cpp_int(10), static_cast<unsigned>(std::abs(exponent)));
  const Rational number = exponent < 0 ? Rational(whole, scale) : Rational(whole * scale);
  return negative ? Rational(-number) : number;
}

/// Builds the polynomials of a tree's nodes, operands first. An operand that is used for the last
/// time is moved on: a long sum is one polynomial that grows.
class PolynomialBuilder {
 public:
  PolynomialBuilder(const Tree& tree,
                    NodeId root,
                    std::span<const std::string> variables,
                    MonomialOrder order,
                    Effort& effort)
      : tree_(tree),
        root_(root),
        variables_(variables),
        order_{order},
        effort_(effort),
        uses_(root + 1, 0),
        made_(root + 1, Polynomial(order_)) {}

  Result<Polynomial> build() {
    const std::vector<bool> parts = tree_.parts_of(root_);
    for (NodeId id = 0; id <= root_; ++id) {
      if (!parts[id]) continue;
      const Node& node = tree_[id];
      if (operands(node) > 0) ++uses_[node.left];
      if (operands(node) > 1) ++uses_[node.right];
    }
    for (NodeId id = 0; id <= root_; ++id) {
      if (!parts[id]) continue;
      if (auto problem = make(id)) {
        return Error{ErrorCode::InvalidParams, *std::move(problem), {}};
      }
      if (effort_.spent()) break;
    }
    return std::move(made_[root_]);
  }

 private:
  using Problem = std::optional<std::string>;

  Problem make(NodeId id) {
    const Node& node = tree_[id];
    switch (node.kind) {
      case Kind::Number:
        return constant(id, node.number);
      case Kind::Pi:
        return named(id, "pi", std::numbers::pi);
      case Kind::Euler:
        return named(id, "e", std::numbers::e);
      case Kind::Variable:
        return named(id, tree_.name_of(node), std::nullopt);
      case Kind::Function:
        return "a polynomial has no functions";
      case Kind::Negate:
        made_[id] = scaled(take(node.left), Rational(-1));
        return std::nullopt;
      default:
        return binary(id, node);
    }
  }

  Problem binary(NodeId id, const Node& node) {
    Polynomial a = take(node.left);
    Polynomial b = take(node.right);
    switch (node.kind) {
      case Kind::Add:
      case Kind::Subtract:
        subtract_multiple(
            a, Rational(node.kind == Kind::Add ? -1 : 1), Monomial(variables_.size()), b, effort_);
        made_[id] = std::move(a);
        return std::nullopt;
      case Kind::Multiply:
        return product(id, a, b);
      case Kind::Divide:
        return quotient(id, std::move(a), b);
      default:
        return power(id, std::move(a), b);
    }
  }

  Problem product(NodeId id, const Polynomial& a, const Polynomial& b) {
    if (degree_of(a) + degree_of(b) > kMaxDegree) return "the degree is over 1000";
    made_[id] = multiplied(a, b);
    return std::nullopt;
  }

  Problem quotient(NodeId id, Polynomial a, const Polynomial& b) {
    const std::optional<Rational> divisor = constant_of(b);
    if (!divisor) return "a polynomial is not divided by one";
    if (*divisor == 0) return "division by zero";
    made_[id] = scaled(std::move(a), Rational(1 / *divisor));
    return std::nullopt;
  }

  Problem power(NodeId id, Polynomial base, const Polynomial& exponent) {
    const std::optional<Rational> number = constant_of(exponent);
    if (!number || denominator(*number) != 1 || *number < 0 || *number > kMaxDegree) {
      return "exponents must be whole numbers from 0 to 1000";
    }
    auto left = number->convert_to<std::uint64_t>();
    if (degree_of(base) * left > kMaxDegree) return "the degree is over 1000";
    Polynomial result = of(Rational(1));
    while (left > 0 && !effort_.spent()) {
      if (left % 2 == 1) result = multiplied(result, base);
      left /= 2;
      if (left > 0) base = multiplied(base, base);
    }
    made_[id] = std::move(result);
    return std::nullopt;
  }

  Problem constant(NodeId id, double value) {
    if (!std::isfinite(value)) return "a number is too large";
    made_[id] = of(decimal(value));
    return std::nullopt;
  }

  /// One of the variables, else the number that has this name.
  Problem named(NodeId id, const std::string& name, std::optional<double> value) {
    const auto found = std::ranges::find(variables_, name);
    if (found != variables_.end()) {
      Monomial monomial(variables_.size());
      monomial[static_cast<std::size_t>(found - variables_.begin())] = 1;
      made_[id].emplace(std::move(monomial), 1);
      return std::nullopt;
    }
    if (value) return constant(id, *value);
    return "'" + name + "' is not one of the variables";
  }

  Polynomial take(NodeId id) {
    if (--uses_[id] == 0) return std::move(made_[id]);
    effort_.take(made_[id].size());
    return made_[id];
  }

  Polynomial of(const Rational& number) const {
    Polynomial p(order_);
    if (number != 0) p.emplace(Monomial(variables_.size()), number);
    return p;
  }

  Polynomial scaled(Polynomial p, const Rational& factor) {
    for (auto& term : p) {
      if (!effort_.take(steps_of(term.second))) break;
      term.second *= factor;
    }
    return p;
  }

  Polynomial multiplied(const Polynomial& a, const Polynomial& b) {
    Polynomial result(order_);
    for (const auto& [monomial, coefficient] : a) {
      if (effort_.spent()) break;
      subtract_multiple(result, Rational(-coefficient), monomial, b, effort_);
    }
    return result;
  }

  std::optional<Rational> constant_of(const Polynomial& p) const {
    if (p.empty()) return Rational(0);
    if (p.size() > 1 || degree_of(p.begin()->first) > 0) return std::nullopt;
    return p.begin()->second;
  }

  const Tree& tree_;
  NodeId root_;
  std::span<const std::string> variables_;
  Descending order_;
  Effort& effort_;
  std::vector<std::uint32_t> uses_;
  std::vector<Polynomial> made_;
};

std::string shortest(double value) {
  std::array<char, 400> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return {buffer.data(), end.ptr};
}

/// x*y^2; empty for 1.
std::string factors_of(const Monomial& monomial, std::span<const std::string> variables) {
  std::string text;
  for (std::size_t i = 0; i < monomial.size(); ++i) {
    if (monomial[i] == 0) continue;
    if (!text.empty()) text += '*';
    text += variables[i];
    if (monomial[i] > 1) text += "^" + std::to_string(monomial[i]);
  }
  return text;
}

}  // namespace

bool Descending::operator()(const Monomial& a, const Monomial& b) const {
  if (order != MonomialOrder::Lex) {
    const std::uint64_t degree_a = degree_of(a);
    const std::uint64_t degree_b = degree_of(b);
    if (degree_a != degree_b) return degree_a > degree_b;
  }
  if (order != MonomialOrder::GradedReverseLex) return a > b;
  const auto [in_a, in_b] = std::mismatch(a.rbegin(), a.rend(), b.rbegin());
  return in_a != a.rend() && *in_a < *in_b;
}

bool Effort::take(std::size_t steps) {
  taken_ += std::min(steps, most_ + 1);
  if (taken_ > most_) spent_ = true;
  if (!spent_ && taken_ - asked_at_ >= kStepsBetweenQuestions) {
    spent_ = !keep_going_(taken_ - asked_at_);
    asked_at_ = taken_;
  }
  return !spent_;
}

std::size_t steps_of(const Rational& number) {
  if (number == 0) return 1;
  const std::size_t words =
      (msb(abs(numerator(number))) + msb(denominator(number))) / 64;  // NOLINT: bits of a word
  return 1 + words + words * words / 4;
}

void subtract_multiple(Polynomial& p,
                       const Rational& factor,
                       const Monomial& shift,
                       const Polynomial& q,
                       Effort& effort) {
  const std::size_t steps = steps_of(factor);
  for (const auto& [monomial, coefficient] : q) {
    if (!effort.take(std::max(steps, steps_of(coefficient)))) return;
    Monomial place = monomial;
    for (std::size_t i = 0; i < place.size(); ++i)
      place[i] += shift[i];
    const auto [term, is_new] = p.try_emplace(std::move(place));
    term->second -= factor * coefficient;
    if (term->second == 0) p.erase(term);
  }
}

void make_monic(Polynomial& p) {
  const Rational leading = p.begin()->second;
  if (leading == 1) return;
  for (auto& term : p)
    term.second /= leading;
}

Result<Polynomial> polynomial_of(const Tree& tree,
                                 NodeId root,
                                 std::span<const std::string> variables,
                                 MonomialOrder order,
                                 Effort& effort) {
  return PolynomialBuilder(tree, root, variables, order, effort).build();
}

std::string written(const Polynomial& p, std::span<const std::string> variables) {
  std::string text;
  for (const auto& [monomial, coefficient] : p) {
    const auto value = coefficient.convert_to<double>();
    if (text.empty()) {
      if (value < 0) text += '-';
    } else {
      text += value < 0 ? " - " : " + ";
    }
    const std::string factors = factors_of(monomial, variables);
    const std::string number = shortest(std::abs(value));
    if (factors.empty() || number != "1") text += number;
    if (!factors.empty() && number != "1") text += '*';
    text += factors;
  }
  return text.empty() ? "0" : text;
}

}  // namespace chainsolved::ops::symbolic
