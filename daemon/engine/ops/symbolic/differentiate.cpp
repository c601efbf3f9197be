#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"

#include <numbers>
#include <optional>
#include <string_view>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

/// Derivatives of all parts of a formula, from the leaves up.
class Differentiator {
 public:
  Differentiator(Tree& tree, NodeId root, std::string_view variable)
      : tree_(tree),
        root_(root),
        variable_(variable),
        depends_(tree.depends_on(root, variable)),
        derivative_(depends_.size()) {}

  std::optional<NodeId> run() {
    const std::vector<bool> part = tree_.parts_of(root_);
    for (NodeId id = 0; id <= root_ && !tree_.full(); ++id) {
      if (!part[id]) continue;
      const std::optional<NodeId> derivative = derivative_of(id);
      if (!derivative) return std::nullopt;
      derivative_[id] = *derivative;
    }
    return derivative_[root_];
  }

 private:
  std::optional<NodeId> derivative_of(NodeId id) {
    const Node node = tree_[id];
    switch (node.kind) {
      case Kind::Number:
      case Kind::Pi:
      case Kind::Euler:
        return tree_.number(0);
      case Kind::Variable:
        return tree_.number(tree_.name_of(node) == variable_ ? 1 : 0);
      case Kind::Add:
        return tree_.add(derivative_[node.left], derivative_[node.right]);
      case Kind::Subtract:
        return tree_.subtract(derivative_[node.left], derivative_[node.right]);
      case Kind::Multiply:
        return tree_.add(tree_.multiply(derivative_[node.left], node.right),
                         tree_.multiply(node.left, derivative_[node.right]));
      case Kind::Divide:
        return of_quotient(node);
      case Kind::Power:
        return of_power(id);
      case Kind::Negate:
        return tree_.negate(derivative_[node.left]);
      case Kind::Function:
        return arity(node.function) == 1 ? of_function(id) : of_pair(node);
    }
    return std::nullopt;
  }

  NodeId square(NodeId a) { return tree_.power(a, tree_.number(2)); }

  NodeId of_quotient(const Node& node) {
    return tree_.divide(tree_.subtract(tree_.multiply(derivative_[node.left], node.right),
                                       tree_.multiply(node.left, derivative_[node.right])),
                        square(node.right));
  }

  NodeId of_power(NodeId id) {
    const NodeId base = tree_[id].left;
    const NodeId exponent = tree_[id].right;
    const NodeId dbase = derivative_[base];
    const NodeId dexponent = derivative_[exponent];
    if (!depends_[exponent]) {
      const NodeId lower = tree_.power(base, tree_.subtract(exponent, tree_.number(1)));
      return tree_.multiply(tree_.multiply(exponent, lower), dbase);
    }
    if (tree_[base].kind == Kind::Euler) return tree_.multiply(id, dexponent);
    const NodeId log = tree_.call(Function::Ln, base);
    if (!depends_[base]) return tree_.multiply(tree_.multiply(id, log), dexponent);
    return tree_.multiply(id,
                          tree_.add(tree_.multiply(dexponent, log),
                                    tree_.divide(tree_.multiply(exponent, dbase), base)));
  }

  /// The chain rule: `id` is f(u).
  NodeId of_function(NodeId id) {
    const NodeId u = tree_[id].left;
    const NodeId du = derivative_[u];
    const auto one = [this] {
      return tree_.number(1);
    };
    const auto call = [this, u](Function f) {
      return tree_.call(f, u);
    };
    const auto over_log = [&](double base_log) {
      return tree_.divide(du, tree_.multiply(u, tree_.number(base_log)));
    };
    const auto arc = [&] {
      return tree_.divide(du, tree_.call(Function::Sqrt, tree_.subtract(one(), square(u))));
    };
    switch (tree_[id].function) {
      case Function::Sqrt:
        return tree_.divide(du, tree_.multiply(tree_.number(2), id));
      case Function::Abs:
        return tree_.multiply(tree_.divide(u, id), du);
      case Function::Sin:
        return tree_.multiply(call(Function::Cos), du);
      case Function::Cos:
        return tree_.negate(tree_.multiply(call(Function::Sin), du));
      case Function::Tan:
        return tree_.divide(du, square(call(Function::Cos)));
      case Function::Asin:
        return arc();
      case Function::Acos:
        return tree_.negate(arc());
      case Function::Atan:
        return tree_.divide(du, tree_.add(one(), square(u)));
      case Function::Sinh:
        return tree_.multiply(call(Function::Cosh), du);
      case Function::Cosh:
        return tree_.multiply(call(Function::Sinh), du);
      case Function::Tanh:
        return tree_.multiply(tree_.subtract(one(), square(id)), du);
      case Function::Ln:
        return tree_.divide(du, u);
      case Function::Log10:
        return over_log(std::numbers::ln10);
      case Function::Log2:
        return over_log(std::numbers::ln2);
      case Function::Exp:
        return tree_.multiply(id, du);
      default:
        return tree_.number(0);  // ceil, floor, round, sign: constant but for their jumps
    }
  }

  std::optional<NodeId> of_pair(const Node& node) {
    if (node.function != Function::Atan2) {
      if (depends_[node.left] || depends_[node.right]) return std::nullopt;
      return tree_.number(0);
    }
    const NodeId turn = tree_.subtract(tree_.multiply(node.right, derivative_[node.left]),
                                       tree_.multiply(node.left, derivative_[node.right]));
    return tree_.divide(turn, tree_.add(square(node.right), square(node.left)));
  }

  Tree& tree_;
  NodeId root_;
  std::string_view variable_;
  std::vector<bool> depends_;
  std::vector<NodeId> derivative_;
};

}  // namespace

std::optional<NodeId> differentiate(Tree& tree, NodeId root, std::string_view variable) {
  return Differentiator(tree, root, variable).run();
}

}  // namespace chainsolved::ops::symbolic
