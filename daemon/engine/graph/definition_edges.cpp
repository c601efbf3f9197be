#include "daemon/engine/graph/definition.h"
#include "daemon/engine/graph/order_adjacency.h"

#include <algorithm>

namespace chainsolved::graph {

void Definition::add_edge(const EdgeText& text) {
  const EdgeIndex existing = find_edge(text.id);
  if (existing != kNoEdge) remove_edge(existing);
  const EdgeIndex index = edges_.allocate();
  write_edge(index, text);
  const Edge& edge = edges_.edges[index];
  if (edge.target != kNoIndex) {
    nodes_.incoming.push(nodes_.cold[edge.target].incoming, index);
    end_quarantine(edge.target);
    mark_dirty(edge.target);
  }
  if (edge.source != kNoIndex && edge.target != kNoIndex) {
    attach(index);
  } else {
    news_.dangling.push_back(index);
  }
}

void Definition::write_edge(EdgeIndex index, const EdgeText& text) {
  Edge edge;
  edge.id = nodes_.texts.add(text.id);
  edge.added = edges_.next_added++;
  edge.source = find_node(text.source);
  edge.target = find_node(text.target);
  edge.source_handle = nodes_.names.intern(text.source_handle);
  edge.target_handle = nodes_.names.intern(text.target_handle);
  if (edge.target != kNoIndex) {
    edge.port = port_code(nodes_.cold[edge.target].block, text.target_handle);
  }
  edges_.edges[index] = edge;
  edges_.ids.insert(hash_id(text.id), index);
  ++edges_.count;
  if (edge.source != kNoIndex && edge.target != kNoIndex) return;

  if (edge.source == kNoIndex) edges_.wait_for(std::string(text.source), index);
  if (edge.target == kNoIndex) edges_.wait_for(std::string(text.target), index);
  if (edge.source != kNoIndex) nodes_.hot[edge.source].flags |= node_flag::kOddEdges;
  edges_.dangling.emplace(index, DanglingEnds{std::string(text.source), std::string(text.target)});
}

void Definition::remove_edge(EdgeIndex index) {
  detach(index);
  const auto ends = edges_.dangling.find(index);
  if (ends != edges_.dangling.end()) {
    edges_.stop_waiting(ends->second.source, index);
    edges_.stop_waiting(ends->second.target, index);
    edges_.dangling.erase(ends);
  }
  Edge& edge = edges_.edges[index];
  edges_.ids.erase(hash_id(edge.id.view()), index);
  nodes_.texts.release(edge.id);
  edge = Edge{};
  edges_.free_edges.push_back(index);
  --edges_.count;
}

/// Both ends are there and the target lists the edge: it takes effect.
void Definition::attach(EdgeIndex index) {
  link_in_order(index);
  const Edge& edge = edges_.edges[index];
  if (edge.held_out || blocked(edge.source)) cycles_stale_ = true;
  resolve(edge.target);
  end_quarantine(edge.target);
  mark_dirty(edge.target);
}

void Definition::link_in_order(EdgeIndex index) {
  Edge& edge = edges_.edges[index];
  // Until it has its place, the search must not walk along the edge itself.
  edge.held_out = true;
  const auto outcome = order_.insert(OrderAdjacency(nodes_, edges_), edge.source, edge.target);
  if (outcome == TopologicalOrder::Insert::ClosesCycle) {
    hold_out(index);
    return;
  }
  edge.held_out = false;
  if (outcome == TopologicalOrder::Insert::Reordered) move_dirty_ranks();
  push_successor(index);
}

void Definition::push_successor(EdgeIndex index) {
  Edge& edge = edges_.edges[index];
  Span& successors = nodes_.hot[edge.source].successors;
  edge.position = successors.count();
  nodes_.successors.push(successors, {edge.target, index});
}

void Definition::hold_out(EdgeIndex index) {
  Edge& edge = edges_.edges[index];
  edge.held_out = true;
  nodes_.hot[edge.source].flags |= node_flag::kOddEdges;
  held_.push_back(index);
}

void Definition::detach(EdgeIndex index) {
  const Edge& edge = edges_.edges[index];
  if (edge.source != kNoIndex && edge.target != kNoIndex) unlink(index);
  if (edge.target == kNoIndex) return;
  Span& incoming = nodes_.cold[edge.target].incoming;
  const EdgeIndex* first = nodes_.incoming.data(incoming);
  const auto at =
      static_cast<std::size_t>(std::find(first, first + incoming.count(), index) - first);
  nodes_.incoming.erase(incoming, at);
  resolve(edge.target);
  end_quarantine(edge.target);
  mark_dirty(edge.target);
}

void Definition::unlink(EdgeIndex index) {
  const Edge& edge = edges_.edges[index];
  // Which nodes are on cycles is known only when nothing has happened since the last settle().
  const bool settled = !cycles_stale_;
  if (blocked(edge.source)) cycles_stale_ = true;
  if (edge.held_out) {
    std::erase(held_, index);
    cycles_stale_ = true;
    return;
  }
  const auto on_cycle = [this](Index node) {
    return (nodes_.hot[node].flags & node_flag::kOnCycle) != 0;
  };
  if (!settled || (on_cycle(edge.source) && on_cycle(edge.target))) {
    retry_held_ = retry_held_ || !held_.empty();
  }
  Span& successors = nodes_.hot[edge.source].successors;
  const std::uint32_t position = edge.position;
  nodes_.successors.swap_erase(successors, position);
  if (position < successors.count()) {
    edges_.edges[nodes_.successors.at(successors, position).edge].position = position;
  }
}

void Definition::move_dirty_ranks() {
  const std::vector<Index>& moved = order_.moved();
  const std::vector<std::uint32_t>& old_ranks = order_.old_ranks();
  std::vector<Index> were_dirty;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    if (!dirty_.contains(old_ranks[i])) continue;
    were_dirty.push_back(moved[i]);
    dirty_.erase(old_ranks[i]);
  }
  for (const Index node : were_dirty)
    dirty_.insert(order_.rank_of(node));
}

std::vector<EdgeIndex> Definition::edges_of(Index node) const {
  std::vector<EdgeIndex> found;
  const Span& incoming = nodes_.cold[node].incoming;
  for (std::size_t i = 0; i < incoming.count(); ++i) {
    found.push_back(nodes_.incoming.at(incoming, i));
  }
  const Span& successors = nodes_.hot[node].successors;
  for (std::size_t i = 0; i < successors.count(); ++i) {
    found.push_back(nodes_.successors.at(successors, i).edge);
  }
  if ((nodes_.hot[node].flags & node_flag::kOddEdges) == 0) return found;
  for (const EdgeIndex held : held_) {
    const Edge& edge = edges_.edges[held];
    if (edge.source == node && edge.target != node) found.push_back(held);
  }
  for (const auto& [dangling, ends] : edges_.dangling) {
    if (edges_.edges[dangling].source == node) found.push_back(dangling);
  }
  return found;
}

std::string_view Definition::source_name(EdgeIndex index) const {
  const Index node = edges_.edges[index].source;
  return node == kNoIndex ? std::string_view(edges_.dangling.at(index).source)
                          : nodes_.cold[node].id.view();
}

std::string_view Definition::target_name(EdgeIndex index) const {
  const Index node = edges_.edges[index].target;
  return node == kNoIndex ? std::string_view(edges_.dangling.at(index).target)
                          : nodes_.cold[node].id.view();
}

void Definition::take_waiting_edges(Index node) {
  if (edges_.waiting.empty()) return;
  const std::string id(nodes_.cold[node].id.view());
  const auto [first, last] = edges_.waiting.equal_range(id);
  std::vector<EdgeIndex> waiting;
  for (auto it = first; it != last; ++it)
    waiting.push_back(it->second);
  edges_.waiting.erase(first, last);
  std::sort(waiting.begin(), waiting.end(), [this](EdgeIndex a, EdgeIndex b) {
    return edges_.edges[a].added < edges_.edges[b].added;
  });
  // An edge from the node to itself stands here twice.
  waiting.erase(std::unique(waiting.begin(), waiting.end()), waiting.end());
  for (const EdgeIndex index : waiting) {
    const DanglingEnds& ends = edges_.dangling.at(index);
    Edge& edge = edges_.edges[index];
    if (edge.source == kNoIndex && ends.source == id) edge.source = node;
    if (edge.target == kNoIndex && ends.target == id) {
      edge.target = node;
      edge.port = port_code(nodes_.cold[node].block, nodes_.names.text(edge.target_handle));
      nodes_.incoming.push(nodes_.cold[node].incoming, index);
    }
    if (edge.source == kNoIndex || edge.target == kNoIndex) {
      nodes_.hot[node].flags |= node_flag::kOddEdges;
      continue;
    }
    edges_.dangling.erase(index);
    attach(index);
  }
}

}  // namespace chainsolved::graph
