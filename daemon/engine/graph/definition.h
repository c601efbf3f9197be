#pragma once

#include "daemon/engine/graph/dirty_set.h"
#include "daemon/engine/graph/edge_table.h"
#include "daemon/engine/graph/node_table.h"
#include "daemon/engine/graph/topological_order.h"
#include "protocol/snapshot.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chainsolved::graph {

/// Where an input comes from: the edge (or manual value) that won its port.
struct InputSource {
  InputRef ref = kMissing;
  NameId handle = 0;  // the edge's source handle, when `ref` is a node
  bool present() const noexcept { return ref != kMissing; }
};

/// All inputs of one node, by port.
struct GatheredInputs {
  std::vector<InputSource> row;
  std::vector<InputSource> variadic;  // up to the first gap
};

/// What happened to the definition that no report has told yet.
struct PendingNews {
  std::vector<Slot> appeared;
  std::vector<Slot> gone;
  std::vector<Index> blocked;       // newly on a cycle or behind one
  std::vector<EdgeIndex> dangling;  // edges that came to dangle
};

/// The graph itself: nodes, edges, their order, and what of it waits to be evaluated. Edits take
/// effect one by one and keep everything consistent but the cycles, which settle() brings up to
/// date after a batch. Ids, limits and atomicity are checked by the callers.
class Definition {
 public:
  Definition();

  // --- loading: nodes, then edges, then finish_load() ---
  void reserve(std::size_t node_count, std::size_t edge_count);
  /// A node that is there already is replaced. Slots are positions unless the node says its own.
  void stage_node(const NodeText& node);
  void stage_edge(const EdgeText& text);
  /// No node that is added later gets a smaller slot.
  void stage_next_slot(std::size_t slot) { next_slot_ = slot; }
  /// False when two nodes of the snapshot claim the same slot, or one (or the next that is added)
  /// would have more than `slot_bound`.
  bool finish_load(std::size_t slot_bound);
  /// Whether a node that was loaded said its own slot.
  bool slots_given() const noexcept { return slots_given_; }

  // --- editing ---
  void add_node(const NodeText& node);
  void replace_node(Index node, const NodeText& text);
  void update_data(Index node, const NodeText& text);
  void remove_node(Index node);
  /// An edge that is there already is replaced and counts as added last.
  void add_edge(const EdgeText& text);
  void remove_edge(EdgeIndex index);
  /// No allocation when the port was written before.
  void write_input(Index node, std::string_view port, double value);
  bool knows_port(Index node, std::string_view port) const;
  void touch_dataset(std::string_view id);
  std::size_t dataset_references(std::string_view id) const;
  /// Brings cycles up to date; to be called after a batch of edits, before evaluating.
  void settle();

  // --- what an engine died at; slots without a node are passed over ---
  /// Takes the value of these nodes and of all that depends on them; they are not evaluated until
  /// their turn comes. No edits may come between.
  void withhold(std::span<const Slot> slots);
  /// The first suspect in the order of evaluation: it alone is evaluated next.
  std::optional<Slot> try_next();
  /// What depends on no suspect any more is evaluated next.
  void withhold_dependants();
  /// The node's value is an error until its data, block or incoming edges are edited.
  void quarantine(Slot slot);
  void end_every_quarantine();
  /// Quarantines that have ended since the last call.
  std::vector<Slot> take_quarantine_ended() { return std::exchange(quarantine_ended_, {}); }

  // --- reading and evaluating ---
  NodeTable& nodes() noexcept { return nodes_; }
  const NodeTable& nodes() const noexcept { return nodes_; }
  const EdgeTable& edges() const noexcept { return edges_; }
  const TopologicalOrder& order() const noexcept { return order_; }
  DirtySet& dirty() noexcept { return dirty_; }
  const DirtySet& dirty() const noexcept { return dirty_; }
  PendingNews& news() noexcept { return news_; }

  Index find_node(std::string_view id) const { return nodes_.find(id); }
  Index node_of(Slot slot) const noexcept {
    return slot < nodes_.index_of_slot.size() ? nodes_.index_of_slot[slot] : kNoIndex;
  }
  EdgeIndex find_edge(std::string_view id) const { return edges_.find(id, hash_id(id)); }
  bool blocked(Index node) const noexcept {
    return (nodes_.hot[node].flags & node_flag::kBlocked) != 0;
  }
  /// The names of an edge's ends, whether they exist or not.
  std::string_view source_name(EdgeIndex index) const;
  std::string_view target_name(EdgeIndex index) const;
  /// Parsed at the first call after a change.
  const nlohmann::json& data_of(Index node);
  /// The data of whoever has or reads none: {}.
  static const nlohmann::json& no_data();
  /// What the block's prepare() made, at the first call after a change.
  const void* prepared_of(Index node);
  /// The winners of every port.
  void gather(Index node, GatheredInputs& into) const;
  /// The winners of ports that the row does not name, in the order of their first use.
  std::vector<std::pair<NameId, InputSource>> free_inputs(Index node) const;

  std::size_t memory_bytes() const;

 private:
  // definition_nodes.cpp
  Index place_node(const NodeText& node);
  void set_block(Index node, std::string_view type);
  void set_data(Index node, const NodeText& text);
  void set_manual(Index node, const NodeText& text);
  void clear_data(Index node);
  void choose_kernel(Index node);
  void note_dataset(Index node, std::string_view data);
  void forget_dataset(Index node);
  ManualEntry& manual_entry(Index node, std::string_view port);
  void mark_dirty(Index node);
  void take_waiting_edges(Index node);

  // definition_inputs.cpp
  void recode_ports(Index node);
  void resolve(Index node);
  void resolve_refs(Index node, const std::vector<InputSource>& sources);

  // definition_edges.cpp
  void write_edge(EdgeIndex index, const EdgeText& text);
  void attach(EdgeIndex index);
  void detach(EdgeIndex index);
  void link_in_order(EdgeIndex index);
  void push_successor(EdgeIndex index);
  void unlink(EdgeIndex index);
  void hold_out(EdgeIndex index);
  void move_dirty_ranks();
  std::vector<EdgeIndex> edges_of(Index node) const;

  // definition_cycles.cpp
  void retry_held_edges();
  std::vector<Index> blocked_region() const;
  void block(Index node);
  void unblock(Index node);

  // definition_suspects.cpp
  void forget_suspect(Index node);
  void end_quarantine(Index node);

  // definition_load.cpp
  bool assign_slots(std::size_t slot_bound);
  void sort_nodes();
  void permute(const std::vector<Index>& order);
  void link_loaded_edges();

  NodeTable nodes_;
  EdgeTable edges_;
  TopologicalOrder order_;
  DirtySet dirty_;
  PendingNews news_;
  std::vector<EdgeIndex> held_;
  std::vector<Index> region_;    // what is blocked now
  std::vector<Index> suspects_;  // in the order of evaluation
  std::vector<Index> withheld_;  // they and what depends on them
  std::vector<Slot> quarantine_ended_;
  bool cycles_stale_ = false;
  bool retry_held_ = false;
  bool loading_ = false;
  std::size_t next_slot_ = 0;                        // while loading: what the snapshot says
  Slot staged_ = 0;                                  // while loading: entries of `nodes` seen
  bool slots_given_ = false;                         // some node of the snapshot said its own
  std::vector<const ops::BlockDef*> block_of_type_;  // by NameId
  std::vector<bool> type_known_;
  std::unordered_map<std::string, std::vector<Index>> dataset_readers_;
  GatheredInputs scratch_;
};

}  // namespace chainsolved::graph
