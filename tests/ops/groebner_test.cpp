// Gröbner bases against textbook examples and properties that define them; exact roots.
#include "daemon/engine/ops/symbolic/buchberger.h"
#include "daemon/engine/ops/symbolic/polynomial.h"
#include "daemon/engine/ops/symbolic/polynomial_system.h"
#include "daemon/engine/ops/symbolic/real_roots.h"
#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {
namespace {

using ops::symbolic::Effort;
using ops::symbolic::MonomialOrder;
using ops::symbolic::Polynomial;
using ops::symbolic::Rational;
using ops::symbolic::Univariate;

const std::vector<std::string> kXyz = {"x", "y", "z"};

Effort much() {
  return {10'000'000, [](std::size_t) {
            return true;
          }};
}

Polynomial polynomial(std::string_view text, MonomialOrder order = MonomialOrder::Lex) {
  Effort effort = much();
  ops::symbolic::Tree tree;
  const auto root = ops::symbolic::parse(tree, text);
  EXPECT_TRUE(root.ok()) << text;
  auto p = ops::symbolic::polynomial_of(tree, *root, kXyz, order, effort);
  EXPECT_TRUE(p.ok()) << text << ": " << (p.ok() ? "" : p.error().message);
  return p.ok() ? *std::move(p) : Polynomial();
}

/// The block's text, or "error: " and its message.
std::string answer(std::string_view polynomials,
                   std::string_view variables,
                   std::string_view order,
                   std::string_view mode = "basis") {
  const nlohmann::json data = {
      {"polynomials", polynomials}, {"variables", variables}, {"order", order}, {"mode", mode}};
  const Value value = run_block("sym.groebner", {}, data.dump()).value;
  return value.is(ValueKind::Text) ? value.as_text() : "error: " + value.error_message();
}

/// The lines of the basis, without the line that counts.
std::vector<std::string> basis_lines(std::string_view polynomials,
                                     std::string_view variables,
                                     std::string_view order) {
  std::string text = answer(polynomials, variables, order);
  std::vector<std::string> lines;
  for (std::size_t at = text.find('\n'); at != std::string::npos;) {
    const std::size_t end = text.find('\n', at + 1);
    lines.push_back(text.substr(at + 1, end == std::string::npos ? end : end - at - 1));
    at = end;
  }
  std::ranges::sort(lines);
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Polynomials, AreMultipliedOutInTheirOrder) {
  EXPECT_EQ(written(polynomial("(x + y)^2 - 2*x*y"), kXyz), "x^2 + y^2");
  EXPECT_EQ(written(polynomial("(x - 1)*(x + 1)/2"), kXyz), "0.5*x^2 - 0.5");
  EXPECT_EQ(written(polynomial("x - x"), kXyz), "0");
  EXPECT_EQ(written(polynomial("0.1 + 0.2 - 0.3"), kXyz), "0") << "decimals are exact";
  EXPECT_EQ(written(polynomial("-y*x^2*3"), kXyz), "-3*x^2*y");
}

/// Cox, Little and O'Shea, Ideals, Varieties, and Algorithms, ch. 2, section 2, example.
TEST(Polynomials, AreOrderedAsInTheTextbook) {
  const std::string text = "4*x*y^2*z + 4*z^2 - 5*x^3 + 7*x^2*z^2";
  EXPECT_EQ(written(polynomial(text, MonomialOrder::Lex), kXyz),
            "-5*x^3 + 7*x^2*z^2 + 4*x*y^2*z + 4*z^2");
  EXPECT_EQ(written(polynomial(text, MonomialOrder::GradedLex), kXyz),
            "7*x^2*z^2 + 4*x*y^2*z - 5*x^3 + 4*z^2");
  EXPECT_EQ(written(polynomial(text, MonomialOrder::GradedReverseLex), kXyz),
            "4*x*y^2*z + 7*x^2*z^2 - 5*x^3 + 4*z^2");
}

/// The same book, ch. 2, section 7, example 1: x^2, xy and y^2 - x/2.
TEST(GroebnerBasis, IsTheTextbooks) {
  EXPECT_EQ(basis_lines("x^3 - 2*x*y; x^2*y - 2*y^2 + x", "x,y", "grlex"),
            Lines({"x*y", "x^2", "y^2 - 0.5*x"}));
}

/// The same book, ch. 3, section 1, example 2.
TEST(GroebnerBasis, EliminatesAsTheTextbookDoes) {
  EXPECT_EQ(basis_lines("x^2 + y + z - 1; x + y^2 + z - 1; x + y + z^2 - 1", "x,y,z", "lex"),
            Lines({"x + y + z^2 - 1",
                   "y*z^2 + 0.5*z^4 - 0.5*z^2",
                   "y^2 - y - z^2 + z",
                   "z^6 - 4*z^4 + 4*z^3 - z^2"}));
}

TEST(GroebnerBasis, OfAContradictionIsOne) {
  EXPECT_EQ(basis_lines("x*y - 1; x", "x,y", "grevlex"), Lines({"1"}));
}

TEST(GroebnerBasis, ReducesItsGeneratorsToNothing) {
  for (const MonomialOrder order :
       {MonomialOrder::Lex, MonomialOrder::GradedLex, MonomialOrder::GradedReverseLex}) {
    Effort effort = much();
    const std::vector<Polynomial> generators = {polynomial("x*y + z - 3", order),
                                                polynomial("y*z + x - 5", order),
                                                polynomial("x*z + y^2 - 0.7", order)};
    const auto basis = ops::symbolic::groebner_basis(generators, 10'000, effort);
    ASSERT_TRUE(basis);
    for (const Polynomial& p : generators)
      EXPECT_TRUE(ops::symbolic::remainder(p, basis->polynomials, effort).empty());
    EXPECT_FALSE(
        ops::symbolic::remainder(polynomial("x + y + z", order), basis->polynomials, effort)
            .empty());
  }
}

TEST(GroebnerBasis, DoesNotDependOnTheOrderOfItsGenerators) {
  EXPECT_EQ(basis_lines("x^2 + y^2 + z^2 - 9; x*y - 2; z - x*y", "x,y,z", "grevlex"),
            basis_lines("z - x*y; x^2 + y^2 + z^2 - 9; x*y - 2", "x,y,z", "grevlex"));
}

TEST(SolvedSystem, HasEverySolutionOnce) {
  EXPECT_EQ(answer("x^2 + y^2 - 25; x - y - 1", "x,y", "grevlex", "solve"),
            "Solution 1: x = -3.000000, y = -4.000000\nSolution 2: x = 4.000000, y = 3.000000");
  EXPECT_EQ(answer("x^2 - 1; y^2 - 4", "x,y", "lex", "solve"),
            "Solution 1: x = -1.000000, y = -2.000000\nSolution 2: x = 1.000000, y = -2.000000\n"
            "Solution 3: x = -1.000000, y = 2.000000\nSolution 4: x = 1.000000, y = 2.000000");
  EXPECT_EQ(answer("(x - 1)^3; (x - y)^2", "x,y", "grevlex", "solve"),
            "Solution 1: x = 1.000000, y = 1.000000")
      << "however often it is one";
  EXPECT_EQ(answer("x^2 + 1", "x", "lex", "solve"), "No real solutions");
  EXPECT_EQ(answer("x - 1; x - 2", "x", "lex", "solve"), "No real solutions");
  EXPECT_EQ(answer("x - y", "x,y", "lex", "solve"),
            "error: Gröbner Basis: the system has infinitely many solutions");
}

/// A random polynomial of degree two in x and y.
std::string any_conic(std::mt19937_64& random) {
  std::string text = "0";
  for (const char* term : {"x^2", "x*y", "y^2", "x", "y", "1"})
    text += " + " + std::to_string(static_cast<int>(random() % 11) - 5) + "*" + term;
  return text;
}

/// What `polynomial` is at a point, and how large its terms are together.
std::pair<double, double> value_and_size(const Polynomial& p, const std::vector<double>& point) {
  double value = 0;
  double size = 0;
  for (const auto& [monomial, coefficient] : p) {
    double term = coefficient.convert_to<double>();
    for (std::size_t i = 0; i < point.size(); ++i)
      term *= std::pow(point[i], monomial[i]);
    value += term;
    size += std::abs(term);
  }
  return {value, size};
}

TEST(SolvedSystem, OfTwoRandomConicsLiesOnBoth) {
  std::mt19937_64 random(4);
  std::size_t found = 0;
  for (int round = 0; round < 200; ++round) {
    Effort effort = much();
    const std::vector<Polynomial> conics = {
        polynomial(any_conic(random) + " + 0*z"), polynomial(any_conic(random)), polynomial("z")};
    const auto basis = ops::symbolic::groebner_basis(conics, 10'000, effort);
    ASSERT_TRUE(basis);
    const auto solutions = ops::symbolic::real_solutions(basis->polynomials, 3, effort);
    ASSERT_FALSE(effort.spent());
    EXPECT_LE(solutions.points.size(), 4) << "Bezout";
    for (const std::vector<double>& point : solutions.points) {
      for (const Polynomial& conic : conics) {
        const auto [value, size] = value_and_size(conic, point);
        EXPECT_LE(std::abs(value), 1e-12 * (1 + size));
      }
    }
    found += solutions.points.size();
  }
  EXPECT_GT(found, 200);
}

TEST(RealRoots, AreThoseOfWilkinsonsPolynomial) {
  Univariate p = {Rational(1)};
  for (int root = 1; root <= 20; ++root) {
    Univariate next(p.size() + 1);
    for (std::size_t i = 0; i < p.size(); ++i) {
      next[i + 1] += p[i];
      next[i] -= p[i] * root;
    }
    p = next;
  }
  Effort effort = much();
  const std::vector<double> roots = ops::symbolic::real_roots(p, effort);
  ASSERT_EQ(roots.size(), 20);
  for (std::size_t i = 0; i < roots.size(); ++i)
    EXPECT_EQ(roots[i], static_cast<double>(i + 1));
}

TEST(RealRoots, AreGoodToTheLastBit) {
  Effort effort = much();
  const auto roots = ops::symbolic::real_roots({-2, 0, 1}, effort);
  ASSERT_EQ(roots.size(), 2);
  EXPECT_DOUBLE_EQ(roots[0], -std::sqrt(2));
  EXPECT_DOUBLE_EQ(roots[1], std::sqrt(2));
  // (x - 1)(x^2 + 1) has one, (x - 1)^2 (x + 3) has two.
  EXPECT_EQ(ops::symbolic::real_roots({-1, 1, -1, 1}, effort), std::vector<double>({1}));
  EXPECT_EQ(ops::symbolic::real_roots({3, -5, 1, 1}, effort), std::vector<double>({-3, 1}));
  const Rational tiny = Rational(1) / Rational("1" + std::string(300, '0'));
  const auto small = ops::symbolic::real_roots({Rational(-tiny), Rational(1)}, effort);
  ASSERT_EQ(small.size(), 1);
  EXPECT_DOUBLE_EQ(small[0], 1e-300);
}

TEST(GroebnerBlock, SaysWhatIsWrong) {
  EXPECT_EQ(answer("sin(x)", "x", "lex"), "error: Gröbner Basis: a polynomial has no functions");
  EXPECT_EQ(answer("x + t", "x,y", "lex"), "error: Gröbner Basis: 't' is not one of the variables");
  EXPECT_EQ(answer("x/y", "x,y", "lex"),
            "error: Gröbner Basis: a polynomial is not divided by one");
  EXPECT_TRUE(answer("x^0.5", "x", "lex").starts_with("error: Gröbner Basis: exponents"));
  EXPECT_TRUE(answer("x^2^30", "x", "lex").starts_with("error: Gröbner Basis: exponents"));
  EXPECT_TRUE(answer("x", "x,x", "lex").starts_with("error: Gröbner Basis: 'x' is twice"));
  EXPECT_TRUE(answer("x", "x", "degrevlex").starts_with("error: Gröbner Basis: the order"));
  EXPECT_TRUE(answer("1e999*x", "x", "lex").starts_with("error: Gröbner Basis: "));
}

TEST(GroebnerBlock, GivesUpWhenThereIsTooMuchToDo) {
  EXPECT_TRUE(answer("(x + y + z + u + v)^500", "x,y,z,u,v", "lex")
                  .starts_with("error: Gröbner Basis: takes too many steps"));
  const Value value =
      run_block("sym.groebner", {}, R"({"polynomials": "x^2 - y; x*y - 1", "max_iter": 1})").value;
  ASSERT_TRUE(value.is(ValueKind::Error));
  EXPECT_EQ(value.error_message(), "Gröbner Basis: the basis is not complete after max_iter pairs");
}

TEST(GroebnerBlock, PassesAnErrorOnItsPortOn) {
  const Value value = run_block("sym.groebner", {{"polynomials", Value::error("no text")}}).value;
  ASSERT_TRUE(value.is(ValueKind::Error));
  EXPECT_EQ(value.error_message(), "no text");
}

}  // namespace
}  // namespace chainsolved::test
