#pragma once

#include "daemon/engine/graph/definition.h"
#include "protocol/error.h"
#include "protocol/limits.h"
#include "protocol/snapshot.h"

#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chainsolved::graph {

/// Goes through a patch before it is applied, without touching the graph: what each op would find,
/// and how many nodes and edges there would be.
class PatchCheck {
 public:
  PatchCheck(const Definition& definition, const Limits& limits)
      : definition_(definition), limits_(limits) {}

  /// The first reason not to apply `ops`. Unknown names are one only if `strict`.
  Result<void> run(const std::vector<PatchOp>& ops, bool strict);

 private:
  struct EdgeState {
    bool there = false;
    std::size_t added_at = 0;
    std::string_view source;
    std::string_view target;
  };

  bool has_node(std::string_view id) const;
  bool has_edge(std::string_view id) const;
  bool removed_since(std::string_view node, std::size_t op) const;
  Result<void> look_at(const PatchOp& op, std::size_t index, bool strict);
  Result<void> check_limits() const;

  const Definition& definition_;
  const Limits& limits_;
  std::unordered_map<std::string_view, bool> nodes_;  // by id: what the patch made of it
  std::unordered_map<std::string_view, EdgeState> edges_;
  std::unordered_map<std::string_view, std::size_t> removed_at_;  // op that took the node, from 1
  std::size_t node_count_ = 0;
  std::size_t edge_count_ = 0;
  std::size_t slot_count_ = 0;
};

/// How many slots a graph may ever have given out between two loads.
std::size_t slot_bound(const Limits& limits) noexcept;

}  // namespace chainsolved::graph
