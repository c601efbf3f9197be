#include "daemon/engine/graph/snapshot_writer.h"

#include "daemon/engine/graph/canonical.h"
#include "protocol/json_writer.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace chainsolved::graph {
namespace {

nlohmann::json number_json(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

nlohmann::json& member_object(nlohmann::json& object, const char* key) {
  nlohmann::json& member = object[key];
  if (!member.is_object()) member = nlohmann::json::object();
  return member;
}

class Writer {
 public:
  explicit Writer(const Definition& definition)
      : definition_(definition), nodes_(definition.nodes()), json_(out_) {}

  std::string write() && {
    json_.begin_object().member("version", std::uint64_t{1});
    json_.key("nodes").begin_array();
    for (const Index node : nodes_.index_of_slot) {
      if (node != kNoIndex) write_node(node);
    }
    json_.end_array().key("edges").begin_array();
    for (const EdgeIndex edge : edges_in_order())
      write_edge(edge);
    json_.end_array();
    // Slots are not given out twice: what was removed at the end has left its mark.
    const auto& slots = nodes_.index_of_slot;
    if (!slots.empty() && slots.back() == kNoIndex)
      json_.member("nextSlot", std::uint64_t{slots.size()});
    json_.end_object();
    return std::move(out_);
  }

 private:
  void write_node(Index node) {
    const ColdNode& cold = nodes_.cold[node];
    json_.begin_object()
        .member("id", cold.id.view())
        .member("blockType", nodes_.names.text(cold.type_name))
        .key("data");
    if (inputs_written(node)) {
      json_.raw(data_with_inputs(node));
    } else {
      json_.raw(cold.data.null() ? std::string_view("{}") : cold.data.view());
    }
    json_.member("slot", std::uint64_t{nodes_.hot[node].slot}).end_object();
  }

  bool inputs_written(Index node) const {
    if ((nodes_.hot[node].flags & node_flag::kValueWritten) != 0) return true;
    const Span& manual = nodes_.cold[node].manual;
    const ManualEntry* first = nodes_.manual.data(manual);
    return std::any_of(
        first, first + manual.count(), [](const ManualEntry& entry) { return entry.written; });
  }

  std::string data_with_inputs(Index node) const {
    const ColdNode& cold = nodes_.cold[node];
    const std::string_view text = cold.data.null() ? std::string_view("{}") : cold.data.view();
    auto data = nlohmann::json::parse(text, nullptr, false);
    if (!data.is_object()) data = nlohmann::json::object();
    for (std::size_t i = 0; i < cold.manual.count(); ++i) {
      const ManualEntry& entry = nodes_.manual.at(cold.manual, i);
      if (!entry.written) continue;
      member_object(data, "manualValues")[std::string(nodes_.names.text(entry.name))] =
          number_json(nodes_.constants[entry.cell]);
    }
    if ((nodes_.hot[node].flags & node_flag::kValueWritten) != 0) write_source_value(node, data);
    return data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  /// data.value has no spelling for what is not finite; see Definition's source_value().
  void write_source_value(Index node, nlohmann::json& data) const {
    const double value = nodes_.constants[nodes_.hot[node].inputs.pair.a & ~kConstantBit];
    if (!nonfinite(value)) {
      data["value"] = value;
      drop_spelled_value(data);
      return;
    }
    data.erase("value");
    member_object(data, "manualValues")["value"] = number_json(value);
  }

  /// What write_source_value() wrote for a value that was not finite, before the last load.
  static void drop_spelled_value(nlohmann::json& data) {
    const auto manual = data.find("manualValues");
    if (manual == data.end() || !manual->is_object()) return;
    const auto value = manual->find("value");
    if (value == manual->end() || !value->is_string()) return;
    manual->erase(value);
    if (manual->empty()) data.erase(manual);
  }

  std::vector<EdgeIndex> edges_in_order() const {
    const std::vector<Edge>& edges = definition_.edges().edges;
    std::vector<EdgeIndex> order;
    order.reserve(definition_.edges().count);
    for (EdgeIndex i = 0; i < edges.size(); ++i) {
      if (!edges[i].id.null()) order.push_back(i);
    }
    std::sort(order.begin(), order.end(), [&edges](EdgeIndex a, EdgeIndex b) {
      return edges[a].added < edges[b].added;
    });
    return order;
  }

  void write_edge(EdgeIndex index) {
    const Edge& edge = definition_.edges().edges[index];
    json_.begin_object()
        .member("id", edge.id.view())
        .member("source", definition_.source_name(index))
        .member("sourceHandle", nodes_.names.text(edge.source_handle))
        .member("target", definition_.target_name(index))
        .member("targetHandle", nodes_.names.text(edge.target_handle))
        .end_object();
  }

  const Definition& definition_;
  const NodeTable& nodes_;
  std::string out_;
  JsonWriter json_;
};

}  // namespace

std::string write_snapshot(const Definition& definition) {
  return Writer(definition).write();
}

}  // namespace chainsolved::graph
