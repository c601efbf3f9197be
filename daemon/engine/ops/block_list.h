#pragma once

#include "daemon/engine/ops/block.h"

#include <span>

// The families of blocks, one word each: the file NAME.cpp defines NAME_blocks(). The order within
// a category of the public catalog is the order of the families here and of their rows.
#define CHAINSOLVED_FAMILIES(X) \
  X(input)                      \
  X(output)                     \
  X(math)                       \
  X(trig)                       \
  X(logic)                      \
  X(data)                       \
  X(vector)                     \
  X(table)                      \
  X(stats_desc)                 \
  X(text)                       \
  X(interval)                   \
  X(complex)                    \
  X(matrix)                     \
  X(material)                   \
  X(custom)                     \
  X(constants)

namespace chainsolved::ops {

#define X(family) std::span<const BlockDef> family##_blocks() noexcept;
CHAINSOLVED_FAMILIES(X)
#undef X

}  // namespace chainsolved::ops
