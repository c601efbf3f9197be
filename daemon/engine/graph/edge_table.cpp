#include "daemon/engine/graph/edge_table.h"

namespace chainsolved::graph {

EdgeIndex EdgeTable::allocate() {
  if (!free_edges.empty()) {
    const EdgeIndex edge = free_edges.back();
    free_edges.pop_back();
    return edge;
  }
  edges.emplace_back();
  return static_cast<EdgeIndex>(edges.size() - 1);
}

void EdgeTable::stop_waiting(const std::string& name, EdgeIndex edge) {
  const auto [first, last] = waiting.equal_range(name);
  for (auto it = first; it != last; ++it) {
    if (it->second == edge) {
      waiting.erase(it);
      return;
    }
  }
}

std::size_t EdgeTable::memory_bytes() const noexcept {
  constexpr std::size_t kMapEntry = 96;  // about: a node, two short strings, a bucket
  return edges.capacity() * sizeof(Edge) + free_edges.capacity() * sizeof(EdgeIndex) +
         ids.memory_bytes() + (dangling.size() + waiting.size()) * kMapEntry;
}

}  // namespace chainsolved::graph
