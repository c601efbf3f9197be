#pragma once

#include "daemon/engine/ops/symbolic/tree.h"

#include <optional>
#include <string_view>

namespace chainsolved::ops::symbolic {

/// How formulas and LaTeX name a function.
struct FunctionInfo {
  Function function;
  std::string_view name;
  std::string_view latex_before;
  std::string_view latex_after;
};

const FunctionInfo& info_of(Function function) noexcept;
std::optional<Function> function_named(std::string_view name) noexcept;

/// The function of numbers, as formulas have it; `b` is for functions of two arguments.
double evaluate(Function function, double a, double b);

}  // namespace chainsolved::ops::symbolic
