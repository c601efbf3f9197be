#include "protocol/numbers.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace chainsolved {
namespace {

TEST(Numbers, KeepTheirMemoryAsLongAsASliceLives) {
  Numbers slice;
  {
    const Numbers all(std::vector<double>{1, 2, 3, 4});
    slice = all.slice(1, 2);
    EXPECT_EQ(slice.data(), all.data() + 1);
  }
  EXPECT_EQ(std::vector<double>(slice.begin(), slice.end()), (std::vector<double>{2, 3}));
}

TEST(Numbers, AdoptMemoryOfAnyOwner) {
  auto owner = std::make_shared<std::vector<double>>(std::vector<double>{5, 6});
  const std::weak_ptr<std::vector<double>> watch = owner;
  {
    const double* first = owner->data();
    const Numbers numbers(std::shared_ptr<const double>(std::move(owner), first), 2);
    EXPECT_FALSE(watch.expired());
    EXPECT_EQ(numbers[1], 6);
  }
  EXPECT_TRUE(watch.expired());
}

TEST(Numbers, AreIdenticalBitForBit) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const auto of = [](std::vector<double> values) {
    return Numbers(std::move(values));
  };
  EXPECT_TRUE(identical(of({1, kNan}), of({1, kNan})));
  EXPECT_FALSE(identical(of({0.0}), of({-0.0})));
  EXPECT_FALSE(identical(of({1}), of({1, 2})));
  EXPECT_TRUE(identical(of({}), Numbers()));
}

TEST(NumberBuffer, BecomesNumbersWithoutACopy) {
  NumberBuffer buffer(3);
  buffer[0] = 1;
  buffer[1] = 2;
  buffer[2] = 3;
  const double* memory = buffer.data();
  const Numbers numbers = std::move(buffer).take();
  EXPECT_EQ(numbers.data(), memory);
  EXPECT_EQ(numbers.size(), 3U);
  EXPECT_EQ(numbers[2], 3);
}

TEST(NumberBuffer, MayBeEmpty) {
  EXPECT_TRUE(NumberBuffer(0).take().empty());
}

}  // namespace
}  // namespace chainsolved
