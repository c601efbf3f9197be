// Probability distributions: densities, distribution functions, quantiles.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/incomplete.h"
#include "daemon/engine/ops/number_policy.h"
#include "daemon/engine/ops/rows.h"

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <numbers>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool any_nan(std::initializer_list<double> numbers) {
  for (const double x : numbers) {
    if (std::isnan(x)) return true;
  }
  return false;
}

bool is_count(double x) {
  return x >= 0 && std::isfinite(x) && std::trunc(x) == x;
}

bool is_probability(double p) {
  return p >= 0 && p <= 1;
}

/// What a density x^(a-1) times something that is `finite` at 0 is there.
double density_at_zero(double a, double finite) {
  if (a < 1) return kInfinity;
  return a == 1 ? finite : 0;
}

// --- counts ---

Outcome binomial_pmf(double n, double k, double p) {
  if (any_nan({n, k, p})) return kNan;
  if (!is_count(n) || !is_count(k)) return Outcome::fail("n and k must be whole and not negative");
  if (!is_probability(p)) return Outcome::fail("p must be from 0 to 1");
  if (k > n) return 0;
  if (p == 0) return k == 0 ? 1 : 0;
  if (p == 1) return k == n ? 1 : 0;
  if (n == 0) return 1;
  if (k == 0) return std::exp(n * std::log1p(-p));
  if (k == n) return std::pow(p, n);
  return beta_density(k + 1, n - k + 1, Fraction::of(p)) / (n + 1);
}

Outcome binomial_cdf(double k, double n, double p) {
  if (any_nan({k, n, p})) return kNan;
  if (!is_probability(p)) return Outcome::fail("p must be from 0 to 1");
  const double successes = std::floor(k);
  const double trials = std::round(n);
  if (successes < 0) return 0;
  if (successes >= trials) return 1;
  if (std::isinf(trials)) return kNan;
  return incomplete_beta(trials - successes, successes + 1, {1 - p, p});
}

/// The largest count whose factorial is a double.
constexpr double kLargestFactorial = 170;

Outcome poisson_pmf(double k, double lambda) {
  if (any_nan({k, lambda})) return kNan;
  if (!is_count(k)) return Outcome::fail("k must be whole and not negative");
  if (lambda < 0) return Outcome::fail("lambda must not be negative");
  if (lambda == 0) return k == 0 ? 1 : 0;
  // The contract has the quotient of the power and the factorial here, so far as it is one
  // (prob.dist.poisson_pmf/10); the density itself would be finite.
  if (k <= kLargestFactorial && std::isinf(std::pow(lambda, k))) return kInfinity;
  return gamma_density(k + 1, lambda);
}

Outcome poisson_cdf(double k, double lambda) {
  if (any_nan({k, lambda})) return kNan;
  if (lambda < 0) return Outcome::fail("lambda must not be negative");
  if (k < 0) return 0;
  if (lambda == 0 || std::isinf(k)) return 1;
  return incomplete_gamma_q(std::floor(k) + 1, lambda);
}

// --- waiting times ---

Outcome exponential_pdf(double x, double lambda) {
  if (lambda <= 0) return Outcome::fail("lambda must be positive");
  if (any_nan({x, lambda})) return kNan;
  return x < 0 ? 0 : lambda * std::exp(-lambda * x);
}

Outcome exponential_cdf(double x, double lambda) {
  if (lambda <= 0) return Outcome::fail("lambda must be positive");
  if (any_nan({x, lambda})) return kNan;
  return x <= 0 ? 0 : -std::expm1(-lambda * x);
}

Outcome gamma_pdf(double x, double alpha, double beta) {
  if (alpha <= 0 || beta <= 0) return Outcome::fail("alpha and beta must be positive");
  if (any_nan({x, alpha, beta}) || std::isinf(alpha)) return kNan;
  if (x < 0 || std::isinf(beta)) return 0;
  if (x == 0) return density_at_zero(alpha, 1 / beta);
  return gamma_density(alpha, x / beta) / beta;
}

Outcome weibull_pdf(double x, double k, double lambda) {
  if (k <= 0 || lambda <= 0) return Outcome::fail("k and lambda must be positive");
  if (any_nan({x, k, lambda}) || std::isinf(k)) return kNan;
  if (x < 0 || std::isinf(x) || std::isinf(lambda)) return 0;
  if (x == 0) return density_at_zero(k, k / lambda);
  const double ratio = x / lambda;
  const double decay = std::exp(-std::pow(ratio, k));
  return decay == 0 ? 0 : k / lambda * std::pow(ratio, k - 1) * decay;
}

// --- normal ---

Outcome normal_pdf(double x, double mu, double sigma) {
  if (sigma <= 0) return Outcome::fail("sigma must be positive");
  const double z = (x - mu) / sigma;
  return std::exp(-0.5 * z * z) * std::numbers::inv_sqrtpi / (std::numbers::sqrt2 * sigma);
}

Outcome normal_cdf(double x, double mu, double sigma) {
  if (sigma <= 0) return Outcome::fail("sigma must be positive");
  return 0.5 * std::erfc((mu - x) / (sigma * std::numbers::sqrt2));
}

Outcome normal_inv_cdf(double p, double mu, double sigma) {
  if (sigma <= 0) return Outcome::fail("sigma must be positive");
  // A p that is missing is not one either (prob.dist.normal_inv_cdf/11 and /13).
  if (!is_probability(p)) return Outcome::fail("p must be from 0 to 1");
  if (p == 0 || p == 1) return p == 0 ? -kInfinity : kInfinity;
  return mu - sigma * std::numbers::sqrt2 * boost::math::erfc_inv(2 * p, NumberPolicy());
}

// --- of samples ---

Outcome t_pdf(double x, double df) {
  if (df <= 0) return Outcome::fail("df must be positive");
  if (any_nan({x, df}) || std::isinf(df)) return kNan;
  if (std::isinf(x)) return 0;
  const double tail = std::exp(-0.5 * (df + 1) * std::log1p(x * x / df));
  return tail / (std::sqrt(df) * boost::math::beta(0.5 * df, 0.5, NumberPolicy()));
}

Outcome t_cdf(double x, double df) {
  if (df <= 0) return Outcome::fail("df must be positive");
  if (any_nan({x, df}) || std::isinf(df)) return kNan;
  const double square = x * x;
  if (std::isinf(square)) return x < 0 ? 0 : 1;
  const double tail = 0.5 * incomplete_beta(0.5 * df, 0.5, Fraction::of(df, square));
  return x < 0 ? tail : 1 - tail;
}

Outcome chi2_pdf(double x, double k) {
  if (k <= 0) return Outcome::fail("k must be positive");
  if (any_nan({x, k}) || std::isinf(k)) return kNan;
  if (x < 0) return 0;
  if (x == 0) return density_at_zero(0.5 * k, 0.5);
  return 0.5 * gamma_density(0.5 * k, 0.5 * x);
}

Outcome chi2_cdf(double x, double k) {
  if (k <= 0) return Outcome::fail("k must be positive");
  if (any_nan({x, k}) || std::isinf(k)) return kNan;
  return x <= 0 ? 0 : incomplete_gamma_p(0.5 * k, 0.5 * x);
}

Outcome f_pdf(double x, double d1, double d2) {
  if (d1 <= 0 || d2 <= 0) return Outcome::fail("d1 and d2 must be positive");
  if (any_nan({x, d1, d2}) || std::isinf(d1) || std::isinf(d2)) return kNan;
  if (x < 0) return 0;
  if (x == 0) return density_at_zero(0.5 * d1, 1);
  const double scaled = d1 * x;
  if (std::isinf(scaled)) return 0;
  // u = d1 x / (d1 x + d2) is beta distributed; du/dx = d1 d2 / (d1 x + d2)^2.
  const Fraction u = Fraction::of(scaled, d2);
  if (u.rest == 0) return 0;
  return beta_density(0.5 * d1, 0.5 * d2, u) * u.rest * (d1 / (d2 + scaled));
}

Outcome f_cdf(double x, double d1, double d2) {
  if (d1 <= 0 || d2 <= 0) return Outcome::fail("d1 and d2 must be positive");
  if (any_nan({x, d1, d2}) || std::isinf(d1) || std::isinf(d2)) return kNan;
  if (x <= 0) return 0;
  const double scaled = d1 * x;
  if (std::isinf(scaled)) return 1;
  return incomplete_beta(0.5 * d1, 0.5 * d2, Fraction::of(scaled, d2));
}

Outcome beta_pdf(double x, double a, double b) {
  if (a <= 0 || b <= 0) return Outcome::fail("alpha and beta must be positive");
  if (any_nan({x, a, b}) || std::isinf(a) || std::isinf(b)) return kNan;
  if (x < 0 || x > 1) return 0;
  if (x == 0) return density_at_zero(a, b);
  if (x == 1) return density_at_zero(b, a);
  return beta_density(a, b, Fraction::of(x));
}

Outcome beta_cdf(double x, double a, double b) {
  if (a <= 0 || b <= 0) return Outcome::fail("alpha and beta must be positive");
  if (any_nan({x, a, b}) || std::isinf(a) || std::isinf(b)) return kNan;
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  return incomplete_beta(a, b, Fraction::of(x));
}

constexpr Port kBinomialPmf[] = {{"n", "n"}, {"k", "k"}, {"p", "p"}};
constexpr Port kBinomialCdf[] = {{"k", "k"}, {"n", "n"}, {"p", "p"}};
constexpr Port kPoisson[] = {{"k", "k"}, {"lambda", "λ"}};
constexpr Port kExponential[] = {{"x", "x"}, {"lambda", "λ"}};
constexpr Port kNormal[] = {{"x", "x"}, {"mu", "μ"}, {"sigma", "σ"}};
constexpr Port kNormalInverse[] = {{"p", "p"}, {"mu", "μ"}, {"sigma", "σ"}};
constexpr Port kT[] = {{"x", "x"}, {"df", "df (ν)"}};
constexpr Port kChi2[] = {{"x", "x"}, {"k", "k (df)"}};
constexpr Port kF[] = {{"x", "x"}, {"d1", "d1 (df1)"}, {"d2", "d2 (df2)"}};
constexpr Port kBeta[] = {{"x", "x"}, {"a", "α"}, {"b", "β"}};
constexpr Port kGamma[] = {{"x", "x"}, {"alpha", "α (shape)"}, {"beta", "β (scale)"}};
constexpr Port kWeibull[] = {{"x", "x"}, {"k", "k (shape)"}, {"lambda", "λ (scale)"}};

constexpr std::string_view kJohnson1 = "Johnson, Kotz and Balakrishnan, Continuous Univariate 1";
constexpr std::string_view kJohnson2 = "Johnson, Kotz and Balakrishnan, Continuous Univariate 2";
constexpr std::string_view kDiscrete = "Johnson, Kemp and Kotz, Univariate Discrete Distributions";

// NOLINTNEXTLINE(readability-function-size): a row has that many columns
constexpr BlockDef distribution(std::string_view id,
                                std::string_view label,
                                std::span<const Port> ports,
                                Kernel kernel,
                                std::string_view formula,
                                std::string_view source) {
  return pro(operation(Category::ProbDist, id, label, ports, kernel, formula, source));
}

constexpr BlockDef kRows[] = {
    distribution("prob.dist.binomial_pmf",
                 "Binomial PMF",
                 kBinomialPmf,
                 formula<binomial_pmf>(),
                 "C(n, k) p^k (1 - p)^(n - k)",
                 kDiscrete),
    distribution("prob.dist.poisson_pmf",
                 "Poisson PMF",
                 kPoisson,
                 formula<poisson_pmf>(),
                 "exp(-lambda) lambda^k / k!; infinite where lambda^k is over 1.8e308 and k is 170 "
                 "at most, as the contract has it (prob.dist.poisson_pmf/10)",
                 kDiscrete),
    distribution("prob.dist.exponential_pdf",
                 "Exponential PDF",
                 kExponential,
                 formula<exponential_pdf>(),
                 "lambda exp(-lambda x) for x >= 0",
                 kJohnson1),
    distribution("prob.dist.exponential_cdf",
                 "Exponential CDF",
                 kExponential,
                 formula<exponential_cdf>(),
                 "1 - exp(-lambda x) for x >= 0",
                 kJohnson1),
    distribution("prob.dist.normal_pdf",
                 "Normal PDF",
                 kNormal,
                 formula<normal_pdf>(),
                 "exp(-z^2 / 2) / (sigma sqrt(2 pi)), z = (x - mu) / sigma",
                 kJohnson1),
    distribution("prob.dist.normal_cdf",
                 "Normal CDF",
                 kNormal,
                 formula<normal_cdf>(),
                 "erfc(-z / sqrt 2) / 2, z = (x - mu) / sigma",
                 kJohnson1),
    distribution("prob.dist.normal_inv_cdf",
                 "Normal InvCDF (Probit)",
                 kNormalInverse,
                 formula<normal_inv_cdf>(),
                 "mu - sigma sqrt 2 erfc^-1(2 p)",
                 kJohnson1),
    distribution("prob.dist.t_pdf",
                 "t PDF",
                 kT,
                 formula<t_pdf>(),
                 "(1 + x^2 / df)^(-(df + 1) / 2) / (sqrt(df) B(df / 2, 1 / 2))",
                 kJohnson2),
    distribution("prob.dist.t_cdf",
                 "t CDF",
                 kT,
                 formula<t_cdf>(),
                 "I / 2 for x < 0, else 1 - I / 2, I = I_{df / (df + x^2)}(df / 2, 1 / 2)",
                 kJohnson2),
    distribution("prob.dist.chi2_pdf",
                 "Chi² PDF",
                 kChi2,
                 formula<chi2_pdf>(),
                 "(x / 2)^(k / 2 - 1) exp(-x / 2) / (2 Gamma(k / 2)) for x >= 0",
                 kJohnson1),
    distribution(
        "prob.dist.chi2_cdf", "Chi² CDF", kChi2, formula<chi2_cdf>(), "P(k / 2, x / 2)", kJohnson1),
    distribution("prob.dist.f_pdf",
                 "F PDF",
                 kF,
                 formula<f_pdf>(),
                 "du/dx of the beta density of u = d1 x / (d1 x + d2) with d1 / 2, d2 / 2; at 0 "
                 "its limit, 1 for d1 = 2",
                 kJohnson2),
    distribution("prob.dist.f_cdf",
                 "F CDF",
                 kF,
                 formula<f_cdf>(),
                 "I_u(d1 / 2, d2 / 2), u = d1 x / (d1 x + d2)",
                 kJohnson2),
    distribution("prob.dist.poisson_cdf",
                 "Poisson CDF",
                 kPoisson,
                 formula<poisson_cdf>(),
                 "Q(floor k + 1, lambda)",
                 kDiscrete),
    distribution("prob.dist.binomial_cdf",
                 "Binomial CDF",
                 kBinomialCdf,
                 formula<binomial_cdf>(),
                 "I_{1 - p}(n - floor k, floor k + 1), n rounded",
                 kDiscrete),
    distribution("prob.dist.beta_pdf",
                 "Beta PDF",
                 kBeta,
                 formula<beta_pdf>(),
                 "x^(alpha - 1) (1 - x)^(beta - 1) / B(alpha, beta), at 0 and 1 its limit",
                 kJohnson2),
    distribution("prob.dist.beta_cdf",
                 "Beta CDF",
                 kBeta,
                 formula<beta_cdf>(),
                 "I_x(alpha, beta)",
                 kJohnson2),
    distribution("prob.dist.gamma_pdf",
                 "Gamma PDF",
                 kGamma,
                 formula<gamma_pdf>(),
                 "u^(alpha - 1) exp(-u) / (beta Gamma(alpha)), u = x / beta, at 0 its limit",
                 kJohnson1),
    distribution("prob.dist.weibull_pdf",
                 "Weibull PDF",
                 kWeibull,
                 formula<weibull_pdf>(),
                 "(k / lambda) u^(k - 1) exp(-u^k), u = x / lambda, at 0 its limit",
                 kJohnson1),
};

}  // namespace

std::span<const BlockDef> prob_dist_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
