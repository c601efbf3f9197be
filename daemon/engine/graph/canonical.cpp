#include "daemon/engine/graph/canonical.h"

#include <algorithm>
#include <utility>

namespace chainsolved::graph {

NumberScan scan(const double* numbers, std::size_t count) noexcept {
  constexpr std::size_t kScanned = 4096;
  NumberScan found;
  for (std::size_t from = 0; from < count; from += kScanned) {
    const std::size_t to = std::min(count, from + kScanned);
    // x - x is +0 of a finite number and NaN of any other. Branch-free, so that it vectorises.
    std::uint64_t odd = 0;
    std::uint64_t zero_signs = 0;
    for (std::size_t i = from; i < to; ++i) {
      const double x = numbers[i];
      odd |= std::bit_cast<std::uint64_t>(x - x);
      zero_signs |= x == 0.0 ? std::bit_cast<std::uint64_t>(x) : 0;
    }
    found.nonfinite = found.nonfinite || odd != 0;
    found.negative_zero = found.negative_zero || zero_signs != 0;
    if (found.nonfinite && found.negative_zero) break;
  }
  return found;
}

void canonicalise(double* numbers, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i)
    numbers[i] = canonical(numbers[i]);
}

const Numbers* numbers_of(const Value& value) noexcept {
  switch (value.kind()) {
    case ValueKind::Vector:
      return &value.as_vector();
    case ValueKind::Table:
      return &value.as_table().cells;
    case ValueKind::Matrix:
      return &value.as_matrix().data;
    default:
      return nullptr;
  }
}

Value with_numbers(const Value& value, Numbers numbers) {
  switch (value.kind()) {
    case ValueKind::Table: {
      Table table = value.as_table();
      table.cells = std::move(numbers);
      return Value::table(std::move(table));
    }
    case ValueKind::Matrix:
      return Value::matrix(value.as_matrix().rows, value.as_matrix().cols, std::move(numbers));
    default:
      return Value::vector(std::move(numbers));
  }
}

Numbers canonical_numbers(const Numbers& numbers) {
  if (numbers.owner().use_count() == 1) {
    // The block that made them has let go, so that nobody sees them change.
    canonicalise(const_cast<double*>(numbers.data()), numbers.size());
    return numbers;
  }
  NumberBuffer copy(numbers.size());
  std::copy(numbers.begin(), numbers.end(), copy.data());
  canonicalise(copy.data(), copy.size());
  return std::move(copy).take();
}

}  // namespace chainsolved::graph
