#include "daemon/engine/session.h"

#include "daemon/engine/ops/catalog_json.h"
#include "protocol/json_writer.h"
#include "shm/status_page.h"

#include <malloc.h>

namespace chainsolved::engine {

namespace {

/// What malloc has given out. Sanitizers replace malloc and leave this at zero.
std::uint64_t allocated_bytes() noexcept {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

Session::Session(DatasetStore& datasets,
                 StatusWriter& status,
                 SupervisorChannel& channel,
                 InFlightTable& table)
    : datasets_(datasets),
      status_(status),
      channel_(channel),
      generations_(channel, table, *this),
      graph_(config_.limits),
      began_ns_(monotonic_ns()) {}

void Session::configure(ConfigureMessage message) {
  config_ = std::move(message);
  graph_ = graph::Graph(config_.limits);
  generations_.configure(config_.generation);
}

/// The change that the request asked for is in the definition: it lasts from here on.
void Session::commit(Service& service) {
  tell_quarantine_ended();
  generations_.commit(service.request.json(), service.request.entry);
  service.committed = true;
}

// Before the commit: a node that may run again must not come back quarantined.
void Session::tell_quarantine_ended() {
  for (const graph::Slot slot : graph_.take_quarantine_ended())
    channel_.send(to_json(QuarantineEndedMessage{slot}));
}

std::string_view Session::node_name(graph::Slot slot) const noexcept {
  return evaluating_ != nullptr && evaluating_->occupied(slot) ? evaluating_->id_of(slot)
                                                               : std::string_view{};
}

EvaluateOptions Session::effective(EvaluateOptions options) const noexcept {
  if (options.time_budget_ms == 0) options.time_budget_ms = config_.options.time_budget_ms;
  options.max_trace_nodes = std::min(options.max_trace_nodes, config_.limits.max_trace_nodes);
  return options;
}

bool Session::anything_changed() const noexcept {
  return !report_.changed.empty() || !report_.gone.empty() || !report_.appeared.empty();
}

void Session::write_changes(ResultEncoder& encoder, Naming naming) const {
  encoder.write_values(graph_, report_.changed, "changedValues", naming);
  if (naming == Naming::Slots && !report_.appeared.empty())
    encoder.write_slots(graph_, report_.appeared, "newSlots");
  encoder.write_gone(report_.gone, graph_, removed_names_, naming);
}

void Session::write_everything(ResultEncoder& encoder, Naming naming) const {
  encoder.json().member("full", true);
  const auto slots = encoder.all_slots(graph_);
  encoder.write_values(graph_, slots, "changedValues", naming);
  if (naming == Naming::Slots) encoder.write_slots(graph_, slots, "newSlots");
}

void Session::write_opened(JsonWriter& json,
                           ResultEncoder& encoder,
                           std::uint64_t client,
                           bool created,
                           Naming naming) const {
  json.member("sessionId", config_.session_id);
  if (!config_.session_name.empty()) json.member("name", config_.session_name);
  json.member("created", created).member("epoch", std::uint64_t{config_.epoch});
  json.member("clientId", client).member("catalogHash", ops::catalog_hash());
  json.key("constantValues").raw(ops::constant_values_json());
  json.member("engineVersion", kEngineVersion);
  json.member("contractVersion", std::uint64_t{kContractVersion}).member("state", "ready");
  if (naming == Naming::Slots) encoder.write_slots(graph_, encoder.all_slots(graph_), "slots");
}

void Session::write_stats(JsonWriter& json) const {
  json.member("datasetCount", std::uint64_t{datasets_.count()});
  json.member("datasetTotalBytes", datasets_.bytes());
  json.member("nodeCount", std::uint64_t{graph_.node_count()});
  json.member("edgeCount", std::uint64_t{graph_.edge_count()});
  json.member("epoch", std::uint64_t{config_.epoch});
  json.member("heapBytes", allocated_bytes());
  json.member("graphBytes", std::uint64_t{graph_.memory_bytes()});
  json.member("dirty", graph_.dirty()).member("evaluations", evaluations_);
  json.member("clientCount", std::uint64_t{counters_.clients});
  json.member("requestsTaken", status_.taken()).member("requestsAnswered", status_.answered());
  json.member("queuedBytes", status_.queued());
  json.member("droppedNotifications", counters_.dropped_notifications);
  json.member("uptimeMs", (monotonic_ns() - began_ns_) / kNsPerMs);
}

void Session::measure() {
  status_.set_graph(graph_.node_count(), graph_.edge_count());
  status_.set_heap(allocated_bytes());
}

Result<void> Session::serve(Service& service) {
  // No default: a method without a case does not compile.
  switch (service.envelope.method->method) {
    case Method::Evaluate:
      return evaluate(service);
    case Method::LoadSnapshot:
      return load_snapshot(service);
    case Method::ApplyPatch:
      return apply_patch(service);
    case Method::SetInput:
    case Method::SetInputs:
      return set_inputs(service);
    case Method::RegisterDataset:
      return register_dataset(service);
    case Method::ReleaseDataset:
      return release_dataset(service);
    case Method::ListDatasets:
      return list_datasets(service);
    case Method::GetStats:
      return get_stats(service);
    case Method::ValidateGraph:
      return validate_graph(service);
    case Method::GetValues:
      return get_values(service);
    case Method::GetSnapshot:
      return get_snapshot(service);
    case Method::GetCatalog:
      return get_catalog(service);
    case Method::EvaluateBlock:
      return evaluate_block(service);
    case Method::Hello:
    case Method::OpenSession:
    case Method::ListSessions:
    case Method::Status:
    case Method::RestartSession:
    case Method::CloseSession:
      return Error{ErrorCode::NotAllowed,
                   "\"" + std::string(service.envelope.method_name) +
                       "\" is answered by the daemon, not by a session; open a control connection"};
    case Method::Dispose:
    case Method::Cancel:
      break;
  }
  return Error{ErrorCode::InternalError, "dispose and cancel are taken before they come here"};
}

}  // namespace chainsolved::engine
