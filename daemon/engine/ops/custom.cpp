// Blocks whose formula the user writes.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::ops {

namespace {

using Formula = Result<Expression>;

std::shared_ptr<const void> prepare_formula(const BlockData& data) {
  return std::make_shared<const Formula>(Expression::parse(data.text_or("formula", "")));
}

/// The variables of the formula are the block's ports.
Value math_expr(Call& call) {
  const auto ports = call.free_inputs();
  for (const Call::NamedInput& input : ports) {
    if (input.value->is(ValueKind::Error)) return *input.value;
  }
  const auto& formula = call.prepared<Formula>();
  if (!formula.ok()) return call.fail(formula.error().message);
  std::vector<double> values;
  for (const std::string& name : formula->variables()) {
    const auto port = std::ranges::find(ports, std::string_view(name), &Call::NamedInput::port);
    if (port == ports.end()) return call.fail("nothing is connected to '" + name + "'");
    if (!port->value->is(ValueKind::Scalar)) return call.fail("'" + name + "' is not a number");
    values.push_back(port->value->as_scalar());
  }
  return Value::scalar(formula->evaluate(values));
}

constexpr std::string_view kKeys[] = {"formula"};

constexpr BlockDef custom_formula() {
  BlockDef block = row(NodeKind::Operation,
                       Category::Legacy,
                       "math_expr",
                       "Custom Function",
                       {},
                       Kernel::of(math_expr),
                       "data.formula of the ports' numbers");
  block.free_ports = true;
  block.prepare = prepare_formula;
  return unlisted(reads(kKeys, block));
}

constexpr BlockDef kRows[] = {custom_formula()};

}  // namespace

std::span<const BlockDef> custom_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
