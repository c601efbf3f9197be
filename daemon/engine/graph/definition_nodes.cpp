#include "daemon/engine/graph/block_run.h"
#include "daemon/engine/graph/canonical.h"
#include "daemon/engine/graph/definition.h"
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/call.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace chainsolved::graph {
namespace {

/// Whether parsing `data` could show one of the keys. Escapes could hide one, so that a text with a
/// backslash always counts.
bool may_mention(std::string_view data, std::span<const std::string_view> keys) {
  if (data.find('\\') != std::string_view::npos) return true;
  return std::any_of(keys.begin(), keys.end(), [data](std::string_view key) {
    return data.find(key) != std::string_view::npos;
  });
}

/// data.value. JSON has no number for a NaN or an infinity: a snapshot that the engine wrote keeps
/// one under manualValues, where there is a spelling for it.
double source_value(const NodeText& text, double missing) {
  if (text.value.has_value()) return *text.value;
  for (const ManualValue& manual : text.manual_values) {
    if (manual.port == "value" && nonfinite(manual.value)) return manual.value;
  }
  return missing;
}

}  // namespace

Definition::Definition() = default;

Index Definition::place_node(const NodeText& node) {
  const Index index = nodes_.allocate();
  nodes_.cold[index].id = nodes_.texts.add(node.id);
  nodes_.ids.insert(hash_id(node.id), index);
  ++nodes_.count;
  set_block(index, node.block_type);
  set_data(index, node);
  return index;
}

void Definition::add_node(const NodeText& node) {
  const Index index = place_node(node);
  const auto slot = static_cast<Slot>(nodes_.index_of_slot.size());
  nodes_.index_of_slot.push_back(index);
  nodes_.hot[index].slot = slot;
  news_.appeared.push_back(slot);
  order_.add(index);
  dirty_.resize(order_.rank_count());
  take_waiting_edges(index);
  resolve(index);
  mark_dirty(index);
}

void Definition::replace_node(Index node, const NodeText& text) {
  end_quarantine(node);
  set_block(node, text.block_type);
  set_data(node, text);
  recode_ports(node);
  resolve(node);
  mark_dirty(node);
}

void Definition::update_data(Index node, const NodeText& text) {
  end_quarantine(node);
  set_data(node, text);
  resolve(node);
  mark_dirty(node);
}

void Definition::remove_node(Index node) {
  for (const EdgeIndex edge : edges_of(node))
    remove_edge(edge);
  const Slot slot = nodes_.hot[node].slot;
  if ((nodes_.hot[node].flags & node_flag::kAppeared) != 0) news_.gone.push_back(slot);
  nodes_.index_of_slot[slot] = kNoIndex;
  if (blocked(node)) region_.erase(std::find(region_.begin(), region_.end(), node));
  end_quarantine(node);
  if ((nodes_.hot[node].flags & node_flag::kWithheld) != 0) forget_suspect(node);
  dirty_.erase(order_.rank_of(node));
  order_.remove(node);
  clear_data(node);
  nodes_.drop_value(node);
  HotNode& hot = nodes_.hot[node];
  if (hot.path == Path::Fold || hot.path == Path::Formula) nodes_.refs.release(hot.inputs.refs);
  nodes_.successors.release(hot.successors);
  hot = HotNode{};
  ColdNode& cold = nodes_.cold[node];
  nodes_.ids.erase(hash_id(cold.id.view()), node);
  nodes_.texts.release(cold.id);
  nodes_.incoming.release(cold.incoming);
  cold = ColdNode{};
  nodes_.free_indices.push_back(node);
  --nodes_.count;
}

void Definition::set_block(Index node, std::string_view type) {
  const NameId name = nodes_.names.intern(type);
  if (name >= type_known_.size()) {
    type_known_.resize(name + 1U, false);
    block_of_type_.resize(name + 1U, nullptr);
  }
  if (!type_known_[name]) {
    block_of_type_[name] = ops::find_block(type);
    type_known_[name] = true;
  }
  nodes_.cold[node].type_name = name;
  nodes_.cold[node].block = block_of_type_[name];
}

void Definition::set_data(Index node, const NodeText& text) {
  clear_data(node);
  if (text.data != "{}") nodes_.cold[node].data = nodes_.texts.add(text.data);
  note_dataset(node, text.data);
  choose_kernel(node);
  HotNode& hot = nodes_.hot[node];
  if (hot.path == Path::Source) {
    // Until the node is cleared, the pair's first entry is the cell of data.value.
    const double value = source_value(text, nodes_.cold[node].block->kernel.missing);
    hot.inputs.pair = {kConstantBit | nodes_.add_constant(value), kMissing};
  }
  set_manual(node, text);
}

void Definition::clear_data(Index node) {
  HotNode& hot = nodes_.hot[node];
  ColdNode& cold = nodes_.cold[node];
  nodes_.texts.release(cold.data);
  cold.data = {};
  for (std::size_t i = 0; i < cold.manual.count(); ++i) {
    const std::uint32_t cell = nodes_.manual.at(cold.manual, i).cell;
    if (cell != kNoCell) nodes_.free_constants.push_back(cell);
  }
  nodes_.manual.release(cold.manual);
  if (hot.path == Path::Source) {
    nodes_.free_constants.push_back(hot.inputs.pair.a & ~kConstantBit);
    hot.inputs.pair = {kMissing, kMissing};
  }
  hot.flags &= static_cast<NodeFlags>(~node_flag::kValueWritten);
  forget_dataset(node);
  nodes_.drop_extras(node);
}

void Definition::set_manual(Index node, const NodeText& text) {
  for (const ManualValue& manual : text.manual_values) {
    ManualEntry& entry = manual_entry(node, manual.port);
    if (entry.cell == kNoCell) {
      entry.cell = nodes_.add_constant(manual.value);
    } else {
      nodes_.constants[entry.cell] = manual.value;
    }
  }
  for (const std::string_view port : text.overrides)
    manual_entry(node, port).overrides = true;
}

ManualEntry& Definition::manual_entry(Index node, std::string_view port) {
  ColdNode& cold = nodes_.cold[node];
  for (std::size_t i = 0; i < cold.manual.count(); ++i) {
    ManualEntry& entry = nodes_.manual.at(cold.manual, i);
    if (nodes_.names.text(entry.name) == port) return entry;
  }
  nodes_.manual.push(cold.manual,
                     {.name = nodes_.names.intern(port),
                      .cell = kNoCell,
                      .port = port_code(cold.block, port),
                      .overrides = false,
                      .written = false});
  return nodes_.manual.at(cold.manual, cold.manual.count() - 1);
}

void Definition::choose_kernel(Index node) {
  HotNode& hot = nodes_.hot[node];
  if (hot.path == Path::Fold || hot.path == Path::Formula) nodes_.refs.release(hot.inputs.refs);
  hot.inputs.pair = {kMissing, kMissing};
  hot.flags &= static_cast<NodeFlags>(~(node_flag::kMayFold | node_flag::kNanSilent));
  const ops::BlockDef* block = nodes_.cold[node].block;
  if (block == nullptr) {
    hot.path = Path::Unknown;
    return;
  }
  const bool look =
      block->select != nullptr && may_mention(nodes_.cold[node].data.view(), block->data_keys);
  const BlockCode code = code_for(*block, ops::BlockData(look ? data_of(node) : no_data()), false);
  hot.run = code.run;
  hot.path = code.path;
  if (hot.path == Path::Formula) hot.inputs.refs = Span{};
  if (block->kernel.folds) hot.flags |= node_flag::kMayFold;
  if (block->nan_report == ops::NanReport::Never) hot.flags |= node_flag::kNanSilent;
}

void Definition::note_dataset(Index node, std::string_view data) {
  if (data.find("\"datasetRef\"") == std::string_view::npos) return;
  const nlohmann::json& object = data_of(node);
  const auto found = object.find("datasetRef");
  if (found == object.end() || !found->is_string()) return;
  const auto& name = found->get_ref<const std::string&>();
  nodes_.extras_of(node).dataset = name;
  if (!loading_) dataset_readers_[name].push_back(node);
}

void Definition::forget_dataset(Index node) {
  if (nodes_.cold[node].extras == 0) return;
  const std::string& name = nodes_.extras_of(node).dataset;
  const auto found = dataset_readers_.find(name);
  if (name.empty() || found == dataset_readers_.end()) return;
  std::erase(found->second, node);
  if (found->second.empty()) dataset_readers_.erase(found);
}

void Definition::touch_dataset(std::string_view id) {
  const auto found = dataset_readers_.find(std::string(id));
  if (found == dataset_readers_.end()) return;
  for (const Index node : found->second)
    mark_dirty(node);
}

std::size_t Definition::dataset_references(std::string_view id) const {
  const auto found = dataset_readers_.find(std::string(id));
  return found == dataset_readers_.end() ? 0 : found->second.size();
}

const nlohmann::json& Definition::no_data() {
  static const nlohmann::json empty = nlohmann::json::object();
  return empty;
}

const nlohmann::json& Definition::data_of(Index node) {
  if (nodes_.cold[node].data.null()) return no_data();
  NodeExtras& extras = nodes_.extras_of(node);
  if (extras.data == nullptr) {
    auto parsed = nlohmann::json::parse(nodes_.cold[node].data.view(), nullptr, false);
    if (!parsed.is_object()) parsed = nlohmann::json::object();
    extras.data = std::make_unique<nlohmann::json>(std::move(parsed));
  }
  return *extras.data;
}

const void* Definition::prepared_of(Index node) {
  const ops::BlockDef* block = nodes_.cold[node].block;
  if (block->prepare == nullptr) return nullptr;
  if (!nodes_.extras_of(node).is_prepared) {
    std::shared_ptr<const void> prepared = block->prepare(ops::BlockData(data_of(node)));
    NodeExtras& extras = nodes_.extras_of(node);
    extras.prepared = std::move(prepared);
    extras.is_prepared = true;
  }
  return nodes_.extras_of(node).prepared.get();
}

void Definition::mark_dirty(Index node) {
  if (!blocked(node)) dirty_.insert(order_.rank_of(node));
}

std::size_t Definition::memory_bytes() const {
  return nodes_.memory_bytes() + edges_.memory_bytes() + order_.memory_bytes() +
         dirty_.memory_bytes();
}

}  // namespace chainsolved::graph
