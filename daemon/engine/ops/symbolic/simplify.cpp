#include "daemon/engine/ops/symbolic/functions.h"
#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"

#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

bool is_number(const Tree& tree, NodeId id, double value) {
  return tree[id].kind == Kind::Number && tree[id].number == value;
}

double fold(Kind kind, double a, double b) {
  switch (kind) {
    case Kind::Add:
      return a + b;
    case Kind::Subtract:
      return a - b;
    case Kind::Multiply:
      return a * b;
    case Kind::Divide:
      return a / b;
    default:
      return std::pow(a, b);
  }
}

/// The number that a node of numbers is; nothing when it has none, as 1/0.
std::optional<double> folded(const Node& node, const Node& a, const Node& b) {
  if (a.kind != Kind::Number || b.kind != Kind::Number) return std::nullopt;
  const double value = node.kind == Kind::Function ? evaluate(node.function, a.number, b.number)
                                                   : fold(node.kind, a.number, b.number);
  if (!std::isfinite(value)) return std::nullopt;
  return value + 0.0;  // no negative zero
}

NodeId simplify_product(Tree& tree, NodeId id) {
  const Node node = tree[id];
  if (is_number(tree, node.left, 0) || is_number(tree, node.right, 1)) return node.left;
  if (is_number(tree, node.right, 0) || is_number(tree, node.left, 1)) return node.right;
  return id;
}

NodeId simplify_power(Tree& tree, NodeId id) {
  const Node node = tree[id];
  if (is_number(tree, node.right, 0) || is_number(tree, node.left, 1)) return tree.number(1);
  return is_number(tree, node.right, 1) ? node.left : id;
}

NodeId simplify_negation(Tree& tree, NodeId id) {
  const Node operand = tree[tree[id].left];
  if (operand.kind == Kind::Number) return tree.number(0.0 - operand.number);
  return operand.kind == Kind::Negate ? operand.left : id;
}

/// `id`, whose operands are simple already.
NodeId simplify_node(Tree& tree, NodeId id) {
  const Node node = tree[id];
  if (is_binary(node.kind) || node.kind == Kind::Function) {
    if (const auto value = folded(node, tree[node.left], tree[node.right])) {
      return tree.number(*value);
    }
  }
  switch (node.kind) {
    case Kind::Add:
      if (is_number(tree, node.left, 0)) return node.right;
      return is_number(tree, node.right, 0) ? node.left : id;
    case Kind::Subtract:
      if (is_number(tree, node.right, 0)) return node.left;
      return is_number(tree, node.left, 0) ? tree.negate(node.right) : id;
    case Kind::Multiply:
      return simplify_product(tree, id);
    case Kind::Divide:
      return is_number(tree, node.left, 0) || is_number(tree, node.right, 1) ? node.left : id;
    case Kind::Power:
      return simplify_power(tree, id);
    case Kind::Negate:
      return simplify_negation(tree, id);
    default:
      return id;
  }
}

}  // namespace

NodeId simplify(Tree& tree, NodeId root) {
  const std::vector<bool> part = tree.parts_of(root);
  std::vector<NodeId> simple(part.size());
  for (NodeId id = 0; id <= root; ++id) {
    if (!part[id]) continue;
    const Node node = tree[id];
    simple[id] = simplify_node(tree, tree.with_operands(id, simple[node.left], simple[node.right]));
  }
  return simple[root];
}

NodeId substitute(Tree& tree, NodeId root, std::string_view variable, double value) {
  const std::vector<bool> part = tree.parts_of(root);
  std::vector<NodeId> replaced(part.size());
  for (NodeId id = 0; id <= root; ++id) {
    if (!part[id]) continue;
    const Node node = tree[id];
    const bool here = node.kind == Kind::Variable && tree.name_of(node) == variable;
    replaced[id] = here ? tree.number(value)
                        : tree.with_operands(id, replaced[node.left], replaced[node.right]);
  }
  return replaced[root];
}

}  // namespace chainsolved::ops::symbolic
