#include "daemon/engine/ops/symbolic/functions.h"

#include "daemon/engine/ops/symbolic/tree.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

namespace chainsolved::ops::symbolic {

namespace {

double sign(double x) {
  if (x == 0) return 0;
  return x > 0 ? 1 : -1;
}

constexpr std::string_view kOpen = "\\left(";
constexpr std::string_view kClose = "\\right)";

using One = double (*)(double);
using Two = double (*)(double, double);

constexpr FunctionInfo one(Function function,
                           std::string_view name,
                           std::string_view before,
                           One run,
                           std::string_view after = kClose) {
  return {function, name, before, after, run, nullptr};
}

constexpr FunctionInfo two(Function function,
                           std::string_view name,
                           std::string_view before,
                           Two run) {
  return {function, name, before, kClose, nullptr, run};
}

// In the order of the enumeration: info_of indexes it.
constexpr auto kFunctions = std::to_array<FunctionInfo>({
    one(
        Function::Sqrt, "sqrt", "\\sqrt{", [](double x) { return std::sqrt(x); }, "}"),
    one(
        Function::Abs, "abs", "\\left|", [](double x) { return std::abs(x); }, "\\right|"),
    one(Function::Sin, "sin", "\\sin\\left(", [](double x) { return std::sin(x); }),
    one(Function::Cos, "cos", "\\cos\\left(", [](double x) { return std::cos(x); }),
    one(Function::Tan, "tan", "\\tan\\left(", [](double x) { return std::tan(x); }),
    one(Function::Asin, "asin", "\\arcsin\\left(", [](double x) { return std::asin(x); }),
    one(Function::Acos, "acos", "\\arccos\\left(", [](double x) { return std::acos(x); }),
    one(Function::Atan, "atan", "\\arctan\\left(", [](double x) { return std::atan(x); }),
    one(Function::Sinh, "sinh", "\\sinh\\left(", [](double x) { return std::sinh(x); }),
    one(Function::Cosh, "cosh", "\\cosh\\left(", [](double x) { return std::cosh(x); }),
    one(Function::Tanh, "tanh", "\\tanh\\left(", [](double x) { return std::tanh(x); }),
    one(Function::Ln, "ln", "\\ln\\left(", [](double x) { return std::log(x); }),
    one(Function::Log10, "log10", "\\log_{10}\\left(", [](double x) { return std::log10(x); }),
    one(Function::Log2, "log2", "\\log_{2}\\left(", [](double x) { return std::log2(x); }),
    one(Function::Exp, "exp", "\\exp\\left(", [](double x) { return std::exp(x); }),
    one(
        Function::Ceil,
        "ceil",
        "\\left\\lceil ",
        [](double x) { return std::ceil(x); },
        " \\right\\rceil"),
    one(
        Function::Floor,
        "floor",
        "\\left\\lfloor ",
        [](double x) { return std::floor(x); },
        " \\right\\rfloor"),
    one(Function::Round,
        "round",
        "\\operatorname{round}\\left(",
        [](double x) { return std::round(x); }),
    one(Function::Sign, "sign", "\\operatorname{sgn}\\left(", sign),
    two(Function::Min, "min", "\\min\\left(", [](double a, double b) { return std::fmin(a, b); }),
    two(Function::Max, "max", "\\max\\left(", [](double a, double b) { return std::fmax(a, b); }),
    two(Function::Atan2,
        "atan2",
        "\\operatorname{atan2}\\left(",
        [](double y, double x) { return std::atan2(y, x); }),
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

}  // namespace chainsolved::ops::symbolic
