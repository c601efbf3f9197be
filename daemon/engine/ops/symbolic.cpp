// Formulas as text: derivatives, antiderivatives, rearrangements, as LaTeX; and their numbers.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace chainsolved::ops {

namespace {

using symbolic::NodeId;
using symbolic::Tree;

Value latex_value(const Call& call, const Tree& tree, NodeId root) {
  if (tree.full()) return call.fail("the result is too large");
  std::optional<std::string> text = symbolic::latex(tree, root);
  return text ? Value::text(*std::move(text)) : call.fail("the result is too long to be written");
}

/// The variable that a rule is about: the text on port 1, else data.var, else x.
std::string variable_of(const Call& call) {
  const Value& port = call.input(1);
  return port.is(ValueKind::Text) ? port.as_text() : call.data().text_or("var", "x");
}

/// Parses port 0, applies `rule(tree, root)`, which gives a new root or a finished value, and
/// writes LaTeX.
template <class Rule>
Value with_formula(Call& call, Rule rule) {
  Tree tree;
  const Result<NodeId> root = symbolic::parse(tree, call.input(0).as_text());
  if (!root.ok()) return call.fail(root.error().message);
  return rule(tree, *root);
}

Value simplify(Call& call) {
  return with_formula(call, [&](Tree& tree, NodeId root) {
    return latex_value(call, tree, symbolic::simplify(tree, root));
  });
}

Value expand(Call& call) {
  return with_formula(call, [&](Tree& tree, NodeId root) {
    return latex_value(call, tree, symbolic::expand(tree, root));
  });
}

Value differentiate(Call& call) {
  return with_formula(call, [&](Tree& tree, NodeId root) {
    const auto derivative = symbolic::differentiate(tree, root, variable_of(call));
    if (!derivative) return call.fail("min and max have no derivative here");
    return latex_value(call, tree, symbolic::simplify(tree, *derivative));
  });
}

Value integrate(Call& call) {
  return with_formula(call, [&](Tree& tree, NodeId root) {
    const auto antiderivative = symbolic::integrate(tree, root, variable_of(call));
    if (!antiderivative) return Value::text("\\text{no elementary antiderivative}");
    return latex_value(call, tree, symbolic::simplify(tree, *antiderivative));
  });
}

std::optional<double> number_in(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Value substitute(Call& call) {
  const Value& port = call.input(2);
  std::optional<double> number;
  if (port.is(ValueKind::Scalar)) number = port.as_scalar();
  if (port.is(ValueKind::Text)) number = number_in(port.as_text());
  if (!number) return call.fail("needs a number on port 'value'");
  return with_formula(call, [&](Tree& tree, NodeId root) {
    const NodeId replaced = symbolic::substitute(tree, root, variable_of(call), *number);
    return latex_value(call, tree, symbolic::simplify(tree, replaced));
  });
}

Value expression_input(Call& call) {
  const std::string text = call.data().text_or("expr", "");
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Value::text("\\text{(enter expression)}");
  }
  Tree tree;
  const Result<NodeId> root = symbolic::parse(tree, text);
  return root.ok() ? latex_value(call, tree, *root) : call.fail(root.error().message);
}

// --- sym.compiledEval: numbers, not text ---

using Compiled = Result<Expression>;

std::shared_ptr<const void> prepare_expression(const BlockData& data) {
  return std::make_shared<const Compiled>(Expression::parse(data.text_or("expr", "")));
}

const Value* find_port(const Call& call, std::string_view name) {
  const auto ports = call.free_inputs();
  const auto port = std::ranges::find(ports, name, &Call::NamedInput::port);
  return port == ports.end() || port->value->is(ValueKind::None) ? nullptr : port->value;
}

/// Scalar ports by name, then numbers in the node's data.
std::optional<double> variable_value(const Call& call, const std::string& name) {
  const Value* port = find_port(call, name);
  if (port != nullptr && port->is(ValueKind::Scalar)) return port->as_scalar();
  return call.data().number(name);
}

Value evaluate(const Call& call, const Compiled& compiled) {
  if (!compiled.ok()) return call.fail(compiled.error().message);
  std::vector<double> values;
  for (const std::string& name : compiled->variables()) {
    const std::optional<double> value = variable_value(call, name);
    if (!value) return call.fail("'" + name + "' is neither a number on a port nor in the data");
    values.push_back(*value);
  }
  return Value::scalar(compiled->evaluate(values));
}

Value compiled_eval(Call& call) {
  for (const Call::NamedInput& input : call.free_inputs()) {
    if (input.value->is(ValueKind::Error)) return *input.value;
  }
  const Value* text = find_port(call, "expr");
  if (text != nullptr && text->is(ValueKind::Text)) {
    return evaluate(call, Expression::parse(text->as_text()));
  }
  return evaluate(call, call.prepared<Compiled>());
}

constexpr Port kExpression[] = {{"expr", "Expression (text)", Takes::Text}};
constexpr Port kExpressionVariable[] = {{"expr", "Expression (text)", Takes::Text},
                                        {"var", "Variable (text)", Takes::Any}};
constexpr Port kExpressionVariableValue[] = {{"expr", "Expression (text)", Takes::Text},
                                             {"var", "Variable (text)", Takes::Any},
                                             {"value", "Value", Takes::Any}};
constexpr std::string_view kVariableKeys[] = {"var"};
constexpr std::string_view kExpressionKeys[] = {"expr"};

constexpr BlockDef compiled_row() {
  BlockDef block = operation(Category::Math,
                             "sym.compiledEval",
                             "Compiled Eval",
                             {},
                             Kernel::of(compiled_eval),
                             "data.expr, or the text on port expr, of ports and data by name");
  block.prepare = prepare_expression;
  return reads(kExpressionKeys, free_ports(block));
}

constexpr BlockDef kRows[] = {
    reads(kVariableKeys,
          pro(operation(Category::Math,
                        "sym.differentiate",
                        "Differentiate",
                        kExpressionVariable,
                        Kernel::of(differentiate),
                        "d expr / d var, simplified, as LaTeX"))),
    reads(kVariableKeys,
          pro(operation(Category::Math,
                        "sym.integrate",
                        "Integrate",
                        kExpressionVariable,
                        Kernel::of(integrate),
                        "an antiderivative of expr from a table of forms, as LaTeX"))),
    pro(operation(Category::Math,
                  "sym.simplify",
                  "Simplify",
                  kExpression,
                  Kernel::of(simplify),
                  "expr with numbers folded and neutral terms dropped, as LaTeX")),
    pro(operation(Category::Math,
                  "sym.expand",
                  "Expand",
                  kExpression,
                  Kernel::of(expand),
                  "expr with products and powers to 6 multiplied out, as LaTeX")),
    reads(kVariableKeys,
          pro(operation(Category::Math,
                        "sym.substitute",
                        "Substitute",
                        kExpressionVariableValue,
                        Kernel::of(substitute),
                        "expr with var replaced by value, simplified, as LaTeX"))),
    compiled_row(),
    reads(kExpressionKeys,
          row(NodeKind::Source,
              Category::Input,
              "sym.expressionInput",
              "Expression Input",
              {},
              Kernel::of(expression_input),
              "data.expr as LaTeX")),
};

}  // namespace

std::span<const BlockDef> symbolic_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
