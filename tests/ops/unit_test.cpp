#include "daemon/engine/ops/unit.h"

#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <string>

namespace chainsolved::test {
namespace {

using ops::find_unit;

Value converted(double value, const std::string& from, const std::string& to) {
  return run_block("units.convert",
                   {{"value", scalar(value)}},
                   R"({"from_unit": ")" + from + R"(", "to_unit": ")" + to + R"("})")
      .value;
}

struct Exact {
  double from_value;
  const char* from;
  const char* to;
  double to_value;
};

class Conversion : public testing::TestWithParam<Exact> {};

TEST_P(Conversion, IsThatOfTheStandard) {
  const auto& [from_value, from, to, to_value] = GetParam();
  const Value value = converted(from_value, from, to);
  ASSERT_TRUE(value.is(ValueKind::Scalar)) << value.error_message();
  EXPECT_NEAR(value.as_scalar(), to_value, 1e-12 * to_value);
}

// NIST SP 811, appendix B: the factors in bold, which are exact.
INSTANTIATE_TEST_SUITE_P(Units,
                         Conversion,
                         testing::Values(Exact{1, "mi", "m", 1609.344},
                                         Exact{1, "in", "mm", 25.4},
                                         Exact{1, "lb", "kg", 0.45359237},
                                         Exact{1, "lbf", "N", 4.4482216152605},
                                         Exact{100, "°C", "°F", 212},
                                         Exact{212, "degF", "K", 373.15},
                                         Exact{180, "deg", "rad", 3.141592653589793},
                                         Exact{36, "km/h", "m/s", 10},
                                         Exact{1, "kn", "km/h", 1.852},
                                         Exact{1, "g/cm^3", "kg/m³", 1000},
                                         Exact{1, "kWh", "MJ", 3.6},
                                         Exact{1, "N·m", "J", 1},
                                         Exact{1, "kgf/cm²", "Pa", 98'066.5},
                                         Exact{5, "mW", "W", 0.005},
                                         Exact{5, "MW", "W", 5e6},
                                         Exact{1, "µm", "nm", 1000},
                                         Exact{1, "min", "s", 60},
                                         Exact{1, "KG", "g", 1000},
                                         Exact{60, "rpm", "1/s", 6.283185307179586}));

TEST(Units, ThatDifferOnlyInCaseAreNotGuessed) {
  const Value value = converted(1, "mw", "W");
  ASSERT_TRUE(value.is(ValueKind::Error));
  EXPECT_NE(value.error_message().find("several"), std::string::npos) << value.error_message();
}

TEST(Units, OfAnotherDimensionDoNotConvert) {
  const Value value = converted(1, "N*m", "W");
  ASSERT_TRUE(value.is(ValueKind::Error));
  EXPECT_NE(value.error_message().find("L^2 M T^-2"), std::string::npos) << value.error_message();
}

TEST(Units, ThatNobodyKnowsAreNamed) {
  for (const char* unit : {"furlong", "", "m/", "m^x", "^2", "m^99", "°C/m", "m**2"}) {
    EXPECT_FALSE(find_unit(unit).ok()) << unit;
  }
  EXPECT_FALSE(find_unit(std::string(100'000, 'm')).ok());
}

TEST(Units, ConvertEveryEntryOfAVector) {
  const Value value =
      run_block(
          "units.convert", {{"value", list({0, 100})}}, R"({"from_unit": "°C", "to_unit": "°F"})")
          .value;
  ASSERT_TRUE(value.is(ValueKind::Vector));
  EXPECT_NEAR(value.as_vector()[0], 32, 1e-12);
  EXPECT_NEAR(value.as_vector()[1], 212, 1e-12);
}

TEST(UnitAnalysis, SaysWhetherAllUnitsMeasureTheSame) {
  const Value same = run_block("units.analyze", {}, R"({"units": "m, km, mi"})").value;
  EXPECT_EQ(same.as_table().cell(0, 0), 1);
  const Value mixed = run_block("units.analyze", {}, R"({"units": "m, s"})").value;
  EXPECT_EQ(mixed.as_table().cell(0, 0), 0);
}

}  // namespace
}  // namespace chainsolved::test
