#include "daemon/engine/ops/interpolate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace chainsolved::ops {

namespace {

/// Second derivatives of the natural spline at the samples: a tridiagonal system, solved by
/// elimination without pivoting (it is diagonally dominant).
std::vector<double> second_derivatives(std::span<const double> x, std::span<const double> y) {
  const std::size_t n = x.size();
  std::vector<double> upper(n, 0.0);
  std::vector<double> second(n, 0.0);
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const double left = x[i] - x[i - 1];
    const double right = x[i + 1] - x[i];
    const double bend = 6 * ((y[i + 1] - y[i]) / right - (y[i] - y[i - 1]) / left);
    const double pivot = 2 * (left + right) - left * upper[i - 1];
    upper[i] = right / pivot;
    second[i] = (bend - left * second[i - 1]) / pivot;
  }
  for (std::size_t i = n - 1; i-- > 1;)
    second[i] -= upper[i] * second[i + 1];
  return second;
}

}  // namespace

bool ascends(std::span<const double> x) noexcept {
  return std::ranges::adjacent_find(x, [](double a, double b) { return !(a <= b); }) == x.end();
}

std::size_t segment_of(std::span<const double> x, double query) noexcept {
  const auto after = std::ranges::upper_bound(x.subspan(1, x.size() - 2), query);
  return static_cast<std::size_t>(after - x.begin()) - 1;
}

double linear_between(std::span<const double> x, std::span<const double> y, double query) noexcept {
  if (std::isnan(query)) return query;
  if (query <= x.front()) return y.front();
  if (query >= x.back()) return y.back();
  const std::size_t i = segment_of(x, query);
  const double t = (query - x[i]) / (x[i + 1] - x[i]);
  return y[i] + t * (y[i + 1] - y[i]);
}

double nearest_of(std::span<const double> x, std::span<const double> y, double query) noexcept {
  if (std::isnan(query)) return query;
  const auto nearest = std::ranges::min_element(
      x, std::ranges::less{}, [query](double sample) { return std::fabs(sample - query); });
  return y[static_cast<std::size_t>(nearest - x.begin())];
}

double natural_spline(std::span<const double> x, std::span<const double> y, double query) {
  if (std::isnan(query)) return query;
  if (query <= x.front()) return y.front();
  if (query >= x.back()) return y.back();
  const std::vector<double> second = second_derivatives(x, y);
  const std::size_t i = segment_of(x, query);
  const double width = x[i + 1] - x[i];
  const double a = (x[i + 1] - query) / width;
  const double b = (query - x[i]) / width;
  return a * y[i] + b * y[i + 1] +
         ((a * a * a - a) * second[i] + (b * b * b - b) * second[i + 1]) * width * width / 6;
}

}  // namespace chainsolved::ops
