#pragma once

#include "protocol/error.h"
#include "protocol/limits.h"
#include "protocol/request.h"
#include "protocol/snapshot.h"
#include "protocol/value.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::graph {

/// A node's number. Given out by the graph, not used again before the next load.
using Slot = std::uint32_t;

enum class Level : std::uint8_t { Info, Warning, Error };
std::string_view name_of(Level level) noexcept;

/// ENGINE.md, "Diagnostics". `node_id` is empty for edges' diagnostics.
struct Diagnostic {
  std::string node_id;
  Level level = Level::Info;
  std::string_view code;
  std::string message;
};

/// One entry of a trace: the values are kept, summarised when written.
struct TraceEntry {
  Slot slot = 0;
  std::vector<std::pair<std::string, Value>> inputs;
  Value output;
  std::vector<Diagnostic> diagnostics;
};

/// What one evaluation did. Reused from request to request: clear() keeps the capacity.
struct Report {
  std::vector<Slot> changed;   // value or kind differs from what was last reported
  std::vector<Slot> gone;      // removed, or without a value now
  std::vector<Slot> appeared;  // first time in a report
  std::vector<Diagnostic> diagnostics;
  std::vector<TraceEntry> trace;
  std::size_t evaluated_count = 0;
  std::size_t total_count = 0;
  bool partial = false;    // the time budget was spent; the rest stays dirty
  bool cancelled = false;  // the monitor said stop; the rest stays dirty

  void clear() noexcept;
};

/// Asked now and then during an evaluation: every 50 µs or 64 KiB of work, whichever is later.
class Monitor {
 public:
  Monitor() = default;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  virtual ~Monitor() = default;

  /// `node` is under evaluation, `done` of about `total` dirty nodes are. False stops.
  virtual bool keep_going(Slot node, std::size_t done, std::size_t total) = 0;
  /// Before each node that has no fast way: it may take long, or never come back.
  virtual void entering(Slot /*node*/) {}

  /// Where slot + 1 of each node is stored before it is evaluated, and 0 afterwards.
  std::atomic<std::uint32_t>& current() noexcept { return *current_; }

 protected:
  /// `current` must outlive the monitor.
  explicit Monitor(std::atomic<std::uint32_t>& current) noexcept : current_(&current) {}

 private:
  std::atomic<std::uint32_t> unseen_{0};
  std::atomic<std::uint32_t>* current_ = &unseen_;
};

/// Finds datasets by id.
class Datasets {
 public:
  Datasets() = default;
  Datasets(const Datasets&) = delete;
  Datasets& operator=(const Datasets&) = delete;
  virtual ~Datasets() = default;
  virtual const Value* find(std::string_view id) const = 0;
};

/// An op of a patch that named nothing that exists.
struct Ignored {
  std::size_t index = 0;  // into ops
  std::string op;         // "removeEdge"
  std::string id;
};

/// Which NaN codes an evaluation reports: the stateless `evaluate` reports none (OPS.md).
enum class Reporting : std::uint8_t { Session, Stateless };

/// The incremental graph of ENGINE.md. Changing the definition and evaluating are two steps: a
/// change is read, validated and applied whole or not at all and makes nodes dirty; evaluate() then
/// brings dirty nodes up to date in topological order, pruning what did not change. One thread.
class Graph {
 public:
  explicit Graph(const Limits& limits);
  ~Graph();
  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // --- changes of the definition; on error nothing has changed ---

  /// Replaces the graph. `text` is followed by kJsonPadding readable bytes. Slots are the positions
  /// in `nodes` (of equal ids the first), or what the snapshot says.
  Result<void> load(std::string_view text);

  /// Applies a decoded patch. With `strict`, an op that names nothing is UNKNOWN_NODE or
  /// UNKNOWN_EDGE and nothing is applied; without, it is listed in `ignored`.
  Result<std::vector<Ignored>> apply(const std::vector<PatchOp>& ops, bool strict);

  /// Writes manual values (or data.value of a source). Likewise for unknown nodes; with `strict`
  /// also for unknown ports (UNKNOWN_PORT). The ignored ones are named "setInput". No allocation
  /// when all are known and were written before.
  Result<std::vector<Ignored>> set_inputs(std::span<const InputChange> changes, bool strict);

  /// Makes the nodes whose data.datasetRef is `id` dirty.
  void touch_dataset(std::string_view id);
  /// How many nodes refer to it.
  std::size_t dataset_references(std::string_view id) const;

  /// Of the definition, chained from change to change: a copy that was changed in the same way has
  /// the same. 0 before the first change; of a load, the text's alone.
  std::uint64_t hash() const noexcept;
  static std::uint64_t hash_of(std::string_view snapshot_text) noexcept;
  /// `snapshot_text`, which snapshot() just gave, stands for all changes so far.
  void continue_from(std::string_view snapshot_text) noexcept;

  // --- nodes that an engine died at (DESIGN §4); slots without a node are passed over ---

  /// These and all that depends on them have no value and are not evaluated until try_next() and
  /// release_dependants() let them. The definition must not change meanwhile.
  void withhold(std::span<const Slot> slots);
  /// The next evaluation tries the first of them in its order, and nothing that depends on it.
  std::optional<Slot> try_next();
  /// The next evaluation takes up what depends on none of the others.
  void release_dependants();
  /// These nodes' value is an error that says so (NODE_QUARANTINED), whatever their inputs are,
  /// until their data, block or incoming edges are edited, or they are removed.
  void quarantine(std::span<const Slot> slots);
  /// Quarantines that have ended since this was last asked.
  std::vector<Slot> take_quarantine_ended();

  // --- evaluation ---

  /// `report` is cleared first. Budget and monitor are looked at only between and inside long
  /// nodes.
  void evaluate(const EvaluateOptions& options,
                Reporting reporting,
                const Datasets& datasets,
                Monitor& monitor,
                Report& report);

  /// Whether anything waits to be evaluated.
  bool dirty() const noexcept;

  // --- reading ---

  std::size_t node_count() const noexcept;
  std::size_t edge_count() const noexcept;
  /// One past the largest slot ever given out since the last load.
  std::size_t slot_count() const noexcept;
  /// Whether the last load gave every node its position in `nodes` as slot: then its sender need
  /// not be told. False if any node of the snapshot said its own `slot`.
  bool slots_are_positions() const noexcept;
  bool occupied(Slot slot) const noexcept;
  std::optional<Slot> find(std::string_view node_id) const noexcept;
  std::string_view id_of(Slot slot) const noexcept;
  std::string_view block_type_of(Slot slot) const noexcept;

  /// The current value; None when the node has none.
  Value value_of(Slot slot) const;
  /// True, and the number in `out`, when the value is a scalar: the fast way.
  bool scalar_of(Slot slot, double& out) const noexcept;

  /// The diagnostics of validateGraph (ENGINE.md): cycles, dangling edges, unknown blocks, missing
  /// inputs. Nothing is evaluated.
  std::vector<Diagnostic> validate() const;

  /// EngineSnapshotV1 of the graph as it is now, each node with its `slot`, inputs written by
  /// set_inputs included; with `nextSlot` when the last slots given out are vacant, so that no
  /// graph that is loaded from it gives them out again.
  std::string snapshot() const;

  /// Bytes that the graph's own structures take, values on the heap included; a good estimate.
  std::size_t memory_bytes() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One block on given values, outside any graph (`evaluateBlock`). `inputs` may name variadic and
/// free ports. METHOD errors are none: an unknown block gives an error value and UNKNOWN_BLOCK.
struct BlockResult {
  Value value;
  std::vector<Diagnostic> diagnostics;
};
BlockResult evaluate_block(std::string_view block_type,
                           std::span<const std::pair<std::string, Value>> inputs,
                           std::string_view data_json,
                           const Limits& limits,
                           const Datasets& datasets,
                           Monitor& monitor);

}  // namespace chainsolved::graph
