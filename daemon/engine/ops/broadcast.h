#pragma once

#include "protocol/value.h"

namespace chainsolved::ops {

class Call;

/// a * b elementwise, as a Binary row would have it (ENGINE.md, "Broadcasting"): for General blocks
/// one of whose factors depends on more than a port. Errors have been dealt with by the evaluator;
/// a missing value counts as NaN.
Value product(const Call& call, const Value& a, const Value& b);

}  // namespace chainsolved::ops
