// Where the original is wrong and this engine is right (docs/differences.md): the blocks of these
// families.
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::test {
namespace {

double number(const graph::BlockResult& result) {
  EXPECT_TRUE(result.value.is(ValueKind::Scalar));
  return result.value.is(ValueKind::Scalar) ? result.value.as_scalar() : -999;
}

TEST(Differences, ErrorsTravelWithTheirMessageThroughEveryKindOfPort) {
  struct Case {
    std::string_view block;
    std::string port;
  };
  const Value error = Value::error("Mean: the list is empty");
  for (const auto& [block, port] : std::vector<Case>{{"negate", "a"},
                                                     {"add", "b"},
                                                     {"add", "in_0"},
                                                     {"clamp", "max"},
                                                     {"roundn", "digits"},
                                                     {"ifthenelse", "else"},
                                                     {"norm_l1", "a"},
                                                     {"vectorSum", "vec"},
                                                     {"vectorMap", "scalar"},
                                                     {"vectorConcat", "a"},
                                                     {"vectorConcat", "in_0"},
                                                     {"lookup.1d", "query"},
                                                     {"lookup.2d", "z_mat"},
                                                     {"stats.desc.mean", "x3"},
                                                     {"stats.desc.mean", "c"},
                                                     {"math_expr", "anything"},
                                                     {"display", "value"}}) {
    const auto result = run_block(block, {{port, error}}, R"({"formula": "1"})");
    ASSERT_TRUE(result.value.is(ValueKind::Error)) << block << "." << port;
    EXPECT_EQ(result.value.error_message(), error.error_message()) << block << "." << port;
  }
}

TEST(Differences, ClampDoesNotSwallowNan) {
  EXPECT_TRUE(std::isnan(
      number(run_block("clamp", {{"val", scalar(kNan)}, {"min", scalar(0)}, {"max", scalar(1)}}))));
  EXPECT_TRUE(std::isnan(
      number(run_block("clamp", {{"val", scalar(5)}, {"min", scalar(kNan)}, {"max", scalar(1)}}))));
  EXPECT_TRUE(std::isnan(number(run_block("clamp", {{"min", scalar(0)}, {"max", scalar(1)}}))));
  EXPECT_EQ(number(run_block("clamp", {{"val", scalar(5)}, {"max", scalar(3)}})), 3)
      << "a bound that nobody connected is no bound";
}

TEST(Differences, IfThenElseWithoutAConditionIsNan) {
  EXPECT_TRUE(
      std::isnan(number(run_block("ifthenelse", {{"then", scalar(1)}, {"else", scalar(2)}}))));
  EXPECT_EQ(number(run_block("ifthenelse", {{"cond", scalar(0)}, {"else", scalar(2)}})), 2)
      << "the branch that is not taken may be missing";
}

TEST(Differences, LookupsTakeTheCatalogsPortsAndTheOriginals) {
  const Inputs table = {{"x_vec", list({0, 1})}, {"y_vec", list({10, 20})}};
  for (const std::string port : {"x", "query"}) {
    Inputs inputs = table;
    inputs.emplace_back(port, scalar(0.5));
    EXPECT_EQ(number(run_block("lookup.1d", inputs)), 15) << port;
  }
  EXPECT_EQ(number(run_block("lookup.1d",
                             {{"xv", list({0, 1})}, {"yv", list({10, 20})}, {"x", scalar(0.25)}})),
            12.5);
}

TEST(Differences, ACubicLookupIsANaturalSpline) {
  const auto at = [](double x, const std::vector<double>& xs, const std::vector<double>& ys) {
    return number(run_block("lookup.1d",
                            {{"x_vec", list(xs)}, {"y_vec", list(ys)}, {"x", scalar(x)}},
                            R"({"method": "cubic"})"));
  };
  // Worked by hand: through (0,0), (1,1), (2,0) the natural spline has second derivative -3 at 1,
  // so that it is 1.5 x - 0.5 x^3 on [0, 1].
  EXPECT_DOUBLE_EQ(at(0.5, {0, 1, 2}, {0, 1, 0}), 0.6875);
  EXPECT_DOUBLE_EQ(at(1.5, {0, 1, 2}, {0, 1, 0}), 0.6875);
  EXPECT_EQ(at(1, {0, 1, 2}, {0, 1, 0}), 1);
  EXPECT_EQ(at(-5, {0, 1, 2}, {3, 1, 4}), 3);
  EXPECT_EQ(at(5, {0, 1, 2}, {3, 1, 4}), 4);
  EXPECT_DOUBLE_EQ(at(0.25, {0, 1}, {0, 8}), 2) << "two points make a line";
}

TEST(Differences, LookupsRefuseAxesThatDoNotAscend) {
  const Value z = Value::matrix(2, 2, Numbers(std::vector<double>{1, 2, 3, 4}));
  const auto result = run_block("lookup.2d",
                                {{"x_vec", list({1, 0})},
                                 {"y_vec", list({0, 1})},
                                 {"z_mat", z},
                                 {"x", scalar(0.5)},
                                 {"y", scalar(0.5)}});
  EXPECT_TRUE(result.value.is(ValueKind::Error));
  EXPECT_TRUE(run_block("lookup.1d",
                        {{"x_vec", list({0, 2, 1})}, {"y_vec", list({1, 2, 3})}, {"x", scalar(1)}})
                  .value.is(ValueKind::Error));
}

TEST(Differences, ALookupOfNanIsNan) {
  EXPECT_TRUE(std::isnan(
      number(run_block("lookup.1d", {{"x_vec", list({0, 1})}, {"y_vec", list({0, 1})}}))));
  const Value z = Value::matrix(2, 2, Numbers(std::vector<double>{1, 2, 3, 4}));
  EXPECT_TRUE(std::isnan(number(run_block(
      "lookup.2d",
      {{"x_vec", list({0, 1})}, {"y_vec", list({0, 1})}, {"z_mat", z}, {"x", scalar(0.5)}}))));
}

TEST(Differences, ANanIndexReadsNoColumn) {
  Table table;
  table.columns = {"a"};
  table.row_count = 1;
  table.width = 1;
  table.cells = Numbers(std::vector<double>{7});
  const auto result =
      run_block("table_extract_col", {{"table", Value::table(table)}, {"index", scalar(kNan)}});
  EXPECT_TRUE(result.value.is(ValueKind::Error));
}

TEST(Differences, AMinusBeforeAPowerAppliesToThePower) {
  EXPECT_EQ(number(run_block("math_expr", {{"x", scalar(3)}}, R"({"formula": "-x^2"})")), -9);
}

TEST(Differences, NumberToTextTakesItsFormatFromThePort) {
  const auto result =
      run_block("num_to_text", {{"value", scalar(1.5)}, {"format", Value::text("%.3f")}});
  ASSERT_TRUE(result.value.is(ValueKind::Text));
  EXPECT_EQ(result.value.as_text(), "1.500");
}

}  // namespace
}  // namespace chainsolved::test
