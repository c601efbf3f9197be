#pragma once

#include "daemon/engine/ops/expression.h"
#include "protocol/error.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What the blocks of exact derivatives read in the same way.
namespace chainsolved::ops {

class Call;

/// The numbers on port `i`, a vector or a scalar; without any those of data[key], a list of numbers
/// or a text with commas. Nothing when there is neither.
std::optional<std::vector<double>> point_on(const Call& call, std::size_t i, std::string_view key);

/// The formulas of a list, whose variables are `names` in that order. The error names the formula.
Result<std::vector<Expression>> parse_all(std::span<const std::string> formulas,
                                          std::span<const std::string> names);

}  // namespace chainsolved::ops
