#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"

#include <optional>
#include <string_view>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

using Antiderivative = std::optional<NodeId>;

/// Antiderivatives of the parts of a formula, from the leaves up; parts that have none in the table
/// may still be factors that do not depend on the variable.
class Integrator {
 public:
  Integrator(Tree& tree, NodeId root, std::string_view variable)
      : tree_(tree),
        root_(root),
        variable_(variable),
        depends_(tree.depends_on(root, variable)),
        antiderivative_(depends_.size()) {}

  Antiderivative run() {
    const std::vector<bool> part = tree_.parts_of(root_);
    for (NodeId id = 0; id <= root_ && !tree_.full(); ++id) {
      if (part[id]) antiderivative_[id] = antiderivative_of(id);
    }
    return antiderivative_[root_];
  }

 private:
  Antiderivative antiderivative_of(NodeId id) {
    if (!depends_[id]) return tree_.multiply(id, x());
    const Node node = tree_[id];
    switch (node.kind) {
      case Kind::Variable:
        return of_power_of_x(1);
      case Kind::Add:
      case Kind::Subtract:
        return of_sum(node);
      case Kind::Multiply:
        return of_product(node);
      case Kind::Divide:
        return of_quotient(node);
      case Kind::Power:
        return of_power(id);
      case Kind::Negate:
        if (!antiderivative_[node.left]) return std::nullopt;
        return tree_.negate(*antiderivative_[node.left]);
      case Kind::Function:
        return is_x(node.left) ? of_function(id) : std::nullopt;
      default:
        return std::nullopt;
    }
  }

  NodeId x() { return tree_.variable(variable_); }
  bool is_x(NodeId id) const { return tree_[id].kind == Kind::Variable && depends_[id]; }
  NodeId log_of(NodeId u) { return tree_.call(Function::Ln, tree_.call(Function::Abs, u)); }

  NodeId of_power_of_x(double exponent) {
    if (exponent == -1) return log_of(x());
    return tree_.divide(tree_.power(x(), tree_.number(exponent + 1)), tree_.number(exponent + 1));
  }

  Antiderivative of_sum(const Node& node) {
    const Antiderivative left = antiderivative_[node.left];
    const Antiderivative right = antiderivative_[node.right];
    if (!left || !right) return std::nullopt;
    return node.kind == Kind::Add ? tree_.add(*left, *right) : tree_.subtract(*left, *right);
  }

  /// A factor that does not depend on x stays where it is.
  Antiderivative of_product(const Node& node) {
    if (!depends_[node.left] && antiderivative_[node.right]) {
      return tree_.multiply(node.left, *antiderivative_[node.right]);
    }
    if (!depends_[node.right] && antiderivative_[node.left]) {
      return tree_.multiply(*antiderivative_[node.left], node.right);
    }
    return std::nullopt;
  }

  Antiderivative of_quotient(const Node& node) {
    if (!depends_[node.right]) {
      if (!antiderivative_[node.left]) return std::nullopt;
      return tree_.divide(*antiderivative_[node.left], node.right);
    }
    if (depends_[node.left]) return std::nullopt;
    if (is_x(node.right)) return tree_.multiply(node.left, log_of(node.right));
    const Node below = tree_[node.right];
    const bool power_of_x =
        below.kind == Kind::Power && is_x(below.left) && tree_[below.right].kind == Kind::Number;
    if (!power_of_x) return std::nullopt;
    return tree_.multiply(node.left, of_power_of_x(-tree_[below.right].number));
  }

  Antiderivative of_power(NodeId id) {
    const NodeId base = tree_[id].left;
    const NodeId exponent = tree_[id].right;
    if (is_x(base) && tree_[exponent].kind == Kind::Number) {
      return of_power_of_x(tree_[exponent].number);
    }
    if (is_x(base) && !depends_[exponent]) {
      const NodeId raised = tree_.add(exponent, tree_.number(1));
      return tree_.divide(tree_.power(base, raised), raised);
    }
    if (depends_[base] || !is_x(exponent)) return std::nullopt;
    if (tree_[base].kind == Kind::Euler) return id;
    return tree_.divide(id, tree_.call(Function::Ln, base));
  }

  /// `id` is f(x).
  Antiderivative of_function(NodeId id) {
    const NodeId u = tree_[id].left;
    switch (tree_[id].function) {
      case Function::Sin:
        return tree_.negate(tree_.call(Function::Cos, u));
      case Function::Cos:
        return tree_.call(Function::Sin, u);
      case Function::Tan:
        return tree_.negate(log_of(tree_.call(Function::Cos, u)));
      case Function::Sinh:
        return tree_.call(Function::Cosh, u);
      case Function::Cosh:
        return tree_.call(Function::Sinh, u);
      case Function::Tanh:
        return tree_.call(Function::Ln, tree_.call(Function::Cosh, u));
      case Function::Exp:
        return id;
      case Function::Ln:
        return tree_.subtract(tree_.multiply(u, id), u);
      case Function::Sqrt:
        return tree_.multiply(tree_.number(2.0 / 3.0), tree_.power(u, tree_.number(1.5)));
      default:
        return std::nullopt;
    }
  }

  Tree& tree_;
  NodeId root_;
  std::string_view variable_;
  std::vector<bool> depends_;
  std::vector<Antiderivative> antiderivative_;
};

}  // namespace

std::optional<NodeId> integrate(Tree& tree, NodeId root, std::string_view variable) {
  return Integrator(tree, root, variable).run();
}

}  // namespace chainsolved::ops::symbolic
