#include "daemon/engine/graph/patch_check.h"

#include <string>
#include <utility>

namespace chainsolved::graph {
namespace {

Error unknown(ErrorCode code, std::size_t index, std::string_view what, std::string_view id) {
  Error error;
  error.code = code;
  error.message = "ops[" + std::to_string(index) + "]: there is no " + std::string(what) + " '" +
                  std::string(id) + "'; nothing of the patch was applied";
  return error;
}

}  // namespace

std::size_t slot_bound(const Limits& limits) noexcept {
  // Slots are not reused before the next load, so that there must be more of them than nodes.
  constexpr std::size_t kSlotsPerNode = 4;
  constexpr std::size_t kMost = 0x7fffffff;
  return limits.max_nodes > kMost / kSlotsPerNode ? kMost : limits.max_nodes * kSlotsPerNode;
}

Result<void> PatchCheck::run(const std::vector<PatchOp>& ops, bool strict) {
  node_count_ = definition_.nodes().count;
  edge_count_ = definition_.edges().count;
  slot_count_ = definition_.nodes().index_of_slot.size();
  const bool far_from_limits = node_count_ + ops.size() <= limits_.max_nodes &&
                               edge_count_ + ops.size() <= limits_.max_edges &&
                               slot_count_ + ops.size() <= slot_bound(limits_);
  if (far_from_limits && !strict) return {};
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (auto looked = look_at(ops[i], i, strict); !looked.ok()) return looked;
    if (auto fits = check_limits(); !fits.ok()) return fits;
  }
  return {};
}

Result<void> PatchCheck::check_limits() const {
  if (node_count_ > limits_.max_nodes) {
    return limit_error("maxNodes", limits_.max_nodes, "the patch would make too many nodes");
  }
  if (edge_count_ > limits_.max_edges) {
    return limit_error("maxEdges", limits_.max_edges, "the patch would make too many edges");
  }
  if (slot_count_ > slot_bound(limits_)) {
    return limit_error("maxNodes",
                       limits_.max_nodes,
                       "the session has given out all its slots; load the snapshot again");
  }
  return {};
}

Result<void> PatchCheck::look_at(const PatchOp& op, std::size_t index, bool strict) {
  switch (op.kind) {
    case PatchKind::AddNode:
      if (has_node(op.node.id)) return {};
      nodes_[op.node.id] = true;
      ++node_count_;
      ++slot_count_;
      return {};
    case PatchKind::RemoveNode:
      if (has_node(op.node.id)) {
        nodes_[op.node.id] = false;
        removed_at_[op.node.id] = index + 1;
        --node_count_;
        return {};
      }
      break;
    case PatchKind::UpdateNodeData:
      if (has_node(op.node.id)) return {};
      break;
    case PatchKind::AddEdge:
      if (!has_edge(op.edge.id)) ++edge_count_;
      edges_[op.edge.id] = {true, index + 1, op.edge.source, op.edge.target};
      return {};
    case PatchKind::RemoveEdge:
      if (has_edge(op.edge.id)) {
        edges_[op.edge.id] = {};
        --edge_count_;
        return {};
      }
      if (strict) return unknown(ErrorCode::UnknownEdge, index, "edge", op.edge.id);
      return {};
  }
  if (strict) return unknown(ErrorCode::UnknownNode, index, "node", op.node.id);
  return {};
}

bool PatchCheck::has_node(std::string_view id) const {
  const auto found = nodes_.find(id);
  return found != nodes_.end() ? found->second : definition_.find_node(id) != kNoIndex;
}

bool PatchCheck::has_edge(std::string_view id) const {
  const auto found = edges_.find(id);
  if (found != edges_.end()) {
    const EdgeState& edge = found->second;
    return edge.there && !removed_since(edge.source, edge.added_at) &&
           !removed_since(edge.target, edge.added_at);
  }
  const EdgeIndex edge = definition_.find_edge(id);
  return edge != kNoEdge && !removed_since(definition_.source_name(edge), 0) &&
         !removed_since(definition_.target_name(edge), 0);
}

bool PatchCheck::removed_since(std::string_view node, std::size_t op) const {
  const auto found = removed_at_.find(node);
  return found != removed_at_.end() && found->second > op;
}

}  // namespace chainsolved::graph
