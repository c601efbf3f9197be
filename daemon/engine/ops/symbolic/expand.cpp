#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"

#include <cmath>
#include <optional>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

constexpr int kMaxPower = 6;

bool is_sum(Kind kind) noexcept {
  return kind == Kind::Add || kind == Kind::Subtract;
}

/// a * b multiplied out. Goes as deep as the tree, which is bounded, and stops when it is full.
// NOLINTNEXTLINE(misc-no-recursion)
NodeId product(Tree& tree, NodeId a, NodeId b) {
  if (tree.full()) return a;
  const Node right = tree[b];
  if (is_sum(right.kind)) {
    const NodeId first = product(tree, a, right.left);
    const NodeId second = product(tree, a, right.right);
    return tree.with_operands(b, first, second);
  }
  const Node left = tree[a];
  if (is_sum(left.kind)) {
    const NodeId first = product(tree, left.left, b);
    const NodeId second = product(tree, left.right, b);
    return tree.with_operands(a, first, second);
  }
  return tree.multiply(a, b);
}

NodeId repeated_product(Tree& tree, NodeId base, int exponent) {
  if (exponent == 0) return tree.number(1);
  NodeId result = base;
  for (int i = 1; i < exponent; ++i)
    result = product(tree, result, base);
  return result;
}

/// (a + b)^n by the binomial theorem.
NodeId binomial(Tree& tree, NodeId a, NodeId b, int n) {
  NodeId sum = tree.number(0);
  double coefficient = 1;
  for (int k = 0; k <= n; ++k) {
    const NodeId scaled = product(tree, tree.number(coefficient), repeated_product(tree, a, k));
    sum = tree.add(sum, product(tree, scaled, repeated_product(tree, b, n - k)));
    coefficient = coefficient * (n - k) / (k + 1);
  }
  return sum;
}

/// The exponent, if it is a small whole number.
std::optional<int> small_exponent(const Node& node) {
  if (node.kind != Kind::Number) return std::nullopt;
  const bool small = node.number >= 0 && node.number <= kMaxPower;
  if (!small || node.number != std::floor(node.number)) return std::nullopt;
  return static_cast<int>(node.number);
}

NodeId expand_power(Tree& tree, NodeId id) {
  const Node node = tree[id];
  const std::optional<int> exponent = small_exponent(tree[node.right]);
  if (!exponent) return id;
  const Node base = tree[node.left];
  if (base.kind == Kind::Add && *exponent > 1) {
    return binomial(tree, base.left, base.right, *exponent);
  }
  return repeated_product(tree, node.left, *exponent);
}

}  // namespace

NodeId expand(Tree& tree, NodeId root) {
  const std::vector<bool> part = tree.parts_of(root);
  std::vector<NodeId> expanded(part.size());
  for (NodeId id = 0; id <= root && !tree.full(); ++id) {
    if (!part[id]) continue;
    const Node node = tree[id];
    if (node.kind == Kind::Multiply) {
      expanded[id] = product(tree, expanded[node.left], expanded[node.right]);
      continue;
    }
    const NodeId same = tree.with_operands(id, expanded[node.left], expanded[node.right]);
    expanded[id] = node.kind == Kind::Power ? expand_power(tree, same) : same;
  }
  return expanded[root];
}

}  // namespace chainsolved::ops::symbolic
