#pragma once

#include "protocol/numbers.h"

#include <span>

namespace chainsolved::ops {

class Call;

/// The values in ascending order, NaN last, with one zero and one NaN. A radix sort: its passes can
/// be left at any point, as `call.keep_going` asks; then the result is meaningless.
Numbers sorted(std::span<const double> values, Call& call);

}  // namespace chainsolved::ops
