#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/gradient.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

namespace chainsolved::test {
namespace {

using ops::evaluate_with_gradient;
using ops::Expression;

class Gradient : public testing::TestWithParam<const char*> {};

TEST_P(Gradient, AgreesWithDifferenceQuotients) {
  const std::string_view names[] = {"x", "y"};
  const auto formula = Expression::parse(GetParam(), names);
  ASSERT_TRUE(formula.ok());
  const std::vector<double> point = {0.4, 0.7};
  const auto exact = evaluate_with_gradient(*formula, point);
  EXPECT_EQ(exact.value, formula->evaluate(point));
  for (std::size_t i = 0; i < 2; ++i) {
    const double h = 1e-6;
    std::vector<double> up = point;
    std::vector<double> down = point;
    up[i] += h;
    down[i] -= h;
    const double quotient = (formula->evaluate(up) - formula->evaluate(down)) / (2 * h);
    EXPECT_NEAR(exact.partials[i], quotient, 1e-7 * std::fmax(1, std::abs(quotient)));
  }
}

INSTANTIATE_TEST_SUITE_P(Formulas,
                         Gradient,
                         testing::Values("x*y + x/y - 3",
                                         "-x^y",
                                         "pow(x, 3) + y^-2",
                                         "sin(x)*cos(y) + tan(x*y)",
                                         "asin(x) - acos(y) + atan(x/y)",
                                         "sinh(x) + cosh(y) * tanh(x)",
                                         "exp(x*y) + ln(x) + log10(y) + log2(x)",
                                         "sqrt(x + y) + abs(x - y)",
                                         "min(x, y) + max(x, 2*y)",
                                         "atan2(x, y)",
                                         "floor(x) + round(y) + ceil(x) + sign(y)"));

TEST(Gradient, OfAPowerOfANegativeNumberNeedsNoLogarithm) {
  const std::string_view names[] = {"x"};
  const auto formula = Expression::parse("x^2", names);
  const double minus_three[] = {-3};
  EXPECT_EQ(evaluate_with_gradient(*formula, minus_three).partials[0], -6);
}

TEST(Jacobian, SplitsItsFormulasAtTheCommasBetweenThem) {
  const Value value = run_block("ad.mixedJacobian",
                                {{"x", list({2, 5})}},
                                R"({"expressions": "min(a, b), a*b", "var_names": "a, b"})")
                          .value;
  ASSERT_TRUE(value.is(ValueKind::Table));
  const Table& table = value.as_table();
  ASSERT_EQ(table.row_count, 2);
  EXPECT_EQ(table.columns, (std::vector<std::string>{"output_idx", "a", "b", "mode"}));
  EXPECT_EQ(table.cell(0, 1), 1);  // min follows the smaller, a
  EXPECT_EQ(table.cell(0, 2), 0);
  EXPECT_EQ(table.cell(1, 1), 5);
  EXPECT_EQ(table.cell(1, 2), 2);
}

TEST(Jacobian, SaysReverseWhenThereAreMoreInputsThanOutputs) {
  const Value value = run_block("ad.mixedJacobian",
                                {{"x", list({1, 2})}},
                                R"({"expressions": "a*b", "var_names": "a,b"})")
                          .value;
  EXPECT_EQ(value.as_table().cell(0, 3), 1);
}

// [p 1; 1 q] x = [1; 0] has x = [q, -1] / (p q - 1).
constexpr std::string_view kSystem =
    R"({"A_exprs": "p; 1; 1; q", "b_exprs": "1; 0", "param_names": "p, q", "param_values": "3, 2"})";

TEST(LinearSolveSensitivity, IsTheDerivativeOfTheSolution) {
  const Value value = run_block("ad.linSolveSens", {}, kSystem).value;
  ASSERT_TRUE(value.is(ValueKind::Table));
  const Table& table = value.as_table();
  ASSERT_EQ(table.row_count, 2);
  EXPECT_NEAR(table.cell(0, 1), -4.0 / 25, 1e-14);  // d x0 / d p = -q^2 / (pq - 1)^2
  EXPECT_NEAR(table.cell(0, 2), 2.0 / 25, 1e-14);   // d x1 / d p = q / (pq - 1)^2
  EXPECT_NEAR(table.cell(1, 1), -1.0 / 25, 1e-14);  // d x0 / d q = -1 / (pq - 1)^2
  EXPECT_NEAR(table.cell(1, 2), 3.0 / 25, 1e-14);   // d x1 / d q = p / (pq - 1)^2
}

TEST(LinearSolveSensitivity, WithoutParametersIsTheSolution) {
  const Value value =
      run_block("ad.linSolveSens", {}, R"({"A_exprs": "2;0;0;4", "b_exprs": "2;8"})").value;
  ASSERT_TRUE(value.is(ValueKind::Vector));
  EXPECT_EQ(value.as_vector()[0], 1);
  EXPECT_EQ(value.as_vector()[1], 2);
}

TEST(LinearSolveSensitivity, OfASingularSystemIsAnError) {
  const Value value =
      run_block("ad.linSolveSens", {}, R"({"A_exprs": "1;2;2;4", "b_exprs": "1;1"})").value;
  EXPECT_TRUE(value.is(ValueKind::Error));
}

TEST(CustomRule, WithoutFormulasOfItsOwnIsExact) {
  const Inputs inputs = {{"x", list({3, 2})}, {"v", scalar(2)}, {"t", list({1, 1})}};
  const Value vjp =
      run_block(
          "ad.customVjp", inputs, R"({"var_names": "x,y", "primal_expr": "x^2*y", "mode": "vjp"})")
          .value;
  ASSERT_TRUE(vjp.is(ValueKind::Vector));
  EXPECT_EQ(vjp.as_vector()[0], 24);
  EXPECT_EQ(vjp.as_vector()[1], 18);
  const Value jvp =
      run_block(
          "ad.customVjp", inputs, R"({"var_names": "x,y", "primal_expr": "x^2*y", "mode": "jvp"})")
          .value;
  EXPECT_EQ(jvp.as_scalar(), 21);
  const Value primal =
      run_block("ad.customVjp", inputs, R"({"var_names": "x,y", "primal_expr": "x^2*y"})").value;
  EXPECT_EQ(primal.as_scalar(), 18);
}

}  // namespace
}  // namespace chainsolved::test
