#include "protocol/snapshot.h"

#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "protocol/limits.h"
#include "protocol/node_reader.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chainsolved {

namespace {

constexpr double kSnapshotVersion = 1;

// Where a member of the snapshot stands. Nodes come before edges whatever the text's order is, so
// the members are found first and read afterwards.
struct Member {
  JsonReader::Place place;
  bool is_array = false;
  std::size_t count = 0;
};

class SnapshotDecoder {
 public:
  SnapshotDecoder(const Limits& limits, SnapshotSink& sink)
      : limits_(limits), sink_(sink), items_(reader_, limits) {}

  Result<void> decode(std::string_view text);

 private:
  bool find_members();
  bool find_array(std::optional<Member>& found);
  Result<void> check_version();
  Result<void> check_array(const char* name,
                           const std::optional<Member>& found,
                           const char* limit_name) const;
  Result<void> tell_next_slot();
  Result<void> read_nodes();
  Result<void> read_edges();

  const Limits& limits_;
  SnapshotSink& sink_;
  JsonReader reader_;
  ItemReader items_;
  std::optional<JsonReader::Place> version_;
  std::optional<JsonReader::Place> next_slot_;
  std::optional<Member> nodes_;
  std::optional<Member> edges_;
};

Result<void> SnapshotDecoder::decode(std::string_view text) {
  if (!reader_.start(text, limits_.max_nesting)) return reader_.error();
  if (reader_.peek() != JsonReader::Type::Object) {
    if (!reader_.skip() || !reader_.finish()) return reader_.error();
    return invalid_snapshot("The snapshot", "is not an object");
  }
  if (!find_members()) return reader_.error();
  if (auto checked = check_version(); !checked.ok()) return checked;
  if (auto checked = check_array("nodes", nodes_, "maxNodes"); !checked.ok()) return checked;
  if (auto checked = check_array("edges", edges_, "maxEdges"); !checked.ok()) return checked;
  sink_.on_counts(nodes_->count, edges_->count);
  if (auto told = tell_next_slot(); !told.ok()) return told;
  if (auto read = read_nodes(); !read.ok()) return read;
  return read_edges();
}

bool SnapshotDecoder::find_members() {
  reader_.enter_object();
  for (std::string_view key; reader_.next_key(key);) {
    bool good = false;
    if (key == "nodes") {
      good = find_array(nodes_);
    } else if (key == "edges") {
      good = find_array(edges_);
    } else {
      if (key == "version") version_ = reader_.place();
      if (key == "nextSlot") next_slot_ = reader_.place();
      good = reader_.skip();
    }
    if (!good) return false;
  }
  return reader_.finish();
}

bool SnapshotDecoder::find_array(std::optional<Member>& found) {
  if (found) {  // of equal keys the last counts, but all must be JSON
    const auto here = reader_.place();
    reader_.go(found->place);
    if (!reader_.skip()) return false;
    reader_.go(here);
  }
  found = Member{reader_.place(), reader_.peek() == JsonReader::Type::Array, 0};
  return found->is_array ? reader_.skip_unchecked(&found->count) : reader_.skip();
}

Result<void> SnapshotDecoder::check_version() {
  double version = 0;
  if (!version_) return invalid_snapshot("version", "is missing");
  reader_.go(*version_);
  if (reader_.peek() != JsonReader::Type::Number)
    return invalid_snapshot("version", "is not a number");
  const std::string text(reader_.token());
  reader_.number(version);
  if (version == kSnapshotVersion) return {};
  return Error{ErrorCode::UnsupportedVersion,
               "The snapshot has version " + text + "; this engine reads version 1.",
               {}};
}

Result<void> SnapshotDecoder::check_array(const char* name,
                                          const std::optional<Member>& found,
                                          const char* limit_name) const {
  if (!found) return invalid_snapshot(name, "is missing");
  if (!found->is_array) return invalid_snapshot(name, "is not an array");
  const LimitInfo& limit = *find_limit(limit_name);
  if (found->count <= limits_.*limit.member) return {};
  return limit_error(
      limit.name, limits_.*limit.member, std::string("The snapshot has too many ") + name);
}

Result<void> SnapshotDecoder::tell_next_slot() {
  if (!next_slot_) return {};
  reader_.go(*next_slot_);
  double slot = 0;
  const bool number = reader_.peek() == JsonReader::Type::Number;
  if (number) reader_.number(slot);
  if (!number || slot < 0 || slot > std::numeric_limits<std::uint32_t>::max() ||
      slot != std::floor(slot))
    return invalid_snapshot("nextSlot", "is not a slot");
  sink_.on_next_slot(static_cast<std::uint64_t>(slot));
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
