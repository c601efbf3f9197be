// Distributions and counts against printed tables and closed forms.
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {
namespace {

using Numbers = std::vector<std::pair<const char*, double>>;

Value value_at(std::string_view block, const Numbers& numbers) {
  Inputs inputs;
  for (const auto& [port, number] : numbers)
    inputs.emplace_back(port, scalar(number));
  return run_block(block, inputs).value;
}

/// NaN also when the block gives no number, with a failure.
double number_at(std::string_view block, const Numbers& numbers) {
  const Value value = value_at(block, numbers);
  EXPECT_TRUE(value.is(ValueKind::Scalar)) << block << " gives " << name_of(value.kind());
  return value.is(ValueKind::Scalar) ? value.as_scalar() : kNan;
}

struct Printed {
  const char* block;
  Numbers inputs;
  double value;
  double tolerance;  // half a unit of the last digit that the source prints
  const char* source;
};

std::ostream& operator<<(std::ostream& out, const Printed& printed) {
  return out << printed.block << " (" << printed.source << ")";
}

class PrintedProbability : public testing::TestWithParam<Printed> {};

TEST_P(PrintedProbability, IsGiven) {
  const Printed& printed = GetParam();
  EXPECT_NEAR(number_at(printed.block, printed.inputs), printed.value, printed.tolerance);
}

constexpr const char* kTables = "Abramowitz and Stegun, ch. 26";
constexpr double kExact = 1e-14;

const Printed kPrinted[] = {
    {"prob.dist.normal_pdf",
     {{"x", 1}, {"mu", 0}, {"sigma", 1}},
     0.241970724519143,
     5e-16,
     "Abramowitz and Stegun, table 26.1"},
    {"prob.dist.normal_cdf",
     {{"x", 1.96}, {"mu", 0}, {"sigma", 1}},
     0.975002104851780,
     5e-16,
     "Abramowitz and Stegun, table 26.1"},
    {"prob.dist.normal_cdf",
     {{"x", -37}, {"mu", 0}, {"sigma", 1}},
     5.725571e-300,
     5e-306,
     "R, pnorm(-37)"},
    {"prob.dist.normal_inv_cdf",
     {{"p", 0.975}, {"mu", 10}, {"sigma", 2}},
     10 + 2 * 1.959963984540054,
     1e-14,
     "Abramowitz and Stegun, table 26.5"},
    {"prob.dist.t_pdf", {{"x", 1}, {"df", 1}}, 0.5 / M_PI, kExact, "Cauchy"},
    {"prob.dist.t_cdf", {{"x", 1}, {"df", 1}}, 0.75, kExact, "Cauchy"},
    {"prob.dist.t_cdf", {{"x", -1.5}, {"df", 2}}, 0.5 - 0.75 / std::sqrt(4.25), kExact, "df = 2"},
    {"prob.dist.t_cdf", {{"x", 2.228}, {"df", 10}}, 0.975, 5e-5, kTables},
    {"prob.dist.chi2_pdf", {{"x", 2}, {"k", 2}}, 0.5 * std::exp(-1), kExact, "exponential"},
    {"prob.dist.chi2_cdf", {{"x", 2}, {"k", 2}}, 1 - std::exp(-1), kExact, "exponential"},
    {"prob.dist.chi2_cdf", {{"x", 18.307}, {"k", 10}}, 0.95, 5e-5, kTables},
    {"prob.dist.f_pdf", {{"x", 3}, {"d1", 2}, {"d2", 2}}, 1.0 / 16, kExact, "(1 + x)^-2"},
    {"prob.dist.f_cdf", {{"x", 3}, {"d1", 2}, {"d2", 2}}, 0.75, kExact, "x / (1 + x)"},
    {"prob.dist.f_cdf", {{"x", 3.33}, {"d1", 5}, {"d2", 10}}, 0.95, 5e-4, kTables},
    {"prob.dist.binomial_pmf", {{"n", 10}, {"k", 5}, {"p", 0.5}}, 252.0 / 1024, kExact, "C(10, 5)"},
    {"prob.dist.binomial_pmf", {{"n", 3}, {"k", 0}, {"p", 0}}, 1, 0, "nothing happens"},
    {"prob.dist.binomial_pmf", {{"n", 3}, {"k", 3}, {"p", 1}}, 1, 0, "everything happens"},
    {"prob.dist.binomial_cdf", {{"n", 10}, {"k", 5}, {"p", 0.5}}, 638.0 / 1024, kExact, "counted"},
    {"prob.dist.poisson_pmf",
     {{"k", 3}, {"lambda", 2}},
     std::exp(-2) * 8 / 6,
     kExact,
     "by its formula"},
    {"prob.dist.poisson_pmf",
     {{"k", 1000}, {"lambda", 1000}},
     0.012614611348721,
     5e-15,
     "Stirling's series: exp(-1/12000) / sqrt(2000 pi)"},
    {"prob.dist.poisson_cdf", {{"k", 2}, {"lambda", 2}}, 5 * std::exp(-2), kExact, "three terms"},
    {"prob.dist.exponential_pdf",
     {{"x", 2}, {"lambda", 0.5}},
     0.5 * std::exp(-1),
     kExact,
     "by its formula"},
    {"prob.dist.exponential_cdf",
     {{"x", 1e-20}, {"lambda", 1}},
     1e-20,
     1e-34,
     "linear near 0, where 1 - exp(-x) is 0"},
    {"prob.dist.beta_pdf", {{"x", 0.4}, {"a", 2}, {"b", 3}}, 1.728, kExact, "12 x (1 - x)^2"},
    {"prob.dist.beta_cdf", {{"x", 0.4}, {"a", 2}, {"b", 3}}, 0.5248, kExact, "its integral"},
    {"prob.dist.gamma_pdf",
     {{"x", 3}, {"alpha", 2}, {"beta", 3}},
     std::exp(-1) / 3,
     kExact,
     "Erlang of two"},
    {"prob.dist.weibull_pdf",
     {{"x", 1.5}, {"k", 2}, {"lambda", 2}},
     0.75 * std::exp(-0.5625),
     kExact,
     "Rayleigh"},
    {"prob.comb.factorial", {{"n", 20}}, 2432902008176640000, 0, "Knuth 1, 1.2.5"},
    {"prob.comb.permutation", {{"n", 52}, {"k", 2}}, 2652, 0, "two cards"},
    {"prob.comb.permutation", {{"n", 3}, {"k", 4}}, 0, 0, "more than there are"},
    {"prob.comb.combination", {{"n", 52}, {"k", 5}}, 2598960, 0, "poker hands"},
    {"prob.comb.combination", {{"n", 60}, {"k", 30}}, 118264581564861424, 1e3, "OEIS A000984"},
    {"prob.comb.combination", {{"n", 1e15}, {"k", 1e15 - 1}}, 1e15, 0, "all but one"},
};

INSTANTIATE_TEST_SUITE_P(Tables, PrintedProbability, testing::ValuesIn(kPrinted));

TEST(Densities, HaveTheirLimitAtTheBoundary) {
  EXPECT_EQ(number_at("prob.dist.beta_pdf", {{"x", 0}, {"a", 1}, {"b", 3}}), 3);
  EXPECT_EQ(number_at("prob.dist.beta_pdf", {{"x", 1}, {"a", 4}, {"b", 1}}), 4);
  EXPECT_EQ(number_at("prob.dist.gamma_pdf", {{"x", 0}, {"alpha", 1}, {"beta", 4}}), 0.25);
  EXPECT_EQ(number_at("prob.dist.f_pdf", {{"x", 0}, {"d1", 2}, {"d2", 7}}), 1);
  EXPECT_EQ(number_at("prob.dist.chi2_pdf", {{"x", 0}, {"k", 2}}), 0.5);
  EXPECT_EQ(number_at("prob.dist.weibull_pdf", {{"x", 0}, {"k", 1}, {"lambda", 4}}), 0.25);
  EXPECT_EQ(number_at("prob.dist.beta_pdf", {{"x", 0}, {"a", 0.5}, {"b", 3}}), kInfinity);
  EXPECT_EQ(number_at("prob.dist.chi2_pdf", {{"x", 0}, {"k", 1}}), kInfinity);
  EXPECT_EQ(number_at("prob.dist.gamma_pdf", {{"x", 0}, {"alpha", 3}, {"beta", 1}}), 0);
}

TEST(Binomial, GivesNothingToMoreSuccessesThanTrials) {
  EXPECT_EQ(number_at("prob.dist.binomial_pmf", {{"n", 3}, {"k", 4}, {"p", 1}}), 0);
  EXPECT_EQ(number_at("prob.dist.binomial_cdf", {{"n", 3}, {"k", 4}, {"p", 0.5}}), 1);
}

TEST(Binomial, SumsToItsDistributionFunction) {
  double sum = 0;
  for (int k = 0; k <= 400; ++k) {
    sum += number_at("prob.dist.binomial_pmf", {{"n", 1000}, {"k", k}, {"p", 0.4}});
  }
  EXPECT_NEAR(
      sum, number_at("prob.dist.binomial_cdf", {{"n", 1000}, {"k", 400}, {"p", 0.4}}), 1e-12);
}

TEST(NormalQuantile, IsTheInverseOfTheDistributionFunction) {
  for (const double p : {1e-300, 1e-10, 0.02, 0.3, 0.5, 0.99, 1 - 1e-10}) {
    const double x = number_at("prob.dist.normal_inv_cdf", {{"p", p}, {"mu", -3}, {"sigma", 7}});
    const double back = number_at("prob.dist.normal_cdf", {{"x", x}, {"mu", -3}, {"sigma", 7}});
    EXPECT_NEAR(back / p, 1, 1e-12) << p;
  }
}

/// Where the methods for everyday parameters lose their digits. Values from quadrature of the
/// density with 30 digits.
TEST(Distributions, OfLargeParametersKeepTheirDigits) {
  EXPECT_NEAR(number_at("prob.dist.chi2_cdf", {{"x", 4080103717.990488}, {"k", 4080374728.590123}}),
              0.001349636394867858,
              1e-15);
  EXPECT_NEAR(number_at("prob.dist.chi2_cdf", {{"x", 97951010329931.06}, {"k", 97951010329791.1}}),
              0.5000040085316061,
              1e-14);
  EXPECT_NEAR(
      number_at("prob.dist.poisson_cdf", {{"k", 2040187363}, {"lambda", 2040051858.995244}}),
      0.9986503346587237,
      1e-14);
  EXPECT_NEAR(
      number_at("prob.dist.beta_cdf",
                {{"x", 0.6420306677254509}, {"a", 6491057.15334112}, {"b", 3616767.0751591334}}),
      0.158655252528528,
      1e-11);
  EXPECT_NEAR(
      number_at("prob.dist.beta_pdf",
                {{"x", 0.4131016332122532}, {"a", 3613642384182.4985}, {"b", 5133944392702.4}}),
      2396317.111961071,
      1e-6);
  for (const double d : {1e6, 1e7, 1e12, 1e18}) {
    EXPECT_NEAR(number_at("prob.dist.f_cdf", {{"x", 1}, {"d1", d}, {"d2", d}}), 0.5, 1e-12) << d;
    EXPECT_NEAR(number_at("prob.dist.t_cdf", {{"x", 1.96}, {"df", d}}), 0.9750021, 1e-6) << d;
  }
}

/// Where the original lets a missing k count as 0 successes.
TEST(Distributions, WithoutAnInputAreNan) {
  const std::pair<const char*, Numbers> cases[] = {
      {"prob.dist.binomial_cdf", {{"n", 10}, {"p", 0.5}}},
      {"prob.dist.binomial_pmf", {{"n", 10}, {"p", 0.5}}},
      {"prob.dist.poisson_cdf", {{"lambda", 2}}},
      {"prob.dist.poisson_pmf", {{"lambda", 2}}},
      {"prob.dist.exponential_pdf", {{"x", -1}}},
      {"prob.dist.gamma_pdf", {{"x", -1}, {"alpha", 1}}},
      {"prob.dist.weibull_pdf", {{"x", -1}, {"k", 1}}},
      {"prob.dist.beta_cdf", {{"x", 2}, {"a", 1}}},
      {"prob.dist.f_cdf", {{"x", -1}, {"d1", 1}}},
  };
  for (const auto& [block, inputs] : cases)
    EXPECT_TRUE(std::isnan(number_at(block, inputs))) << block;
}

TEST(Distributions, OfBadParametersAreErrorsThatNameTheBlock) {
  const Value value = value_at("prob.dist.t_pdf", {{"x", 0}, {"df", -1}});
  ASSERT_TRUE(value.is(ValueKind::Error));
  EXPECT_EQ(value.error_message(), "t PDF: df must be positive");
  const std::pair<const char*, Numbers> cases[] = {
      {"prob.dist.binomial_pmf", {{"n", -1}, {"k", 0}, {"p", 0.5}}},
      {"prob.dist.binomial_pmf", {{"n", 1}, {"k", 0.5}, {"p", 0.5}}},
      {"prob.dist.binomial_cdf", {{"n", 1}, {"k", 0}, {"p", -0.5}}},
      {"prob.dist.poisson_pmf", {{"k", -1}, {"lambda", 1}}},
      {"prob.dist.poisson_cdf", {{"k", 1}, {"lambda", -1}}},
      {"prob.dist.exponential_cdf", {{"x", 1}, {"lambda", -1}}},
      {"prob.dist.normal_cdf", {{"x", 1}, {"mu", 0}, {"sigma", -1}}},
      {"prob.dist.normal_inv_cdf", {{"p", 1.5}, {"mu", 0}, {"sigma", 1}}},
      {"prob.dist.f_cdf", {{"x", 1}, {"d1", 1}, {"d2", 0}}},
      {"prob.dist.beta_cdf", {{"x", 1}, {"a", 0}, {"b", 1}}},
      {"prob.comb.combination", {{"n", 3}, {"k", 4}}},
      {"prob.comb.permutation", {{"n", kInfinity}, {"k", 4}}},
  };
  for (const auto& [block, inputs] : cases)
    EXPECT_TRUE(value_at(block, inputs).is(ValueKind::Error)) << block;
}

/// The original counts up to k.
TEST(Counts, OfHugeNumbersArePrompt) {
  EXPECT_EQ(number_at("prob.comb.permutation", {{"n", 1e15}, {"k", 9e14}}), kInfinity);
  EXPECT_EQ(number_at("prob.comb.combination", {{"n", 1e15}, {"k", 5e14}}), kInfinity);
  EXPECT_EQ(number_at("prob.comb.permutation", {{"n", 1e15}, {"k", 1e300}}), 0);
}

}  // namespace
}  // namespace chainsolved::test
