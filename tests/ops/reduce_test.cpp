#include "daemon/engine/ops/reduce.h"

#include "daemon/engine/ops/reduce_kernels.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace chainsolved::test {
namespace {

using ops::compensated_sum;

constexpr std::size_t kChunk = 65'536;
constexpr std::size_t kLanes = 8;

std::vector<double> random_numbers(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> mantissa(-1, 1);
  std::uniform_int_distribution<int> exponent(-60, 60);
  std::vector<double> numbers(count);
  for (double& x : numbers)
    x = std::ldexp(mantissa(random), exponent(random));
  return numbers;
}

/// The definition, one number at a time: Neumaier's sum in eight lanes within chunks.
struct Neumaier {
  double sum = 0;
  double correction = 0;
  void add(double x) {
    const double next = sum + x;
    if (std::fabs(sum) >= std::fabs(x)) {
      correction += (sum - next) + x;
    } else {
      correction += (x - next) + sum;
    }
    sum = next;
  }
};

double sum_by_definition(const std::vector<double>& numbers) {
  Neumaier total;
  for (std::size_t begin = 0; begin < numbers.size(); begin += kChunk) {
    Neumaier lanes[kLanes];
    for (std::size_t i = begin; i < std::min(begin + kChunk, numbers.size()); ++i) {
      lanes[i % kLanes].add(numbers[i]);
    }
    for (const Neumaier& lane : lanes) {
      total.add(lane.sum);
      total.correction += lane.correction;
    }
  }
  return total.sum + total.correction;
}

TEST(CompensatedSum, HasTheBitsOfItsDefinitionWhateverTheVectorWidth) {
  for (const std::size_t count : {0UL, 1UL, 7UL, 8UL, 9UL, 1000UL, kChunk, kChunk + 3, 200'001UL}) {
    const auto numbers = random_numbers(count, count + 1);
    EXPECT_EQ(compensated_sum(numbers), sum_by_definition(numbers)) << count << " numbers";
  }
}

auto bits_of(const ops::LaneResult& result) {
  return std::bit_cast<std::array<std::uint64_t, 2 * kLanes>>(result);
}

TEST(ReduceKernels, GiveTheSameBitsAtEveryWidth) {
  const ops::ReduceKernels& narrow = ops::narrow_reduce_kernels();
  const ops::ReduceKernels* wide = ops::wide_reduce_kernels();
  if (wide == nullptr) GTEST_SKIP() << "this machine has no AVX2";
  for (const std::size_t count : {0UL, 1UL, 5UL, 8UL, 1003UL}) {
    auto numbers = random_numbers(count, count);
    if (count > 100) numbers[77] = kNan;
    for (const auto kernel : {&ops::ReduceKernels::add_compensated,
                              &ops::ReduceKernels::add_magnitudes,
                              &ops::ReduceKernels::add_squares,
                              &ops::ReduceKernels::take_smallest,
                              &ops::ReduceKernels::take_largest}) {
      ops::LaneResult a{};
      ops::LaneResult b{};
      (narrow.*kernel)(numbers.data(), count, a);
      (wide->*kernel)(numbers.data(), count, b);
      EXPECT_EQ(bits_of(a), bits_of(b)) << count << " numbers";
    }
  }
}

TEST(CompensatedSum, KeepsWhatPlainAdditionLoses) {
  EXPECT_EQ(compensated_sum(std::vector<double>{1e16, 1, -1e16, 1}), 2);
  EXPECT_EQ(compensated_sum(std::vector<double>(10, 0.1)), 1.0);
  std::vector<double> many(1'000'000, 0.1);
  EXPECT_EQ(compensated_sum(many), 100'000.0);
}

TEST(CompensatedSum, MovesNoEntryIntoAnotherLaneWhenTheListBeginsElsewhere) {
  // Unaligned memory must give the same bits as aligned memory.
  const auto numbers = random_numbers(4097, 5);
  std::vector<double> shifted(numbers.size() + 1);
  std::copy(numbers.begin(), numbers.end(), shifted.begin() + 1);
  EXPECT_EQ(compensated_sum(numbers), compensated_sum(std::span(shifted).subspan(1)));
}

TEST(CompensatedSum, IsNanWhenAnythingIsNotFinite) {
  EXPECT_TRUE(std::isnan(compensated_sum(std::vector<double>{1, kNan})));
  EXPECT_TRUE(std::isnan(compensated_sum(std::vector<double>{1, kInfinity})));
}

TEST(PlainSums, AddMagnitudesAndSquares) {
  EXPECT_EQ(ops::sum_of_magnitudes(std::vector<double>{3, -4, 12}), 19);
  EXPECT_EQ(ops::sum_of_squares(std::vector<double>{3, -4, 12}), 169);
  EXPECT_EQ(ops::sum_of_squares(std::vector<double>{1e200, 1e200}), kInfinity);
  EXPECT_EQ(ops::sum_of_magnitudes({}), 0);
}

TEST(Extremes, PassOverNanUnlessThereIsNothingElse) {
  for (std::size_t at = 0; at < 20; ++at) {
    std::vector<double> numbers(20);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<double>(i) - 9.5;
    numbers[at] = kNan;
    EXPECT_EQ(ops::smallest(numbers), at == 0 ? -8.5 : -9.5) << at;
    EXPECT_EQ(ops::largest(numbers), at == 19 ? 8.5 : 9.5) << at;
  }
  EXPECT_TRUE(std::isnan(ops::smallest(std::vector<double>{kNan, kNan})));
  EXPECT_TRUE(std::isnan(ops::largest(std::vector<double>{kNan})));
  EXPECT_EQ(ops::largest_magnitude(std::vector<double>{1, kNan, -3}), 3);
}

TEST(Extremes, OfNothingAreInfinite) {
  EXPECT_EQ(ops::smallest({}), kInfinity);
  EXPECT_EQ(ops::largest({}), -kInfinity);
  EXPECT_EQ(ops::largest_magnitude({}), -kInfinity);
}

TEST(Reductions, AskAfterEveryChunkAndStopWhenTold) {
  const std::vector<double> numbers(10 * kChunk, 1.0);
  StoppableCall whole;
  compensated_sum(numbers, &whole.call());
  EXPECT_EQ(whole.questions(), 10);
  EXPECT_EQ(whole.work(), numbers.size() * sizeof(double));

  StoppableCall stopped(3);
  compensated_sum(numbers, &stopped.call());
  EXPECT_EQ(stopped.questions(), 3);
}

}  // namespace
}  // namespace chainsolved::test
