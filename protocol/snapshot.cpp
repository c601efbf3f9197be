#include "protocol/snapshot.h"

#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "protocol/limits.h"
#include "protocol/node_reader.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chainsolved {

namespace {

constexpr double kSnapshotVersion = 1;

// Where a member of the snapshot stands. Nodes come before edges whatever the text's order is, so
// the members are found first and read afterwards.
struct ArrayPlace {
  JsonReader::Place place;
  std::size_t count = 0;
};

class SnapshotDecoder {
 public:
  SnapshotDecoder(const Limits& limits, SnapshotSink& sink)
      : limits_(limits), sink_(sink), items_(reader_, limits) {}

  Result<void> decode(std::string_view text);

 private:
  Result<void> find_members();
  Result<void> find_array(std::string_view name, std::optional<ArrayPlace>& found);
  Result<void> check_version();
  Result<void> check_members() const;
  Result<void> read_nodes();
  Result<void> read_edges();

  const Limits& limits_;
  SnapshotSink& sink_;
  JsonReader reader_;
  ItemReader items_;
  bool has_version_ = false;
  std::optional<ArrayPlace> nodes_;
  std::optional<ArrayPlace> edges_;
};

Result<void> SnapshotDecoder::decode(std::string_view text) {
  if (!reader_.start(text, limits_.max_nesting)) return reader_.error();
  if (reader_.peek() != JsonReader::Type::Object) {
    if (!reader_.skip() || !reader_.finish()) return reader_.error();
    return invalid_snapshot("The snapshot", "is not an object");
  }
  if (auto found = find_members(); !found.ok()) return found;
  if (auto checked = check_members(); !checked.ok()) return checked;
  sink_.on_counts(nodes_->count, edges_->count);
  if (auto read = read_nodes(); !read.ok()) return read;
  return read_edges();
}

Result<void> SnapshotDecoder::find_members() {
  reader_.enter_object();
  for (std::string_view key; reader_.next_key(key);) {
    Result<void> read;
    if (key == "nodes") {
      read = find_array(key, nodes_);
    } else if (key == "edges") {
      read = find_array(key, edges_);
    } else if (key == "version") {
      read = check_version();
    } else {
      reader_.skip();
    }
    if (!read.ok()) return read;
  }
  if (!reader_.finish()) return reader_.error();
  return {};
}

Result<void> SnapshotDecoder::find_array(std::string_view name, std::optional<ArrayPlace>& found) {
  if (found) {  // of equal keys the last counts, but all must be JSON
    const auto here = reader_.place();
    reader_.go(found->place);
    if (!reader_.skip()) return reader_.error();
    reader_.go(here);
  }
  if (reader_.peek() != JsonReader::Type::Array) {
    if (!reader_.skip()) return reader_.error();
    return invalid_snapshot(name, "is not an array");
  }
  found = ArrayPlace{reader_.place(), 0};
  if (!reader_.skip_unchecked(&found->count)) return reader_.error();
  return {};
}

Result<void> SnapshotDecoder::check_version() {
  double version = 0;
  if (reader_.peek() != JsonReader::Type::Number) {
    if (!reader_.skip()) return reader_.error();
    return invalid_snapshot("version", "is not a number");
  }
  const std::string_view text = reader_.token();
  if (!reader_.number(version)) return reader_.error();
  has_version_ = true;
  if (version == kSnapshotVersion) return {};
  return Error{ErrorCode::UnsupportedVersion,
               "The snapshot has version " + std::string(text) + "; this engine reads version 1.",
               {}};
}

Result<void> SnapshotDecoder::check_members() const {
  if (!has_version_) return invalid_snapshot("version", "is missing");
  if (!nodes_) return invalid_snapshot("nodes", "is missing");
  if (!edges_) return invalid_snapshot("edges", "is missing");
  if (nodes_->count > limits_.max_nodes)
    return limit_error("maxNodes", limits_.max_nodes, "The snapshot has too many nodes");
  if (edges_->count > limits_.max_edges)
    return limit_error("maxEdges", limits_.max_edges, "The snapshot has too many edges");
  return {};
}

Result<void> SnapshotDecoder::read_nodes() {
  reader_.go(nodes_->place);
  reader_.enter_array();
  NodeText node;
  for (std::size_t i = 0; reader_.next_element(); ++i) {
    reader_.release_strings();
    if (!items_.node(node)) return items_.error("nodes", i);
    if (auto taken = sink_.on_node(node); !taken.ok()) return taken;
  }
  if (reader_.failed()) return reader_.error();
  return {};
}

Result<void> SnapshotDecoder::read_edges() {
  reader_.go(edges_->place);
  reader_.enter_array();
  EdgeText edge;
  for (std::size_t i = 0; reader_.next_element(); ++i) {
    reader_.release_strings();
    if (!items_.edge(edge)) return items_.error("edges", i);
    if (auto taken = sink_.on_edge(edge); !taken.ok()) return taken;
  }
  if (reader_.failed()) return reader_.error();
  return {};
}

}  // namespace

Result<void> decode_snapshot(std::string_view text, const Limits& limits, SnapshotSink& sink) {
  return SnapshotDecoder(limits, sink).decode(text);
}

}  // namespace chainsolved
