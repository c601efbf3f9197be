#include "daemon/engine/ops/expression.h"

#include "daemon/engine/ops/expression_parser.h"
#include "protocol/error.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

double sign_of(double x) {
  if (x > 0) return 1;
  return x < 0 ? -1 : 0;
}

constexpr Expression::Function one(std::string_view name, double (*f)(double)) {
  return {.name = name, .of_one = f, .of_two = nullptr};
}

constexpr Expression::Function two(std::string_view name, double (*f)(double, double)) {
  return {.name = name, .of_one = nullptr, .of_two = f};
}

constexpr auto kFunctions = std::to_array<Expression::Function>({
    one("sqrt", [](double x) { return std::sqrt(x); }),
    one("abs", [](double x) { return std::fabs(x); }),
    one("sin", [](double x) { return std::sin(x); }),
    one("cos", [](double x) { return std::cos(x); }),
    one("tan", [](double x) { return std::tan(x); }),
    one("asin", [](double x) { return std::asin(x); }),
    one("acos", [](double x) { return std::acos(x); }),
    one("atan", [](double x) { return std::atan(x); }),
    one("sinh", [](double x) { return std::sinh(x); }),
    one("cosh", [](double x) { return std::cosh(x); }),
    one("tanh", [](double x) { return std::tanh(x); }),
    one("ln", [](double x) { return std::log(x); }),
    one("log", [](double x) { return std::log10(x); }),
    one("log10", [](double x) { return std::log10(x); }),
    one("log2", [](double x) { return std::log2(x); }),
    one("exp", [](double x) { return std::exp(x); }),
    one("ceil", [](double x) { return std::ceil(x); }),
    one("floor", [](double x) { return std::floor(x); }),
    one("round", [](double x) { return std::round(x); }),
    one("sign", sign_of),
    two("min", [](double x, double y) { return std::fmin(x, y); }),
    two("max", [](double x, double y) { return std::fmax(x, y); }),
    two("pow", [](double x, double y) { return std::pow(x, y); }),
    two("atan2", [](double x, double y) { return std::atan2(x, y); }),
});

double combine(Expression::Code code, double a, double b) {
  switch (code) {
    case Expression::Code::Add:
      return a + b;
    case Expression::Code::Subtract:
      return a - b;
    case Expression::Code::Multiply:
      return a * b;
    case Expression::Code::Divide:
      return a / b;
    default:
      return std::pow(a, b);
  }
}

/// Replaces the arguments on top of the stack by the result and gives the new top.
double* apply(const Expression::Function& function, double* top) {
  if (function.of_one != nullptr) {
    *top = function.of_one(*top);
    return top;
  }
  --top;
  *top = function.of_two(top[0], top[1]);
  return top;
}

}  // namespace

std::span<const Expression::Function> Expression::functions() noexcept {
  return kFunctions;
}

Result<Expression> Expression::parse(std::string_view text) {
  return ExpressionParser(text, nullptr).parse();
}

Result<Expression> Expression::parse(std::string_view text,
                                     std::span<const std::string_view> names) {
  return ExpressionParser(text, &names).parse();
}

double Expression::evaluate(std::span<const double> values) const noexcept {
  // The parser refuses a program that needs more, and makes none that takes from an empty stack.
  std::array<double, kMaxStack> stack;  // NOLINT(*-member-init): written before it is read
  double* top = stack.data() - 1;
  for (const Instruction& step : program_) {
    switch (step.code) {
      case Code::Number:
        *++top = step.number;
        break;
      case Code::Variable:
        *++top = values[step.index];
        break;
      case Code::Negate:
        *top = -*top;
        break;
      case Code::Function:
        top = apply(kFunctions[step.index], top);
        break;
      default:
        --top;
        *top = combine(step.code, top[0], top[1]);
    }
  }
  return *top;
}

}  // namespace chainsolved::ops
