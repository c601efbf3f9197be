#include "daemon/engine/graph/block_run.h"

#include "daemon/engine/graph/broadcast.h"
#include "daemon/engine/graph/port_check.h"

#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace chainsolved::graph {
namespace {

Value run_formula(const ops::BlockDef& block, ops::FormulaFn formula, const BlockInputs& inputs) {
  std::vector<double> numbers(inputs.row.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Value* input = inputs.row[i];
    if (input != nullptr && input->is(ValueKind::Scalar)) numbers[i] = input->as_scalar();
  }
  const ops::Outcome outcome = formula(numbers.data());
  if (outcome.error != nullptr) return block_error(block, outcome.error);
  return Value::scalar(outcome.value);
}

Value run_checked(const ops::BlockDef& block,
                  const BlockCode& code,
                  const BlockInputs& inputs,
                  const ops::BlockData& data,
                  const void* prepared,
                  ops::Surroundings& surroundings) {
  switch (code.path) {
    case Path::Unary:
      return broadcast_unary(block, code.run.unary, inputs.row[0], surroundings);
    case Path::Binary:
      return broadcast_binary(block, code.run.binary, inputs.row[0], inputs.row[1], surroundings);
    case Path::Fold:
      return broadcast_fold(block, code.run.binary, inputs.variadic, surroundings);
    default:
      break;
  }
  if (std::optional<Value> refusal = refuse_inputs(block, inputs.row, inputs.variadic)) {
    return *std::move(refusal);
  }
  if (code.path == Path::Formula) return run_formula(block, code.run.formula, inputs);
  if (block.free_ports) {
    for (const auto& [port, value] : inputs.named) {
      if (value->is(ValueKind::Error)) return *value;
    }
  }
  ops::Call call(block, inputs.row, inputs.variadic, inputs.named, data, prepared, surroundings);
  return code.run.general(call);
}

}  // namespace

BlockCode code_for(const ops::BlockDef& block, const ops::BlockData& data, bool has_variadic) {
  const ops::Kernel kernel = block.select == nullptr ? block.kernel : block.select(data);
  BlockCode code;
  switch (kernel.shape) {
    case ops::Kernel::Shape::Source:
      code.path = Path::Source;
      break;
    case ops::Kernel::Shape::Unary:
      code.path = Path::Unary;
      code.run.unary = kernel.unary;
      break;
    case ops::Kernel::Shape::Binary:
      code.path = kernel.folds && has_variadic ? Path::Fold : Path::Binary;
      code.run.binary = kernel.binary;
      break;
    case ops::Kernel::Shape::Formula:
      code.path = Path::Formula;
      code.run.formula = kernel.formula;
      break;
    case ops::Kernel::Shape::General:
      code.path = Path::General;
      code.run.general = kernel.general;
      break;
  }
  return code;
}

Value run_block(const ops::BlockDef& block,
                const BlockCode& code,
                const BlockInputs& inputs,
                const ops::BlockData& data,
                const void* prepared,
                ops::Surroundings& surroundings) {
  try {
    Value value = run_checked(block, code, inputs, data, prepared, surroundings);
    const std::size_t most = surroundings.max_vector_length();
    if (value.is(ValueKind::Vector) && value.as_vector().size() > most)
      return block_error(block, ops::too_long_message(value.as_vector().size(), most));
    return value;
  } catch (const std::bad_alloc&) {
    return block_error(block, "not enough memory for the result");
  } catch (const std::exception& failure) {
    return block_error(block, failure.what());
  }
}

}  // namespace chainsolved::graph
