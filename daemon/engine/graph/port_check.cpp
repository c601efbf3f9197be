#include "daemon/engine/graph/port_check.h"

#include <string>
#include <utility>

namespace chainsolved::graph {
namespace {

std::string_view words_for(ops::Takes takes) {
  switch (takes) {
    case ops::Takes::Broadcast:
      return "a scalar, vector or table";
    case ops::Takes::Vector:
      return "a vector";
    case ops::Takes::Table:
      return "a table";
    case ops::Takes::Matrix:
      return "a matrix";
    case ops::Takes::Text:
      return "a text";
    case ops::Takes::Scalar:
    case ops::Takes::Any:
    case ops::Takes::Raw:
      break;
  }
  return "a value";
}

std::string_view words_for(ValueKind kind) {
  switch (kind) {
    case ValueKind::None:
      return "nothing";
    case ValueKind::Scalar:
      return "a scalar";
    case ValueKind::Vector:
      return "a vector";
    case ValueKind::Table:
      return "a table";
    case ValueKind::Error:
      return "an error";
    case ValueKind::Text:
      return "a text";
    case ValueKind::Interval:
      return "an interval";
    case ValueKind::Complex:
      return "a complex number";
    case ValueKind::Matrix:
      return "a matrix";
    case ValueKind::HighPrecision:
      return "a high-precision number";
  }
  return "something else";
}

bool accepts(ops::Takes takes, ValueKind kind) {
  switch (takes) {
    case ops::Takes::Broadcast:
      return kind == ValueKind::None || kind == ValueKind::Scalar || kind == ValueKind::Vector ||
             kind == ValueKind::Table;
    case ops::Takes::Vector:
      return kind == ValueKind::Vector;
    case ops::Takes::Table:
      return kind == ValueKind::Table;
    case ops::Takes::Matrix:
      return kind == ValueKind::Matrix;
    case ops::Takes::Text:
      return kind == ValueKind::Text;
    case ops::Takes::Scalar:
    case ops::Takes::Any:
    case ops::Takes::Raw:
      return true;
  }
  return true;
}

bool is_error(const Value* value) {
  return value != nullptr && value->is(ValueKind::Error);
}

}  // namespace

Value block_error(const ops::BlockDef& block, std::string_view reason) {
  std::string message(block.label);
  message += ": ";
  message += reason;
  return Value::error(std::move(message));
}

Value wrong_kind(const ops::BlockDef& block,
                 std::string_view port,
                 ops::Takes takes,
                 const Value& got) {
  std::string reason = "port \"";
  reason += port;
  reason += "\" needs ";
  reason += words_for(takes);
  reason += ", got ";
  reason += words_for(got.kind());
  return block_error(block, reason);
}

std::optional<Value> refuse_inputs(const ops::BlockDef& block,
                                   std::span<const Value* const> row,
                                   std::span<const Value* const> variadic) {
  bool raw = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (block.ports[i].takes == ops::Takes::Raw) {
      raw = true;
    } else if (is_error(row[i])) {
      return *row[i];
    }
  }
  for (const Value* input : variadic) {
    if (!raw && is_error(input)) return *input;
  }
  static const Value nothing;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const Value& input = row[i] == nullptr ? nothing : *row[i];
    const ops::Port& port = block.ports[i];
    if (!accepts(port.takes, input.kind())) return wrong_kind(block, port.id, port.takes, input);
  }
  return std::nullopt;
}

}  // namespace chainsolved::graph
