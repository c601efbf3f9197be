#pragma once

#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "protocol/limits.h"
#include "protocol/snapshot.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved {

/// INVALID_SNAPSHOT: "PLACE WHAT."
Error invalid_snapshot(std::string_view place, std::string_view what);

/// Reads nodes, edges and data objects, of snapshots and patches alike, from a JsonReader that
/// stands before them. Each function returns false at a fault, which error() then tells. What it
/// hands out lives until its next call or the reader's release_strings().
class ItemReader {
 public:
  ItemReader(JsonReader& reader, const Limits& limits) noexcept
      : reader_(reader), limits_(limits) {}

  bool node(NodeText& out);
  bool edge(EdgeText& out);
  /// A data object: fills `data`, `value`, `manual_values` and `overrides`.
  bool data(NodeText& out);
  /// An id: a string, not empty, within maxIdBytes. `key` is its member's, for the error.
  bool id(const char* key, std::string_view& out);

  /// The fault in words: the reader's own, or INVALID_SNAPSHOT with "ARRAY[INDEX].MEMBER is ...".
  Error error(std::string_view array, std::size_t index) const;

  /// Reports `member` as `what` ("is missing").
  bool fail(const char* member, const char* what) noexcept;

 private:
  // An entry of manualValues or portOverrides as it stands; one that does not count overwrites an
  // earlier one of the same port all the same.
  struct PortEntry {
    std::string_view port;
    double value = 0;
    bool counts = false;
  };

  bool node_member(std::string_view key, NodeText& out);
  bool optional_data(NodeText& out);
  bool edge_member(std::string_view key, EdgeText& out);
  bool slot(NodeText& out);
  bool name(const char* key, std::string_view& out);
  bool manual_values();
  bool overrides();
  template <class Read>
  bool ports(const char* member, std::vector<PortEntry>& entries, Read read);
  void keep_last_of_equals(NodeText& out);
  bool too_long(const char* limit) noexcept;

  JsonReader& reader_;
  const Limits& limits_;
  const char* member_ = nullptr;
  const char* what_ = nullptr;
  const char* limit_ = nullptr;  // the limit that was met, by name
  std::vector<PortEntry> values_;
  std::vector<PortEntry> flags_;
  std::vector<ManualValue> manual_values_;
  std::vector<std::string_view> overrides_;
};

}  // namespace chainsolved
