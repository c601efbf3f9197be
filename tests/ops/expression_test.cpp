#include "daemon/engine/ops/expression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::ops {
namespace {

double value(std::string_view text, const std::vector<double>& variables = {}) {
  const auto parsed = Expression::parse(text);
  if (!parsed.ok()) {
    ADD_FAILURE() << text << ": " << parsed.error().message;
    return 0;
  }
  EXPECT_GE(variables.size(), parsed->variables().size()) << text;
  return parsed->evaluate(variables);
}

std::string complaint(std::string_view text) {
  const auto parsed = Expression::parse(text);
  return parsed.ok() ? "" : parsed.error().message;
}

TEST(Expression, MultiplicationBindsTighterThanAdditionAndBothGoFromTheLeft) {
  EXPECT_EQ(value("1 + 2 * 3"), 7);
  EXPECT_EQ(value("10 - 4 - 3"), 3);
  EXPECT_EQ(value("24 / 4 / 3"), 2);
  EXPECT_EQ(value("(1 + 2) * 3"), 9);
}

TEST(Expression, AMinusBeforeAPowerAppliesToThePower) {
  EXPECT_EQ(value("-3^2"), -9);
  EXPECT_EQ(value("-x^2", {3}), -9);
  EXPECT_EQ(value("2 - 3^2"), -7);
  EXPECT_EQ(value("--3"), 3);
  EXPECT_EQ(value("+3"), 3);
}

TEST(Expression, PowersGoFromTheRightAndTakeASignedExponent) {
  EXPECT_EQ(value("2^3^2"), 512);
  EXPECT_EQ(value("2^-2"), 0.25);
  EXPECT_EQ(value("4^-0.5"), 0.5);
  EXPECT_EQ(value("2*-3"), -6);
}

TEST(Expression, NumbersMayHaveFractionsAndExponents) {
  EXPECT_EQ(value("1e3 + 2.5E-1"), 1000.25);
  EXPECT_EQ(value(".5"), 0.5);
  EXPECT_NE(complaint("1e999"), "");
  EXPECT_NE(complaint("1.2.3"), "");
}

TEST(Expression, VariablesAreNumberedInTheOrderOfAppearance) {
  const auto parsed = Expression::parse("b - a * b");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(std::vector<std::string>(parsed->variables().begin(), parsed->variables().end()),
            (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(parsed->evaluate(std::vector<double>{5, 2}), -5);
}

TEST(Expression, NamedVariablesHaveTheirPlaceAndOthersAreRefused) {
  const std::vector<std::string_view> names = {"a", "e"};
  const auto parsed = Expression::parse("e * 2", names);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->evaluate(std::vector<double>{0, 7}), 14) << "a variable goes before a constant";
  const auto unknown = Expression::parse("a + c", names);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message, "unknown name 'c'; known are a, e (character 5)");
}

TEST(Expression, KnowsItsConstantsAndFunctions) {
  EXPECT_EQ(value("pi"), std::numbers::pi);
  EXPECT_EQ(value("e"), std::numbers::e);
  EXPECT_EQ(value("log(1000) + log10(10) + ln(1)"), 4);
  EXPECT_EQ(value("sqrt(9) + abs(-1) + floor(1.5) + ceil(1.5) + round(2.5)"), 10);
  EXPECT_EQ(value("min(3, 1, 2) + max(3, 1, 4)"), 5);
  EXPECT_EQ(value("pow(2, 10)"), 1024);
  EXPECT_EQ(value("atan2(1, 1)"), std::atan2(1, 1));
  EXPECT_EQ(value("sign(-2) + sign(0) + sign(5)"), 0);
}

TEST(Expression, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(complaint(""), "the formula is empty (character 1)");
  EXPECT_EQ(complaint("  "), "the formula is empty (character 3)");
  EXPECT_EQ(complaint("(a"), "expected ')', found the end (character 3)");
  EXPECT_EQ(complaint("a +"), "expected a number or a name, found the end (character 4)");
  EXPECT_EQ(complaint("a b"), "expected an operator or the end, found 'b' (character 3)");
  EXPECT_EQ(complaint("foo(1)"), "unknown function 'foo' (character 5)");
  EXPECT_EQ(complaint("pow(1)"), "'pow' takes 2 arguments (character 6)");
  EXPECT_EQ(complaint("sin(1, 2)"), "'sin' takes 1 argument (character 9)");
  EXPECT_EQ(complaint("min(1)"), "'min' takes 2 arguments (character 6)");
  EXPECT_EQ(complaint("2 $ 3"), "expected an operator or the end, found '$' (character 3)");
}

TEST(Expression, DepthIsBounded) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '(') + "1" + std::string(levels, ')');
  };
  EXPECT_EQ(value(nested(Expression::kMaxNesting - 1)), 1);
  EXPECT_NE(complaint(nested(Expression::kMaxNesting)), "");
  EXPECT_NE(complaint(nested(50'000)), "");
  EXPECT_NE(complaint(std::string(60'000, '-') + "1"), "");
  std::string powers = "1";
  for (int i = 0; i < 20'000; ++i)
    powers += "^1";
  EXPECT_NE(complaint(powers), "");
}

TEST(Expression, LengthAndVariablesAreBounded) {
  std::string sum = "1";
  while (sum.size() + 2 <= Expression::kMaxLength)
    sum += "+1";
  const std::size_t terms = (sum.size() + 1) / 2;
  EXPECT_EQ(value(sum), static_cast<double>(terms));
  EXPECT_NE(complaint(sum + "+1+1"), "");

  std::string names = "v0";
  for (std::size_t i = 1; i < Expression::kMaxVariables; ++i)
    names += "+v" + std::to_string(i);
  EXPECT_EQ(complaint(names), "");
  EXPECT_NE(complaint(names + "+w"), "");
}

}  // namespace
}  // namespace chainsolved::ops
