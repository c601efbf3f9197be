#include "daemon/engine/graph/definition.h"
#include "daemon/engine/graph/order_adjacency.h"
#include "daemon/engine/graph/strong_components.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

// Every cycle has an edge that is held out of the order, and every held-out edge lies on a cycle of
// edges that are not: it was refused because of one, and it is tried again when an edge between two
// nodes on cycles goes. So what is blocked is what can be reached from the held-out edges' targets,
// and nothing else of the graph is looked at.

namespace chainsolved::graph {
namespace {

using HeldBySource = std::unordered_multimap<Index, Index>;

/// Calls `visit` with every successor, along held-out edges too.
template <class Visit>
void for_each_next(const NodeTable& nodes,
                   const HeldBySource& held,
                   Index node,
                   const Visit& visit) {
  const Span& span = nodes.hot[node].successors;
  for (std::size_t i = 0; i < span.count(); ++i)
    visit(nodes.successors.at(span, i).target);
  if ((nodes.hot[node].flags & node_flag::kOddEdges) == 0) return;
  const auto [first, last] = held.equal_range(node);
  for (auto it = first; it != last; ++it)
    visit(it->second);
}

}  // namespace

void Definition::settle() {
  if (retry_held_) retry_held_edges();
  if (!cycles_stale_) return;
  cycles_stale_ = false;
  const std::vector<Index> old_region = std::exchange(region_, blocked_region());

  HeldBySource held;
  for (const EdgeIndex edge : held_) {
    held.emplace(edges_.edges[edge].source, edges_.edges[edge].target);
  }
  std::unordered_map<Index, std::uint32_t> place;
  for (const Index node : region_)
    place.emplace(node, static_cast<std::uint32_t>(place.size()));
  std::vector<std::vector<std::uint32_t>> successors(region_.size());
  for (std::size_t i = 0; i < region_.size(); ++i) {
    for_each_next(
        nodes_, held, region_[i], [&](Index next) { successors[i].push_back(place.at(next)); });
  }
  for (const Index node : old_region) {
    if (!place.contains(node)) unblock(node);
  }
  const std::vector<bool> cyclic = find_cyclic(successors);
  for (std::size_t i = 0; i < region_.size(); ++i) {
    block(region_[i]);
    NodeFlags& flags = nodes_.hot[region_[i]].flags;
    flags &= static_cast<NodeFlags>(~node_flag::kOnCycle);
    if (cyclic[i]) flags |= node_flag::kOnCycle;
  }
}

void Definition::retry_held_edges() {
  retry_held_ = false;
  cycles_stale_ = true;
  const std::vector<EdgeIndex> candidates = std::exchange(held_, {});
  // Each that finds its place may give the next one a way around, so the order of trying does not
  // change which graph comes out, only which edge of a cycle is the one held out.
  for (const EdgeIndex edge : candidates)
    link_in_order(edge);
}

std::vector<Index> Definition::blocked_region() const {
  HeldBySource held;
  std::vector<Index> region;
  std::unordered_map<Index, bool> seen;
  const auto reach = [&](Index node) {
    if (seen.emplace(node, true).second) region.push_back(node);
  };
  for (const EdgeIndex edge : held_) {
    held.emplace(edges_.edges[edge].source, edges_.edges[edge].target);
    reach(edges_.edges[edge].target);
  }
  for (std::size_t i = 0; i < region.size(); ++i) {
    for_each_next(nodes_, held, region[i], reach);
  }
  return region;
}

void Definition::block(Index node) {
  if (blocked(node)) return;
  dirty_.erase(order_.rank_of(node));
  HotNode& hot = nodes_.hot[node];
  hot.flags |= node_flag::kBlocked;
  if (nodes_.kinds[node] != ValueKind::None && (hot.flags & node_flag::kAppeared) != 0) {
    news_.gone.push_back(hot.slot);
  }
  nodes_.drop_value(node);
  news_.blocked.push_back(node);
}

void Definition::unblock(Index node) {
  nodes_.hot[node].flags &= static_cast<NodeFlags>(
      ~(node_flag::kBlocked | node_flag::kOnCycle | node_flag::kCycleReported));
  mark_dirty(node);
}

}  // namespace chainsolved::graph
