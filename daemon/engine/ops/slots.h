#pragma once

#include "daemon/engine/ops/call.h"
#include "protocol/value.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

// Blocks that take up to six numbers on ports of their own and a count of how many to read.
namespace chainsolved::ops {

inline constexpr std::size_t kMaxSlots = 6;

/// The number on port `i`; an empty slot, or one that holds no number, counts as 0.
inline double slot(const Call& call, std::size_t i) noexcept {
  const Value& value = call.input(i);
  return value.is(ValueKind::Scalar) ? value.as_scalar() : 0;
}

/// The count on port `i`, rounded and kept within `least` and kMaxSlots; `least` without a count.
inline std::size_t slot_count(const Call& call, std::size_t i, std::size_t least) noexcept {
  // fmax passes over a NaN.
  const double lower = std::fmax(std::round(call.scalar(i)), static_cast<double>(least));
  return static_cast<std::size_t>(std::fmin(lower, static_cast<double>(kMaxSlots)));
}

/// Pairs (x1, y1) ... (x6, y6) of a block with the ports c, x1 ... x6, y1 ... y6; at least two.
struct PairSlots {
  explicit PairSlots(const Call& call) noexcept : count(slot_count(call, 0, 2)) {
    for (std::size_t i = 0; i < kMaxSlots; ++i) {
      all_x[i] = slot(call, 1 + i);
      all_y[i] = slot(call, 1 + kMaxSlots + i);
    }
  }

  std::span<const double> x() const noexcept { return std::span(all_x).first(count); }
  std::span<const double> y() const noexcept { return std::span(all_y).first(count); }

  std::size_t count;
  std::array<double, kMaxSlots> all_x{};
  std::array<double, kMaxSlots> all_y{};
};

}  // namespace chainsolved::ops
