#include "daemon/engine/graph/definition.h"

#include <algorithm>
#include <utility>

// Nodes that an engine died at (DESIGN §4). Suspects are withheld together with what depends on
// them, and tried one by one in the order of evaluation: then the inputs of each are there when its
// turn comes. Quarantined nodes are evaluated, to an error value.

namespace chainsolved::graph {

void Definition::withhold(std::span<const Slot> slots) {
  suspects_.clear();
  for (const Slot slot : slots) {
    const Index node = node_of(slot);
    if (node != kNoIndex) suspects_.push_back(node);
  }
  std::sort(suspects_.begin(), suspects_.end(), [this](Index a, Index b) {
    return order_.rank_of(a) < order_.rank_of(b);
  });
  withhold_dependants();
}

std::optional<Slot> Definition::try_next() {
  if (suspects_.empty()) return std::nullopt;
  const Index node = suspects_.front();
  suspects_.erase(suspects_.begin());
  nodes_.hot[node].flags &= static_cast<NodeFlags>(~node_flag::kWithheld);
  std::erase(withheld_, node);
  mark_dirty(node);
  return nodes_.hot[node].slot;
}

void Definition::withhold_dependants() {
  const std::vector<Index> before = std::exchange(withheld_, {});
  for (const Index node : before)
    nodes_.hot[node].flags &= static_cast<NodeFlags>(~node_flag::kWithheld);
  const auto reach = [this](Index node) {
    HotNode& hot = nodes_.hot[node];
    if ((hot.flags & node_flag::kWithheld) != 0) return;
    hot.flags |= node_flag::kWithheld;
    withheld_.push_back(node);
  };
  for (const Index node : suspects_)
    reach(node);
  for (std::size_t i = 0; i < withheld_.size(); ++i) {
    const Span& successors = nodes_.hot[withheld_[i]].successors;
    for (std::size_t k = 0; k < successors.count(); ++k)
      reach(nodes_.successors.at(successors, k).target);
  }
  for (const Index node : withheld_) {
    const HotNode& hot = nodes_.hot[node];
    if (nodes_.kinds[node] != ValueKind::None && (hot.flags & node_flag::kAppeared) != 0)
      news_.gone.push_back(hot.slot);
    nodes_.drop_value(node);
    dirty_.erase(order_.rank_of(node));
  }
  for (const Index node : before) {
    if ((nodes_.hot[node].flags & node_flag::kWithheld) == 0) mark_dirty(node);
  }
}

void Definition::forget_suspect(Index node) {
  std::erase(suspects_, node);
  std::erase(withheld_, node);
}

void Definition::quarantine(Slot slot) {
  const Index node = node_of(slot);
  if (node == kNoIndex) return;
  nodes_.hot[node].flags |= node_flag::kQuarantined;
  mark_dirty(node);
}

void Definition::end_quarantine(Index node) {
  HotNode& hot = nodes_.hot[node];
  if ((hot.flags & node_flag::kQuarantined) == 0) return;
  hot.flags &= static_cast<NodeFlags>(~node_flag::kQuarantined);
  quarantine_ended_.push_back(hot.slot);
}

void Definition::end_every_quarantine() {
  for (Index node = 0; node < nodes_.hot.size(); ++node)
    end_quarantine(node);
}

}  // namespace chainsolved::graph
