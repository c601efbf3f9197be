#pragma once

#include <cstddef>

namespace chainsolved::ops {

inline constexpr std::size_t kReduceLanes = 8;

/// What a kernel makes of one chunk: a number per lane, and its rounding errors where it keeps
/// them.
struct LaneResult {
  double lane[kReduceLanes];
  double correction[kReduceLanes];
};

using ReduceKernel = void (*)(const double* values, std::size_t count, LaneResult& result);

/// The reductions of reduce.h over one chunk, for one width of vectors. All widths do the same
/// operations in the same eight lanes, so that only their speed differs.
struct ReduceKernels {
  ReduceKernel add_compensated;
  ReduceKernel add_magnitudes;
  ReduceKernel add_squares;
  ReduceKernel take_smallest;  // NaN passed over
  ReduceKernel take_largest;
};

/// Two doubles at a time: every machine can.
const ReduceKernels& narrow_reduce_kernels() noexcept;

/// Four at a time; nullptr where the machine cannot. (Eight are not faster: memory, or the two
/// adders, are the bound.)
const ReduceKernels* wide_reduce_kernels() noexcept;

}  // namespace chainsolved::ops
