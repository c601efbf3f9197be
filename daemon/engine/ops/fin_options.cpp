// Options, risk and valuation.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/reduce.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace chainsolved::ops {

namespace {

/// The normal distribution function as the contract has it: Abramowitz and Stegun 7.1.26, good to
/// 1.5e-7. Prices agree with the original's to the last digits only with the same polynomial.
double normal_cdf(double x) {
  const double z = std::abs(x) / std::numbers::sqrt2;
  const double t = 1 / (1 + 0.3275911 * z);
  const double polynomial =
      ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) *
      t;
  const double erf = 1 - polynomial * std::exp(-z * z);
  return 0.5 * (x < 0 ? 1 - erf : 1 + erf);
}

double normal_density(double x) {
  return std::exp(-0.5 * x * x) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
}

struct Option {
  double spot;
  double root_time;
  double sigma;
  double discounted_strike;
  double d1;
  double d2;
};

double call_price(const Option& o) {
  return o.spot * normal_cdf(o.d1) - o.discounted_strike * normal_cdf(o.d2);
}

double put_price(const Option& o) {
  return o.discounted_strike * normal_cdf(-o.d2) - o.spot * normal_cdf(-o.d1);
}

double call_delta(const Option& o) {
  return normal_cdf(o.d1);
}

double gamma(const Option& o) {
  return normal_density(o.d1) / (o.spot * o.sigma * o.root_time);
}

double vega(const Option& o) {
  return o.spot * normal_density(o.d1) * o.root_time;
}

template <double (*Of)(const Option&)>
constexpr Kernel black_scholes() {
  return formula([](double spot, double strike, double time, double rate, double sigma) -> Outcome {
    if (sigma <= 0 || time <= 0) return Outcome::fail("sigma and T must be positive");
    if (spot <= 0 || strike <= 0) return Outcome::fail("S and K must be positive");
    const double root_time = std::sqrt(time);
    const double spread = sigma * root_time;
    const double d1 = (std::log(spot / strike) + (rate + 0.5 * squared(sigma)) * time) / spread;
    return Of({.spot = spot,
               .root_time = root_time,
               .sigma = sigma,
               .discounted_strike = strike * std::exp(-rate * time),
               .d1 = d1,
               .d2 = d1 - spread});
  });
}

/// An order also where there are NaN.
bool nan_last(double a, double b) {
  return std::isnan(b) ? !std::isnan(a) : a < b;
}

/// How many of `n` returns lie in the tail; a confidence that is no number has an empty one.
std::size_t tail_count(double confidence, std::size_t n) {
  const auto all = static_cast<double>(n);
  const double tail = std::floor((1 - confidence) * all);
  return tail > 0 ? static_cast<std::size_t>(std::min(tail, all)) : 0;
}

Value value_at_risk(Call& call) {
  const Numbers& returns = call.input(0).as_vector();
  if (returns.empty()) return call.fail("the vector is empty");
  const double confidence = call.scalar(1);
  if (std::isnan(confidence)) return Value::scalar(confidence);
  std::vector<double> sorted(returns.begin(), returns.end());
  const std::size_t rank = std::min(tail_count(confidence, sorted.size()), sorted.size() - 1);
  const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(sorted.begin(), place, sorted.end(), nan_last);
  return Value::scalar(-*place);
}

Value expected_shortfall(Call& call) {
  const Numbers& returns = call.input(0).as_vector();
  if (returns.empty()) return call.fail("the vector is empty");
  const double confidence = call.scalar(1);
  if (std::isnan(confidence)) return Value::scalar(confidence);
  std::vector<double> sorted(returns.begin(), returns.end());
  const std::size_t count = std::max<std::size_t>(tail_count(confidence, sorted.size()), 1);
  std::ranges::sort(sorted, nan_last);
  const double sum = compensated_sum(std::span(sorted).first(count));
  return Value::scalar(-sum / static_cast<double>(count));
}

/// A hundred thousand periods are a hundred centuries of monthly payments.
constexpr double kMaxPeriods = 100'000;

Value bond_duration(Call& call) {
  const double coupon = call.scalar(0);
  const double face = call.scalar(1);
  const double yield = call.scalar(2);
  const double n = std::round(call.scalar(3));
  if (n <= 0) return call.fail("n must be positive");
  if (n > kMaxPeriods) return call.fail("n is over 100000 periods");
  if (std::isnan(n)) return Value::scalar(n);
  double price = 0;
  double weighted = 0;
  const auto periods = static_cast<int>(n);
  for (int t = 1; t <= periods; ++t) {
    const double flow = t == periods ? coupon + face : coupon;
    const double present = flow / std::pow(1 + yield, t);
    price += present;
    weighted += t * present;
  }
  if (price == 0) return call.fail("the bond is worth nothing");
  return Value::scalar(weighted / price);
}

Value discounted_cash_flow(Call& call) {
  const double flow = call.scalar(0);
  const double wacc = call.scalar(1);
  const double growth = call.scalar(2);
  const double n = std::round(call.scalar(3));
  if (wacc <= growth) return call.fail("the wacc must be larger than g");
  if (n <= 0) return call.fail("n must be positive");
  if (n > kMaxPeriods) return call.fail("n is over 100000 years");
  if (std::isnan(n)) return Value::scalar(n);
  double value = 0;
  const auto years = static_cast<int>(n);
  for (int i = 1; i <= years; ++i)
    value += flow / std::pow(1 + wacc, i);
  const double terminal = flow * (1 + growth) / (wacc - growth);
  return Value::scalar(value + terminal / std::pow(1 + wacc, n));
}

constexpr Port kBsCall[] = {{"S", "S (spot)", Takes::Scalar, {}},
                            {"K", "K (strike)", Takes::Scalar, {}},
                            {"T", "T (years)", Takes::Scalar, "a"},
                            {"r", "r (risk-free)", Takes::Scalar, {}},
                            {"sigma", "sigma (vol)", Takes::Scalar, {}}};
constexpr Port kKelly[] = {{"p_win", "p (win prob)"}, {"b", "b (odds)"}};
constexpr Port kVarHist[] = {{"returns", "Returns (vector)", Takes::Vector},
                             {"conf", "Confidence", Takes::Scalar}};
constexpr Port kBondDuration[] = {{"coupon", "Coupon ($)", Takes::Scalar, "$"},
                                  {"face", "Face ($)", Takes::Scalar, "$"},
                                  {"ytm", "YTM", Takes::Scalar, {}},
                                  {"n", "n (periods)", Takes::Scalar, {}}};
constexpr Port kDcf[] = {{"fcf", "FCF ($)", Takes::Scalar, "$"},
                         {"wacc", "WACC", Takes::Scalar, {}},
                         {"g", "g (terminal)", Takes::Scalar, {}},
                         {"n", "n (years)", Takes::Scalar, "a"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::FinOptions,
                  "fin.options.bs_call",
                  "Black-Scholes Call",
                  kBsCall,
                  black_scholes<call_price>(),
                  "S N(d1) - K exp(-r T) N(d2)",
                  "Black and Scholes 1973")),
    pro(operation(Category::FinOptions,
                  "fin.options.bs_put",
                  "Black-Scholes Put",
                  kBsCall,
                  black_scholes<put_price>(),
                  "K exp(-r T) N(-d2) - S N(-d1)",
                  "Black and Scholes 1973")),
    pro(operation(Category::FinOptions,
                  "fin.options.bs_delta",
                  "BS Delta",
                  kBsCall,
                  black_scholes<call_delta>(),
                  "N(d1)",
                  "Black and Scholes 1973")),
    pro(operation(Category::FinOptions,
                  "fin.options.bs_gamma",
                  "BS Gamma",
                  kBsCall,
                  black_scholes<gamma>(),
                  "phi(d1) / (S sigma sqrt(T))",
                  "Black and Scholes 1973")),
    pro(operation(Category::FinOptions,
                  "fin.options.bs_vega",
                  "BS Vega",
                  kBsCall,
                  black_scholes<vega>(),
                  "S phi(d1) sqrt(T)",
                  "Black and Scholes 1973")),
    pro(operation(Category::FinOptions,
                  "fin.options.kelly",
                  "Kelly Criterion",
                  kKelly,
                  formula([](double win, double odds) -> Outcome {
                    if (odds == 0) return Outcome::fail("b is 0");
                    return win - (1 - win) / odds;
                  }),
                  "p - (1 - p) / b",
                  "Kelly 1956")),
    pro(operation(Category::FinOptions,
                  "fin.options.var_hist",
                  "VaR (historical)",
                  kVarHist,
                  Kernel::of(value_at_risk),
                  "minus the return of rank floor((1 - conf) n), ascending",
                  "Jorion, Value at Risk")),
    pro(operation(Category::FinOptions,
                  "fin.options.cvar_hist",
                  "CVaR (historical)",
                  kVarHist,
                  Kernel::of(expected_shortfall),
                  "minus the mean of the floor((1 - conf) n) lowest returns, at least one",
                  "Rockafellar and Uryasev 2000")),
    pro(operation(Category::FinOptions,
                  "fin.options.bond_duration",
                  "Macaulay Duration",
                  kBondDuration,
                  Kernel::of(bond_duration),
                  "sum t PV_t / sum PV_t over n periods",
                  "Macaulay 1938")),
    pro(operation(Category::FinOptions,
                  "fin.options.dcf",
                  "DCF Valuation",
                  kDcf,
                  Kernel::of(discounted_cash_flow),
                  "sum fcf / (1 + wacc)^i + fcf (1 + g) / (wacc - g) / (1 + wacc)^n",
                  "Gordon 1959")),
};

}  // namespace

std::span<const BlockDef> fin_options_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
