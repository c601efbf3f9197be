#include "daemon/engine/graph/definition.h"

#include <algorithm>
#include <numeric>
#include <utility>

// While a snapshot is read, nodes lie in the order in which they stand and edges only name their
// ends. finish_load() sorts once, moves every node to its place in the order, and then builds the
// adjacency for all edges together.

namespace chainsolved::graph {

void Definition::reserve(std::size_t node_count, std::size_t edge_count) {
  loading_ = true;
  nodes_.hot.reserve(node_count);
  nodes_.values.reserve(node_count);
  nodes_.kinds.reserve(node_count);
  nodes_.cold.reserve(node_count);
  nodes_.ids.reserve(node_count);
  nodes_.constants.reserve(node_count / 4 + 1);
  edges_.edges.reserve(edge_count);
  edges_.ids.reserve(edge_count);
}

void Definition::stage_node(const NodeText& node) {
  loading_ = true;
  const Index existing = find_node(node.id);
  const Slot position = staged_++;
  slots_given_ = slots_given_ || node.slot.has_value();
  if (existing != kNoIndex) {
    set_block(existing, node.block_type);
    set_data(existing, node);
    if (node.slot.has_value()) nodes_.hot[existing].slot = *node.slot;
    return;
  }
  const Index index = place_node(node);
  nodes_.hot[index].slot = node.slot.value_or(position);
}

void Definition::stage_edge(const EdgeText& text) {
  const EdgeIndex existing = find_edge(text.id);
  if (existing != kNoEdge) {
    // Its ends do not list it yet, so there is nothing to detach from.
    Edge& old = edges_.edges[existing];
    old.source = old.target = kNoIndex;
    remove_edge(existing);
  }
  // At the end even if an entry is free: the array is in the order of adding until it is linked.
  edges_.edges.emplace_back();
  write_edge(static_cast<EdgeIndex>(edges_.edges.size() - 1), text);
}

bool Definition::finish_load(std::size_t slot_bound) {
  if (!assign_slots(slot_bound)) return false;
  sort_nodes();
  link_loaded_edges();
  loading_ = false;
  dirty_.resize(nodes_.hot.size());
  for (Index node = 0; node < nodes_.hot.size(); ++node) {
    resolve(node);
    dirty_.insert(order_.rank_of(node));
    if (nodes_.cold[node].extras != 0 && !nodes_.extras_of(node).dataset.empty()) {
      dataset_readers_[nodes_.extras_of(node).dataset].push_back(node);
    }
  }
  for (const auto& [edge, ends] : edges_.dangling)
    news_.dangling.push_back(edge);
  cycles_stale_ = !held_.empty();
  settle();
  return true;
}

bool Definition::assign_slots(std::size_t slot_bound) {
  std::size_t bound = next_slot_;
  for (const HotNode& node : nodes_.hot)
    bound = std::max<std::size_t>(bound, node.slot + 1ULL);
  if (bound > slot_bound) return false;
  nodes_.index_of_slot.assign(bound, kNoIndex);
  news_.appeared.reserve(nodes_.hot.size());
  for (Index node = 0; node < nodes_.hot.size(); ++node) {
    const Slot slot = nodes_.hot[node].slot;
    if (nodes_.index_of_slot[slot] != kNoIndex) return false;
    nodes_.index_of_slot[slot] = node;
    news_.appeared.push_back(slot);
  }
  return true;
}

namespace {

/// Successors by node, in one array: needed only while a load sorts.
struct LoadAdjacency {
  std::vector<std::uint32_t> first;  // size nodes + 1
  std::vector<Index> targets;
  std::vector<EdgeIndex> edge_of;
  std::vector<std::uint32_t> in_degree;

  LoadAdjacency(const std::vector<Edge>& edges, std::size_t node_count)
      : first(node_count + 1, 0), in_degree(node_count, 0) {
    for (const Edge& e : edges) {
      if (!linked(e)) continue;
      ++first[e.source + 1];
      ++in_degree[e.target];
    }
    std::partial_sum(first.begin(), first.end(), first.begin());
    targets.resize(first.back());
    edge_of.resize(first.back());
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (EdgeIndex i = 0; i < edges.size(); ++i) {
      if (!linked(edges[i])) continue;
      const std::uint32_t at = next[edges[i].source]++;
      targets[at] = edges[i].target;
      edge_of[at] = i;
    }
  }

  static bool linked(const Edge& e) noexcept {
    return e.source != kNoIndex && e.target != kNoIndex;
  }
};

/// Topological order, ties in the order of the snapshot; nodes on cycles and behind them are left
/// out.
std::vector<Index> sort_acyclic(LoadAdjacency& adjacency) {
  const std::size_t count = adjacency.in_degree.size();
  DirtySet ready;
  ready.resize(count);
  for (Index node = 0; node < count; ++node) {
    if (adjacency.in_degree[node] == 0) ready.insert(node);
  }
  std::vector<Index> order;
  order.reserve(count);
  while (!ready.empty()) {
    const Index node = ready.pop(0);
    order.push_back(node);
    for (std::uint32_t i = adjacency.first[node]; i < adjacency.first[node + 1]; ++i) {
      const Index target = adjacency.targets[i];
      if (--adjacency.in_degree[target] == 0) ready.insert(target);
    }
  }
  return order;
}

/// Orders what sort_acyclic() left over by depth-first search. An edge back to a node that is still
/// being explored closes a cycle along the edges that led from there: those are held out.
class CyclicRest {
 public:
  explicit CyclicRest(const LoadAdjacency& adjacency)
      : adjacency_(adjacency), state_(adjacency.in_degree.size(), State::New) {}

  void explore(Index root) {
    if (state_[root] != State::New) return;
    enter(root);
    while (!stack_.empty()) {
      const Index node = stack_.back().first;
      std::uint32_t& at = stack_.back().second;
      if (at == adjacency_.first[node + 1]) {
        state_[node] = State::Done;
        finished_.push_back(node);
        stack_.pop_back();
        continue;
      }
      const Index target = adjacency_.targets[at];
      const EdgeIndex edge = adjacency_.edge_of[at];
      ++at;
      if (state_[target] == State::Open) held_.push_back(edge);
      if (state_[target] == State::New) enter(target);
    }
  }

  std::vector<Index> order() const { return {finished_.rbegin(), finished_.rend()}; }
  std::vector<EdgeIndex>& held() noexcept { return held_; }

 private:
  enum class State : std::uint8_t { New, Open, Done };
  void enter(Index node) {
    state_[node] = State::Open;
    stack_.emplace_back(node, adjacency_.first[node]);
  }

  const LoadAdjacency& adjacency_;
  std::vector<State> state_;
  std::vector<std::pair<Index, std::uint32_t>> stack_;
  std::vector<Index> finished_;
  std::vector<EdgeIndex> held_;
};

bool already_sorted(const std::vector<Edge>& edges) {
  return std::all_of(edges.begin(), edges.end(), [](const Edge& e) {
    return !LoadAdjacency::linked(e) || e.source < e.target;
  });
}

}  // namespace

void Definition::sort_nodes() {
  order_.assign_identity(nodes_.hot.size());
  if (already_sorted(edges_.edges)) return;
  LoadAdjacency adjacency(edges_.edges, nodes_.hot.size());
  std::vector<Index> order = sort_acyclic(adjacency);
  if (order.size() < nodes_.hot.size()) {
    CyclicRest rest(adjacency);
    for (Index node = 0; node < nodes_.hot.size(); ++node) {
      if (adjacency.in_degree[node] != 0) rest.explore(node);
    }
    const std::vector<Index> tail = rest.order();
    order.insert(order.end(), tail.begin(), tail.end());
    std::sort(rest.held().begin(), rest.held().end());
    for (const EdgeIndex edge : rest.held())
      hold_out(edge);
  }
  permute(order);
}

namespace {

template <class T>
void permute_array(std::vector<T>& array, const std::vector<Index>& order) {
  std::vector<T> moved;
  moved.reserve(array.size());
  for (const Index from : order)
    moved.push_back(std::move(array[from]));
  array = std::move(moved);
}

}  // namespace

void Definition::permute(const std::vector<Index>& order) {
  std::vector<Index> place(order.size());
  for (Index i = 0; i < order.size(); ++i)
    place[order[i]] = i;
  permute_array(nodes_.hot, order);
  permute_array(nodes_.cold, order);
  nodes_.ids.renumber(place);
  for (Edge& edge : edges_.edges) {
    if (edge.source != kNoIndex) edge.source = place[edge.source];
    if (edge.target != kNoIndex) edge.target = place[edge.target];
  }
  for (Index& index : nodes_.index_of_slot) {
    if (index != kNoIndex) index = place[index];
  }
}

void Definition::link_loaded_edges() {
  std::vector<std::uint32_t> outgoing(nodes_.hot.size(), 0);
  std::vector<std::uint32_t> incoming(nodes_.hot.size(), 0);
  for (const Edge& e : edges_.edges) {
    if (e.target != kNoIndex) ++incoming[e.target];
    if (LoadAdjacency::linked(e) && !e.held_out) ++outgoing[e.source];
  }
  nodes_.incoming.reserve(edges_.edges.size() + edges_.edges.size() / 8);
  nodes_.successors.reserve(edges_.edges.size() + edges_.edges.size() / 8);
  for (Index node = 0; node < nodes_.hot.size(); ++node) {
    nodes_.successors.assign_room(nodes_.hot[node].successors, outgoing[node]);
    nodes_.incoming.assign_room(nodes_.cold[node].incoming, incoming[node]);
  }
  for (EdgeIndex i = 0; i < edges_.edges.size(); ++i) {
    const Edge& edge = edges_.edges[i];
    if (edge.target != kNoIndex) nodes_.incoming.push(nodes_.cold[edge.target].incoming, i);
    if (LoadAdjacency::linked(edge) && !edge.held_out) push_successor(i);
  }
}

}  // namespace chainsolved::graph
