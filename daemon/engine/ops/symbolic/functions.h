#pragma once

#include "daemon/engine/ops/symbolic/tree.h"

#include <optional>
#include <string_view>

namespace chainsolved::ops::symbolic {

/// What is known of a function beside its rules: how formulas and LaTeX name it, and its numbers.
struct FunctionInfo {
  Function function;
  std::string_view name;
  std::string_view latex_before;
  std::string_view latex_after;
  double (*of_one)(double) = nullptr;
  double (*of_two)(double, double) = nullptr;
};

const FunctionInfo& info_of(Function function) noexcept;
std::optional<Function> function_named(std::string_view name) noexcept;

}  // namespace chainsolved::ops::symbolic
