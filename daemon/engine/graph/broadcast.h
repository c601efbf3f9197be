#pragma once

#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/call.h"
#include "protocol/value.h"

#include <span>

namespace chainsolved::graph {

/// ENGINE.md, "Broadcasting", for what is not all scalars. Missing inputs are null or None. Results
/// are canonical already. Long loops ask `surroundings` now and then; what they give after it said
/// stop is to be thrown away.

Value broadcast_unary(const ops::BlockDef& block,
                      ops::UnaryFn f,
                      const Value* input,
                      ops::Surroundings& surroundings);

Value broadcast_binary(const ops::BlockDef& block,
                       ops::BinaryFn f,
                       const Value* left,
                       const Value* right,
                       ops::Surroundings& surroundings);

/// Over in_0, in_1, ... from the left; here vectors of different length are an error.
Value broadcast_fold(const ops::BlockDef& block,
                     ops::BinaryFn f,
                     std::span<const Value* const> inputs,
                     ops::Surroundings& surroundings);

}  // namespace chainsolved::graph
