#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "protocol/limits.h"
#include "protocol/node_reader.h"
#include "protocol/snapshot.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved {

namespace {

using Type = JsonReader::Type;

// In the order of PatchKind.
constexpr auto kPatchNames = std::to_array<std::string_view>(
    {"addNode", "removeNode", "updateNodeData", "addEdge", "removeEdge"});
static_assert(kPatchNames.size() == static_cast<std::size_t>(PatchKind::RemoveEdge) + 1);

// Where an op's members stand: `op` may come last and says what the others mean.
struct OpPlaces {
  using Place = std::optional<JsonReader::Place>;
  Place op, node, node_id, data, edge, edge_id;

  Place* find(std::string_view key) noexcept {
    if (key == "op") return &op;
    if (key == "node") return &node;
    if (key == "nodeId") return &node_id;
    if (key == "data") return &data;
    if (key == "edge") return &edge;
    if (key == "edgeId") return &edge_id;
    return nullptr;
  }
};

void assign(NodeRecord& record, const NodeText& text) {
  record.data = text.data;
  record.value = text.value;
  record.manual_values.reserve(text.manual_values.size());
  for (const ManualValue& entry : text.manual_values)
    record.manual_values.emplace_back(entry.port, entry.value);
  record.overrides.assign(text.overrides.begin(), text.overrides.end());
}

void assign(EdgeRecord& record, const EdgeText& text) {
  record.id = text.id;
  record.source = text.source;
  record.source_handle = text.source_handle;
  record.target = text.target;
  record.target_handle = text.target_handle;
}

class PatchDecoder {
 public:
  explicit PatchDecoder(const Limits& limits) : limits_(limits), items_(reader_, limits) {}

  Result<std::vector<PatchOp>> decode(std::string_view text);

 private:
  bool find_members(OpPlaces& places);
  bool read_op(PatchOp& op);
  bool read_kind(const OpPlaces& places, PatchKind& kind);
  bool read_body(const OpPlaces& places, PatchOp& op);
  bool read_id(const OpPlaces::Place& place, const char* name, std::string& id);
  bool read_node(const OpPlaces::Place& place, NodeRecord& node);
  bool read_data(const OpPlaces::Place& place, NodeRecord& node);
  bool read_edge(const OpPlaces::Place& place, EdgeRecord& edge);
  bool require(const OpPlaces::Place& place, const char* name);

  const Limits& limits_;
  JsonReader reader_;
  ItemReader items_;
};

Result<std::vector<PatchOp>> PatchDecoder::decode(std::string_view text) {
  if (!reader_.start(text, limits_.max_nesting)) return reader_.error();
  if (reader_.peek() != Type::Array) {
    if (!reader_.skip() || !reader_.finish()) return reader_.error();
    return invalid_snapshot("ops", "is not an array");
  }
  std::vector<PatchOp> ops;
  reader_.enter_array();
  while (reader_.next_element()) {
    reader_.release_strings();
    if (ops.size() == limits_.max_patch_ops)
      return limit_error("maxPatchOps", limits_.max_patch_ops, "The patch has too many ops");
    if (!read_op(ops.emplace_back())) return items_.error("ops", ops.size() - 1);
  }
  if (!reader_.finish()) return reader_.error();
  return ops;
}

bool PatchDecoder::read_op(PatchOp& op) {
  OpPlaces places;
  if (!find_members(places)) return false;
  const auto end = reader_.place();
  if (!read_kind(places, op.kind) || !read_body(places, op)) return false;
  reader_.go(end);
  return true;
}

bool PatchDecoder::find_members(OpPlaces& places) {
  if (reader_.peek() != Type::Object) return reader_.skip() && items_.fail("", "is not an object");
  reader_.enter_object();
  for (std::string_view key; reader_.next_key(key);) {
    if (OpPlaces::Place* place = places.find(key)) *place = reader_.place();
    if (!reader_.skip()) return false;
  }
  return !reader_.failed();
}

bool PatchDecoder::require(const OpPlaces::Place& place, const char* name) {
  if (!place) return items_.fail(name, "is missing");
  reader_.go(*place);
  return true;
}

bool PatchDecoder::read_kind(const OpPlaces& places, PatchKind& kind) {
  std::string_view name;
  if (!require(places.op, "op")) return false;
  if (reader_.peek() != Type::String) return items_.fail("op", "is not a string");
  if (!reader_.string(name)) return false;
  for (std::size_t i = 0; i < kPatchNames.size(); ++i) {
    if (kPatchNames[i] != name) continue;
    kind = static_cast<PatchKind>(i);
    return true;
  }
  return items_.fail("op",
                     "is none of addNode, removeNode, updateNodeData, addEdge and removeEdge");
}

bool PatchDecoder::read_body(const OpPlaces& places, PatchOp& op) {
  switch (op.kind) {
    case PatchKind::AddNode:
      return read_node(places.node, op.node);
    case PatchKind::RemoveNode:
      return read_id(places.node_id, "nodeId", op.node.id);
    case PatchKind::UpdateNodeData:
      return read_id(places.node_id, "nodeId", op.node.id) && read_data(places.data, op.node);
    case PatchKind::AddEdge:
      return read_edge(places.edge, op.edge);
    case PatchKind::RemoveEdge:
      return read_id(places.edge_id, "edgeId", op.edge.id);
  }
  return false;
}

bool PatchDecoder::read_id(const OpPlaces::Place& place, const char* name, std::string& id) {
  std::string_view text;
  if (!require(place, name) || !items_.id(name, text)) return false;
  id = text;
  return true;
}

bool PatchDecoder::read_node(const OpPlaces::Place& place, NodeRecord& node) {
  NodeText text;
  if (!require(place, "node") || !items_.node(text)) return false;
  node.id = text.id;
  node.block_type = text.block_type;
  assign(node, text);
  return true;
}

bool PatchDecoder::read_data(const OpPlaces::Place& place, NodeRecord& node) {
  NodeText text;
  if (!require(place, "data") || !items_.data(text)) return false;
  assign(node, text);
  return true;
}

bool PatchDecoder::read_edge(const OpPlaces::Place& place, EdgeRecord& edge) {
  EdgeText text;
  if (!require(place, "edge") || !items_.edge(text)) return false;
  assign(edge, text);
  return true;
}

}  // namespace

std::string_view name_of(PatchKind kind) noexcept {
  return kPatchNames[static_cast<std::size_t>(kind)];
}

Result<std::vector<PatchOp>> decode_patch(std::string_view ops_text, const Limits& limits) {
  return PatchDecoder(limits).decode(ops_text);
}

}  // namespace chainsolved
