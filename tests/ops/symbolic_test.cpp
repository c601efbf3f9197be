#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace chainsolved::test {
namespace {

using ops::symbolic::Kind;
using ops::symbolic::NodeId;
using ops::symbolic::Tree;

/// The number that a formula in x is at `x`; fails the test if numbers remain unfolded.
double value_at(Tree& tree, NodeId root, double x) {
  // Constants are names to the rules: put numbers for them as well.
  NodeId at = ops::symbolic::substitute(tree, root, "x", x);
  at = ops::symbolic::simplify(tree, at);
  EXPECT_EQ(tree[at].kind, Kind::Number);
  return tree[at].number;
}

NodeId parsed(Tree& tree, std::string_view text) {
  const auto root = ops::symbolic::parse(tree, text);
  EXPECT_TRUE(root.ok()) << text;
  return root.ok() ? *root : tree.number(kNan);
}

std::string text_of(std::string_view block, std::string_view formula) {
  const Value value = run_block(block, {{"expr", Value::text(std::string(formula))}}).value;
  return value.is(ValueKind::Text) ? value.as_text() : "error: " + value.error_message();
}

class Formula : public testing::TestWithParam<const char*> {};

TEST_P(Formula, HasADerivativeThatAgreesWithADifferenceQuotient) {
  for (const double x : {0.3, 0.55, 0.8}) {
    Tree tree;
    const NodeId f = parsed(tree, GetParam());
    const auto derivative = ops::symbolic::differentiate(tree, f, "x");
    ASSERT_TRUE(derivative);
    const double h = 1e-6;
    const double quotient = (value_at(tree, f, x + h) - value_at(tree, f, x - h)) / (2 * h);
    EXPECT_NEAR(value_at(tree, *derivative, x), quotient, 1e-6 * std::fmax(1, std::abs(quotient)));
  }
}

TEST_P(Formula, IsTheDerivativeOfItsAntiderivative) {
  Tree tree;
  const NodeId f = parsed(tree, GetParam());
  const auto antiderivative = ops::symbolic::integrate(tree, f, "x");
  if (!antiderivative) return;  // the table has none: nothing is claimed
  const auto back = ops::symbolic::differentiate(tree, *antiderivative, "x");
  ASSERT_TRUE(back);
  for (const double x : {0.3, 0.55, 0.8})
    EXPECT_NEAR(value_at(tree, *back, x), value_at(tree, f, x), 1e-9);
}

TEST_P(Formula, IsTheSameNumberExpanded) {
  Tree tree;
  const NodeId f = parsed(tree, GetParam());
  const NodeId expanded = ops::symbolic::expand(tree, f);
  for (const double x : {0.3, 0.55, 0.8})
    EXPECT_NEAR(value_at(tree, expanded, x), value_at(tree, f, x), 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Symbolic,
                         Formula,
                         testing::Values("x",
                                         "-x^2",
                                         "3*x^3 - 2*x + 7",
                                         "1/x",
                                         "0/x",
                                         "5/x^3",
                                         "(x + 1)*(x - 2)",
                                         "(x - 3)^4",
                                         "(x + 2)^6/5",
                                         "sin(x)*cos(2*x)",
                                         "tan(x)",
                                         "asin(x) + acos(x/2)",
                                         "atan(3*x)",
                                         "sinh(x) - cosh(x)*tanh(x)",
                                         "tanh(x)",
                                         "exp(-x^2)",
                                         "ln(x)",
                                         "log10(x) + log2(x + 1)",
                                         "sqrt(x)",
                                         "sqrt(1 + x^2)",
                                         "2^x",
                                         "x^x",
                                         "x^2.5",
                                         "abs(x - 5)",
                                         "atan2(x, 2)",
                                         "2 - (x - (3 - x))",
                                         "x*(2*(x + 1))"));

TEST(Minus, BindsLessThanAPower) {
  const Value value =
      run_block("sym.substitute", {{"expr", Value::text("-x^2")}, {"value", scalar(3)}}).value;
  ASSERT_TRUE(value.is(ValueKind::Text));
  EXPECT_EQ(value.as_text(), "-9");
}

TEST(Integral, OfNothingOverXIsNothing) {
  EXPECT_EQ(text_of("sym.integrate", "0/x"), "0");
}

TEST(Integral, OfAConstantOverXIsALogarithm) {
  EXPECT_EQ(text_of("sym.integrate", "3/x"), "3 \\cdot \\ln\\left(\\left|x\\right|\\right)");
}

TEST(Latex, KeepsWhatStandsTogetherTogether) {
  EXPECT_EQ(text_of("sym.expand", "x - (y - z)"), "x - \\left(y - z\\right)");
  EXPECT_EQ(text_of("sym.simplify", "(x + 1)*y"), "\\left(x + 1\\right) \\cdot y");
  EXPECT_EQ(text_of("sym.simplify", "(-x)^2"), "\\left(-x\\right)^{2}");
  EXPECT_EQ(text_of("sym.simplify", "-x^2"), "-\\left(x^{2}\\right)");
  EXPECT_EQ(text_of("sym.simplify", "(x^2)^3"), "\\left(x^{2}\\right)^{3}");
  EXPECT_EQ(text_of("sym.simplify", "x*(-2)"), "x \\cdot \\left(-2\\right)");
  EXPECT_EQ(text_of("sym.simplify", "1e21*x"), "1000000000000000000000 \\cdot x");
}

TEST(Symbols, PiAndEStaySymbolsUntilANumberIsAskedFor) {
  EXPECT_EQ(text_of("sym.simplify", "pi + e"), "\\pi + e");
  const Value value = run_block("sym.compiledEval", {}, R"({"expr": "pi + e"})").value;
  ASSERT_TRUE(value.is(ValueKind::Scalar));
  EXPECT_NEAR(value.as_scalar(), 5.859874482048838, 1e-15);
}

TEST(LargeFormula, IsAnErrorAndNotACrash) {
  std::string sum = "x";
  for (int i = 0; i < 30'000; ++i)
    sum += "+x";
  for (const char* block : {"sym.simplify", "sym.differentiate", "sym.integrate", "sym.expand"})
    EXPECT_TRUE(text_of(block, sum).starts_with("error: ")) << block;
  EXPECT_TRUE(text_of("sym.simplify", std::string(60'000, '(')).starts_with("error: "));
}

TEST(LargeFormula, OfAThousandTermsIsFine) {
  std::string sum = "x";
  for (int i = 0; i < 900; ++i)
    sum += "+x";
  EXPECT_TRUE(text_of("sym.differentiate", sum).starts_with("901"));
}

TEST(Expansion, ThatWouldNotFitIsAnError) {
  std::string product = "(a+b+c+d)^6";
  for (int i = 0; i < 6; ++i)
    product += "*(a+b+c+d)^6";
  EXPECT_TRUE(text_of("sym.expand", product).starts_with("error: "));
}

TEST(Derivative, ThatSharesItsPartsIsNotWrittenOutForEver) {
  constexpr int kLevels = 90;
  std::string nested;
  for (int i = 0; i < kLevels; ++i)
    nested += "sin(";
  nested += 'x';
  for (int i = 0; i < kLevels; ++i)
    nested += ")*(x)";
  const std::string derivative = text_of("sym.differentiate", nested);
  EXPECT_LE(derivative.size(), ops::symbolic::kMaxLatex);
}

TEST(CompiledEval, SaysWhichVariableItLacks) {
  const Value value =
      run_block("sym.compiledEval", {{"a", scalar(1)}}, R"({"expr": "a + speed"})").value;
  ASSERT_TRUE(value.is(ValueKind::Error));
  EXPECT_NE(value.error_message().find("speed"), std::string::npos);
}

}  // namespace
}  // namespace chainsolved::test
