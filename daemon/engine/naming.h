#pragma once

#include <cstdint>

namespace chainsolved::engine {

/// How a client wants to be told of nodes: by slot, or by id (`openSession {names: true}`).
enum class Naming : std::uint8_t { Slots, Names };

}  // namespace chainsolved::engine
