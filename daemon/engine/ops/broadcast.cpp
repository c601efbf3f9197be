#include "daemon/engine/ops/broadcast.h"

#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

namespace chainsolved::ops {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool is_number(const Value& value) {
  return value.is(ValueKind::Scalar) || value.is(ValueKind::None);
}

double number_of(const Value& value) {
  return value.is(ValueKind::Scalar) ? value.as_scalar() : kNan;
}

Numbers times(const Numbers& numbers, double factor) {
  NumberBuffer result(numbers.size());
  std::ranges::transform(numbers, result.data(), [factor](double x) { return x * factor; });
  return std::move(result).take();
}

/// The shorter one is padded with NaN.
Numbers times(const Numbers& a, const Numbers& b) {
  NumberBuffer result(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = i < a.size() && i < b.size() ? a[i] * b[i] : kNan;
  return std::move(result).take();
}

Value with_cells(const Table& shape, Numbers cells) {
  Table result = shape;
  result.cells = std::move(cells);
  return Value::table(std::move(result));
}

/// A ragged table's cells past a row's end do not exist; multiplying their zeros keeps them so
/// unless the factor is not finite, and then nobody can see them.
Value table_times(const Call& call, const Table& a, const Value& b) {
  if (is_number(b)) return with_cells(a, times(a.cells, number_of(b)));
  if (!b.is(ValueKind::Table)) return call.fail("a table goes with a number or a table only");
  const Table& other = b.as_table();
  if (a.row_count != other.row_count || a.width != other.width) {
    return call.fail("the tables differ in shape");
  }
  return with_cells(a, times(a.cells, other.cells));
}

}  // namespace

Value product(const Call& call, const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return Value::scalar(number_of(a) * number_of(b));
  if (is_number(a)) return product(call, b, a);
  if (a.is(ValueKind::Vector)) {
    if (is_number(b)) return Value::vector(times(a.as_vector(), number_of(b)));
    if (b.is(ValueKind::Vector)) return Value::vector(times(a.as_vector(), b.as_vector()));
    return call.fail("a vector goes with a number or a vector only");
  }
  if (a.is(ValueKind::Table)) return table_times(call, a.as_table(), b);
  return call.fail("takes numbers, vectors and tables");
}

}  // namespace chainsolved::ops
