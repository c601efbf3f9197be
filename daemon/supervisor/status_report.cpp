#include "daemon/supervisor/status_report.h"

#include "daemon/supervisor/in_flight_report.h"
#include "daemon/supervisor/session.h"
#include "protocol/methods.h"
#include "shm/status_page.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>

#include <unistd.h>

namespace chainsolved::supervisor {

namespace {

/// What the process has in memory, shared pages included; 0 when it has just ended.
std::uint64_t resident_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return file ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

/// How long the request that has run longest has run.
std::uint64_t busy_ms(const StatusPage& page) {
  std::uint64_t longest = 0;
  for (const InFlightRequest& request : read_in_flight(page, monotonic_ns()))
    if (request.phase == RequestPhase::Running) longest = std::max(longest, request.elapsed_ms);
  return longest;
}

bool is_busy(const StatusPage& page) {
  return page.state.load(std::memory_order_relaxed) ==
         static_cast<std::uint32_t>(EngineActivity::Busy);
}

void write_engine(JsonWriter& json, const EngineProcess& engine) {
  const StatusPage& page = engine.page();
  const auto number = [](const auto& field) {
    return std::uint64_t{field.load(std::memory_order_relaxed)};
  };
  json.member("pid", std::int64_t{engine.pid()});
  json.member("nodes", number(page.node_count)).member("edges", number(page.edge_count));
  json.member("datasets", number(page.dataset_count));
  json.member("datasetBytes", number(page.dataset_bytes));
  json.member("heapBytes", number(page.heap_bytes));
  json.member("residentBytes", resident_bytes(engine.pid()));
  json.member("busyMs", busy_ms(page));
  json.member("requests", number(page.requests_answered));
  json.member("queuedBytes", number(page.queued_bytes));
}

void write_nodes(JsonWriter& json, std::string_view name, const std::vector<BlamedNode>& nodes) {
  json.key(name).begin_array();
  for (const BlamedNode& node : nodes)
    json.string(node.id);
  json.end_array();
}

void write_death(JsonWriter& json, const DeathRecord& record) {
  json.begin_object().member("code", info_of(code_of(record.death.kind)).wire);
  json.member("kind", name_of(record.death.kind));
  json.member("reason", std::string_view(record.death.words));
  if (!record.death.signal.empty()) json.member("signal", std::string_view(record.death.signal));
  if (!record.death.node.empty()) json.member("node", std::string_view(record.death.node));
  json.member("lostMs", record.lost_ms).member("at", record.at_unix_ms).end_object();
}

/// What the session has been through.
void write_recovery(JsonWriter& json, const SessionCore& core) {
  json.key("deaths").begin_array();
  for (const DeathRecord& record : core.deaths)
    write_death(json, record);
  json.end_array();
  write_nodes(json, "suspects", core.blame.suspects());
  write_nodes(json, "quarantined", core.blame.quarantined());
  const std::optional<SetAside>& aside = core.generations.aside();
  json.member("snapshotSetAside", aside.has_value());
  if (!aside) return;
  json.key("snapshotQuarantined").begin_object();
  json.member("code", "SNAPSHOT_QUARANTINED").member("committed", aside->committed);
  json.member("generation", std::uint64_t{aside->generation.number});
  json.member("snapshotBytes", aside->generation.snapshot_bytes);
  json.member("reason", std::string_view(aside->reason)).end_object();
}

void write_session(JsonWriter& json, const Session& session) {
  const SessionSettings& settings = session.settings();
  const EngineProcess* engine = session.engine();
  const bool busy =
      session.state() == SessionState::Ready && engine != nullptr && is_busy(engine->page());
  json.begin_object().member("sessionId", settings.id);
  if (!settings.name.empty()) json.member("name", settings.name);
  json.member("state", busy ? "busy" : name_of(session.state()));
  json.member("epoch", std::uint64_t{session.epoch()});
  json.member("clients", std::uint64_t{session.client_count()});
  if (engine != nullptr) write_engine(json, *engine);
  json.member("restarts", std::uint64_t{session.epoch() - 1});
  write_recovery(json, session.core());
  json.end_object();
}

void write_counters(JsonWriter& json, const Counters& counters) {
  json.begin_object();
#define X(member_name, name) json.member(name, counters.member_name);
  CHAINSOLVED_COUNTERS(X)
#undef X
  json.end_object();
}

void write_engine_counts(JsonWriter& json, const EnginePool& engines) {
  json.begin_object();
  for (const EngineState state : {EngineState::Starting,
                                  EngineState::Spare,
                                  EngineState::Serving,
                                  EngineState::Stopping,
                                  EngineState::Ending})
    json.member(name_of(state), std::uint64_t{engines.count(state)});
  json.end_object();
}

}  // namespace

void write_sessions(JsonWriter& json, const std::vector<const Session*>& sessions) {
  json.begin_array();
  for (const Session* session : sessions)
    write_session(json, *session);
  json.end_array();
}

void write_limits(JsonWriter& json, const Limits& limits) {
  json.begin_object();
  for (const LimitInfo& info : kLimits)
    json.member(info.name, limits.*(info.member));
  json.end_object();
}

std::string status_json(const StatusSources& sources,
                        const std::vector<const Session*>& sessions,
                        std::size_t connections) {
  const auto uptime = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - sources.started);
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("pid", std::int64_t{::getpid()});
  json.member("uptimeMs", std::uint64_t(uptime.count())).member("socket", sources.socket);
  json.member("residentBytes", resident_bytes(::getpid()));
  json.member("connections", std::uint64_t{connections});
  json.key("counters");
  write_counters(json, sources.counters);
  json.key("engines");
  write_engine_counts(json, sources.engines);
  json.key("sessions");
  write_sessions(json, sessions);
  json.key("limits");
  write_limits(json, sources.limits);
  json.key("versions").begin_object();
  json.member("daemon", kEngineVersion).member("engine", kEngineVersion);
  json.member("protocol", std::uint64_t{kProtocolVersion});
  json.member("contract", std::uint64_t{kContractVersion}).end_object();
  json.end_object();
  return text;
}

}  // namespace chainsolved::supervisor
