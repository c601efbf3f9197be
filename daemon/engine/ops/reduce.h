#pragma once

#include <span>

namespace chainsolved::ops {

class Call;

// Reductions over large memory. Numbers go into eight fixed lanes (entry i into lane i mod 8)
// within fixed chunks, and lanes and chunks are put together in a fixed order, so that the bits of
// the result do not depend on the width of the machine's vectors. With a `call`, its keep_going is
// asked after every chunk; when it says no the result is meaningless, as the call's whole result
// is.

/// Neumaier-compensated sum. NaN when an entry or the sum itself is not finite.
double compensated_sum(std::span<const double> values, Call* call = nullptr);

/// Plain sums of |x| and of x * x, which cannot cancel.
double sum_of_magnitudes(std::span<const double> values, Call* call = nullptr);
double sum_of_squares(std::span<const double> values, Call* call = nullptr);

/// Smallest and largest entry, and largest |x|. NaN is passed over: only when there is nothing else
/// is it the result. Of nothing +inf, -inf and -inf.
double smallest(std::span<const double> values, Call* call = nullptr);
double largest(std::span<const double> values, Call* call = nullptr);
double largest_magnitude(std::span<const double> values, Call* call = nullptr);

}  // namespace chainsolved::ops
