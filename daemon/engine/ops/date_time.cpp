// Dates of the proleptic Gregorian calendar as day numbers: 2000-01-01 is day 0.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kFarthest = 1e15;  // days, months or years; 64 bits hold what is made of them
constexpr const char* kTooFar = "the date is more than 1e15 days, months or years away";
constexpr std::int64_t kMonths = 12;
constexpr std::int64_t kDaysPerEra = 146'097;  // 400 years
constexpr std::int64_t kEpoch = 730'425;       // days from 0000-03-01 to 2000-01-01

struct CivilDate {
  std::int64_t year;
  std::int64_t month;  // 1 to 12
  std::int64_t day;    // 1 to 31
};

constexpr std::int64_t floor_quotient(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// Hinnant's days_from_civil, counted from 2000-01-01; a day of any size.
constexpr std::int64_t days_from_civil(const CivilDate& date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = floor_quotient(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kEpoch;
}

/// Hinnant's civil_from_days, counted from 2000-01-01.
constexpr CivilDate civil_from_days(std::int64_t day) {
  const std::int64_t shifted = day + kEpoch;
  const std::int64_t era = floor_quotient(shifted, kDaysPerEra);
  const std::int64_t day_of_era = shifted - era * kDaysPerEra;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {.year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
          .month = month,
          .day = day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

static_assert(days_from_civil({2000, 1, 1}) == 0);
static_assert(days_from_civil({1970, 1, 1}) == -10'957);
static_assert(civil_from_days(-1).year == 1999 && civil_from_days(-1).day == 31);

bool is_near(double x) {
  return std::abs(x) <= kFarthest;
}

Outcome day_number(double year, double month, double day) {
  if (std::isnan(year + month + day)) return kNan;
  const double rounded_month = std::round(month);
  if (!is_near(year) || !is_near(month) || !is_near(day)) return Outcome::fail(kTooFar);
  const auto months = static_cast<std::int64_t>(rounded_month) - 1;
  const std::int64_t years = floor_quotient(months, kMonths);
  return static_cast<double>(
      days_from_civil({.year = static_cast<std::int64_t>(std::round(year)) + years,
                       .month = months - years * kMonths + 1,
                       .day = static_cast<std::int64_t>(std::round(day))}));
}

template <std::int64_t CivilDate::*Part>
Outcome part_of(double day) {
  if (std::isnan(day)) return kNan;
  if (!is_near(day)) return Outcome::fail(kTooFar);
  const CivilDate date = civil_from_days(static_cast<std::int64_t>(std::round(day)));
  return static_cast<double>(date.*Part);
}

/// Of whole years, which doubles divide exactly.
bool is_leap(double year) {
  return std::fmod(year, 4) == 0 && (std::fmod(year, 100) != 0 || std::fmod(year, 400) == 0);
}

Outcome leap_year(double year) {
  if (!std::isfinite(year)) return kNan;
  return is_leap(std::round(year)) ? 1 : 0;
}

Outcome month_length(double month, double year) {
  constexpr auto kDays = std::to_array<double>({31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31});
  if (std::isnan(month) || !std::isfinite(year)) return kNan;
  const double number = std::round(month);
  if (number < 1 || number > kMonths) return 0;
  if (number == 2 && is_leap(std::round(year))) return 29;
  return kDays[static_cast<std::size_t>(number) - 1];
}

constexpr Port kYearMonthDay[] = {{"y", "Year"}, {"m", "Month"}, {"d", "Day"}};
constexpr Port kDay[] = {{"day", "date (days)", Takes::Scalar, "d"}};
constexpr Port kTwoDays[] = {{"d1", "Date 1", Takes::Scalar, "d"},
                             {"d2", "Date 2", Takes::Scalar, "d"}};
constexpr Port kDayAndCount[] = {{"d", "Date", Takes::Scalar, "d"},
                                 {"n", "n (days)", Takes::Scalar, "d"}};
constexpr Port kYear[] = {{"y", "Year"}};
constexpr Port kMonthYear[] = {{"m", "Month"}, {"y", "Year"}};

constexpr std::string_view kHinnant = "Hinnant, chrono-Compatible Low-Level Date Algorithms";

// NOLINTNEXTLINE(readability-function-size): a row has that many columns
constexpr BlockDef date(std::string_view id,
                        std::string_view label,
                        std::span<const Port> ports,
                        Kernel kernel,
                        std::string_view formula,
                        std::string_view source = {}) {
  return pro(operation(Category::DateTime, id, label, ports, kernel, formula, source));
}

constexpr BlockDef kRows[] = {
    date("date.from_ymd",
         "Date from Y/M/D",
         kYearMonthDay,
         formula<day_number>(),
         "days_from_civil: days since 2000-01-01; months and days past the end roll over",
         kHinnant),
    date("date.year",
         "Year of date",
         kDay,
         formula<part_of<&CivilDate::year>>(),
         "the year of civil_from_days",
         kHinnant),
    date("date.month",
         "Month of date",
         kDay,
         formula<part_of<&CivilDate::month>>(),
         "the month of civil_from_days, 1 to 12",
         kHinnant),
    date("date.day_of_month",
         "Day of month",
         kDay,
         formula<part_of<&CivilDate::day>>(),
         "the day of civil_from_days, 1 to 31",
         kHinnant),
    date("date.days_between",
         "Days Between",
         kTwoDays,
         formula([](double d1, double d2) { return std::round(d2) - std::round(d1); }),
         "round d2 - round d1"),
    date("date.add_days",
         "Add Days",
         kDayAndCount,
         formula([](double d, double n) { return std::round(d) + std::round(n); }),
         "round d + round n"),
    date("date.is_leap_year",
         "Is Leap Year",
         kYear,
         formula<leap_year>(),
         "1 when 4 divides y and 100 does not, or 400 does; else 0"),
    date("date.days_in_month",
         "Days in Month",
         kMonthYear,
         formula<month_length>(),
         "28 to 31; 0 for a month outside 1 to 12"),
};

}  // namespace

std::span<const BlockDef> date_time_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
