#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::ops {

/// The parts of a list that a user types, blanks around them dropped. Separators inside parentheses
/// do not separate: "min(a, b), c" has two parts. An empty text has none; a trailing separator adds
/// none.
std::vector<std::string> split_list(std::string_view text, char separator);

/// The numbers of a list; parts that are none become NaN.
std::vector<double> split_numbers(std::string_view text, char separator);

}  // namespace chainsolved::ops
