#pragma once

#include "protocol/value.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

namespace chainsolved::ops {

class BlockData;
class Call;

/// What a port accepts. The evaluator checks it before the block runs, so that every block says the
/// same thing about a wrong kind and errors travel with their message (ENGINE.md, "Broadcasting").
/// An error value on any port but a Raw one is the block's result, first port first.
enum class Takes : std::uint8_t {
  Broadcast,  // scalar, vector or table; a missing one counts as NaN
  Scalar,     // a missing or other value reads as NaN
  Vector,     // required
  Table,      // required
  Matrix,     // required
  Text,       // required
  Any,        // whatever is there; may be missing
  Raw,        // the same, errors included
};

struct Port {
  std::string_view id;
  std::string_view label;
  Takes takes = Takes::Scalar;
  std::string_view unit = {};   // as an engineer writes it: "m/s^2"
  std::string_view alias = {};  // another id that graphs of the original use for it
};

/// The result of a scalar formula: a number, or a reason why there is none. The reason becomes an
/// error value "LABEL: reason"; it is a literal.
struct Outcome {
  double value = std::numeric_limits<double>::quiet_NaN();
  const char* error = nullptr;

  Outcome(double v) noexcept : value(v) {}  // NOLINT(*-explicit-*): formulas return numbers
  static Outcome fail(const char* reason) noexcept {
    Outcome o(std::numeric_limits<double>::quiet_NaN());
    o.error = reason;
    return o;
  }
};

using UnaryFn = double (*)(double);
using BinaryFn = double (*)(double, double);
/// `in` holds one number per port of the row, in the row's order; NaN where there is none.
using FormulaFn = Outcome (*)(const double* in);
using GeneralFn = Value (*)(Call& call);

/// How a block computes. The evaluator runs the first four without calling back and without making
/// a Value when the inputs are scalars: that is the hot path.
struct Kernel {
  enum class Shape : std::uint8_t {
    Source,   // data.value, written by setInput on port `value`
    Unary,    // elementwise over one Broadcast port
    Binary,   // elementwise over two Broadcast ports; folds over in_0, in_1, ... when variadic
    Formula,  // scalar ports to one scalar
    General,  // anything else
  };
  Shape shape = Shape::General;
  bool folds = false;  // Binary: in_0, in_1, ... replace the two ports when in_0 is present
  double missing = std::numeric_limits<double>::quiet_NaN();  // Source: without data.value
  UnaryFn unary = nullptr;
  BinaryFn binary = nullptr;
  FormulaFn formula = nullptr;
  GeneralFn general = nullptr;

  static constexpr Kernel source(double missing_value) {
    Kernel k;
    k.shape = Shape::Source;
    k.missing = missing_value;
    return k;
  }
  static constexpr Kernel of(UnaryFn f) {
    Kernel k;
    k.shape = Shape::Unary;
    k.unary = f;
    return k;
  }
  static constexpr Kernel of(BinaryFn f) {
    Kernel k;
    k.shape = Shape::Binary;
    k.binary = f;
    return k;
  }
  static constexpr Kernel fold(BinaryFn f) {
    Kernel k = of(f);
    k.folds = true;
    return k;
  }
  static constexpr Kernel of(FormulaFn f) {
    Kernel k;
    k.shape = Shape::Formula;
    k.formula = f;
    return k;
  }
  static constexpr Kernel of(GeneralFn f) {
    Kernel k;
    k.general = f;
    return k;
  }
};

/// Which NaN diagnostics a block gives.
enum class NanReport : std::uint8_t { Yes, Never };

/// Categories with their wire names and titles are in category.h's table.
enum class Category : std::uint8_t;
/// React-side node kinds ("csOperation", ...), likewise.
enum class NodeKind : std::uint8_t;

/// How many in_N ports a variadic block has; {0, 0} for others.
struct Variadic {
  std::uint16_t min = 0;
  std::uint16_t max = 0;
};

/// One block: one row. Catalog, dispatch, validation, documentation and tests read it.
struct BlockDef {
  std::string_view id;
  std::string_view label;
  Category category;
  NodeKind kind;
  std::span<const Port> ports;
  Kernel kernel;
  std::string_view formula;      // one line: what it computes
  std::string_view source = {};  // paper, standard or handbook, where it has one
  std::span<const std::string_view> data_keys = {};  // what it reads of the node's data
  Variadic variadic = {};
  bool listed = true;       // false: legacy ids, accepted but not in the catalog
  bool pro_only = false;    // as the catalog has it
  bool free_ports = false;  // reads edges into ports of any name (formula blocks)
  NanReport nan_report = NanReport::Yes;
  /// Chooses another kernel by the node's data (angleUnit), once per data change. May be null.
  Kernel (*select)(const BlockData& data) = nullptr;
  /// Reads the data once per data change; `call.prepared()` gives it back. May be null.
  std::shared_ptr<const void> (*prepare)(const BlockData& data) = nullptr;
};

/// The row of `id` (aliases included), or nullptr.
const BlockDef* find_block(std::string_view id) noexcept;

/// Every row, in catalog order, unlisted ones last.
std::span<const BlockDef* const> all_blocks() noexcept;

}  // namespace chainsolved::ops
