#include "daemon/engine/graph/dirty_set.h"

#include "tests/graph/random.h"

#include <gtest/gtest.h>

#include <set>

namespace chainsolved::graph {
namespace {

void compare_with_model(std::uint32_t ranks, unsigned seed) {
  test::Random random(seed);
  DirtySet dirty;
  dirty.resize(ranks);
  std::set<std::uint32_t> model;
  for (int round = 0; round < 30'000; ++round) {
    const std::uint32_t rank = random() % ranks;
    switch (random() % 4) {
      case 0:
      case 1:
        dirty.insert(rank);
        model.insert(rank);
        break;
      case 2:
        dirty.erase(rank);
        model.erase(rank);
        break;
      default: {
        const auto expected = model.lower_bound(rank);
        const std::uint32_t got = dirty.pop(rank);
        ASSERT_EQ(got, expected == model.end() ? DirtySet::kNone : *expected);
        if (expected != model.end()) model.erase(expected);
      }
    }
    ASSERT_EQ(dirty.size(), model.size());
    ASSERT_EQ(dirty.contains(rank), model.contains(rank));
  }
}

TEST(DirtySet, PopsTheSmallestFromAnywhereAsASortedSetDoes) {
  for (const std::uint32_t ranks : {1U, 64U, 65U, 5000U, 300'000U, 20'000'000U}) {
    compare_with_model(ranks, ranks);
  }
}

TEST(DirtySet, KeepsItsMembersWhenItGrows) {
  DirtySet dirty;
  std::set<std::uint32_t> model;
  for (std::uint32_t count = 1; count < 3'000'000; count = count * 3 + 1) {
    dirty.resize(count);
    dirty.insert(count - 1);
    model.insert(count - 1);
  }
  std::uint32_t from = 0;
  for (const std::uint32_t member : model) {
    from = dirty.pop(from);
    EXPECT_EQ(from, member);
  }
  EXPECT_TRUE(dirty.empty());
  EXPECT_EQ(dirty.pop(0), DirtySet::kNone);
}

}  // namespace
}  // namespace chainsolved::graph
