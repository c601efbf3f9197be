#include "protocol/node_reader.h"

#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "protocol/limits.h"
#include "protocol/snapshot.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved {

namespace {

using Type = JsonReader::Type;

constexpr std::string_view kDefaultSourceHandle = "out";
constexpr std::string_view kNoData = "{}";

// Leaves the last of the entries with the same port. Front ends write each port once, mostly in
// order; only otherwise is there something to sort.
template <class Entry>
void drop_overwritten(std::vector<Entry>& entries) {
  const auto not_before = [](const Entry& a, const Entry& b) {
    return a.port >= b.port;
  };
  if (std::adjacent_find(entries.begin(), entries.end(), not_before) == entries.end()) return;
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.port < b.port;
  });
  const auto same = [](const Entry& a, const Entry& b) {
    return a.port == b.port;
  };
  const auto rest = std::unique(entries.rbegin(), entries.rend(), same);
  entries.erase(entries.begin(), rest.base());
}

}  // namespace

Error invalid_snapshot(std::string_view place, std::string_view what) {
  std::string message(place);
  message.append(" ").append(what).append(".");
  return {ErrorCode::InvalidSnapshot, std::move(message), {}};
}

bool ItemReader::fail(const char* member, const char* what) noexcept {
  if (reader_.failed()) return false;  // not even JSON: that is what to say
  member_ = member;
  what_ = what;
  return false;
}

bool ItemReader::too_long(const char* limit) noexcept {
  limit_ = limit;
  return false;
}

Error ItemReader::error(std::string_view array, std::size_t index) const {
  if (reader_.failed()) return reader_.error();
  std::string place(array);
  place.append("[").append(std::to_string(index)).append("]");
  if (member_ != nullptr && *member_ != '\0') place.append(".").append(member_);
  if (limit_ != nullptr) {
    const LimitInfo& limit = *find_limit(limit_);
    return limit_error(limit.name, limits_.*limit.member, place + " is too long");
  }
  return invalid_snapshot(place, what_);
}

bool ItemReader::name(const char* key, std::string_view& out) {
  member_ = key;
  if (reader_.peek() != Type::String) return reader_.skip() && fail(key, "is not a string");
  if (!reader_.string(out)) return false;
  return out.size() <= limits_.max_id_bytes || too_long("maxIdBytes");
}

bool ItemReader::id(const char* key, std::string_view& out) {
  if (!name(key, out)) return false;
  return !out.empty() || fail(key, "is empty");
}

bool ItemReader::node(NodeText& out) {
  out = NodeText{};
  bool has_type = false;
  if (reader_.peek() != Type::Object) return reader_.skip() && fail("", "is not an object");
  reader_.enter_object();
  for (std::string_view key; reader_.next_key(key);) {
    has_type = has_type || key == "blockType";
    if (!node_member(key, out)) return false;
  }
  if (reader_.failed()) return false;
  if (out.id.data() == nullptr) return fail("id", "is missing");
  if (!has_type) return fail("blockType", "is missing");
  if (out.data.data() == nullptr) out.data = kNoData;
  return true;
}

bool ItemReader::node_member(std::string_view key, NodeText& out) {
  if (key == "id") return id("id", out.id);
  if (key == "blockType") return name("blockType", out.block_type);
  if (key == "data") return optional_data(out);
  if (key == "slot") return slot(out);
  return reader_.skip();
}

bool ItemReader::slot(NodeText& out) {
  double value = 0;
  if (reader_.peek() != Type::Number) return reader_.skip() && fail("slot", "is not a number");
  if (!reader_.number(value)) return false;
  // The last number is left to those who need one that is no slot.
  if (!(value >= 0 && value < std::numeric_limits<std::uint32_t>::max()) ||
      value != std::floor(value))
    return fail("slot", "is not a slot number");
  out.slot = static_cast<std::uint32_t>(value);
  return true;
}

bool ItemReader::optional_data(NodeText& out) {
  if (reader_.peek() != Type::Null) return data(out);
  out.data = kNoData;
  out.value.reset();
  out.manual_values = {};
  out.overrides = {};
  return reader_.null();
}

bool ItemReader::data(NodeText& out) {
  member_ = "data";
  values_.clear();
  flags_.clear();
  out.value.reset();
  if (reader_.peek() != Type::Object) return reader_.skip() && fail("data", "is not an object");
  const auto from = reader_.place();
  if (!reader_.enter_object()) return false;
  for (std::string_view key; reader_.next_key(key);) {
    bool good = false;
    if (key == "value") {
      out.value.reset();
      good = reader_.peek() == Type::Number ? reader_.number(out.value.emplace()) : reader_.skip();
    } else if (key == "manualValues") {
      good = manual_values();
    } else if (key == "portOverrides") {
      good = overrides();
    } else {
      good = reader_.skip();
    }
    if (!good) return false;
  }
  if (reader_.failed()) return false;
  out.data = reader_.text_since(from);
  if (out.data.size() > limits_.max_node_data_bytes) return too_long("maxNodeDataBytes");
  keep_last_of_equals(out);
  return true;
}

// Entries that are not numbers are no manual values (OPS.md), but null and the names of non-finite
// numbers are numbers (WIRE.md).
bool ItemReader::manual_values() {
  return ports("data.manualValues", values_, [this](PortEntry& entry) {
    return reader_.wire_number(entry.value, entry.counts);
  });
}

bool ItemReader::overrides() {
  return ports("data.portOverrides", flags_, [this](PortEntry& entry) {
    entry.counts = reader_.peek() == Type::True;
    return reader_.skip();
  });
}

template <class Read>
bool ItemReader::ports(const char* member, std::vector<PortEntry>& entries, Read read) {
  entries.clear();
  if (reader_.peek() != Type::Object) return reader_.skip();
  if (!reader_.enter_object()) return false;
  for (std::string_view port; reader_.next_key(port);) {
    PortEntry& entry = entries.emplace_back();
    entry.port = port;
    if (port.size() > limits_.max_id_bytes) {
      member_ = member;
      return too_long("maxIdBytes");
    }
    if (!read(entry)) return false;
  }
  return !reader_.failed();
}

void ItemReader::keep_last_of_equals(NodeText& out) {
  drop_overwritten(values_);
  drop_overwritten(flags_);
  manual_values_.clear();
  overrides_.clear();
  for (const PortEntry& entry : values_)
    if (entry.counts) manual_values_.push_back({entry.port, entry.value});
  for (const PortEntry& entry : flags_)
    if (entry.counts) overrides_.push_back(entry.port);
  out.manual_values = manual_values_;
  out.overrides = overrides_;
}

bool ItemReader::edge(EdgeText& out) {
  out = EdgeText{};
  out.source_handle = kDefaultSourceHandle;
  if (reader_.peek() != Type::Object) return reader_.skip() && fail("", "is not an object");
  reader_.enter_object();
  for (std::string_view key; reader_.next_key(key);)
    if (!edge_member(key, out)) return false;
  if (reader_.failed()) return false;
  if (out.id.data() == nullptr) return fail("id", "is missing");
  if (out.source.data() == nullptr) return fail("source", "is missing");
  if (out.target.data() == nullptr) return fail("target", "is missing");
  if (out.target_handle.data() == nullptr) return fail("targetHandle", "is missing");
  return true;
}

bool ItemReader::edge_member(std::string_view key, EdgeText& out) {
  if (key == "id") return id("id", out.id);
  if (key == "source") return id("source", out.source);
  if (key == "target") return id("target", out.target);
  if (key == "targetHandle") return name("targetHandle", out.target_handle);
  if (key != "sourceHandle") return reader_.skip();
  if (reader_.peek() != Type::Null) return name("sourceHandle", out.source_handle);
  out.source_handle = kDefaultSourceHandle;
  return reader_.null();
}

}  // namespace chainsolved
