#pragma once

#include <span>

namespace chainsolved::ops {

class Call;

// Reductions over large memory. Numbers go into eight fixed lanes (entry i into lane i mod 8)
// within fixed chunks, and lanes and chunks are put together in a fixed order, so that the bits of
// the result do not depend on the width of the machine's vectors. With a `call`, its keep_going is
// asked after every chunk; when it says no the result is meaningless, as the call's whole result
// is.

/// Neumaier-compensated sum. A sum that overflows or meets an infinity or NaN is what plain
/// addition gives.
double compensated_sum(std::span<const double> values, Call* call = nullptr);

/// The same of |x| and of x * x.
double compensated_sum_of_magnitudes(std::span<const double> values, Call* call = nullptr);
double compensated_sum_of_squares(std::span<const double> values, Call* call = nullptr);

/// Smallest and largest entry, NaN ignored; of nothing (or of NaN alone) +inf and -inf.
double smallest(std::span<const double> values, Call* call = nullptr);
double largest(std::span<const double> values, Call* call = nullptr);
/// Largest |x|, NaN ignored; -inf of nothing.
double largest_magnitude(std::span<const double> values, Call* call = nullptr);

}  // namespace chainsolved::ops
