#include "daemon/engine/ops/symbolic/tree.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace chainsolved::ops::symbolic {

NodeId Tree::append(const Node& node) {
  if (nodes_.size() >= kMaxNodes || node.depth > kMaxDepth) {
    full_ = true;
    return 0;
  }
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size() - 1);
}

NodeId Tree::binary(Kind kind, NodeId a, NodeId b) {
  const int depth = 1 + std::max(nodes_[a].depth, nodes_[b].depth);
  return append({.kind = kind, .depth = static_cast<std::uint16_t>(depth), .left = a, .right = b});
}

NodeId Tree::number(double value) {
  return append({.kind = Kind::Number, .number = value});
}

NodeId Tree::variable(std::string_view name) {
  const auto found = std::ranges::find(names_, name);
  const auto index = static_cast<std::uint32_t>(found - names_.begin());
  if (found == names_.end()) names_.emplace_back(name);
  return append({.kind = Kind::Variable, .name = index});
}

NodeId Tree::negate(NodeId a) {
  return append(
      {.kind = Kind::Negate, .depth = static_cast<std::uint16_t>(nodes_[a].depth + 1), .left = a});
}

NodeId Tree::call(Function function, NodeId a) {
  return call(function, a, a);
}

NodeId Tree::call(Function function, NodeId a, NodeId b) {
  const int depth = 1 + std::max(nodes_[a].depth, nodes_[b].depth);
  return append({.kind = Kind::Function,
                 .function = function,
                 .depth = static_cast<std::uint16_t>(depth),
                 .left = a,
                 .right = b});
}

NodeId Tree::with_operands(NodeId id, NodeId left, NodeId right) {
  const Node node = nodes_[id];
  switch (operands(node)) {
    case 0:
      return id;
    case 1:
      if (left == node.left) return id;
      return node.kind == Kind::Negate ? negate(left) : call(node.function, left);
    default:
      if (left == node.left && right == node.right) return id;
      return node.kind == Kind::Function ? call(node.function, left, right)
                                         : binary(node.kind, left, right);
  }
}

std::vector<bool> Tree::parts_of(NodeId root) const {
  std::vector<bool> part(std::size_t{root} + 1, false);
  part[root] = true;
  for (std::size_t i = part.size(); i-- > 0;) {
    if (!part[i]) continue;
    const std::size_t count = operands(nodes_[i]);
    if (count >= 1) part[nodes_[i].left] = true;
    if (count == 2) part[nodes_[i].right] = true;
  }
  return part;
}

std::vector<bool> Tree::depends_on(NodeId root, std::string_view variable) const {
  std::vector<bool> depends(std::size_t{root} + 1, false);
  for (std::size_t i = 0; i < depends.size(); ++i) {
    const Node& node = nodes_[i];
    const std::size_t count = operands(node);
    depends[i] = (node.kind == Kind::Variable && names_[node.name] == variable) ||
                 (count >= 1 && depends[node.left]) || (count == 2 && depends[node.right]);
  }
  return depends;
}

}  // namespace chainsolved::ops::symbolic
