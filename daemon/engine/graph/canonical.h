#pragma once

#include "protocol/numbers.h"
#include "protocol/value.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace chainsolved::graph {

/// ENGINE.md, "After every node": any NaN becomes the one quiet NaN, -0 becomes +0.
inline double canonical(double x) noexcept {
  return x == x ? x + 0.0 : std::numeric_limits<double>::quiet_NaN();
}

/// A NaN or an infinity.
inline bool nonfinite(double x) noexcept {
  constexpr std::uint64_t kExponent = 0x7ff0000000000000;
  return (std::bit_cast<std::uint64_t>(x) & kExponent) == kExponent;
}

struct NumberScan {
  bool nonfinite = false;
  bool negative_zero = false;
};

/// Reads the numbers once; stops early when there is nothing more to learn.
NumberScan scan(const double* numbers, std::size_t count) noexcept;

void canonicalise(double* numbers, std::size_t count) noexcept;

/// What may be large in a value: its numbers, or nothing.
const Numbers* numbers_of(const Value& value) noexcept;

/// The same value over other numbers of the same count.
Value with_numbers(const Value& value, Numbers numbers);

/// Canonical numbers of the same contents: in place when nobody else holds them, else a copy.
Numbers canonical_numbers(const Numbers& numbers);

}  // namespace chainsolved::graph
