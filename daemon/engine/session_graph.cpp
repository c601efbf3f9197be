// The methods of a session that read, change and evaluate graphs.

#include "daemon/engine/ops/catalog_json.h"
#include "daemon/engine/params.h"
#include "daemon/engine/session.h"
#include "daemon/engine/trace_writer.h"
#include "protocol/json_writer.h"
#include "protocol/methods.h"
#include "protocol/value_json.h"
#include "shm/status_page.h"

#include <nlohmann/json.hpp>

namespace chainsolved::engine {

namespace {

using nlohmann::json;

Error cancelled() {
  return {ErrorCode::Cancelled, "The evaluation was stopped; what it had not reached is dirty."};
}

std::uint64_t elapsed_us(std::uint64_t began_ns) noexcept {
  return (monotonic_ns() - began_ns) / 1000;
}

/// What results of evaluations end with.
void write_tail(JsonWriter& out,
                const graph::Report& report,
                const graph::Graph& graph,
                const EvaluateOptions& options) {
  out.member("partial", report.partial);
  if (!options.trace) return;
  out.key("trace");
  write_trace(out, report.trace, graph);
}

void write_ignored(JsonWriter& out, const std::vector<graph::Ignored>& ignored) {
  if (ignored.empty()) return;
  out.key("ignored").begin_array();
  for (const graph::Ignored& op : ignored) {
    out.begin_object().member("index", std::uint64_t{op.index}).member("op", op.op);
    out.member("id", op.id).end_object();
  }
  out.end_array();
}

/// EvalResult: every value of the graph.
void write_eval_result(Service& service,
                       const graph::Graph& graph,
                       const graph::Report& report,
                       const EvaluateOptions& options,
                       std::uint64_t began_ns) {
  JsonWriter& out = service.frame.json();
  const auto slots = service.encoder.all_slots(graph);
  service.encoder.write_values(graph, slots, "values", service.naming);
  // Slots are the positions in `nodes`, which the sender knows, unless the snapshot gave others.
  if (service.naming == Naming::Slots && !graph.slots_are_positions())
    service.encoder.write_slots(graph, slots, "newSlots");
  out.key("diagnostics");
  write_diagnostics(out, report.diagnostics);
  out.member("elapsedUs", elapsed_us(began_ns));
  write_tail(out, report, graph, options);
}

/// Marks whose nodes a monitor is told of, for as long as it lives.
class Evaluating {
 public:
  Evaluating(const graph::Graph*& place, const graph::Graph& graph) noexcept : place_(place) {
    place_ = &graph;
  }
  Evaluating(const Evaluating&) = delete;
  Evaluating& operator=(const Evaluating&) = delete;
  ~Evaluating() { place_ = nullptr; }

 private:
  const graph::Graph*& place_;
};

/// Says, for as long as it lives, that whoever finds the engine dead may blame the current node.
class BlamingOwnGraph {
 public:
  explicit BlamingOwnGraph(StatusWriter& status) noexcept : status_(status) {
    status_.set_own_graph(true);
  }
  BlamingOwnGraph(const BlamingOwnGraph&) = delete;
  BlamingOwnGraph& operator=(const BlamingOwnGraph&) = delete;
  ~BlamingOwnGraph() { status_.set_own_graph(false); }

 private:
  StatusWriter& status_;
};

}  // namespace

Result<void> Session::evaluate(Service& service) {
  const std::uint64_t began = monotonic_ns();
  const auto request = service.reader.read_snapshot(service.envelope, limits());
  if (!request.ok()) return request.error();
  graph::Graph graph(limits());
  auto loaded = graph.load(request->snapshot);
  if (!loaded.ok()) return loaded;
  const EvaluateOptions options = effective(request->options);
  graph::Report report;
  const Evaluating here(evaluating_, graph);
  graph.evaluate(options, graph::Reporting::Stateless, datasets_, service.monitor, report);
  ++evaluations_;
  if (report.cancelled) return cancelled();
  write_eval_result(service, graph, report, options, began);
  return {};
}

Result<void> Session::load_snapshot(Service& service) {
  const std::uint64_t began = monotonic_ns();
  const auto request = service.reader.read_snapshot(service.envelope, limits());
  if (!request.ok()) return request.error();
  auto staged = generations_.stage(service.request.json(),
                                   service.request.json_segment(),
                                   graph::Graph::hash_of(request->snapshot));
  if (!staged.ok()) return staged;
  auto loaded = graph_.load(request->snapshot);
  if (!loaded.ok()) {
    generations_.drop_staged();
    return loaded;
  }
  tell_quarantine_ended();
  generations_.begin_staged(service.request.entry);
  service.committed = true;
  removed_names_.clear();
  const EvaluateOptions options = effective(request->options);
  auto evaluated = bring_up_to_date(service, options);
  measure();
  if (!evaluated.ok()) return evaluated;
  news_ = News::Full;
  write_eval_result(service, graph_, report_, options, began);
  return {};
}

Result<void> Session::apply_patch(Service& service) {
  const std::uint64_t began = monotonic_ns();
  const auto request = service.reader.read_patch(service.envelope, limits());
  if (!request.ok()) return request.error();
  if (!report_.partial) removed_names_.clear();
  remember_names(request->ops);
  auto room = generations_.make_room(service.request.json().size());
  if (!room.ok()) return room;
  // Half a change must not stay: without memory for the other half the engine dies, and the
  // journal brings back what was.
  const auto ignored = [&]() noexcept {
    return graph_.apply(request->ops, request->options.strict);
  }();
  if (!ignored.ok()) return ignored.error();
  commit(service);
  auto answered = answer_change(service, *ignored, effective(request->options), began);
  measure();
  return answered;
}

void Session::remember_names(const std::vector<PatchOp>& ops) {
  for (const PatchOp& op : ops) {
    if (op.kind != PatchKind::RemoveNode) continue;
    if (const auto slot = graph_.find(op.node.id)) removed_names_[*slot] = op.node.id;
  }
}

Result<void> Session::set_inputs(Service& service) {
  const std::uint64_t began = monotonic_ns();
  const auto request = service.reader.read_inputs(service.envelope, limits());
  if (!request.ok()) return request.error();
  const auto& inputs = **request;
  auto room = generations_.make_room(service.request.json().size());
  if (!room.ok()) return room;
  const auto ignored = [&]() noexcept {
    return graph_.set_inputs(inputs.changes, inputs.options.strict);
  }();
  if (!ignored.ok()) return ignored.error();
  commit(service);
  return answer_change(service, *ignored, effective(inputs.options), began);
}

Result<void> Session::bring_up_to_date(Service& service, const EvaluateOptions& options) {
  evaluate_own(options, service.monitor);
  if (report_.cancelled) return cancelled();
  return {};
}

void Session::evaluate_own(const EvaluateOptions& options, graph::Monitor& monitor) {
  const Evaluating here(evaluating_, graph_);
  const BlamingOwnGraph blaming(status_);
  graph_.evaluate(options, graph::Reporting::Session, datasets_, monitor, report_);
  ++evaluations_;
}

Result<void> Session::answer_change(Service& service,
                                    const std::vector<graph::Ignored>& ignored,
                                    const EvaluateOptions& options,
                                    std::uint64_t began_ns) {
  auto evaluated = bring_up_to_date(service, options);
  if (!evaluated.ok()) return evaluated;
  if (anything_changed()) news_ = News::Changes;
  write_changes(service.encoder, service.naming);
  JsonWriter& out = service.frame.json();
  out.key("diagnostics");
  write_diagnostics(out, report_.diagnostics);
  out.member("elapsedUs", elapsed_us(began_ns));
  out.member("evaluatedCount", std::uint64_t{report_.evaluated_count});
  out.member("totalCount", std::uint64_t{report_.total_count});
  write_tail(out, report_, graph_, options);
  write_ignored(out, ignored);
  return {};
}

Result<void> Session::validate_graph(Service& service) {
  service.frame.json().key("diagnostics");
  write_diagnostics(service.frame.json(), graph_.validate());
  return {};
}

Result<void> Session::get_values(Service& service) {
  const auto params = parse_params(service.envelope.params);
  if (!params.ok()) return params.error();
  const auto ids = params->find("nodeIds");
  if (ids == params->end()) {
    service.encoder.write_values(
        graph_, service.encoder.all_slots(graph_), "values", service.naming);
    return {};
  }
  if (!ids->is_array()) return invalid_params("nodeIds must be an array of node ids");
  std::vector<graph::Slot> slots;
  slots.reserve(ids->size());
  for (const json& id : *ids) {
    if (!id.is_string()) return invalid_params("nodeIds must be an array of node ids");
    const auto slot = graph_.find(id.get_ref<const std::string&>());
    if (!slot)
      return Error{ErrorCode::UnknownNode, "there is no node \"" + id.get<std::string>() + "\""};
    slots.push_back(*slot);
  }
  service.encoder.write_values(graph_, slots, "values", service.naming);
  return {};
}

Result<void> Session::get_snapshot(Service& service) {
  service.frame.json().key("snapshot").raw(graph_.snapshot());
  return {};
}

Result<void> Session::get_catalog(Service& service) {
  JsonWriter& out = service.frame.json();
  out.key("catalog").raw(ops::catalog_json());
  out.key("constantValues").raw(ops::constant_values_json());
  out.member("engineVersion", kEngineVersion);
  out.member("contractVersion", std::uint64_t{kContractVersion});
  return {};
}

Result<void> Session::evaluate_block(Service& service) {
  const auto params = parse_params(service.envelope.params);
  if (!params.ok()) return params.error();
  const auto type = params->find("blockType");
  if (type == params->end() || !type->is_string())
    return invalid_params("evaluateBlock needs blockType, a string");
  const json inputs = params->value("inputs", json::object());
  if (!inputs.is_object()) return invalid_params("inputs must be an object of port: value");
  const json data = params->value("data", json::object());
  if (!data.is_object()) return invalid_params("data must be an object");

  RequestColumns columns(service.request);
  std::vector<std::pair<std::string, Value>> values;
  values.reserve(inputs.size());
  for (const auto& [port, value] : inputs.items()) {
    auto read = read_value(value, columns);
    if (!read.ok()) return invalid_params("inputs." + port + ": " + read.error().message);
    values.emplace_back(port, std::move(*read));
  }
  const std::string data_text = data.dump();
  const auto result = graph::evaluate_block(
      type->get_ref<const std::string&>(), values, data_text, limits(), datasets_, service.monitor);
  ++evaluations_;
  JsonWriter& out = service.frame.json();
  out.key("value");
  if (result.value.is(ValueKind::None))
    out.null();
  else
    write_value(out, result.value, service.frame);
  out.key("diagnostics");
  write_diagnostics(out, result.diagnostics);
  return {};
}

}  // namespace chainsolved::engine
