#pragma once

#include <cstddef>
#include <string>

namespace chainsolved::bench {

/// A number "head" and `length` negate blocks after it, "n0" .. : every node changes when it does.
std::string chain_snapshot(std::size_t length);

/// A number "head" and `width` negate blocks that all read it.
std::string fan_out_snapshot(std::size_t width);

/// The chain with its nodes and edges in a random order (seeded).
std::string shuffled_chain_snapshot(std::size_t length);

}  // namespace chainsolved::bench
