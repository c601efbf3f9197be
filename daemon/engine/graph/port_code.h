#pragma once

#include "daemon/engine/ops/block.h"

#include <cstdint>
#include <string_view>

namespace chainsolved::graph {

/// What a port name means to a block: a port of its row, one of in_0, in_1, ... (kVariadicBit |
/// N), or neither.
using PortCode = std::uint16_t;
inline constexpr PortCode kFreePort = 0xffff;
inline constexpr PortCode kVariadicBit = 0x8000;

/// Ids and aliases are looked for; of an unknown block every port is free.
PortCode port_code(const ops::BlockDef* block, std::string_view name);

}  // namespace chainsolved::graph
