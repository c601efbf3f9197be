// A change at the head of a chain or fan-out, every changed value at the client, beside a walk over
// flat arrays in one process that computes the same.
#include "tests/bench/graphs.h"
#include "tests/bench/service.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace chainsolved::bench {

namespace {

/// Compressed rows: node i reads `source_[i]`.
class FlatGraph {
 public:
  static FlatGraph chain(std::size_t length) {
    FlatGraph graph(length);
    for (std::size_t i = 1; i <= length; ++i)
      graph.source_[i] = static_cast<std::uint32_t>(i - 1);
    return graph;
  }
  static FlatGraph fan_out(std::size_t width) { return FlatGraph(width); }

  /// Every node is the negated value of its source; answers the last one, so that nothing is
  /// elided.
  double walk(double head) {
    values_[0] = head;
    for (std::size_t i = 1; i < values_.size(); ++i)
      values_[i] = -values_[source_[i]];
    return values_.back();
  }

 private:
  explicit FlatGraph(std::size_t nodes) : values_(nodes + 1), source_(nodes + 1) {}
  std::vector<double> values_;
  std::vector<std::uint32_t> source_;
};

struct Case {
  std::string name;
  std::string snapshot;
  FlatGraph flat;
  std::size_t nodes;
};

void measure(Report& report, Case graph) {
  client::Engine engine = open_engine();
  (void)require(engine.load_snapshot(graph.snapshot));
  double value = 1;
  double sink = 0;
  double in_engine_us = 0;
  std::size_t runs = 0;
  Comparison comparison;
  comparison.name = graph.name;
  comparison.floor_name = "flat arrays in one process";
  comparison.ours = [&] {
    const auto result = require(engine.set_input("head", "value", ++value));
    if (result.changed.size() != graph.nodes + 1)
      give_up(Error{ErrorCode::InternalError, "not every node changed", {}});
    in_engine_us += result.elapsed_us;
    ++runs;
  };
  comparison.floor = [&] {
    sink += graph.flat.walk(++value);
  };
  comparison.rounds = 20;
  comparison.batch = 20;
  Row row = compare(comparison);
  const double ns = in_engine_us * 1000 / static_cast<double>(runs * graph.nodes);
  row.note = std::to_string(ns).substr(0, 4) + " ns a node in the engine";
  if (!std::isfinite(sink)) row.note += " (not finite)";
  report.add(row);
}

}  // namespace

void measure_incremental(Report& report) {
  constexpr std::size_t kNodes = 10'000;
  measure(
      report,
      {"chain of 10,000, head changed", chain_snapshot(kNodes), FlatGraph::chain(kNodes), kNodes});
  measure(report,
          {"fan-out of 10,000, head changed",
           fan_out_snapshot(kNodes),
           FlatGraph::fan_out(kNodes),
           kNodes});
}

}  // namespace chainsolved::bench
