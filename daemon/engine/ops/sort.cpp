#include "daemon/engine/ops/sort.h"

#include "daemon/engine/ops/call.h"
#include "protocol/numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr std::size_t kSmall = 2048;    // below, comparing is quicker
constexpr std::size_t kBatch = 16'384;  // entries between two questions to keep_going
constexpr std::size_t kDigitBits = 8;
constexpr std::size_t kDigits = 64 / kDigitBits;
constexpr std::size_t kBuckets = 1U << kDigitBits;

using Keys = std::vector<std::uint64_t>;
using Histogram = std::array<std::size_t, kBuckets>;

/// One zero and one NaN: what is equal in order must be equal in bits, or the order is not one.
double canonical(double x) noexcept {
  return std::isnan(x) ? std::numeric_limits<double>::quiet_NaN() : x + 0.0;
}

/// Unsigned integers in the order of the doubles: negatives inverted, the sign bit of others set.
std::uint64_t key_of(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(canonical(value));
  const std::uint64_t sign = bits >> 63U;
  return bits ^ ((std::uint64_t{0} - sign) | (std::uint64_t{1} << 63U));
}

double value_of(std::uint64_t key) noexcept {
  const std::uint64_t sign = ~key >> 63U;
  return std::bit_cast<double>(key ^ ((std::uint64_t{0} - sign) | (std::uint64_t{1} << 63U)));
}

std::size_t digit(std::uint64_t key, std::size_t place) noexcept {
  return (key >> (place * kDigitBits)) & (kBuckets - 1);
}

/// One stable pass by the digit at `place`. False when it was told to stop.
bool pass(const Keys& from, Keys& to, std::size_t place, const Histogram& histogram, Call& call) {
  Histogram next{};
  for (std::size_t b = 1; b < kBuckets; ++b)
    next[b] = next[b - 1] + histogram[b - 1];
  for (std::size_t begin = 0; begin < from.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, from.size());
    for (std::size_t i = begin; i < end; ++i)
      to[next[digit(from[i], place)]++] = from[i];
    if (!call.keep_going((end - begin) * 2 * sizeof(double))) return false;
  }
  return true;
}

/// How often each digit occurs at each place. False when it was told to stop.
bool count_digits(std::span<const double> values,
                  Keys& keys,
                  std::vector<Histogram>& histograms,
                  Call& call) {
  for (std::size_t begin = 0; begin < values.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, values.size());
    for (std::size_t i = begin; i < end; ++i) {
      keys[i] = key_of(values[i]);
      for (std::size_t place = 0; place < kDigits; ++place) {
        ++histograms[place][digit(keys[i], place)];
      }
    }
    if (!call.keep_going((end - begin) * 2 * sizeof(double))) return false;
  }
  return true;
}

Keys radix_sorted(std::span<const double> values, Call& call) {
  Keys keys(values.size());
  std::vector<Histogram> histograms(kDigits);
  if (!count_digits(values, keys, histograms, call)) return keys;
  Keys other(values.size());
  for (std::size_t place = 0; place < kDigits; ++place) {
    const Histogram& histogram = histograms[place];
    if (histogram[digit(keys[0], place)] == keys.size()) continue;  // all have the same digit
    if (!pass(keys, other, place, histogram, call)) break;
    std::swap(keys, other);
  }
  return keys;
}

}  // namespace

Numbers sorted(std::span<const double> values, Call& call) {
  NumberBuffer buffer(values.size());
  if (values.size() < kSmall) {
    std::ranges::transform(values, buffer.data(), canonical);
    std::ranges::sort(buffer.span(),
                      [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; });
  } else {
    std::ranges::transform(radix_sorted(values, call), buffer.data(), value_of);
  }
  return std::move(buffer).take();
}

}  // namespace chainsolved::ops
