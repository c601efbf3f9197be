#pragma once

#include "daemon/engine/graph/id_index.h"
#include "daemon/engine/graph/node_table.h"
#include "daemon/engine/graph/port_code.h"
#include "daemon/engine/graph/text_pool.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chainsolved::graph {

using EdgeIndex = std::uint32_t;
inline constexpr EdgeIndex kNoEdge = 0xffffffff;
inline constexpr std::uint32_t kNoPosition = 0xffffffff;

struct Edge {
  TextPool::Ref id;         // null: this entry is free
  std::uint64_t added = 0;  // counts up: the last edge into a port wins
  Index source = kNoIndex;  // kNoIndex: no such node (dangling)
  Index target = kNoIndex;
  NameId source_handle = 0;
  NameId target_handle = 0;
  std::uint32_t position = kNoPosition;  // among the source's successors
  PortCode port = kFreePort;
  bool held_out = false;  // it would close a cycle
};
static_assert(sizeof(Edge) == 40);

/// Names of the ends of an edge of which at least one does not exist.
struct DanglingEnds {
  std::string source;
  std::string target;
};

/// The edges' array. Plain storage, like NodeTable.
struct EdgeTable {
  std::vector<Edge> edges;
  std::vector<EdgeIndex> free_edges;
  IdIndex ids;
  std::size_t count = 0;
  std::uint64_t next_added = 0;
  std::unordered_map<EdgeIndex, DanglingEnds> dangling;
  /// Which edges wait for a node of that name. An edge of which both ends are missing has two
  /// entries.
  std::unordered_multimap<std::string, EdgeIndex> waiting;

  EdgeIndex find(std::string_view id, std::uint32_t hash) const {
    return ids.find(id, hash, [this](std::uint32_t i) { return edges[i].id.view(); });
  }
  EdgeIndex allocate();
  void wait_for(const std::string& name, EdgeIndex edge) { waiting.emplace(name, edge); }
  void stop_waiting(const std::string& name, EdgeIndex edge);

  std::size_t memory_bytes() const noexcept;
};

}  // namespace chainsolved::graph
