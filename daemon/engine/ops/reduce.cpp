#include "daemon/engine/ops/reduce.h"

#include "daemon/engine/ops/call.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>

// Compiled once per vector width and chosen at load time. All of them do the same operations in the
// same lanes (-ffp-contract=off: none fuses), so that only speed differs. Sanitizers' own start-up
// does not survive the resolvers that choose.
#if defined(__x86_64__) && !defined(CHAINSOLVED_SANITIZED)
#define CHAINSOLVED_EVERY_WIDTH __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CHAINSOLVED_EVERY_WIDTH
#endif

namespace chainsolved::ops {

namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kChunk = 65'536;  // entries
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Lanes = double __attribute__((vector_size(kLanes * sizeof(double))));

/// Lanes in memory: what the kernels hand over, so that no vector crosses a call.
struct Partial {
  double lane[kLanes];
  double correction[kLanes];
};

// Macros and not functions: a function with vector parameters would have another calling convention
// per width.
#define CHAINSOLVED_FOR_EACH_EIGHT(count, body, tail)                  \
  const std::size_t whole = (count) / kLanes * kLanes;                 \
  for (std::size_t i = 0; i < whole; i += kLanes) {                    \
    Lanes x;                                                           \
    std::memcpy(&x, values + i, sizeof x);                             \
    body;                                                              \
  }                                                                    \
  if (whole < (count)) {                                               \
    Lanes x = Lanes{} + (tail);                                        \
    std::memcpy(&x, values + whole, ((count)-whole) * sizeof(double)); \
    body;                                                              \
  }

/// Knuth's two-sum in every lane: the rounding error of each addition is exact, as in Neumaier's
/// branching form, and the result has the same bits.
CHAINSOLVED_EVERY_WIDTH void add_compensated(const double* values,
                                             std::size_t count,
                                             Partial& partial) {
  Lanes sum{};
  Lanes correction{};
  CHAINSOLVED_FOR_EACH_EIGHT(
      count,
      {
        const Lanes next = sum + x;
        const Lanes part = next - sum;
        correction += (sum - (next - part)) + (x - part);
        sum = next;
      },
      0.0)
  std::memcpy(partial.lane, &sum, sizeof sum);
  std::memcpy(partial.correction, &correction, sizeof correction);
}

CHAINSOLVED_EVERY_WIDTH void add_magnitudes(const double* values,
                                            std::size_t count,
                                            Partial& partial) {
  Lanes sum{};
  CHAINSOLVED_FOR_EACH_EIGHT(
      count, { sum += x < 0.0 ? -x : x; }, 0.0)
  std::memcpy(partial.lane, &sum, sizeof sum);
}

CHAINSOLVED_EVERY_WIDTH void add_squares(const double* values,
                                         std::size_t count,
                                         Partial& partial) {
  Lanes sum{};
  CHAINSOLVED_FOR_EACH_EIGHT(
      count, { sum += x * x; }, 0.0)
  std::memcpy(partial.lane, &sum, sizeof sum);
}

// A comparison with NaN is false, so that NaN is passed over.
CHAINSOLVED_EVERY_WIDTH void take_smallest(const double* values,
                                           std::size_t count,
                                           Partial& partial) {
  Lanes least = Lanes{} + kInfinity;
  CHAINSOLVED_FOR_EACH_EIGHT(
      count, { least = x < least ? x : least; }, kInfinity)
  std::memcpy(partial.lane, &least, sizeof least);
}

CHAINSOLVED_EVERY_WIDTH void take_largest(const double* values,
                                          std::size_t count,
                                          Partial& partial) {
  Lanes most = Lanes{} - kInfinity;
  CHAINSOLVED_FOR_EACH_EIGHT(
      count, { most = x > most ? x : most; }, -kInfinity)
  std::memcpy(partial.lane, &most, sizeof most);
}

#undef CHAINSOLVED_FOR_EACH_EIGHT

/// Runs `kernel` over chunk after chunk and gives each chunk's lanes to `merge`.
template <class Merge>
void for_each_chunk(std::span<const double> values,
                    Call* call,
                    void (*kernel)(const double*, std::size_t, Partial&),
                    Merge merge) {
  for (std::size_t begin = 0; begin < values.size(); begin += kChunk) {
    const std::size_t count = std::min(kChunk, values.size() - begin);
    Partial partial{};
    kernel(values.data() + begin, count, partial);
    merge(partial);
    if (call != nullptr && !call->keep_going(count * sizeof(double))) return;
  }
}

double plain_sum(std::span<const double> values,
                 Call* call,
                 void (*kernel)(const double*, std::size_t, Partial&)) {
  double total = 0;
  for_each_chunk(values, call, kernel, [&total](const Partial& partial) {
    for (const double lane : partial.lane)
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
  for_each_chunk(values, call, add_compensated, [&](const Partial& partial) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const double next = total + partial.lane[i];
      const double part = next - total;
      correction += (total - (next - part)) + (partial.lane[i] - part);
      correction += partial.correction[i];
      total = next;
    }
  });
  return total + correction;
}

double sum_of_magnitudes(std::span<const double> values, Call* call) {
  return plain_sum(values, call, add_magnitudes);
}

double sum_of_squares(std::span<const double> values, Call* call) {
  return plain_sum(values, call, add_squares);
}

double smallest(std::span<const double> values, Call* call) {
  double least = kInfinity;
  for_each_chunk(values, call, take_smallest, [&least](const Partial& partial) {
    least = std::min(least, *std::ranges::min_element(partial.lane));
  });
  if (least == kInfinity && only_nan(values)) return std::numeric_limits<double>::quiet_NaN();
  return least;
}

double largest(std::span<const double> values, Call* call) {
  double most = -kInfinity;
  for_each_chunk(values, call, take_largest, [&most](const Partial& partial) {
    most = std::max(most, *std::ranges::max_element(partial.lane));
  });
  if (most == -kInfinity && only_nan(values)) return std::numeric_limits<double>::quiet_NaN();
  return most;
}

double largest_magnitude(std::span<const double> values, Call* call) {
  if (values.empty()) return -kInfinity;
  // Two passes over memory, for a block that is hardly used on large vectors.
  return std::max(std::fabs(smallest(values, call)), std::fabs(largest(values, call)));
}

}  // namespace chainsolved::ops
