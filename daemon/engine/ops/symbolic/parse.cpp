#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/symbolic/functions.h"
#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"
#include "protocol/error.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

using Instruction = Expression::Instruction;

/// Reads the text with pi and e as names: here they are not numbers yet.
Result<Expression> parse_with_names(std::string_view text) {
  Result<Expression> first = Expression::parse(text);
  if (!first.ok()) return first;
  std::vector<std::string_view> names(first->variables().begin(), first->variables().end());
  names.insert(names.end(), {"pi", "e"});
  return Expression::parse(text, names);
}

/// Builds the tree of a postfix program on a stack, as evaluating it would.
class Builder {
 public:
  Builder(Tree& tree, const Expression& expression) : tree_(tree), expression_(expression) {}

  /// False for a function that has no symbolic counterpart.
  bool run(const Instruction& step) {
    switch (step.code) {
      case Expression::Code::Number:
        return push(tree_.number(step.number));
      case Expression::Code::Variable:
        return push(named(expression_.variables()[step.index]));
      case Expression::Code::Negate:
        return push(tree_.negate(pop()));
      case Expression::Code::Function:
        return function(Expression::functions()[step.index]);
      default:
        return binary(step.code);
    }
  }

  NodeId root() { return pop(); }

 private:
  NodeId named(const std::string& name) {
    if (name == "pi") return tree_.pi();
    return name == "e" ? tree_.euler() : tree_.variable(name);
  }

  bool binary(Expression::Code code) {
    const NodeId b = pop();
    const NodeId a = pop();
    switch (code) {
      case Expression::Code::Add:
        return push(tree_.add(a, b));
      case Expression::Code::Subtract:
        return push(tree_.subtract(a, b));
      case Expression::Code::Multiply:
        return push(tree_.multiply(a, b));
      case Expression::Code::Divide:
        return push(tree_.divide(a, b));
      default:
        return push(tree_.power(a, b));
    }
  }

  bool function(const Expression::Function& called) {
    if (called.name == "pow") return binary(Expression::Code::Power);
    const std::optional<Function> known = function_named(called.name);
    if (!known) return false;
    if (arity(*known) == 1) return push(tree_.call(*known, pop()));
    const NodeId b = pop();
    const NodeId a = pop();
    return push(tree_.call(*known, a, b));
  }

  bool push(NodeId id) {
    stack_.push_back(id);
    return true;
  }

  NodeId pop() {
    const NodeId top = stack_.back();
    stack_.pop_back();
    return top;
  }

  Tree& tree_;
  const Expression& expression_;
  std::vector<NodeId> stack_;
};

}  // namespace

Result<NodeId> parse(Tree& tree, std::string_view text) {
  const Result<Expression> expression = parse_with_names(text);
  if (!expression.ok()) return expression.error();
  Builder builder(tree, *expression);
  for (const Instruction& step : expression->program()) {
    if (!builder.run(step)) {
      const std::string name(Expression::functions()[step.index].name);
      return Error{ErrorCode::InvalidParams, "'" + name + "' is not known here", {}};
    }
  }
  if (tree.full()) {
    return Error{ErrorCode::InvalidParams, "the formula is too long or nested too deeply", {}};
  }
  return builder.root();
}

}  // namespace chainsolved::ops::symbolic
