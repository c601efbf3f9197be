#include "protocol/value.h"

#include "protocol/numbers.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chainsolved {

namespace {

// In the order of ValueKind.
constexpr auto kKindNames = std::to_array<std::string_view>({"none",
                                                             "scalar",
                                                             "vector",
                                                             "table",
                                                             "error",
                                                             "text",
                                                             "interval",
                                                             "complex",
                                                             "matrix",
                                                             "highPrecision"});
static_assert(kKindNames.size() == static_cast<std::size_t>(ValueKind::HighPrecision) + 1);

bool same_bits(double a, double b) noexcept {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool identical_tables(const Table& a, const Table& b) noexcept {
  if (&a == &b) return true;
  return a.row_count == b.row_count && a.width == b.width && a.columns == b.columns &&
         a.row_lengths == b.row_lengths && identical(a.cells, b.cells);
}

bool identical_matrices(const Matrix& a, const Matrix& b) noexcept {
  return a.rows == b.rows && a.cols == b.cols && identical(a.data, b.data);
}

bool identical_high_precision(const HighPrecision& a, const HighPrecision& b) noexcept {
  return a.precision == b.precision && same_bits(a.approx, b.approx) && a.display == b.display;
}

}  // namespace

std::string_view name_of(ValueKind kind) noexcept {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::optional<ValueKind> value_kind_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kKindNames.size(); ++i)
    if (kKindNames[i] == name) return static_cast<ValueKind>(i);
  return std::nullopt;
}

Value Value::table(Table table) {
  return Value(Alternatives(std::make_shared<const Table>(std::move(table))));
}

Value Value::error(std::string message) {
  return Value(Alternatives(ErrorText{std::make_shared<const std::string>(std::move(message))}));
}

Value Value::text(std::string text) {
  return Value(Alternatives(PlainText{std::make_shared<const std::string>(std::move(text))}));
}

Value Value::matrix(std::size_t rows, std::size_t cols, Numbers data) {
  return Value(Alternatives(std::make_shared<const Matrix>(Matrix{rows, cols, std::move(data)})));
}

Value Value::high_precision(HighPrecision number) {
  return Value(Alternatives(std::make_shared<const HighPrecision>(std::move(number))));
}

bool identical(const Value& a, const Value& b) noexcept {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::None:
      return true;
    case ValueKind::Scalar:
      return same_bits(a.as_scalar(), b.as_scalar());
    case ValueKind::Vector:
      return identical(a.as_vector(), b.as_vector());
    case ValueKind::Table:
      return identical_tables(a.as_table(), b.as_table());
    case ValueKind::Error:
      return a.error_message() == b.error_message();
    case ValueKind::Text:
      return a.as_text() == b.as_text();
    case ValueKind::Interval:
      return same_bits(a.as_interval().lo, b.as_interval().lo) &&
             same_bits(a.as_interval().hi, b.as_interval().hi);
    case ValueKind::Complex:
      return same_bits(a.as_complex().re, b.as_complex().re) &&
             same_bits(a.as_complex().im, b.as_complex().im);
    case ValueKind::Matrix:
      return identical_matrices(a.as_matrix(), b.as_matrix());
    case ValueKind::HighPrecision:
      return identical_high_precision(a.as_high_precision(), b.as_high_precision());
  }
  return false;
}

}  // namespace chainsolved
