#pragma once

#include "protocol/numbers.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace chainsolved {

/// The kinds of WIRE.md. `None` is the absence of a value (a node on a cycle, a port without edge).
enum class ValueKind : std::uint8_t {
  None,
  Scalar,
  Vector,
  Table,
  Error,
  Text,
  Interval,
  Complex,
  Matrix,
  HighPrecision,
};

/// The wire name ("scalar", "highPrecision", ...); "none" for None.
std::string_view name_of(ValueKind kind) noexcept;
/// The kind of this wire name.
std::optional<ValueKind> value_kind_named(std::string_view name) noexcept;

struct Interval {
  double lo = 0;
  double hi = 0;
};

struct Complex {
  double re = 0;
  double im = 0;
};

/// Named columns over rows of doubles, stored column after column.
/// `cells` holds `width * row_count` doubles; the cell of column c, row r is
/// `cells[c * row_count + r]`. `width` is `columns.size()` unless rows are ragged: then it is at
/// least the longest row, `row_lengths` has one entry per row, and cells past a row's end are 0 and
/// do not exist. Of a rectangular table `row_lengths` is empty.
struct Table {
  std::vector<std::string> columns;
  std::size_t row_count = 0;
  std::size_t width = 0;
  Numbers cells;
  std::vector<std::uint32_t> row_lengths;

  bool ragged() const noexcept { return !row_lengths.empty(); }
  /// How many cells row `r` has.
  std::size_t row_length(std::size_t r) const noexcept { return ragged() ? row_lengths[r] : width; }
  double cell(std::size_t row, std::size_t column) const noexcept {
    return cells[column * row_count + row];
  }
  Numbers column(std::size_t c) const noexcept { return cells.slice(c * row_count, row_count); }
};

/// `rows * cols` doubles, row-major.
struct Matrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  Numbers data;
};

struct HighPrecision {
  std::string display;
  double approx = 0;
  std::uint32_t precision = 0;  // decimal digits
};

/// What a node computes. Cheap to copy: everything large is shared and immutable.
class Value {
 public:
  Value() noexcept = default;
  static Value scalar(double value) noexcept { return Value(Alternatives(value)); }
  static Value vector(Numbers numbers) noexcept { return Value(Alternatives(std::move(numbers))); }
  static Value vector(std::vector<double> numbers) { return vector(Numbers(std::move(numbers))); }
  static Value table(Table table);
  static Value error(std::string message);
  static Value text(std::string text);
  static Value interval(double lo, double hi) noexcept {
    return Value(Alternatives(Interval{lo, hi}));
  }
  static Value complex(double re, double im) noexcept {
    return Value(Alternatives(Complex{re, im}));
  }
  static Value matrix(std::size_t rows, std::size_t cols, Numbers data);
  static Value high_precision(HighPrecision number);

  ValueKind kind() const noexcept { return static_cast<ValueKind>(v_.index()); }
  bool is(ValueKind k) const noexcept { return kind() == k; }

  // Each requires the matching kind.
  double as_scalar() const noexcept { return *std::get_if<double>(&v_); }
  const Numbers& as_vector() const noexcept { return *std::get_if<Numbers>(&v_); }
  const Table& as_table() const noexcept { return **std::get_if<TablePtr>(&v_); }
  const std::string& error_message() const noexcept { return *std::get_if<ErrorText>(&v_)->text; }
  const std::string& as_text() const noexcept { return *std::get_if<PlainText>(&v_)->text; }
  Interval as_interval() const noexcept { return *std::get_if<Interval>(&v_); }
  Complex as_complex() const noexcept { return *std::get_if<Complex>(&v_); }
  const Matrix& as_matrix() const noexcept { return **std::get_if<MatrixPtr>(&v_); }
  const HighPrecision& as_high_precision() const noexcept {
    return **std::get_if<HighPrecisionPtr>(&v_);
  }

 private:
  using TablePtr = std::shared_ptr<const Table>;
  using MatrixPtr = std::shared_ptr<const Matrix>;
  using HighPrecisionPtr = std::shared_ptr<const HighPrecision>;
  struct ErrorText {
    std::shared_ptr<const std::string> text;
  };
  struct PlainText {
    std::shared_ptr<const std::string> text;
  };
  // In the order of ValueKind: kind() is the index.
  using Alternatives = std::variant<std::monostate,
                                    double,
                                    Numbers,
                                    TablePtr,
                                    ErrorText,
                                    PlainText,
                                    Interval,
                                    Complex,
                                    MatrixPtr,
                                    HighPrecisionPtr>;

  explicit Value(Alternatives v) noexcept : v_(std::move(v)) {}

  Alternatives v_;
};

/// Same kind, same shape, same bits, same text: what ENGINE.md calls unchanged. Large buffers are
/// equal by identity without being read; equal contents at other addresses are compared.
bool identical(const Value& a, const Value& b) noexcept;

}  // namespace chainsolved
