#include "daemon/engine/ops/sort.h"

#include "protocol/numbers.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace chainsolved::test {
namespace {

Numbers sorted(const std::vector<double>& numbers) {
  StoppableCall call;
  return ops::sorted(numbers, call.call());
}

/// Every kind of double there is, as random bits.
std::vector<double> random_bits(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> numbers(count);
  for (double& x : numbers)
    x = std::bit_cast<double>(random());
  return numbers;
}

TEST(Sort, AgreesWithComparingAtEverySize) {
  for (const std::size_t count : {0UL, 1UL, 2UL, 100UL, 2047UL, 2048UL, 50'000UL}) {
    auto numbers = random_bits(count, count);
    const Numbers result = sorted(numbers);
    std::sort(numbers.begin(), std::partition(numbers.begin(), numbers.end(), [](double x) {
                return !std::isnan(x);
              }));
    ASSERT_EQ(result.size(), numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (std::isnan(numbers[i])) {
        EXPECT_TRUE(std::isnan(result[i])) << count << " numbers, place " << i;
      } else {
        EXPECT_EQ(result[i], numbers[i]) << count << " numbers, place " << i;
      }
    }
  }
}

TEST(Sort, GivesOneZeroAndOneNan) {
  for (const std::size_t count : {4UL, 4000UL}) {
    std::vector<double> numbers(count, -0.0);
    numbers[count / 2] = -kNan;
    const Numbers result = sorted(numbers);
    EXPECT_FALSE(std::signbit(result[0])) << count;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(result[count - 1]), std::bit_cast<std::uint64_t>(kNan));
  }
}

TEST(Sort, CanBeLeftBetweenBatches) {
  StoppableCall call(2);
  ops::sorted(std::vector<double>(1'000'000, 1.0), call.call());
  EXPECT_EQ(call.questions(), 2);
}

}  // namespace
}  // namespace chainsolved::test
