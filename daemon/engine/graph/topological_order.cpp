#include "daemon/engine/graph/topological_order.h"

#include <numeric>

namespace chainsolved::graph {

void TopologicalOrder::assign_identity(std::size_t count) {
  rank_of_.resize(count);
  std::iota(rank_of_.begin(), rank_of_.end(), 0U);
  node_at_ = rank_of_;
  free_ranks_.clear();
  marked_.assign(count, 0);
}

void TopologicalOrder::add(std::uint32_t node) {
  if (node >= rank_of_.size()) {
    rank_of_.resize(node + 1U, kNone);
    marked_.resize(node + 1U, 0);
  }
  std::uint32_t rank = static_cast<std::uint32_t>(node_at_.size());
  if (free_ranks_.empty()) {
    node_at_.push_back(node);
  } else {
    rank = free_ranks_.back();
    free_ranks_.pop_back();
    node_at_[rank] = node;
  }
  rank_of_[node] = rank;
}

void TopologicalOrder::remove(std::uint32_t node) {
  const std::uint32_t rank = rank_of_[node];
  free_ranks_.push_back(rank);
  node_at_[rank] = kNone;
  rank_of_[node] = kNone;
}

void TopologicalOrder::reorder() {
  const auto by_rank = [this](std::uint32_t a, std::uint32_t b) {
    return rank_of_[a] < rank_of_[b];
  };
  std::sort(ancestors_.begin(), ancestors_.end(), by_rank);
  std::sort(descendants_.begin(), descendants_.end(), by_rank);
  // First everything that leads to the source, then everything behind the target, in the ranks that
  // both had before.
  moved_.assign(ancestors_.begin(), ancestors_.end());
  moved_.insert(moved_.end(), descendants_.begin(), descendants_.end());
  old_ranks_.clear();
  for (const std::uint32_t node : moved_)
    old_ranks_.push_back(rank_of_[node]);
  std::vector<std::uint32_t>& ranks = ancestors_;
  ranks = old_ranks_;
  std::sort(ranks.begin(), ranks.end());
  for (std::size_t i = 0; i < moved_.size(); ++i) {
    rank_of_[moved_[i]] = ranks[i];
    node_at_[ranks[i]] = moved_[i];
  }
}

void TopologicalOrder::unmark(const std::vector<std::uint32_t>& nodes) noexcept {
  for (const std::uint32_t node : nodes)
    marked_[node] = 0;
}

std::size_t TopologicalOrder::memory_bytes() const noexcept {
  return (rank_of_.capacity() + node_at_.capacity() + free_ranks_.capacity() +
          descendants_.capacity() + ancestors_.capacity() + moved_.capacity() +
          old_ranks_.capacity()) *
             sizeof(std::uint32_t) +
         marked_.capacity();
}

}  // namespace chainsolved::graph
