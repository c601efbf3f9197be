#pragma once

#include "daemon/engine/ops/block.h"

#include <string_view>

namespace chainsolved::ops {

/// Makes find_block() know the blocks that hang, crash or take all memory (`--debug-blocks`), so
/// that users of the library can test what they do then. They are never in the catalog. To be
/// called before any graph is there.
void enable_debug_blocks() noexcept;

/// The row of a debug block, if they are enabled; nullptr otherwise.
const BlockDef* find_debug_block(std::string_view id) noexcept;

}  // namespace chainsolved::ops
