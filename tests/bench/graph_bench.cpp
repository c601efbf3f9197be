// The incremental graph alone, in one process, beside a flat walk over the same shape.
#include "daemon/engine/graph/graph.h"
#include "protocol/request.h"
#include "protocol/snapshot.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace chainsolved::graph {
namespace {

class NoDatasets final : public Datasets {
 public:
  const Value* find(std::string_view) const override { return nullptr; }
};

class PatientMonitor final : public Monitor {
 public:
  bool keep_going(Slot, std::size_t, std::size_t) override { return true; }
};

struct Session {
  Graph graph{Limits{}};
  Report report;
  NoDatasets datasets;
  PatientMonitor monitor;
  EvaluateOptions options;

  void load(const std::string& text) {
    if (!graph.load(text).ok()) std::abort();
    evaluate();
  }
  void evaluate() { graph.evaluate(options, Reporting::Session, datasets, monitor, report); }
  void set(std::string_view node, std::string_view port, double value) {
    const InputChange change{node, port, value};
    if (!graph.set_inputs({&change, 1}, false).ok()) std::abort();
    evaluate();
  }
};

std::string name(std::size_t i) {
  return "node-" + std::to_string(i);
}

std::string node_text(std::size_t i, const char* type, const char* data) {
  return "{\"id\":\"" + name(i) + "\",\"blockType\":\"" + type + "\",\"data\":" + data + "}";
}

std::string edge_text(std::size_t i, std::size_t source, std::size_t target) {
  return "{\"id\":\"edge-" + std::to_string(i) + "\",\"source\":\"" + name(source) +
         "\",\"sourceHandle\":\"out\",\"target\":\"" + name(target) + "\",\"targetHandle\":\"a\"}";
}

/// `count` nodes; node i takes its input from source_of(i). Nodes stand in the order `order`.
template <class SourceOf>
std::string snapshot_text(const std::vector<std::size_t>& order, const SourceOf& source_of) {
  std::string text = "{\"version\":1,\"nodes\":[";
  for (const std::size_t i : order) {
    if (text.back() == '}') text += ',';
    text += i == 0 ? node_text(i, "number", "{\"value\":1}")
                   : node_text(i, "add", "{\"manualValues\":{\"b\":1}}");
  }
  text += "],\"edges\":[";
  for (const std::size_t i : order) {
    if (i == 0) continue;
    if (text.back() == '}') text += ',';
    text += edge_text(i, source_of(i), i);
  }
  text += "]}";
  text.reserve(text.size() + kJsonPadding);
  return text;
}

std::vector<std::size_t> in_order(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

std::string chain_text(std::size_t count) {
  return snapshot_text(in_order(count), [](std::size_t i) { return i - 1; });
}

std::string shuffled_chain_text(std::size_t count) {
  std::vector<std::size_t> order = in_order(count);
  std::shuffle(order.begin(), order.end(), std::mt19937(7));
  return snapshot_text(order, [](std::size_t i) { return i - 1; });
}

void per_node(benchmark::State& state, std::size_t nodes) {
  state.counters["ns/node"] = benchmark::Counter(
      static_cast<double>(nodes) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void flat_walk(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<double> values(count, 0.0);
  std::vector<std::uint32_t> source(count);
  for (std::size_t i = 1; i < count; ++i)
    source[i] = static_cast<std::uint32_t>(i - 1);
  double head = 0;
  for (auto _ : state) {
    values[0] = head += 1;
    for (std::size_t i = 1; i < count; ++i)
      values[i] = values[source[i]] + 1;
    benchmark::DoNotOptimize(values.data());
  }
  per_node(state, count);
}

void change_head(benchmark::State& state, const std::string& text) {
  Session session;
  session.load(text);
  double head = 1;  // what it is already
  for (auto _ : state)
    session.set("node-0", "value", head += 1);
  if (session.report.changed.size() != session.graph.node_count()) std::abort();
  per_node(state, session.graph.node_count());
  state.counters["bytes/node"] = static_cast<double>(session.graph.memory_bytes()) /
                                 static_cast<double>(session.graph.node_count());
}

void chain_head(benchmark::State& state) {
  change_head(state, chain_text(static_cast<std::size_t>(state.range(0))));
}
void shuffled_chain_head(benchmark::State& state) {
  change_head(state, shuffled_chain_text(static_cast<std::size_t>(state.range(0))));
}
void fan_out_head(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  change_head(state, snapshot_text(in_order(count), [](std::size_t) { return std::size_t{0}; }));
}

void load_and_evaluate(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    Session session;
    session.load(text);
    benchmark::DoNotOptimize(session.report.changed.data());
  }
  per_node(state, static_cast<std::size_t>(state.range(0)));
}

void load_chain(benchmark::State& state) {
  load_and_evaluate(state, chain_text(static_cast<std::size_t>(state.range(0))));
}
void load_shuffled(benchmark::State& state) {
  load_and_evaluate(state, shuffled_chain_text(static_cast<std::size_t>(state.range(0))));
}

/// Chains of ten side by side: a slider at the head of one touches ten nodes.
std::string many_chains_text(std::size_t count) {
  std::string text = "{\"version\":1,\"nodes\":[";
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) text += ',';
    text += i % 10 == 0 ? node_text(i, "number", "{\"value\":1}") : node_text(i, "negate", "{}");
  }
  text += "],\"edges\":[";
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 10 == 0) continue;
    if (text.back() == '}') text += ',';
    text += edge_text(i, i - 1, i);
  }
  text += "]}";
  text.reserve(text.size() + kJsonPadding);
  return text;
}

void change_ten_nodes(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Session session;
  session.load(many_chains_text(count));
  double value = 1;  // what it is already
  for (auto _ : state)
    session.set("node-0", "value", value += 1);
  if (session.report.evaluated_count != 10) std::abort();
}

void add_and_remove_edge(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Session session;
  session.load(many_chains_text(count));
  std::mt19937 random(3);
  PatchOp add;
  add.kind = PatchKind::AddEdge;
  add.edge = {"new", "", "out", "", "b"};
  PatchOp remove;
  remove.kind = PatchKind::RemoveEdge;
  remove.edge.id = "new";
  for (auto _ : state) {
    state.PauseTiming();
    // From a later chain to an earlier one nearby: the order must change a little.
    const std::size_t at = random() % (count - 100);
    const std::size_t from = at + 10 + random() % 80;
    add.edge.source = name(from);
    add.edge.target = name(at | 1U);
    const std::vector<PatchOp> ops{add};
    state.ResumeTiming();
    if (!session.graph.apply(ops, false).ok()) std::abort();
    session.evaluate();
    state.PauseTiming();
    if (!session.graph.apply({remove}, false).ok()) std::abort();
    session.evaluate();
    state.ResumeTiming();
  }
}

BENCHMARK(flat_walk)->Arg(10'000)->Arg(100'000);
BENCHMARK(chain_head)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(shuffled_chain_head)->Arg(10'000)->Arg(100'000);
BENCHMARK(fan_out_head)->Arg(10'000)->Arg(100'000);
BENCHMARK(load_chain)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(load_shuffled)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(change_ten_nodes)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(add_and_remove_edge)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace chainsolved::graph

BENCHMARK_MAIN();
