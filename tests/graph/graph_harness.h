#pragma once

#include "daemon/engine/graph/graph.h"
#include "protocol/value.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {

/// Datasets by id, in a map.
class MapDatasets final : public graph::Datasets {
 public:
  const Value* find(std::string_view id) const override;
  void put(const std::string& id, Value value) { values_[id] = std::move(value); }
  void drop(const std::string& id) { values_.erase(id); }
  const std::map<std::string, Value>& all() const { return values_; }

 private:
  std::map<std::string, Value> values_;
};

/// Says no after a number of questions.
class CountingMonitor final : public graph::Monitor {
 public:
  bool keep_going(graph::Slot node, std::size_t done, std::size_t total) override;
  std::size_t asked = 0;
  std::size_t allowed = ~std::size_t{0};
};

/// A graph, driven by JSON as a client sends it, with one evaluation per change.
class GraphHarness {
 public:
  GraphHarness();
  explicit GraphHarness(const Limits& limits);

  /// Each changes and evaluates. A refused change throws std::runtime_error("CODE: message").
  const graph::Report& load(const nlohmann::json& snapshot);
  const graph::Report& patch(const nlohmann::json& ops, bool strict = false);
  const graph::Report& set(std::string_view node, std::string_view port, double value);
  const graph::Report& evaluate();

  Result<void> try_load(const nlohmann::json& snapshot);
  Result<std::vector<graph::Ignored>> try_patch(const nlohmann::json& ops, bool strict);

  Value value(std::string_view node) const;
  /// NaN for what is no scalar.
  double scalar(std::string_view node) const;
  std::map<std::string, Value> values() const;
  /// Of the last report: ids of `changed`, sorted.
  std::vector<std::string> changed() const;
  /// Of the last report: (nodeId, code), sorted.
  std::vector<std::pair<std::string, std::string>> codes() const;

  graph::Graph graph;
  graph::Report report;
  MapDatasets datasets;
  CountingMonitor monitor;
  EvaluateOptions options;
  graph::Reporting reporting = graph::Reporting::Session;
  std::vector<graph::Ignored> ignored;
};

/// Snapshot parts, shortly.
nlohmann::json node(std::string_view id, std::string_view type);
nlohmann::json node(std::string_view id, std::string_view type, const nlohmann::json& data);
nlohmann::json number(std::string_view id, double value);
nlohmann::json edge(std::string_view id,
                    std::string_view source,
                    std::string_view target,
                    std::string_view port,
                    std::string_view handle = "out");
nlohmann::json snapshot(const nlohmann::json& nodes, const nlohmann::json& edges);
nlohmann::json add_node(const nlohmann::json& node);
nlohmann::json add_edge(const nlohmann::json& edge);
nlohmann::json remove_node(std::string_view id);
nlohmann::json remove_edge(std::string_view id);
nlohmann::json update(std::string_view id, const nlohmann::json& data);

}  // namespace chainsolved::test
