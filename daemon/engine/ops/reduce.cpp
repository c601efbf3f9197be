#include "daemon/engine/ops/reduce.h"

#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/reduce_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr std::size_t kChunk = 65'536;  // entries
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const ReduceKernels& best_kernels() noexcept {
  static const ReduceKernels* const wide = wide_reduce_kernels();
  return wide != nullptr ? *wide : narrow_reduce_kernels();
}

/// Runs `kernel` over chunk after chunk and gives each chunk's lanes to `merge`.
template <class Merge>
void for_each_chunk(std::span<const double> values, Call* call, ReduceKernel kernel, Merge merge) {
  for (std::size_t begin = 0; begin < values.size(); begin += kChunk) {
    const std::size_t count = std::min(kChunk, values.size() - begin);
    LaneResult result{};
    kernel(values.data() + begin, count, result);
    merge(result);
    if (call != nullptr && !call->keep_going(count * sizeof(double))) return;
  }
}

double plain_sum(std::span<const double> values, Call* call, ReduceKernel kernel) {
  double total = 0;
  for_each_chunk(values, call, kernel, [&total](const LaneResult& result) {
    for (const double lane : result.lane)
      total += lane;
  });
  return total;
}

bool only_nan(std::span<const double> values) {
  return !values.empty() && std::ranges::all_of(values, [](double x) { return std::isnan(x); });
}

}  // namespace

double compensated_sum(std::span<const double> values, Call* call) {
  double total = 0;
  double correction = 0;
  for_each_chunk(values, call, best_kernels().add_compensated, [&](const LaneResult& result) {
    for (std::size_t i = 0; i < kReduceLanes; ++i) {
      const double next = total + result.lane[i];
      const double part = next - total;
      correction += (total - (next - part)) + (result.lane[i] - part);
      correction += result.correction[i];
      total = next;
    }
  });
  return total + correction;
}

double sum_of_magnitudes(std::span<const double> values, Call* call) {
  return plain_sum(values, call, best_kernels().add_magnitudes);
}

double sum_of_squares(std::span<const double> values, Call* call) {
  return plain_sum(values, call, best_kernels().add_squares);
}

double smallest(std::span<const double> values, Call* call) {
  double least = kInfinity;
  for_each_chunk(values, call, best_kernels().take_smallest, [&least](const LaneResult& result) {
    least = std::min(least, *std::ranges::min_element(result.lane));
  });
  return least == kInfinity && only_nan(values) ? kNan : least;
}

double largest(std::span<const double> values, Call* call) {
  double most = -kInfinity;
  for_each_chunk(values, call, best_kernels().take_largest, [&most](const LaneResult& result) {
    most = std::max(most, *std::ranges::max_element(result.lane));
  });
  return most == -kInfinity && only_nan(values) ? kNan : most;
}

double largest_magnitude(std::span<const double> values, Call* call) {
  if (values.empty()) return -kInfinity;
  // Two passes over memory, for a block that is hardly used on large vectors.
  return std::max(std::fabs(smallest(values, call)), std::fabs(largest(values, call)));
}

}  // namespace chainsolved::ops
