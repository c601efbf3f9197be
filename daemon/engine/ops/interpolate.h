#pragma once

#include <cstddef>
#include <span>

namespace chainsolved::ops {

// Interpolation between samples (x, y), x ascending, at least two. Outside the samples the end
// values hold. A NaN query gives NaN.

/// Whether `x` never decreases. NaN does not ascend.
bool ascends(std::span<const double> x) noexcept;

/// The segment of `query`: the largest i <= x.size() - 2 with x[i] <= query, else 0.
std::size_t segment_of(std::span<const double> x, double query) noexcept;

double linear_between(std::span<const double> x, std::span<const double> y, double query) noexcept;

/// The sample whose x is nearest; the first of equals. `x` need not ascend.
double nearest_of(std::span<const double> x, std::span<const double> y, double query) noexcept;

/// The natural cubic spline (second derivative 0 at the ends). Requires x strictly ascending.
double natural_spline(std::span<const double> x, std::span<const double> y, double query);

}  // namespace chainsolved::ops
