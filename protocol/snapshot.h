#pragma once

#include "protocol/error.h"
#include "protocol/limits.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved {

/// `manualValues[port]` of a node: a number for a port without an edge.
struct ManualValue {
  std::string_view port;
  double value = 0;
};

/// A node as the decoder finds it. Views are into the decoder's buffers and end with the callback.
struct NodeText {
  std::string_view id;
  std::string_view block_type;
  std::string_view data;                        // the data object's JSON text, "{}" when absent
  std::optional<double> value;                  // data.value if it is a number
  std::span<const ManualValue> manual_values;   // the numeric entries of data.manualValues
  std::span<const std::string_view> overrides;  // ports with data.portOverrides[port] == true
  std::optional<std::uint32_t> slot;            // `slot` of a snapshot that an engine wrote
};

struct EdgeText {
  std::string_view id;
  std::string_view source;
  std::string_view source_handle;  // "out" when absent
  std::string_view target;
  std::string_view target_handle;
};

/// Receives a snapshot's parts in the order in which they stand: nodes, then edges (also when the
/// text has them the other way round). An Error stops the decoding.
class SnapshotSink {
 public:
  SnapshotSink() = default;
  SnapshotSink(const SnapshotSink&) = delete;
  SnapshotSink& operator=(const SnapshotSink&) = delete;
  virtual ~SnapshotSink() = default;

  /// Told once before the first node; for reserving. 0 when not known.
  virtual void on_counts(std::size_t nodes, std::size_t edges) = 0;
  /// `nextSlot` of a snapshot that an engine wrote: slots below it have been given out. Before the
  /// first node; not told when it is absent.
  virtual void on_next_slot(std::uint64_t /*slot*/) {}
  virtual Result<void> on_node(const NodeText& node) = 0;
  virtual Result<void> on_edge(const EdgeText& edge) = 0;
};

/// Decodes EngineSnapshotV1 text, streaming: no tree is built. The text must be followed by
/// kJsonPadding readable bytes.
/// Errors: PARSE_ERROR for text that is not JSON, UNSUPPORTED_VERSION, INVALID_SNAPSHOT with the
/// place ("nodes[3].blockType is missing"), LIMIT_EXCEEDED.
Result<void> decode_snapshot(std::string_view text, const Limits& limits, SnapshotSink& sink);

/// How many readable bytes must follow a text that is decoded (SIMDJSON_PADDING).
inline constexpr std::size_t kJsonPadding = 64;

/// The parts of a node's data object that the graph itself reads, for updateNodeData and addNode.
/// Owns its strings.
struct NodeRecord {
  std::string id;
  std::string block_type;
  std::string data = "{}";
  std::optional<double> value;
  std::vector<std::pair<std::string, double>> manual_values;
  std::vector<std::string> overrides;
};

struct EdgeRecord {
  std::string id;
  std::string source;
  std::string source_handle;
  std::string target;
  std::string target_handle;
};

enum class PatchKind : std::uint8_t { AddNode, RemoveNode, UpdateNodeData, AddEdge, RemoveEdge };
std::string_view name_of(PatchKind kind) noexcept;  // "addNode", ...

struct PatchOp {
  PatchKind kind = PatchKind::AddNode;
  NodeRecord node;  // AddNode; UpdateNodeData fills id and the data members; RemoveNode the id
  EdgeRecord edge;  // AddEdge; RemoveEdge fills the id
};

/// Decodes the `ops` array of applyPatch. All or nothing: INVALID_SNAPSHOT names the first bad op
/// and what is wrong with it.
Result<std::vector<PatchOp>> decode_patch(std::string_view ops_text, const Limits& limits);

/// One changed input. The value is a number (WIRE.md, "Numbers in JSON").
struct InputChange {
  std::string_view node_id;
  std::string_view port_id;
  double value = 0;
};

}  // namespace chainsolved
