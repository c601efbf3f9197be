#pragma once

#include "protocol/value.h"

#include <initializer_list>
#include <string_view>

namespace chainsolved::ops {

struct NamedNumber {
  std::string_view name;
  double value;
};

/// A table of one row: what a block with several results gives. Front ends take single ones from it
/// with the source handles prop_NAME.
Value one_row(std::initializer_list<NamedNumber> cells);

}  // namespace chainsolved::ops
