#include "daemon/engine/ops/incomplete.h"

#include "daemon/engine/ops/number_policy.h"

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/log1p.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace chainsolved::ops {

namespace {

// From here on the terms that are left out are below 1e-9.
constexpr double kLargeGamma = 1e8;
constexpr double kLargeBeta = 3e6;
// Below it the differences of reciprocals are their series.
constexpr double kNearPeak = 1e-4;

/// ln(1 + x) - x.
double log1pmx(double x) {
  return boost::math::log1pmx(x, NumberPolicy());
}

/// exp(-z^2) / sqrt(2 pi n).
double peak(double z, double n) {
  return std::exp(-z * z) * std::numbers::inv_sqrtpi / std::sqrt(2 * n);
}

/// Q(a, x), or P(a, x), which is Q at the other side of the peak.
double large_gamma(double a, double x, double side) {
  const double mu = (x - a) / a;
  const double half_square = -log1pmx(mu);
  const double eta = std::copysign(std::sqrt(2 * half_square), mu);
  const double first = std::abs(mu) < kNearPeak ? -1.0 / 3 + mu / 12 : 1 / mu - 1 / eta;
  const double z = std::copysign(std::sqrt(a * half_square), mu);
  return 0.5 * std::erfc(side * z) + side * first * peak(z, a);
}

/// How far x lies from the peak of x^a (1-x)^b, with the same sign: the square is half the
/// logarithm of how much lower it is there.
struct BetaPeak {
  BetaPeak(double a, double b, Fraction x) : n(a + b), at(Fraction::of(a, b)) {
    offset = x.part * at.rest - x.rest * at.part;
    const double depth = -a * log1pmx(offset / at.part) - b * log1pmx(-offset / at.rest);
    z = std::copysign(std::sqrt(std::max(depth, 0.0)), offset);
  }

  double n;
  Fraction at;
  double offset;
  double z;
};

double large_beta(double a, double b, Fraction x) {
  const BetaPeak from(a, b, x);
  const double sigma = std::sqrt(from.at.part * from.at.rest);
  const double eta = from.z * std::sqrt(2 / from.n);
  const double near = (from.at.rest - from.at.part) / (3 * sigma);
  const double first = std::abs(eta) < kNearPeak ? near : 1 / eta - sigma / from.offset;
  return 0.5 * std::erfc(-from.z) + first * peak(from.z, from.n);
}

/// Stirling's correction: Gamma(a) over its leading term.
double stirling(double a) {
  return 1 + 1 / (12 * a);
}

bool is_large(double a, double b) {
  return std::min(a, b) >= kLargeBeta;
}

}  // namespace

double incomplete_gamma_p(double a, double x) {
  if (std::isinf(x)) return 1;
  if (a >= kLargeGamma) return large_gamma(a, x, -1);
  return boost::math::gamma_p(a, x, NumberPolicy());
}

double incomplete_gamma_q(double a, double x) {
  if (std::isinf(x)) return 0;
  if (a >= kLargeGamma) return large_gamma(a, x, 1);
  return boost::math::gamma_q(a, x, NumberPolicy());
}

double gamma_density(double a, double x) {
  if (std::isinf(x)) return 0;
  return boost::math::gamma_p_derivative(a, x, NumberPolicy());
}

double incomplete_beta(double a, double b, Fraction x) {
  if (x.part <= 0 || x.rest <= 0) return x.part <= 0 ? 0 : 1;
  if (is_large(a, b)) return large_beta(a, b, x);
  return x.part <= x.rest ? boost::math::ibeta(a, b, x.part, NumberPolicy())
                          : boost::math::ibetac(b, a, x.rest, NumberPolicy());
}

double beta_density(double a, double b, Fraction x) {
  if (!is_large(a, b)) {
    return x.part <= x.rest ? boost::math::ibeta_derivative(a, b, x.part, NumberPolicy())
                            : boost::math::ibeta_derivative(b, a, x.rest, NumberPolicy());
  }
  const BetaPeak from(a, b, x);
  const double scale = std::sqrt(from.at.part) * std::sqrt(b) / (x.part * x.rest);
  return scale * std::exp(-from.z * from.z) * std::numbers::inv_sqrtpi / std::numbers::sqrt2 *
         stirling(from.n) / (stirling(a) * stirling(b));
}

}  // namespace chainsolved::ops
