#pragma once

namespace chainsolved::ops {

// The incomplete gamma and beta functions of distributions: Boost.Math's, and where its methods
// lose digits (large parameters) the uniform expansions of Temme (NIST Digital Library of
// Mathematical Functions 8.12.3 and 8.18.9). Parameters are positive and finite, x is not NaN.

/// P(a, x) and Q(a, x) = 1 - P(a, x), for x >= 0, infinity included.
double incomplete_gamma_p(double a, double x);
double incomplete_gamma_q(double a, double x);

/// x^(a-1) exp(-x) / Gamma(a) for x > 0.
double gamma_density(double a, double x);

/// A number from 0 to 1 with what is missing to 1, each to its own last digit.
struct Fraction {
  double part;
  double rest;

  static Fraction of(double part) { return {part, 1 - part}; }
  /// a / (a + b) of numbers that are not negative.
  static Fraction of(double a, double b) { return {a / (a + b), b / (a + b)}; }
};

/// I_x(a, b).
double incomplete_beta(double a, double b, Fraction x);

/// x^(a-1) (1-x)^(b-1) / B(a, b) for 0 < x < 1.
double beta_density(double a, double b, Fraction x);

}  // namespace chainsolved::ops
