// Arithmetic, rounding, logarithms and norms.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/reduce.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double sign_of(double x) {
  if (x > 0) return 1;
  return x < 0 ? -1 : 0;
}

double round_to_digits(double value, double digits) {
  const double factor = std::pow(10.0, std::round(digits));
  return std::round(value * factor) / factor;
}

/// A bound that nobody connected is no bound; a bound that is NaN makes the result NaN.
Value clamp(Call& call) {
  const double low = call.has(1) ? call.scalar(1) : -std::numeric_limits<double>::infinity();
  const double high = call.has(2) ? call.scalar(2) : std::numeric_limits<double>::infinity();
  const double value = call.scalar(0);
  if (std::isnan(value) || std::isnan(low) || std::isnan(high)) return Value::scalar(kNan);
  return Value::scalar(std::fmin(std::fmax(value, low), high));
}

using Reduction = double (*)(std::span<const double>, Call*);

/// A norm of a vector's or matrix's entries; of a number its magnitude.
Value norm(Call& call, Reduction reduce) {
  const Value& input = call.input(0);
  switch (input.kind()) {
    case ValueKind::Scalar:
      return Value::scalar(std::fabs(input.as_scalar()));
    case ValueKind::Vector:
      return Value::scalar(reduce(input.as_vector().span(), &call));
    case ValueKind::Matrix:
      return Value::scalar(reduce(input.as_matrix().data.span(), &call));
    default:
      return Value::scalar(kNan);
  }
}

Value norm_l1(Call& call) {
  return norm(call, sum_of_magnitudes);
}

Value norm_l2(Call& call) {
  return norm(call, [](std::span<const double> entries, Call* asked) {
    return std::sqrt(sum_of_squares(entries, asked));
  });
}

Value norm_linf(Call& call) {
  return norm(call, largest_magnitude);
}

constexpr Port kA[] = {{"a", "A", Takes::Broadcast}};
constexpr Port kAB[] = {{"a", "A", Takes::Broadcast}, {"b", "B", Takes::Broadcast}};
constexpr Port kPower[] = {{"base", "Base", Takes::Broadcast}, {"exp", "Exp", Takes::Broadcast}};
constexpr Port kLog[] = {{"val", "Value", Takes::Broadcast}, {"base", "Base", Takes::Broadcast}};
constexpr Port kClamp[] = {{"val", "Val"}, {"min", "Min"}, {"max", "Max"}};
constexpr Port kRound[] = {{"val", "Value"}, {"digits", "Digits"}};
constexpr Port kNorm[] = {{"a", "Input", Takes::Any}};

constexpr BlockDef math(std::string_view id,
                        std::string_view label,
                        std::span<const Port> ports,
                        Kernel kernel,
                        std::string_view formula) {
  return operation(Category::Math, id, label, ports, kernel, formula);
}

// Of these in_0, in_1, ... take the place of a and b; the catalog tells front ends so of some.
constexpr Kernel kAdd = Kernel::fold([](double a, double b) { return a + b; });
constexpr Kernel kSubtract = Kernel::fold([](double a, double b) { return a - b; });
constexpr Kernel kMultiply = Kernel::fold([](double a, double b) { return a * b; });
constexpr Kernel kDivide = Kernel::fold([](double a, double b) { return a / b; });

constexpr BlockDef kRows[] = {
    variadic(math("add", "Add", kAB, kAdd, "a + b")),
    math("subtract", "Subtract", kAB, kSubtract, "a - b"),
    variadic(math("multiply", "Multiply", kAB, kMultiply, "a * b")),
    math("divide", "Divide", kAB, kDivide, "a / b"),
    math("negate", "Negate", kA, elementwise([](double a) { return -a; }), "-a"),
    math("abs", "Abs", kA, elementwise([](double a) { return std::fabs(a); }), "|a|"),
    math(
        "sqrt", "Sqrt", kA, elementwise([](double a) { return std::sqrt(a); }), "square root of a"),
    math("power",
         "Power",
         kPower,
         elementwise([](double base, double exp) { return std::pow(base, exp); }),
         "base ^ exp"),
    math("floor",
         "Floor",
         kA,
         elementwise([](double a) { return std::floor(a); }),
         "a rounded down"),
    math("ceil", "Ceil", kA, elementwise([](double a) { return std::ceil(a); }), "a rounded up"),
    math("round",
         "Round",
         kA,
         elementwise([](double a) { return std::round(a); }),
         "nearest integer, halves away from zero"),
    math("mod",
         "Mod",
         kAB,
         elementwise([](double a, double b) { return std::fmod(a, b); }),
         "a - b * trunc(a / b)"),
    math("clamp", "Clamp", kClamp, Kernel::of(clamp), "min(max(val, min), max)"),
    math("trunc",
         "Trunc",
         kA,
         elementwise([](double a) { return std::trunc(a); }),
         "a without fraction"),
    math("sign", "Sign", kA, elementwise([](double a) { return sign_of(a); }), "1, 0 or -1"),
    math("ln",
         "Ln",
         kA,
         elementwise([](double a) { return std::log(a); }),
         "natural logarithm of a"),
    math("log10", "Log10", kA, elementwise([](double a) { return std::log10(a); }), "log10(a)"),
    math("exp", "Exp", kA, elementwise([](double a) { return std::exp(a); }), "e ^ a"),
    math("log_base",
         "Log (base)",
         kLog,
         elementwise([](double val, double base) { return std::log(val) / std::log(base); }),
         "ln(val) / ln(base)"),
    math("roundn",
         "Round N",
         kRound,
         formula([](double val, double digits) { return round_to_digits(val, digits); }),
         "val rounded to so many decimal places, halves away from zero"),
    math("norm_l1", "L1 Norm", kNorm, Kernel::of(norm_l1), "sum of |a_i|"),
    math("norm_l2", "L2 Norm", kNorm, Kernel::of(norm_l2), "sqrt(sum of a_i^2)"),
    math("norm_linf", "L-Infinity Norm", kNorm, Kernel::of(norm_linf), "largest |a_i|"),
    math("norm_frobenius", "Frobenius Norm", kNorm, Kernel::of(norm_l2), "sqrt(sum of a_ij^2)"),
};

}  // namespace

std::span<const BlockDef> math_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
