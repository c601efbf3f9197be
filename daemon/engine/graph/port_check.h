#pragma once

#include "daemon/engine/ops/block.h"
#include "protocol/value.h"

#include <optional>
#include <span>
#include <string_view>

namespace chainsolved::graph {

/// An error value that names the block: "LABEL: reason".
Value block_error(const ops::BlockDef& block, std::string_view reason);

/// `LABEL: port "x" needs a vector, got a table`.
Value wrong_kind(const ops::BlockDef& block,
                 std::string_view port,
                 ops::Takes takes,
                 const Value& got);

/// What keeps the block from running at all: the first error among its inputs, else the first input
/// of a kind that its port does not take. `row` has an entry per port, null where nothing is.
std::optional<Value> refuse_inputs(const ops::BlockDef& block,
                                   std::span<const Value* const> row,
                                   std::span<const Value* const> variadic);

}  // namespace chainsolved::graph
