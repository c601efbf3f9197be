#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chainsolved::graph {

/// A topological order that is kept while edges come and go: D. J. Pearce and P. H. J. Kelly, "A
/// dynamic topological sort algorithm for directed acyclic graphs", ACM JEA 11 (2006). Inserting an
/// edge visits only nodes whose ranks lie between its ends. An edge that would close a cycle is
/// refused, and the order stays as it was. Removing edges needs no work.
///
/// The adjacency stays with the caller: insert() asks it for neighbours through
///   for_each_successor(node, visit) and for_each_predecessor(node, visit),
/// which leave out refused edges; a successor's visit returns false to stop.
class TopologicalOrder {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  std::uint32_t rank_of(std::uint32_t node) const noexcept { return rank_of_[node]; }
  /// The node of a rank, or kNone where a node was removed.
  std::uint32_t node_at(std::uint32_t rank) const noexcept { return node_at_[rank]; }
  std::size_t rank_count() const noexcept { return node_at_.size(); }

  /// `count` nodes 0, 1, ... in an order that is already topological.
  void assign_identity(std::size_t count);
  /// A node without edges: any rank will do, so a freed one is used first.
  void add(std::uint32_t node);
  void remove(std::uint32_t node);

  enum class Insert : std::uint8_t { Fits, Reordered, ClosesCycle };

  /// Makes room for the edge `source` -> `target` (which need not be among the adjacency yet).
  /// After Reordered, moved() lists the nodes whose ranks changed and old_ranks() what they were.
  template <class Adjacency>
  Insert insert(const Adjacency& adjacency, std::uint32_t source, std::uint32_t target);

  const std::vector<std::uint32_t>& moved() const noexcept { return moved_; }
  const std::vector<std::uint32_t>& old_ranks() const noexcept { return old_ranks_; }

  std::size_t memory_bytes() const noexcept;

 private:
  template <class Adjacency>
  bool reaches(const Adjacency& adjacency, std::uint32_t from, std::uint32_t goal);
  template <class Adjacency>
  void collect_ancestors(const Adjacency& adjacency, std::uint32_t of, std::uint32_t lowest_rank);
  void reorder();
  void unmark(const std::vector<std::uint32_t>& nodes) noexcept;

  std::vector<std::uint32_t> rank_of_;
  std::vector<std::uint32_t> node_at_;
  std::vector<std::uint32_t> free_ranks_;
  std::vector<std::uint8_t> marked_;        // by node; all zero between calls
  std::vector<std::uint32_t> descendants_;  // of the target, up to the source's rank
  std::vector<std::uint32_t> ancestors_;    // of the source, down to the target's rank
  std::vector<std::uint32_t> moved_;
  std::vector<std::uint32_t> old_ranks_;
};

template <class Adjacency>
TopologicalOrder::Insert TopologicalOrder::insert(const Adjacency& adjacency,
                                                  std::uint32_t source,
                                                  std::uint32_t target) {
  if (source == target) return Insert::ClosesCycle;
  const std::uint32_t lowest = rank_of_[target];
  if (lowest > rank_of_[source]) return Insert::Fits;
  const bool cycle = reaches(adjacency, target, source);
  if (!cycle) collect_ancestors(adjacency, source, lowest);
  unmark(descendants_);
  if (cycle) return Insert::ClosesCycle;
  unmark(ancestors_);
  reorder();
  return Insert::Reordered;
}

template <class Adjacency>
bool TopologicalOrder::reaches(const Adjacency& adjacency, std::uint32_t from, std::uint32_t goal) {
  const std::uint32_t highest = rank_of_[goal];
  descendants_.assign(1, from);
  marked_[from] = 1;
  bool found = false;
  // descendants_ is the queue too: what stands in it has been or will be looked at.
  for (std::size_t i = 0; i < descendants_.size() && !found; ++i) {
    adjacency.for_each_successor(descendants_[i], [&](std::uint32_t next) {
      if (next == goal) found = true;
      if (found) return false;
      if (rank_of_[next] < highest && marked_[next] == 0) {
        marked_[next] = 1;
        descendants_.push_back(next);
      }
      return true;
    });
  }
  return found;
}

template <class Adjacency>
void TopologicalOrder::collect_ancestors(const Adjacency& adjacency,
                                         std::uint32_t of,
                                         std::uint32_t lowest_rank) {
  ancestors_.assign(1, of);
  marked_[of] = 1;
  for (std::size_t i = 0; i < ancestors_.size(); ++i) {
    adjacency.for_each_predecessor(ancestors_[i], [&](std::uint32_t previous) {
      if (rank_of_[previous] > lowest_rank && marked_[previous] == 0) {
        marked_[previous] = 1;
        ancestors_.push_back(previous);
      }
    });
  }
}

}  // namespace chainsolved::graph
