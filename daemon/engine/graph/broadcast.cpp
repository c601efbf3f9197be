#include "daemon/engine/graph/broadcast.h"

#include "daemon/engine/graph/canonical.h"
#include "daemon/engine/graph/port_check.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace chainsolved::graph {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kChunk = 4096;

/// Fills `count` numbers by `at(i)`, asking now and then whether to go on.
template <class At>
Numbers fill(std::size_t count, ops::Surroundings& surroundings, const At& at) {
  NumberBuffer out(count);
  double* const to = out.data();
  for (std::size_t from = 0; from < count; from += kChunk) {
    const std::size_t end = std::min(count, from + kChunk);
    for (std::size_t i = from; i < end; ++i)
      to[i] = canonical(at(i));
    if (!surroundings.keep_going((end - from) * sizeof(double) * 2)) {
      std::fill(to + end, to + count, 0.0);
      break;
    }
  }
  return std::move(out).take();
}

/// Cells past a row's end do not exist and stay 0 whatever f(0) is.
void clear_missing_cells(const Table& shape, double* cells) {
  for (std::size_t c = 0; c < shape.width; ++c) {
    for (std::size_t r = 0; r < shape.row_count; ++r) {
      if (c >= shape.row_length(r)) cells[c * shape.row_count + r] = 0.0;
    }
  }
}

Value table_like(const Table& shape, Numbers cells) {
  if (shape.ragged()) clear_missing_cells(shape, const_cast<double*>(cells.data()));
  Table table;
  table.columns = shape.columns;
  table.row_count = shape.row_count;
  table.width = shape.width;
  table.row_lengths = shape.row_lengths;
  table.cells = std::move(cells);
  return Value::table(std::move(table));
}

const Value& or_nan(const Value* value) {
  static const Value missing = Value::scalar(kNan);
  return value == nullptr || value->is(ValueKind::None) ? missing : *value;
}

enum class Lengths : std::uint8_t { PadWithNan, MustAgree };

/// Two operands of the kinds that broadcast.
class Pairing {
 public:
  Pairing(const ops::BlockDef& block,
          ops::BinaryFn f,
          Lengths lengths,
          ops::Surroundings& surroundings)
      : block_(block), f_(f), lengths_(lengths), surroundings_(surroundings) {}

  Value run(const Value& a, const Value& b) const {
    if (a.is(ValueKind::Scalar)) return with_left_scalar(a.as_scalar(), b);
    if (b.is(ValueKind::Scalar)) return with_right_scalar(a, b.as_scalar());
    if (a.kind() != b.kind()) {
      return block_error(block_, "a vector and a table do not go together");
    }
    return a.is(ValueKind::Vector) ? vectors(a.as_vector(), b.as_vector())
                                   : tables(a.as_table(), b.as_table());
  }

 private:
  Value with_left_scalar(double a, const Value& b) const {
    if (b.is(ValueKind::Scalar)) return Value::scalar(canonical(f_(a, b.as_scalar())));
    const Numbers& right = *numbers_of(b);
    return shaped(
        b, fill(right.size(), surroundings_, [&](std::size_t i) { return f_(a, right[i]); }));
  }

  Value with_right_scalar(const Value& a, double b) const {
    const Numbers& left = *numbers_of(a);
    return shaped(a,
                  fill(left.size(), surroundings_, [&](std::size_t i) { return f_(left[i], b); }));
  }

  static Value shaped(const Value& like, Numbers numbers) {
    if (like.is(ValueKind::Vector)) return Value::vector(std::move(numbers));
    return table_like(like.as_table(), std::move(numbers));
  }

  Value vectors(const Numbers& a, const Numbers& b) const {
    if (a.size() != b.size() && lengths_ == Lengths::MustAgree) {
      return block_error(block_,
                         "vectors of different length (" + std::to_string(a.size()) + " and " +
                             std::to_string(b.size()) + ")");
    }
    const std::size_t both = std::min(a.size(), b.size());
    return Value::vector(fill(std::max(a.size(), b.size()), surroundings_, [&](std::size_t i) {
      if (i < both) return f_(a[i], b[i]);
      return i < a.size() ? f_(a[i], kNan) : f_(kNan, b[i]);
    }));
  }

  Value tables(const Table& a, const Table& b) const {
    if (a.row_count != b.row_count || a.width != b.width || a.row_lengths != b.row_lengths) {
      return block_error(
          block_, "tables of different shape (" + shape_text(a) + " and " + shape_text(b) + ")");
    }
    return table_like(a, fill(a.cells.size(), surroundings_, [&](std::size_t i) {
                        return f_(a.cells[i], b.cells[i]);
                      }));
  }

  static std::string shape_text(const Table& t) {
    return std::to_string(t.row_count) + " x " + std::to_string(t.width);
  }

  const ops::BlockDef& block_;
  ops::BinaryFn f_;
  Lengths lengths_;
  ops::Surroundings& surroundings_;
};

bool broadcasts(const Value& value) {
  return value.is(ValueKind::Scalar) || value.is(ValueKind::Vector) || value.is(ValueKind::Table);
}

}  // namespace

Value broadcast_unary(const ops::BlockDef& block,
                      ops::UnaryFn f,
                      const Value* input,
                      ops::Surroundings& surroundings) {
  const Value& in = or_nan(input);
  if (in.is(ValueKind::Error)) return in;
  if (in.is(ValueKind::Scalar)) return Value::scalar(canonical(f(in.as_scalar())));
  if (!broadcasts(in)) return wrong_kind(block, block.ports[0].id, ops::Takes::Broadcast, in);
  const Numbers& numbers = *numbers_of(in);
  Numbers out = fill(numbers.size(), surroundings, [&](std::size_t i) { return f(numbers[i]); });
  if (in.is(ValueKind::Vector)) return Value::vector(std::move(out));
  return table_like(in.as_table(), std::move(out));
}

Value broadcast_binary(const ops::BlockDef& block,
                       ops::BinaryFn f,
                       const Value* left,
                       const Value* right,
                       ops::Surroundings& surroundings) {
  const Value& a = or_nan(left);
  const Value& b = or_nan(right);
  if (a.is(ValueKind::Error)) return a;
  if (b.is(ValueKind::Error)) return b;
  if (!broadcasts(a)) return wrong_kind(block, block.ports[0].id, ops::Takes::Broadcast, a);
  if (!broadcasts(b)) return wrong_kind(block, block.ports[1].id, ops::Takes::Broadcast, b);
  return Pairing(block, f, Lengths::PadWithNan, surroundings).run(a, b);
}

Value broadcast_fold(const ops::BlockDef& block,
                     ops::BinaryFn f,
                     std::span<const Value* const> inputs,
                     ops::Surroundings& surroundings) {
  for (const Value* input : inputs) {
    if (input->is(ValueKind::Error)) return *input;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (broadcasts(*inputs[i])) continue;
    return wrong_kind(block, "in_" + std::to_string(i), ops::Takes::Broadcast, *inputs[i]);
  }
  const Pairing pairing(block, f, Lengths::MustAgree, surroundings);
  Value result = *inputs[0];
  for (std::size_t i = 1; i < inputs.size() && !result.is(ValueKind::Error); ++i) {
    result = pairing.run(result, *inputs[i]);
  }
  return result;
}

}  // namespace chainsolved::graph
