// The conformance data, replayed in this process: graph_cases.jsonl and the real graphs.
#include "tests/support/conformance.h"

#include "daemon/engine/ops/block.h"
#include "protocol/snapshot.h"
#include "tests/graph/graph_harness.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(const Json& expected) {
  Pairs pairs;
  for (const Json& entry : expected)
    pairs.emplace_back(entry[0], entry[1]);
  return pairs;
}

Pairs pairs_of(const std::vector<graph::Diagnostic>& diagnostics) {
  Pairs pairs;
  for (const graph::Diagnostic& d : diagnostics)
    pairs.emplace_back(d.node_id, d.code);
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

/// Compares what a step expects of values, whole or as a subset.
std::string values_difference(const Json& expected,
                              const std::map<std::string, Value>& got,
                              bool subset,
                              const Json& tolerance) {
  if (!subset && expected.size() != got.size()) {
    return std::to_string(got.size()) + " values, expected " + std::to_string(expected.size());
  }
  for (const auto& [id, value] : expected.items()) {
    const auto found = got.find(id);
    if (found == got.end()) return "no value for " + id;
    if (auto difference = value_difference(value, found->second, tolerance, nullptr)) {
      return id + ": " + *difference;
    }
  }
  return {};
}

/// One case: a session from empty.
class CaseReplay {
 public:
  void run(const Json& test_case) {
    tolerance_ = test_case["tol"];
    for (const Json& step : test_case["steps"]) {
      SCOPED_TRACE(step["send"].dump().substr(0, 300));
      send(step["send"], step["expect"]);
    }
  }

 private:
  void send(const Json& message, const Json& expect) {
    const std::string type = message["type"];
    harness_.options = EvaluateOptions{};
    const Json options = message.value("options", Json::object());
    harness_.options.trace = options.value("trace", false);
    harness_.options.max_trace_nodes = options.value("maxTraceNodes", std::uint64_t{1000});
    harness_.options.time_budget_ms = options.value("timeBudgetMs", 0.0);
    try {
      if (type == "loadSnapshot") {
        harness_.load(message["snapshot"]);
        expect_result(harness_, expect, "values", harness_.values());
      } else if (type == "evaluate") {
        GraphHarness once;
        once.reporting = graph::Reporting::Stateless;
        for (const auto& [id, value] : harness_.datasets.all())
          once.datasets.put(id, value);
        once.load(message["snapshot"]);
        expect_result(once, expect, "values", once.values());
      } else if (type == "applyPatch") {
        harness_.patch(message["ops"]);
        expect_result(harness_, expect, "changedValues", changed_values());
      } else if (type == "setInput") {
        harness_.set(message["nodeId"].get<std::string>(),
                     message["portId"].get<std::string>(),
                     message["value"].get<double>());
        expect_result(harness_, expect, "changedValues", changed_values());
      } else {
        rest(type, message, expect);
      }
    } catch (const std::runtime_error& refused) {
      ASSERT_EQ(expect["type"], "error") << refused.what();
      EXPECT_TRUE(std::string(refused.what()).starts_with(expect["code"].get<std::string>()))
          << refused.what();
    }
  }

  void rest(const std::string& type, const Json& message, const Json& expect) {
    if (type == "registerDataset") {
      const std::string id = message["datasetId"];
      harness_.datasets.put(id, Value::vector(message["values"].get<std::vector<double>>()));
      // As the original: its cases touch the readers themselves.
    } else if (type == "validateGraph") {
      EXPECT_EQ(pairs_of(harness_.graph.validate()), pairs_of(expect["diagnostics"]));
    } else if (type == "getStats") {
      EXPECT_EQ(harness_.datasets.all().size(), expect["stats"]["datasetCount"]);
    } else {
      FAIL() << "no such message: " << type;
    }
  }

  std::map<std::string, Value> changed_values() const {
    std::map<std::string, Value> values;
    for (const graph::Slot slot : harness_.report.changed) {
      values.emplace(harness_.graph.id_of(slot), harness_.graph.value_of(slot));
    }
    return values;
  }

  void expect_result(const GraphHarness& harness,
                     const Json& expect,
                     const char* key,
                     const std::map<std::string, Value>& got) {
    ASSERT_NE(expect["type"], "error") << "accepted, expected " << expect["code"];
    const graph::Report& report = harness.report;
    if (expect.contains(key)) {
      EXPECT_EQ(values_difference(expect[key], got, expect.contains("subset"), tolerance_), "");
    }
    const std::string count = std::string(key) + "Count";
    if (expect.contains(count)) {
      EXPECT_EQ(got.size(), expect[count]);
    }
    if (expect.contains("evaluatedCount")) {
      EXPECT_EQ(report.evaluated_count, expect["evaluatedCount"]);
    }
    if (expect.contains("totalCount")) {
      EXPECT_EQ(report.total_count, expect["totalCount"]);
    }
    if (expect.contains("partial")) {
      EXPECT_EQ(report.partial, expect["partial"]);
    }
    if (expect.contains("diagnostics")) {
      EXPECT_EQ(pairs_of(report.diagnostics), pairs_of(expect["diagnostics"]));
    }
    if (expect.contains("trace")) expect_trace(harness, expect["trace"]);
  }

  void expect_trace(const GraphHarness& harness, const Json& expected) {
    const std::vector<graph::TraceEntry>& trace = harness.report.trace;
    ASSERT_EQ(trace.size(), expected.size());
    for (std::size_t i = 0; i < trace.size(); ++i) {
      EXPECT_EQ(harness.graph.id_of(trace[i].slot), expected[i]["nodeId"]);
      EXPECT_EQ(harness.graph.block_type_of(trace[i].slot), expected[i]["opId"]);
      const std::map<std::string, Value> inputs(trace[i].inputs.begin(), trace[i].inputs.end());
      EXPECT_EQ(values_difference(expected[i]["inputs"], inputs, false, tolerance_), "");
      const auto output = value_difference(expected[i]["output"], trace[i].output, tolerance_, {});
      EXPECT_EQ(output.value_or(""), "");
      std::vector<std::string> codes;
      for (const graph::Diagnostic& d : trace[i].diagnostics)
        codes.emplace_back(d.code);
      EXPECT_EQ(codes, expected[i]["diagnostics"].get<std::vector<std::string>>());
    }
  }

  GraphHarness harness_;
  Json tolerance_;
};

struct Case {
  std::string name;
  Json content;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

std::vector<Case> graph_cases() {
  const auto shared = shared_folder();
  if (!shared) return {{"absent", nullptr}};
  std::vector<Case> cases;
  for (Json& line : read_json_lines(*shared / "conformance" / "graph_cases.jsonl")) {
    const std::string name = line["name"];
    cases.push_back({name.substr(name.find('/') + 1), std::move(line)});
  }
  return cases;
}

/// Cases with blocks of the category matrix, until that is there.
bool needs_later_blocks(const std::string& name) {
  return (name == "ill-conditioned" || name == "matrix-graph") &&
         ops::find_block("matrix_inverse") == nullptr;
}

class GraphCase : public testing::TestWithParam<Case> {};

TEST_P(GraphCase, AnswersAsTheContractSays) {
  if (GetParam().content.is_null()) GTEST_SKIP() << "no conformance data beside the source tree";
  if (needs_later_blocks(GetParam().name)) GTEST_SKIP() << "its blocks come in a later category";
  CaseReplay().run(GetParam().content);
}

INSTANTIATE_TEST_SUITE_P(Conformance, GraphCase, testing::ValuesIn(graph_cases()), test_name);

std::vector<Case> real_graphs() {
  const auto shared = shared_folder();
  if (!shared) return {{"absent", nullptr}};
  std::vector<Case> cases;
  constexpr std::string_view kEnding = ".snapshot.json";
  for (const auto& file : std::filesystem::directory_iterator(*shared / "real" / "graphs")) {
    const std::string name = file.path().filename();
    if (!name.ends_with(kEnding)) continue;
    const std::string stem = name.substr(0, name.size() - kEnding.size());
    cases.push_back(
        {stem,
         {{"snapshot", read_json_file(file.path())},
          {"expected", read_json_file(file.path().parent_path() / (stem + ".expected.json"))}}});
  }
  std::sort(
      cases.begin(), cases.end(), [](const Case& a, const Case& b) { return a.name < b.name; });
  return cases;
}

class RealGraph : public testing::TestWithParam<Case> {};

TEST_P(RealGraph, HasTheValuesThatTheOriginalComputed) {
  if (GetParam().content.is_null()) GTEST_SKIP() << "no real graphs beside the source tree";
  const Json& expected = GetParam().content["expected"];
  GraphHarness harness;
  harness.reporting = graph::Reporting::Stateless;  // as they were recorded
  harness.load(GetParam().content["snapshot"]);
  EXPECT_EQ(values_difference(expected["values"], harness.values(), false, expected["tol"]), "");
  std::vector<std::string> codes;
  for (const graph::Diagnostic& d : harness.report.diagnostics)
    codes.emplace_back(d.code);
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(codes, expected["diagnostics"].get<std::vector<std::string>>());
}

INSTANTIATE_TEST_SUITE_P(Conformance, RealGraph, testing::ValuesIn(real_graphs()), test_name);

}  // namespace
}  // namespace chainsolved::test
