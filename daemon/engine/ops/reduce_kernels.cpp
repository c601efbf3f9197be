#include "daemon/engine/ops/reduce_kernels.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

namespace chainsolved::ops {

namespace {

// Everything below is inlined into a function that is compiled for its width.
#define CHAINSOLVED_INLINE [[gnu::always_inline]] inline

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Spelled out per width: on a dependent size the compiler would pass over the attribute.
template <std::size_t kWidth>
struct Vector;
template <>
struct Vector<2> {
  using Type = double __attribute__((vector_size(16)));
  using Bits = std::int64_t __attribute__((vector_size(16)));
};
template <>
struct Vector<4> {
  using Type = double __attribute__((vector_size(32)));
  using Bits = std::int64_t __attribute__((vector_size(32)));
};

/// |x| in place: a vector as a result would have another calling convention per width.
template <std::size_t kWidth>
CHAINSOLVED_INLINE void drop_signs(typename Vector<kWidth>::Type& x) {
  using V = typename Vector<kWidth>::Type;
  using Bits = typename Vector<kWidth>::Bits;
  constexpr std::int64_t kAllButSign = 0x7fffffffffffffff;
  x = reinterpret_cast<V>(reinterpret_cast<Bits>(x) & kAllButSign);
}

// One step of a reduction in `kWidth` lanes. kPadding fills up the last, incomplete step and
// changes nothing.

/// Neumaier: the smaller of the two numbers is what the addition rounded.
template <std::size_t kWidth>
struct AddCompensated {
  using V = typename Vector<kWidth>::Type;
  static constexpr double kPadding = 0;
  V lanes{};
  V correction{};
  CHAINSOLVED_INLINE void take(const V& x) {
    const V next = lanes + x;
    V lanes_magnitude = lanes;
    V x_magnitude = x;
    drop_signs<kWidth>(lanes_magnitude);
    drop_signs<kWidth>(x_magnitude);
    const auto lanes_larger = lanes_magnitude >= x_magnitude;
    const V larger = lanes_larger ? lanes : x;
    const V smaller = lanes_larger ? x : lanes;
    correction += (larger - next) + smaller;
    lanes = next;
  }
};

template <std::size_t kWidth>
struct AddMagnitudes {
  using V = typename Vector<kWidth>::Type;
  static constexpr double kPadding = 0;
  V lanes{};
  V correction{};
  CHAINSOLVED_INLINE void take(const V& x) {
    V positive = x;
    drop_signs<kWidth>(positive);
    lanes += positive;
  }
};

template <std::size_t kWidth>
struct AddSquares {
  using V = typename Vector<kWidth>::Type;
  static constexpr double kPadding = 0;
  V lanes{};
  V correction{};
  CHAINSOLVED_INLINE void take(const V& x) { lanes += x * x; }
};

// A comparison with NaN is false, so that NaN is passed over.

template <std::size_t kWidth>
struct TakeSmallest {
  using V = typename Vector<kWidth>::Type;
  static constexpr double kPadding = kInfinity;
  V lanes = V{} + kPadding;
  V correction{};
  CHAINSOLVED_INLINE void take(const V& x) { lanes = x < lanes ? x : lanes; }
};

template <std::size_t kWidth>
struct TakeLargest {
  using V = typename Vector<kWidth>::Type;
  static constexpr double kPadding = -kInfinity;
  V lanes = V{} + kPadding;
  V correction{};
  CHAINSOLVED_INLINE void take(const V& x) { lanes = x > lanes ? x : lanes; }
};

template <template <std::size_t> class Step, std::size_t kWidth>
CHAINSOLVED_INLINE void take_eight(Step<kWidth>* steps, const double* values) {
#pragma GCC unroll 8
  for (std::size_t part = 0; part < kReduceLanes / kWidth; ++part) {
    typename Step<kWidth>::V x;
    std::memcpy(&x, values + part * kWidth, sizeof x);
    steps[part].take(x);
  }
}

template <template <std::size_t> class Step, std::size_t kWidth>
CHAINSOLVED_INLINE void reduce(const double* values, std::size_t count, LaneResult& result) {
  Step<kWidth> steps[kReduceLanes / kWidth];
  const std::size_t whole = count / kReduceLanes * kReduceLanes;
  for (std::size_t i = 0; i < whole; i += kReduceLanes) {
    take_eight<Step, kWidth>(steps, values + i);
  }
  if (whole < count) {
    double last[kReduceLanes];
    for (double& x : last)
      x = Step<kWidth>::kPadding;
    std::memcpy(last, values + whole, (count - whole) * sizeof(double));
    take_eight<Step, kWidth>(steps, last);
  }
  for (std::size_t lane = 0; lane < kReduceLanes; ++lane) {
    result.lane[lane] = steps[lane / kWidth].lanes[lane % kWidth];
    result.correction[lane] = steps[lane / kWidth].correction[lane % kWidth];
  }
}

template <template <std::size_t> class Step>
void narrow(const double* values, std::size_t count, LaneResult& result) {
  reduce<Step, 2>(values, count, result);
}

constexpr ReduceKernels kNarrow = {narrow<AddCompensated>,
                                   narrow<AddMagnitudes>,
                                   narrow<AddSquares>,
                                   narrow<TakeSmallest>,
                                   narrow<TakeLargest>};

#if defined(__x86_64__)
template <template <std::size_t> class Step>
[[gnu::target("avx2")]] void wide(const double* values, std::size_t count, LaneResult& result) {
  reduce<Step, 4>(values, count, result);
}

constexpr ReduceKernels kWide = {wide<AddCompensated>,
                                 wide<AddMagnitudes>,
                                 wide<AddSquares>,
                                 wide<TakeSmallest>,
                                 wide<TakeLargest>};
#endif

}  // namespace

const ReduceKernels& narrow_reduce_kernels() noexcept {
  return kNarrow;
}

const ReduceKernels* wide_reduce_kernels() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) return &kWide;
#endif
  return nullptr;
}

}  // namespace chainsolved::ops
