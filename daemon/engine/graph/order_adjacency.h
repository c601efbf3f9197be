#pragma once

#include "daemon/engine/graph/edge_table.h"
#include "daemon/engine/graph/node_table.h"

namespace chainsolved::graph {

/// The edges that the topological order knows, as TopologicalOrder asks for them.
class OrderAdjacency {
 public:
  OrderAdjacency(const NodeTable& nodes, const EdgeTable& edges) noexcept
      : nodes_(nodes), edges_(edges) {}

  template <class Visit>
  void for_each_successor(Index node, const Visit& visit) const {
    const Span& span = nodes_.hot[node].successors;
    const SuccessorEntry* entry = nodes_.successors.data(span);
    for (std::size_t i = 0; i < span.count(); ++i) {
      if (!visit(entry[i].target)) return;
    }
  }

  template <class Visit>
  void for_each_predecessor(Index node, const Visit& visit) const {
    const Span& span = nodes_.cold[node].incoming;
    const EdgeIndex* incoming = nodes_.incoming.data(span);
    for (std::size_t i = 0; i < span.count(); ++i) {
      const Edge& edge = edges_.edges[incoming[i]];
      if (!edge.held_out && edge.source != kNoIndex) visit(edge.source);
    }
  }

 private:
  const NodeTable& nodes_;
  const EdgeTable& edges_;
};

}  // namespace chainsolved::graph
