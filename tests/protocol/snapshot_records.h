#pragma once

#include "protocol/snapshot.h"
#include "tests/protocol/bytes.h"

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::test {

/// Text followed by exactly the padding that the decoder asks for.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text)
      : padded_(std::string(text) + std::string(kJsonPadding, '}')), size_(text.size()) {}
  std::string_view view() const noexcept { return padded_.view().substr(0, size_); }

 private:
  TightText padded_;
  std::size_t size_;
};

struct ReadNode {
  NodeRecord record;
  std::optional<std::uint32_t> slot;
};

/// Keeps everything that a decoder hands out, in order.
class RecordSink final : public SnapshotSink {
 public:
  void on_counts(std::size_t node_count, std::size_t edge_count) override {
    counts.emplace_back(node_count, edge_count);
  }

  Result<void> on_node(const NodeText& node) override {
    if (!edges.empty()) return Error{ErrorCode::InternalError, "a node after an edge", {}};
    ReadNode& read = nodes.emplace_back();
    read.slot = node.slot;
    read.record.id = node.id;
    read.record.block_type = node.block_type;
    read.record.data = node.data;
    read.record.value = node.value;
    for (const ManualValue& entry : node.manual_values)
      read.record.manual_values.emplace_back(entry.port, entry.value);
    read.record.overrides.assign(node.overrides.begin(), node.overrides.end());
    return nodes.size() == stop_at ? Result<void>(Error{ErrorCode::Cancelled, "stop", {}})
                                   : Result<void>();
  }

  Result<void> on_edge(const EdgeText& edge) override {
    edges.push_back({std::string(edge.id),
                     std::string(edge.source),
                     std::string(edge.source_handle),
                     std::string(edge.target),
                     std::string(edge.target_handle)});
    return {};
  }

  std::vector<std::pair<std::size_t, std::size_t>> counts;
  std::vector<ReadNode> nodes;
  std::vector<EdgeRecord> edges;
  std::size_t stop_at = 0;
};

inline Result<void> decode(std::string_view text, SnapshotSink& sink, const Limits& limits = {}) {
  const PaddedText padded(text);
  return decode_snapshot(padded.view(), limits, sink);
}

}  // namespace chainsolved::test
