#include "daemon/engine/ops/gradient.h"

#include "daemon/engine/ops/expression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

/// f'(x), given x and f(x).
struct Derivative {
  std::string_view name;
  double (*at)(double x, double fx);
};

constexpr auto kDerivatives = std::to_array<Derivative>({
    {"sqrt",
     [](double, double fx) {
       return 0.5 / fx;
     }},
    {"abs",
     [](double x, double) {
       return std::copysign(1.0, x);
     }},
    {"sin",
     [](double x, double) {
       return std::cos(x);
     }},
    {"cos",
     [](double x, double) {
       return -std::sin(x);
     }},
    {"tan",
     [](double, double fx) {
       return 1 + fx * fx;
     }},
    {"asin",
     [](double x, double) {
       return 1 / std::sqrt(1 - x * x);
     }},
    {"acos",
     [](double x, double) {
       return -1 / std::sqrt(1 - x * x);
     }},
    {"atan",
     [](double x, double) {
       return 1 / (1 + x * x);
     }},
    {"sinh",
     [](double x, double) {
       return std::cosh(x);
     }},
    {"cosh",
     [](double x, double) {
       return std::sinh(x);
     }},
    {"tanh",
     [](double, double fx) {
       return 1 - fx * fx;
     }},
    {"ln",
     [](double x, double) {
       return 1 / x;
     }},
    {"log",
     [](double x, double) {
       return 1 / (x * std::numbers::ln10);
     }},
    {"log10",
     [](double x, double) {
       return 1 / (x * std::numbers::ln10);
     }},
    {"log2",
     [](double x, double) {
       return 1 / (x * std::numbers::ln2);
     }},
    {"exp",
     [](double, double fx) {
       return fx;
     }},
});

/// Zero for those not in the table: ceil, floor, round and sign are flat.
double derivative(std::string_view name, double x, double fx) {
  const auto* const row = std::ranges::find(kDerivatives, name, &Derivative::name);
  return row == kDerivatives.end() ? 0 : row->at(x, fx);
}

/// Partial derivatives of f(a, b) by its two arguments.
using Slopes = std::pair<double, double>;

Slopes power_slopes(double a, double b, double value) {
  return {b == 0 ? 0 : b * std::pow(a, b - 1), value * std::log(a)};
}

Slopes slopes(const Expression::Instruction& step, double a, double b, double value) {
  switch (step.code) {
    case Expression::Code::Add:
      return {1, 1};
    case Expression::Code::Subtract:
      return {1, -1};
    case Expression::Code::Multiply:
      return {b, a};
    case Expression::Code::Divide:
      return {1 / b, -value / b};
    case Expression::Code::Power:
      return power_slopes(a, b, value);
    default:
      break;
  }
  const std::string_view name = Expression::functions()[step.index].name;
  if (name == "pow") return power_slopes(a, b, value);
  if (name == "atan2") {
    const double square = a * a + b * b;
    return {b / square, -a / square};
  }
  return value == a ? Slopes{1, 0} : Slopes{0, 1};  // min and max
}

double value_of(const Expression::Instruction& step, double a, double b) {
  switch (step.code) {
    case Expression::Code::Add:
      return a + b;
    case Expression::Code::Subtract:
      return a - b;
    case Expression::Code::Multiply:
      return a * b;
    case Expression::Code::Divide:
      return a / b;
    case Expression::Code::Power:
      return std::pow(a, b);
    default:
      return Expression::functions()[step.index].of_two(a, b);
  }
}

/// Runs a formula's program on values that carry their gradients.
class Machine {
 public:
  explicit Machine(std::span<const double> point) : point_(point) {}

  void run(const Expression::Instruction& step) {
    switch (step.code) {
      case Expression::Code::Number:
        return push(step.number);
      case Expression::Code::Variable:
        push(point_[step.index]);
        stack_.back().partials[step.index] = 1;
        return;
      case Expression::Code::Negate:
        return apply(-stack_.back().value, -1);
      default:
        break;
    }
    const bool named = step.code == Expression::Code::Function;
    const Expression::Function* function = named ? &Expression::functions()[step.index] : nullptr;
    if (function != nullptr && function->of_one != nullptr) return call(*function);
    combine(step);
  }

  ValueAndGradient result() { return std::move(stack_.back()); }

 private:
  void push(double value) {
    stack_.push_back({.value = value, .partials = std::vector<double>(point_.size())});
  }

  void call(const Expression::Function& function) {
    const double x = stack_.back().value;
    const double fx = function.of_one(x);
    apply(fx, derivative(function.name, x, fx));
  }

  /// The chain rule on the top of the stack.
  void apply(double value, double slope) {
    stack_.back().value = value;
    for (double& partial : stack_.back().partials)
      partial = partial == 0 ? 0 : slope * partial;
  }

  void combine(const Expression::Instruction& step) {
    const ValueAndGradient b = std::move(stack_.back());
    stack_.pop_back();
    ValueAndGradient& a = stack_.back();
    const double value = value_of(step, a.value, b.value);
    const auto [by_a, by_b] = slopes(step, a.value, b.value, value);
    for (std::size_t i = 0; i < a.partials.size(); ++i)
      a.partials[i] = term(by_a, a.partials[i]) + term(by_b, b.partials[i]);
    a.value = value;
  }

  /// What does not depend on a variable adds nothing, whatever the slope: (-2)^2 has no logarithm.
  static double term(double slope, double partial) { return partial == 0 ? 0 : slope * partial; }

  std::span<const double> point_;
  std::vector<ValueAndGradient> stack_;
};

}  // namespace

ValueAndGradient evaluate_with_gradient(const Expression& expression,
                                        std::span<const double> point) {
  Machine machine(point);
  for (const Expression::Instruction& step : expression.program())
    machine.run(step);
  return machine.result();
}

}  // namespace chainsolved::ops
