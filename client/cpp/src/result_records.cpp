// The part of ResultReader that reads small records: what a tree is good enough for.
#include "client/cpp/src/record_members.h"
#include "client/cpp/src/result_reader.h"
#include "protocol/json_text.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace chainsolved::client {

namespace {

Error not_an_object() {
  return {ErrorCode::ProtocolFault, "the daemon's answer cannot be read: it is not an object"};
}

/// `result` as text and tree.
Result<std::pair<std::string, nlohmann::json>> tree_of(ResultReader& reader, const Reply& reply) {
  auto text = reader.text(reply);
  if (!text.ok()) return std::move(text).error();
  auto tree = parse_json(*text, Limits());
  if (!tree.ok()) return std::move(tree).error();
  if (!tree->is_object()) return not_an_object();
  return std::pair(std::move(*text), std::move(*tree));
}

SessionDeath death_of(const nlohmann::json& entry) {
  SessionDeath death;
  death.kind = text_of(entry, "kind");
  death.reason = text_of(entry, "reason");
  death.code = text_of(entry, "code");
  death.signal = text_of(entry, "signal");
  death.node = text_of(entry, "node");
  death.lost_ms = number_of<double>(entry, "lostMs");
  death.at_ms = number_of<double>(entry, "at");
  return death;
}

SessionRow row_of(const nlohmann::json& entry) {
  SessionRow row;
  row.session_id = text_of(entry, "sessionId");
  row.name = text_of(entry, "name");
  row.state = text_of(entry, "state");
  row.epoch = number_of<std::uint32_t>(entry, "epoch");
  row.pid = number_of<std::int64_t>(entry, "pid");
  row.clients = number_of<std::uint64_t>(entry, "clients");
  row.nodes = number_of<std::uint64_t>(entry, "nodes");
  row.datasets = number_of<std::uint64_t>(entry, "datasets");
  row.dataset_bytes = number_of<std::uint64_t>(entry, "datasetBytes");
  row.resident_bytes = number_of<std::uint64_t>(entry, "residentBytes");
  row.busy_ms = number_of<double>(entry, "busyMs");
  row.restarts = number_of<std::uint64_t>(entry, "restarts");
  row.suspects = texts_of(entry, "suspects");
  row.quarantined = texts_of(entry, "quarantined");
  row.snapshot_set_aside = flag_of(entry, "snapshotSetAside");
  if (const auto deaths = entry.find("deaths"); deaths != entry.end() && deaths->is_array()) {
    for (const nlohmann::json& death : *deaths)
      if (death.is_object()) row.deaths.push_back(death_of(death));
  }
  row.json = entry.dump();
  return row;
}

}  // namespace

Result<Stats> ResultReader::stats(const Reply& reply) {
  auto read = tree_of(*this, reply);
  if (!read.ok()) return std::move(read).error();
  auto& [text, tree] = *read;
  Stats stats;
  stats.dataset_count = number_of<std::uint64_t>(tree, "datasetCount");
  stats.dataset_total_bytes = number_of<std::uint64_t>(tree, "datasetTotalBytes");
  stats.node_count = number_of<std::uint64_t>(tree, "nodeCount");
  stats.edge_count = number_of<std::uint64_t>(tree, "edgeCount");
  stats.epoch = number_of<std::uint32_t>(tree, "epoch");
  stats.heap_bytes = number_of<std::uint64_t>(tree, "heapBytes");
  stats.json = std::move(text);
  return stats;
}

Result<std::vector<DatasetInfo>> ResultReader::datasets(const Reply& reply) {
  auto read = tree_of(*this, reply);
  if (!read.ok()) return std::move(read).error();
  std::vector<DatasetInfo> result;
  for (const auto& entry : read->second.value("datasets", nlohmann::json::array())) {
    if (!entry.is_object()) return not_an_object();
    std::string id = text_of(entry, "datasetId");
    if (id.empty()) id = text_of(entry, "id");
    result.push_back({std::move(id), number_of<std::uint64_t>(entry, "bytes"), entry.dump()});
  }
  return result;
}

Result<std::uint64_t> ResultReader::registered_bytes(const Reply& reply) {
  auto read = tree_of(*this, reply);
  if (!read.ok()) return std::move(read).error();
  return number_of<std::uint64_t>(read->second, "bytes");
}

Result<bool> ResultReader::released(const Reply& reply) {
  auto read = tree_of(*this, reply);
  if (!read.ok()) return std::move(read).error();
  const auto found = read->second.find("released");
  return found != read->second.end() && found->is_boolean() && found->get<bool>();
}

Result<DaemonInfo> ResultReader::hello(const Reply& reply) {
  auto read = tree_of(*this, reply);
  if (!read.ok()) return std::move(read).error();
  auto& [text, tree] = *read;
  DaemonInfo hello;
  hello.protocol = number_of<std::uint32_t>(tree, "protocol");
  hello.daemon_version = text_of(tree, "daemonVersion");
  hello.engine_version = text_of(tree, "engineVersion");
  hello.contract_version = number_of<std::uint32_t>(tree, "contractVersion");
  hello.pid = number_of<std::int64_t>(tree, "pid");
  const auto limits = tree.find("limits");
  if (limits != tree.end() && limits->is_object()) {
    for (const LimitInfo& limit : kLimits)
      if (const auto told = limits->find(limit.name);
          told != limits->end() && told->is_number_unsigned())
        hello.limits.*limit.member = told->get<std::uint64_t>();
    if (hello.limits.inline_limit < sizeof(FrameHeader))
      hello.limits.inline_limit = Limits().inline_limit;
  }
  hello.json = std::move(text);
  return hello;
}

Result<SessionInfo> ResultReader::session(const Reply& reply) {
  SessionInfo info;
  if (auto whole = text(reply); whole.ok()) info.json = std::move(*whole);
  const bool read = start_result(reply) && each_member([&](std::string_view key) {
                      if (key == "slots" && json_.peek() == JsonReader::Type::Object)
                        return new_slots();
                      if (key == "sessionId") return text_value(info.session_id);
                      if (key == "name" && json_.peek() == JsonReader::Type::String)
                        return text_value(info.name);
                      if (key == "created") return json_.boolean(info.created);
                      if (key == "epoch") return count(info.epoch);
                      if (key == "clientId") return count(info.client_id);
                      if (key == "engineVersion") return text_value(info.engine_version);
                      if (key == "contractVersion") return count(info.contract_version);
                      if (key == "catalogHash") return text_value(info.catalog_hash);
                      return json_.skip();
                    });
  if (read) add_new_slots(*reply.names);
  if (auto ended = end(); !ended.ok()) return std::move(ended).error();
  return info;
}

Result<std::uint32_t> ResultReader::epoch(const Reply& reply) {
  auto read = tree_of(*this, reply);
  if (!read.ok()) return std::move(read).error();
  return number_of<std::uint32_t>(read->second, "epoch");
}

Result<std::vector<SessionRow>> ResultReader::sessions(const Reply& reply) {
  auto read = tree_of(*this, reply);
  if (!read.ok()) return std::move(read).error();
  std::vector<SessionRow> rows;
  for (const auto& entry : read->second.value("sessions", nlohmann::json::array())) {
    if (!entry.is_object()) return not_an_object();
    rows.push_back(row_of(entry));
  }
  return rows;
}

}  // namespace chainsolved::client
