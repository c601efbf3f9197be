// Dates against the calendar of the C++ library; roundings; blocks that only say what is needed.
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {
namespace {

double number_of(std::string_view block,
                 const std::vector<std::pair<const char*, double>>& numbers) {
  Inputs inputs;
  for (const auto& [port, number] : numbers)
    inputs.emplace_back(port, scalar(number));
  const Value value = run_block(block, inputs).value;
  EXPECT_TRUE(value.is(ValueKind::Scalar)) << block << " gives " << name_of(value.kind());
  return value.is(ValueKind::Scalar) ? value.as_scalar() : kNan;
}

constexpr std::chrono::sys_days kDayZero = std::chrono::year{2000} / 1 / 1;

TEST(Dates, AreThoseOfTheLibrarysCalendar) {
  // 37 is prime to the lengths of months, years and eras: every place in them comes up.
  for (int day = -800'000; day < 400'000; day += 37) {
    const std::chrono::year_month_day date{kDayZero + std::chrono::days(day)};
    const int year = static_cast<int>(date.year());
    const auto month = static_cast<double>(static_cast<unsigned>(date.month()));
    const auto day_of_month = static_cast<double>(static_cast<unsigned>(date.day()));
    ASSERT_EQ(number_of("date.year", {{"day", day}}), year) << day;
    ASSERT_EQ(number_of("date.month", {{"day", day}}), month) << day;
    ASSERT_EQ(number_of("date.day_of_month", {{"day", day}}), day_of_month) << day;
    ASSERT_EQ(number_of("date.from_ymd", {{"y", year}, {"m", month}, {"d", day_of_month}}), day);
  }
}

TEST(Dates, RollOverPastTheEndOfMonthsAndYears) {
  const auto from = [](double y, double m, double d) {
    return number_of("date.from_ymd", {{"y", y}, {"m", m}, {"d", d}});
  };
  EXPECT_EQ(from(2023, 13, 1), from(2024, 1, 1));
  EXPECT_EQ(from(2023, 15, 1), from(2024, 3, 1));
  EXPECT_EQ(from(2023, 0, 1), from(2022, 12, 1));
  EXPECT_EQ(from(2023, -23, 1), from(2021, 1, 1));
  EXPECT_EQ(from(2024, 3, 0), from(2024, 2, 29));
  EXPECT_EQ(from(2023, 1, 366), from(2024, 1, 1));
}

TEST(Dates, WithoutAPartAreNan) {
  EXPECT_TRUE(std::isnan(number_of("date.from_ymd", {{"y", 2000}, {"m", 1}})));
  EXPECT_TRUE(std::isnan(number_of("date.from_ymd", {{"m", 1}, {"d", 1}})));
  EXPECT_TRUE(std::isnan(number_of("date.year", {})));
  EXPECT_TRUE(std::isnan(number_of("date.month", {})));
  EXPECT_TRUE(std::isnan(number_of("date.day_of_month", {})));
  EXPECT_TRUE(std::isnan(number_of("date.days_between", {{"d1", 1}})));
  EXPECT_TRUE(std::isnan(number_of("date.add_days", {{"n", 1}})));
  EXPECT_TRUE(std::isnan(number_of("date.is_leap_year", {})));
  EXPECT_TRUE(std::isnan(number_of("date.days_in_month", {{"m", 1}})));
  EXPECT_TRUE(std::isnan(number_of("date.days_in_month", {{"y", 2000}})));
}

TEST(Dates, BeyondCountingAreErrors) {
  EXPECT_TRUE(run_block("date.year", {{"day", scalar(1e300)}}).value.is(ValueKind::Error));
  EXPECT_TRUE(run_block("date.month", {{"day", scalar(-kInfinity)}}).value.is(ValueKind::Error));
  EXPECT_TRUE(run_block("date.from_ymd", {{"y", scalar(1e18)}, {"m", scalar(1)}, {"d", scalar(1)}})
                  .value.is(ValueKind::Error));
}

TEST(LeapYears, AreThoseOfTheGregorianReform) {
  for (const auto& [year, leap] : {std::pair(1900, 0), {2000, 1}, {2023, 0}, {2024, 1}, {-4, 1}}) {
    EXPECT_EQ(number_of("date.is_leap_year", {{"y", year}}), leap) << year;
    EXPECT_EQ(number_of("date.days_in_month", {{"m", 2}, {"y", year}}), 28 + leap) << year;
  }
}

TEST(DaysBetween, CountsToTheMoonLanding) {
  const double landing = number_of("date.from_ymd", {{"y", 1969}, {"m", 7}, {"d", 20}});
  const double epoch = number_of("date.from_ymd", {{"y", 1970}, {"m", 1}, {"d", 1}});
  EXPECT_EQ(number_of("date.days_between", {{"d1", landing}, {"d2", epoch}}), 165);
  EXPECT_EQ(number_of("date.add_days", {{"d", landing}, {"n", 165}}), epoch);
}

TEST(RoundToPlaces, RoundsHalvesAwayFromZero) {
  const auto rounded = [](double x, double places) {
    return number_of("util.round.to_dp", {{"x", x}, {"dp", places}});
  };
  EXPECT_EQ(rounded(2.5, 0), 3);
  EXPECT_EQ(rounded(-2.5, 0), -3);
  EXPECT_EQ(rounded(0.125, 2), 0.13);
  EXPECT_EQ(rounded(1250, -2), 1300);
  EXPECT_EQ(rounded(1250, -4), 0);
  EXPECT_EQ(rounded(1250, -400), 0);
  EXPECT_EQ(rounded(1e300, 20), 1e300) << "has no digits behind the point";
  EXPECT_EQ(rounded(1.5, 400), 1.5);
}

TEST(Percent, IsAHundredthOfEachEntry) {
  const Value value = run_block("util.pct.to_decimal", {{"pct", list({50, -25})}}).value;
  ASSERT_TRUE(value.is(ValueKind::Vector));
  EXPECT_EQ(value.as_vector()[0], 0.5);
  EXPECT_EQ(value.as_vector()[1], -0.25);
}

TEST(Plots, CountWhatTheyShow) {
  for (const char* plot : {"xyPlot", "histogram", "barChart", "heatmap"}) {
    EXPECT_EQ(run_block(plot, {{"data", list({1, 2, kNan})}}).value.as_scalar(), 3) << plot;
    EXPECT_TRUE(run_block(plot, {}).value.is(ValueKind::Error)) << plot;
    const Value error = run_block(plot, {{"data", Value::error("no wind")}}).value;
    ASSERT_TRUE(error.is(ValueKind::Error)) << plot;
    EXPECT_EQ(error.error_message(), "no wind") << plot;
  }
  EXPECT_EQ(run_block("listTable", {{"data", Value::text("a")}}).value.as_text(), "a");
  EXPECT_TRUE(run_block("listTable", {}).value.is(ValueKind::Error));
}

TEST(Scripts, SayWhatTheyNeed) {
  for (const auto& [block, need] :
       {std::pair("scripting.python", "Python Script: needs a Python interpreter"),
        {"scripting.rust", "Custom Rust: needs a Rust compiler"}}) {
    const Value value = run_block(block, {}, R"({"code": "1 + 1"})").value;
    ASSERT_TRUE(value.is(ValueKind::Error)) << block;
    EXPECT_TRUE(value.error_message().starts_with(need)) << value.error_message();
  }
}

}  // namespace
}  // namespace chainsolved::test
