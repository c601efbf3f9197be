#include "daemon/engine/graph/topological_order.h"

#include "daemon/engine/graph/strong_components.h"
#include "tests/graph/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace chainsolved::graph {
namespace {

/// Edges as sets of pairs, and reachability by trying everything.
class PlainGraph {
 public:
  void add(std::uint32_t from, std::uint32_t to) {
    out_[from].insert(to);
    in_[to].insert(from);
  }
  void remove(std::uint32_t from, std::uint32_t to) {
    out_[from].erase(to);
    in_[to].erase(from);
  }
  bool has(std::uint32_t from, std::uint32_t to) const {
    const auto found = out_.find(from);
    return found != out_.end() && found->second.contains(to);
  }
  bool reaches(std::uint32_t from, std::uint32_t to) const {
    std::set<std::uint32_t> seen{from};
    std::vector<std::uint32_t> todo{from};
    while (!todo.empty()) {
      const std::uint32_t at = todo.back();
      todo.pop_back();
      if (at == to) return true;
      for_each_successor(at, [&](std::uint32_t next) {
        if (seen.insert(next).second) todo.push_back(next);
        return true;
      });
    }
    return false;
  }
  template <class Visit>
  void for_each_successor(std::uint32_t node, const Visit& visit) const {
    const auto found = out_.find(node);
    if (found == out_.end()) return;
    for (const std::uint32_t next : found->second) {
      if (!visit(next)) return;
    }
  }
  template <class Visit>
  void for_each_predecessor(std::uint32_t node, const Visit& visit) const {
    const auto found = in_.find(node);
    if (found == in_.end()) return;
    for (const std::uint32_t previous : found->second)
      visit(previous);
  }
  bool is_sorted_by(const TopologicalOrder& order) const {
    for (const auto& [from, targets] : out_) {
      for (const std::uint32_t to : targets) {
        if (order.rank_of(from) >= order.rank_of(to)) return false;
      }
    }
    return true;
  }

 private:
  std::map<std::uint32_t, std::set<std::uint32_t>> out_;
  std::map<std::uint32_t, std::set<std::uint32_t>> in_;
};

TEST(TopologicalOrder, StaysSortedAndRefusesExactlyTheEdgesThatCloseACycle) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    test::Random random(seed);
    constexpr std::uint32_t kNodes = 40;
    PlainGraph plain;
    TopologicalOrder order;
    order.assign_identity(kNodes);
    for (int round = 0; round < 1500; ++round) {
      const std::uint32_t from = random() % kNodes;
      const std::uint32_t to = random() % kNodes;
      if (plain.has(from, to)) {
        plain.remove(from, to);
        continue;
      }
      const bool cycle = plain.reaches(to, from);
      const auto outcome = order.insert(plain, from, to);
      ASSERT_EQ(outcome == TopologicalOrder::Insert::ClosesCycle, cycle);
      if (!cycle) plain.add(from, to);
      ASSERT_TRUE(plain.is_sorted_by(order));
      for (std::uint32_t node = 0; node < kNodes; ++node) {
        ASSERT_EQ(order.node_at(order.rank_of(node)), node);
      }
    }
  }
}

TEST(TopologicalOrder, AReorderingTellsWhoMovedFromWhere) {
  PlainGraph plain;
  TopologicalOrder order;
  order.assign_identity(4);
  ASSERT_EQ(order.insert(plain, 3, 1), TopologicalOrder::Insert::Reordered);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> moved;
  for (std::size_t i = 0; i < order.moved().size(); ++i) {
    moved.emplace_back(order.moved()[i], order.old_ranks()[i]);
  }
  std::sort(moved.begin(), moved.end());
  EXPECT_EQ(moved, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{1, 1}, {3, 3}}));
  EXPECT_LT(order.rank_of(3), order.rank_of(1));
}

TEST(TopologicalOrder, AFreedRankServesTheNextNode) {
  TopologicalOrder order;
  order.assign_identity(3);
  order.remove(1);
  EXPECT_EQ(order.node_at(1), TopologicalOrder::kNone);
  order.add(1);
  order.add(3);
  EXPECT_EQ(order.rank_of(1), 1U);
  EXPECT_EQ(order.rank_count(), 4U);
}

TEST(StrongComponents, FindsExactlyTheNodesThatReachThemselves) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    test::Random random(seed);
    const std::uint32_t count = 1 + random() % 14;
    std::vector<std::vector<std::uint32_t>> successors(count);
    PlainGraph plain;
    for (std::uint32_t i = 0; i < count + random() % 6; ++i) {
      const std::uint32_t from = random() % count;
      const std::uint32_t to = random() % count;
      successors[from].push_back(to);
      plain.add(from, to);
    }
    const std::vector<bool> cyclic = find_cyclic(successors);
    for (std::uint32_t node = 0; node < count; ++node) {
      const bool expected =
          std::any_of(successors[node].begin(), successors[node].end(), [&](std::uint32_t next) {
            return plain.reaches(next, node);
          });
      ASSERT_EQ(cyclic[node], expected) << "seed " << seed << " node " << node;
    }
  }
}

}  // namespace
}  // namespace chainsolved::graph
