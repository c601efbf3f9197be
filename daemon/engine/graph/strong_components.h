#pragma once

#include <cstdint>
#include <vector>

namespace chainsolved::graph {

/// Which nodes of a region lie on a cycle: R. Tarjan, "Depth-first search and linear graph
/// algorithms", SIAM J. Comput. 1 (1972), without recursion. `successors` gives the positions in
/// the region of each node's successors.
std::vector<bool> find_cyclic(const std::vector<std::vector<std::uint32_t>>& successors);

}  // namespace chainsolved::graph
