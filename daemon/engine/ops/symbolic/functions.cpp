#include "daemon/engine/ops/symbolic/functions.h"

#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/symbolic/tree.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>

namespace chainsolved::ops::symbolic {

namespace {

constexpr std::string_view kClose = "\\right)";

// In the order of the enumeration: info_of indexes it.
constexpr auto kFunctions = std::to_array<FunctionInfo>({
    {Function::Sqrt, "sqrt", "\\sqrt{", "}"},
    {Function::Abs, "abs", "\\left|", "\\right|"},
    {Function::Sin, "sin", "\\sin\\left(", kClose},
    {Function::Cos, "cos", "\\cos\\left(", kClose},
    {Function::Tan, "tan", "\\tan\\left(", kClose},
    {Function::Asin, "asin", "\\arcsin\\left(", kClose},
    {Function::Acos, "acos", "\\arccos\\left(", kClose},
    {Function::Atan, "atan", "\\arctan\\left(", kClose},
    {Function::Sinh, "sinh", "\\sinh\\left(", kClose},
    {Function::Cosh, "cosh", "\\cosh\\left(", kClose},
    {Function::Tanh, "tanh", "\\tanh\\left(", kClose},
    {Function::Ln, "ln", "\\ln\\left(", kClose},
    {Function::Log10, "log10", "\\log_{10}\\left(", kClose},
    {Function::Log2, "log2", "\\log_{2}\\left(", kClose},
    {Function::Exp, "exp", "\\exp\\left(", kClose},
    {Function::Ceil, "ceil", "\\left\\lceil ", " \\right\\rceil"},
    {Function::Floor, "floor", "\\left\\lfloor ", " \\right\\rfloor"},
    {Function::Round, "round", "\\operatorname{round}\\left(", kClose},
    {Function::Sign, "sign", "\\operatorname{sgn}\\left(", kClose},
    {Function::Min, "min", "\\min\\left(", kClose},
    {Function::Max, "max", "\\max\\left(", kClose},
    {Function::Atan2, "atan2", "\\operatorname{atan2}\\left(", kClose},
});

}  // namespace

const FunctionInfo& info_of(Function function) noexcept {
  return kFunctions[static_cast<std::size_t>(function)];
}

std::optional<Function> function_named(std::string_view name) noexcept {
  if (name == "log") return Function::Log10;
  const auto* const found = std::ranges::find(kFunctions, name, &FunctionInfo::name);
  if (found == kFunctions.end()) return std::nullopt;
  return found->function;
}

double evaluate(Function function, double a, double b) {
  const auto known = Expression::functions();
  const auto row = std::ranges::find(known, info_of(function).name, &Expression::Function::name);
  if (row == known.end()) return std::numeric_limits<double>::quiet_NaN();
  return row->of_one != nullptr ? row->of_one(a) : row->of_two(a, b);
}

}  // namespace chainsolved::ops::symbolic
