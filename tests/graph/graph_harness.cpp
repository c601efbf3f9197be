#include "tests/graph/graph_harness.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const Error& error) {
  throw std::runtime_error(std::string(info_of(error.code).wire) + ": " + error.message);
}

std::string padded(const Json& json) {
  std::string text = json.dump();
  text.reserve(text.size() + kJsonPadding);
  return text;
}

}  // namespace

const Value* MapDatasets::find(std::string_view id) const {
  const auto found = values_.find(std::string(id));
  return found == values_.end() ? nullptr : &found->second;
}

bool CountingMonitor::keep_going(graph::Slot, std::size_t, std::size_t) {
  return ++asked <= allowed;
}

GraphHarness::GraphHarness() : GraphHarness(Limits{}) {}
GraphHarness::GraphHarness(const Limits& limits) : graph(limits) {}

Result<void> GraphHarness::try_load(const Json& snapshot) {
  return graph.load(padded(snapshot));
}

Result<std::vector<graph::Ignored>> GraphHarness::try_patch(const Json& ops, bool strict) {
  auto decoded = decode_patch(padded(ops), Limits{});
  if (!decoded.ok()) return decoded.error();
  return graph.apply(*decoded, strict);
}

const graph::Report& GraphHarness::load(const Json& snapshot) {
  if (auto loaded = try_load(snapshot); !loaded.ok()) refuse(loaded.error());
  return evaluate();
}

const graph::Report& GraphHarness::patch(const Json& ops, bool strict) {
  auto applied = try_patch(ops, strict);
  if (!applied.ok()) refuse(applied.error());
  ignored = *applied;
  return evaluate();
}

const graph::Report& GraphHarness::set(std::string_view node, std::string_view port, double value) {
  const InputChange change{node, port, value};
  auto applied = graph.set_inputs({&change, 1}, options.strict);
  if (!applied.ok()) refuse(applied.error());
  ignored = *applied;
  return evaluate();
}

const graph::Report& GraphHarness::evaluate() {
  graph.evaluate(options, reporting, datasets, monitor, report);
  return report;
}

Value GraphHarness::value(std::string_view node) const {
  const auto slot = graph.find(node);
  return slot.has_value() ? graph.value_of(*slot) : Value();
}

double GraphHarness::scalar(std::string_view node) const {
  const Value v = value(node);
  return v.is(ValueKind::Scalar) ? v.as_scalar() : std::numeric_limits<double>::quiet_NaN();
}

std::map<std::string, Value> GraphHarness::values() const {
  std::map<std::string, Value> all;
  for (graph::Slot slot = 0; slot < graph.slot_count(); ++slot) {
    if (!graph.occupied(slot)) continue;
    Value v = graph.value_of(slot);
    if (!v.is(ValueKind::None)) all.emplace(graph.id_of(slot), std::move(v));
  }
  return all;
}

std::vector<std::string> GraphHarness::changed() const {
  std::vector<std::string> ids;
  for (const graph::Slot slot : report.changed)
    ids.emplace_back(graph.id_of(slot));
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<std::pair<std::string, std::string>> GraphHarness::codes() const {
  std::vector<std::pair<std::string, std::string>> codes;
  for (const graph::Diagnostic& d : report.diagnostics)
    codes.emplace_back(d.node_id, d.code);
  std::sort(codes.begin(), codes.end());
  return codes;
}

Json node(std::string_view id, std::string_view type) {
  return node(id, type, Json::object());
}

Json node(std::string_view id, std::string_view type, const Json& data) {
  return {{"id", id}, {"blockType", type}, {"data", data}};
}

Json number(std::string_view id, double value) {
  return node(id, "number", {{"value", value}});
}

Json edge(std::string_view id,
          std::string_view source,
          std::string_view target,
          std::string_view port,
          std::string_view handle) {
  return {{"id", id},
          {"source", source},
          {"sourceHandle", handle},
          {"target", target},
          {"targetHandle", port}};
}

Json snapshot(const Json& nodes, const Json& edges) {
  // A list of one object in braces is a copy of the object.
  const auto list = [](const Json& items) {
    return items.is_array() ? items : Json::array({items});
  };
  return {{"version", 1}, {"nodes", list(nodes)}, {"edges", list(edges)}};
}

Json add_node(const Json& node) {
  return {{"op", "addNode"}, {"node", node}};
}
Json add_edge(const Json& edge) {
  return {{"op", "addEdge"}, {"edge", edge}};
}
Json remove_node(std::string_view id) {
  return {{"op", "removeNode"}, {"nodeId", id}};
}
Json remove_edge(std::string_view id) {
  return {{"op", "removeEdge"}, {"edgeId", id}};
}
Json update(std::string_view id, const Json& data) {
  return {{"op", "updateNodeData"}, {"nodeId", id}, {"data", data}};
}

}  // namespace chainsolved::test
