#include "daemon/engine/graph/graph.h"

#include "daemon/engine/graph/definition.h"
#include "daemon/engine/graph/definition_hash.h"
#include "daemon/engine/graph/evaluation.h"
#include "daemon/engine/graph/patch_check.h"
#include "daemon/engine/graph/snapshot_writer.h"
#include "daemon/engine/graph/validation.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace chainsolved::graph {
namespace {

/// Fills a definition from a snapshot's text.
class Loader final : public SnapshotSink {
 public:
  Loader(Definition& definition, const Limits& limits) : definition_(definition), limits_(limits) {}

  void on_counts(std::size_t nodes, std::size_t edges) override {
    definition_.reserve(std::min<std::size_t>(nodes, limits_.max_nodes),
                        std::min<std::size_t>(edges, limits_.max_edges));
  }

  void on_next_slot(std::uint64_t slot) override {
    definition_.stage_next_slot(static_cast<std::size_t>(slot));
  }

  Result<void> on_node(const NodeText& node) override {
    definition_.stage_node(node);
    if (definition_.nodes().count > limits_.max_nodes) {
      return limit_error("maxNodes", limits_.max_nodes, "the snapshot has too many nodes");
    }
    return {};
  }

  Result<void> on_edge(const EdgeText& edge) override {
    definition_.stage_edge(edge);
    if (definition_.edges().count > limits_.max_edges) {
      return limit_error("maxEdges", limits_.max_edges, "the snapshot has too many edges");
    }
    return {};
  }

 private:
  Definition& definition_;
  const Limits& limits_;
};

/// A record of a patch as the views that a snapshot's decoder gives.
class RecordText {
 public:
  explicit RecordText(const NodeRecord& record) {
    for (const auto& [port, value] : record.manual_values)
      manual_.push_back({port, value});
    for (const std::string& port : record.overrides)
      overrides_.emplace_back(port);
    text_.id = record.id;
    text_.block_type = record.block_type;
    text_.data = record.data;
    text_.value = record.value;
    text_.manual_values = manual_;
    text_.overrides = overrides_;
  }
  const NodeText& text() const noexcept { return text_; }

 private:
  std::vector<ManualValue> manual_;
  std::vector<std::string_view> overrides_;
  NodeText text_;
};

/// Applies one op; false when it named nothing that exists.
bool apply_op(Definition& definition, const PatchOp& op) {
  const auto node = [&] {
    return definition.find_node(op.node.id);
  };
  switch (op.kind) {
    case PatchKind::AddNode: {
      const RecordText record(op.node);
      const Index existing = node();
      if (existing == kNoIndex) {
        definition.add_node(record.text());
      } else {
        definition.replace_node(existing, record.text());
      }
      return true;
    }
    case PatchKind::RemoveNode: {
      const Index existing = node();
      if (existing != kNoIndex) definition.remove_node(existing);
      return existing != kNoIndex;
    }
    case PatchKind::UpdateNodeData: {
      const Index existing = node();
      if (existing != kNoIndex) definition.update_data(existing, RecordText(op.node).text());
      return existing != kNoIndex;
    }
    case PatchKind::AddEdge:
      definition.add_edge({op.edge.id,
                           op.edge.source,
                           op.edge.source_handle,
                           op.edge.target,
                           op.edge.target_handle});
      return true;
    case PatchKind::RemoveEdge: {
      const EdgeIndex existing = definition.find_edge(op.edge.id);
      if (existing != kNoEdge) definition.remove_edge(existing);
      return existing != kNoEdge;
    }
  }
  return false;
}

/// What an op that took effect has done, and to which slot. Of a removal the id has to do: the slot
/// is vacant by now.
void add_op(DefinitionHash& hash, const Definition& definition, const PatchOp& op) {
  const auto slot_of = [&definition](std::string_view id) -> std::uint64_t {
    const Index node = definition.find_node(id);
    return node == kNoIndex ? kNoIndex : definition.nodes().hot[node].slot;
  };
  const auto kind = static_cast<std::uint64_t>(op.kind);
  switch (op.kind) {
    case PatchKind::AddNode:
    case PatchKind::UpdateNodeData:
      hash.add(kind, slot_of(op.node.id));
      hash.add(op.node.block_type);
      hash.add(op.node.data);
      return;
    case PatchKind::AddEdge:
      hash.add(kind, slot_of(op.edge.source) << 32 | slot_of(op.edge.target));
      hash.add(op.edge.source_handle);
      hash.add(op.edge.target_handle);
      hash.add(op.edge.id);
      return;
    case PatchKind::RemoveNode:
      hash.add(kind, 0);
      hash.add(op.node.id);
      return;
    case PatchKind::RemoveEdge:
      hash.add(kind, 0);
      hash.add(op.edge.id);
      return;
  }
}

std::string_view named_by(const PatchOp& op) {
  return op.kind == PatchKind::RemoveEdge || op.kind == PatchKind::AddEdge ? op.edge.id
                                                                           : op.node.id;
}

Error unknown_input(ErrorCode code, const InputChange& change, std::size_t index) {
  Error error;
  error.code = code;
  error.message = "inputs[" + std::to_string(index) + "]: ";
  if (code == ErrorCode::UnknownNode) {
    error.message += "there is no node '" + std::string(change.node_id) + "'";
  } else {
    error.message += "node '" + std::string(change.node_id) + "' has no port '" +
                     std::string(change.port_id) + "'";
  }
  error.message += "; no input was changed";
  return error;
}

}  // namespace

void Report::clear() noexcept {
  changed.clear();
  gone.clear();
  appeared.clear();
  diagnostics.clear();
  trace.clear();
  evaluated_count = 0;
  total_count = 0;
  partial = false;
  cancelled = false;
}

struct Graph::Impl {
  explicit Impl(const Limits& bounds) : limits(bounds) {}

  Limits limits;
  Definition definition;
  EvaluationMemory memory;
  DefinitionHash hash;
  std::vector<Slot> quarantine_ended;  // by loads
};

Graph::Graph(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
Graph::~Graph() = default;
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;

Result<void> Graph::load(std::string_view text) {
  Definition loaded;
  Loader loader(loaded, impl_->limits);
  if (auto decoded = decode_snapshot(text, impl_->limits, loader); !decoded.ok()) return decoded;
  if (!loaded.finish_load(slot_bound(impl_->limits))) {
    Error error;
    error.code = ErrorCode::InvalidSnapshot;
    error.message = "two nodes claim the same slot, or one claims a slot beyond " +
                    std::to_string(slot_bound(impl_->limits)) +
                    "; leave `slot` out, or load the snapshot as the engine wrote it";
    return error;
  }
  impl_->definition.end_every_quarantine();
  for (const Slot slot : impl_->definition.take_quarantine_ended())
    impl_->quarantine_ended.push_back(slot);
  impl_->definition = std::move(loaded);
  impl_->hash.reset(DefinitionHash::of(text));
  // Slots mean other nodes now.
  impl_->memory = EvaluationMemory{};
  return {};
}

Result<std::vector<Ignored>> Graph::apply(const std::vector<PatchOp>& ops, bool strict) {
  if (auto fine = PatchCheck(impl_->definition, impl_->limits).run(ops, strict); !fine.ok()) {
    return std::move(fine).error();
  }
  std::vector<Ignored> ignored;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (apply_op(impl_->definition, ops[i])) {
      add_op(impl_->hash, impl_->definition, ops[i]);
      continue;
    }
    ignored.push_back({i, std::string(name_of(ops[i].kind)), std::string(named_by(ops[i]))});
  }
  impl_->definition.settle();
  return ignored;
}

Result<std::vector<Ignored>> Graph::set_inputs(std::span<const InputChange> changes, bool strict) {
  Definition& definition = impl_->definition;
  if (strict) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const Index node = definition.find_node(changes[i].node_id);
      if (node == kNoIndex) return unknown_input(ErrorCode::UnknownNode, changes[i], i);
      if (!definition.knows_port(node, changes[i].port_id)) {
        return unknown_input(ErrorCode::UnknownPort, changes[i], i);
      }
    }
  }
  std::vector<Ignored> ignored;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Index node = definition.find_node(changes[i].node_id);
    if (node == kNoIndex) {
      ignored.push_back({i, "setInput", std::string(changes[i].node_id)});
    } else {
      definition.write_input(node, changes[i].port_id, changes[i].value);
      impl_->hash.add(changes[i].port_id);
      impl_->hash.add(definition.nodes().hot[node].slot,
                      std::bit_cast<std::uint64_t>(changes[i].value));
    }
  }
  return ignored;
}

void Graph::touch_dataset(std::string_view id) {
  impl_->definition.touch_dataset(id);
}

std::size_t Graph::dataset_references(std::string_view id) const {
  return impl_->definition.dataset_references(id);
}

std::uint64_t Graph::hash() const noexcept {
  return impl_->hash.value();
}

std::uint64_t Graph::hash_of(std::string_view snapshot_text) noexcept {
  return DefinitionHash::of(snapshot_text);
}

void Graph::continue_from(std::string_view snapshot_text) noexcept {
  impl_->hash.reset(DefinitionHash::of(snapshot_text));
}

void Graph::withhold(std::span<const Slot> slots) {
  impl_->definition.withhold(slots);
}

std::optional<Slot> Graph::try_next() {
  return impl_->definition.try_next();
}

void Graph::release_dependants() {
  impl_->definition.withhold_dependants();
}

void Graph::quarantine(std::span<const Slot> slots) {
  for (const Slot slot : slots)
    impl_->definition.quarantine(slot);
}

std::vector<Slot> Graph::take_quarantine_ended() {
  std::vector<Slot> ended = std::exchange(impl_->quarantine_ended, {});
  for (const Slot slot : impl_->definition.take_quarantine_ended())
    ended.push_back(slot);
  return ended;
}

void Graph::evaluate(const EvaluateOptions& options,
                     Reporting reporting,
                     const Datasets& datasets,
                     Monitor& monitor,
                     Report& report) {
  const Evaluation::Context context{options, impl_->limits, reporting, datasets, monitor};
  Evaluation(impl_->definition, context, impl_->memory, report).run();
}

bool Graph::dirty() const noexcept {
  return !impl_->definition.dirty().empty();
}

std::size_t Graph::node_count() const noexcept {
  return impl_->definition.nodes().count;
}

std::size_t Graph::edge_count() const noexcept {
  return impl_->definition.edges().count;
}

std::size_t Graph::slot_count() const noexcept {
  return impl_->definition.nodes().index_of_slot.size();
}

bool Graph::slots_are_positions() const noexcept {
  return !impl_->definition.slots_given();
}

bool Graph::occupied(Slot slot) const noexcept {
  return slot < slot_count() && impl_->definition.nodes().index_of_slot[slot] != kNoIndex;
}

std::optional<Slot> Graph::find(std::string_view node_id) const noexcept {
  const Index node = impl_->definition.find_node(node_id);
  if (node == kNoIndex) return std::nullopt;
  return impl_->definition.nodes().hot[node].slot;
}

std::string_view Graph::id_of(Slot slot) const noexcept {
  if (!occupied(slot)) return {};
  const NodeTable& nodes = impl_->definition.nodes();
  return nodes.cold[nodes.index_of_slot[slot]].id.view();
}

std::string_view Graph::block_type_of(Slot slot) const noexcept {
  if (!occupied(slot)) return {};
  const NodeTable& nodes = impl_->definition.nodes();
  return nodes.names.text(nodes.cold[nodes.index_of_slot[slot]].type_name);
}

Value Graph::value_of(Slot slot) const {
  if (!occupied(slot)) return {};
  const NodeTable& nodes = impl_->definition.nodes();
  return nodes.value_of(nodes.index_of_slot[slot]);
}

bool Graph::scalar_of(Slot slot, double& out) const noexcept {
  const NodeTable& nodes = impl_->definition.nodes();
  if (slot >= nodes.index_of_slot.size()) return false;
  const Index node = nodes.index_of_slot[slot];
  if (node == kNoIndex || nodes.kinds[node] != ValueKind::Scalar) return false;
  out = nodes.values[node];
  return true;
}

std::vector<Diagnostic> Graph::validate() const {
  return validate_definition(impl_->definition);
}

std::string Graph::snapshot() const {
  return write_snapshot(impl_->definition);
}

std::size_t Graph::memory_bytes() const noexcept {
  return impl_->definition.memory_bytes();
}

}  // namespace chainsolved::graph
