// The conformance data, block by block, without a process or a socket.
#include "tests/support/conformance.h"

#include "daemon/engine/graph/graph.h"
#include "daemon/engine/ops/block.h"
#include "protocol/limits.h"
#include "protocol/request.h"
#include "protocol/snapshot.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;
using Difference = std::optional<std::string>;

Json sorted_codes(const std::vector<graph::Diagnostic>& diagnostics) {
  std::vector<std::string> codes;
  codes.reserve(diagnostics.size());
  for (const graph::Diagnostic& diagnostic : diagnostics)
    codes.emplace_back(diagnostic.code);
  std::ranges::sort(codes);
  return codes;
}

Json compare_options(const Json& test_case) {
  return test_case.contains("compare") ? test_case["compare"] : Json::object();
}

/// A case of ops/CATEGORY.jsonl: the snapshot is loaded and evaluated, the target looked at.
Difference check_snapshot(const Json& test_case) {
  const std::string text = test_case["snapshot"].dump();
  graph::Graph graph{Limits()};
  const std::string padded = text + std::string(kJsonPadding, ' ');
  const auto loaded = graph.load(std::string_view(padded).substr(0, text.size()));
  if (!loaded.ok()) return "not loaded: " + loaded.error().message;
  Patient monitor;
  graph::Report report;
  graph.evaluate(EvaluateOptions(), graph::Reporting::Session, DatasetMap(), monitor, report);

  const auto slot = graph.find(test_case["target"].get<std::string>());
  if (!slot) return "the target is not in the graph";
  const Json options = compare_options(test_case);
  auto difference =
      value_difference(test_case["expected"], graph.value_of(*slot), test_case["tol"], options);
  if (difference || options.value("ignoreDiagnostics", false)) return difference;
  const Json codes = sorted_codes(report.diagnostics);
  if (codes == test_case["diagnostics"]) return std::nullopt;
  return "diagnostics are " + codes.dump() + ", expected " + test_case["diagnostics"].dump();
}

/// A case of direct_ops.jsonl: one block on given values.
Difference check_block(const Json& test_case) {
  Inputs inputs;
  for (const auto& [port, value] : test_case["inputs"].items()) {
    inputs.emplace_back(port, value_of(value));
  }
  const auto result =
      run_block(test_case["op"].get<std::string>(), inputs, test_case["data"].dump());
  return value_difference(
      test_case["expected"], result.value, test_case["tol"], compare_options(test_case));
}

Difference check(const Json& test_case) {
  return test_case.contains("snapshot") ? check_snapshot(test_case) : check_block(test_case);
}

/// Whether every block of the case is in the table.
bool is_built(const Json& test_case) {
  if (ops::find_block(test_case["op"].get<std::string>()) == nullptr) return false;
  if (!test_case.contains("snapshot")) return true;
  return std::ranges::all_of(test_case["snapshot"]["nodes"], [](const Json& node) {
    return ops::find_block(node["blockType"].get<std::string>()) != nullptr;
  });
}

struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t not_built = 0;
  std::string failures;
};

Tally run(const std::vector<Json>& cases, bool only_built) {
  Tally tally;
  for (const Json& test_case : cases) {
    if (only_built && !is_built(test_case)) {
      ++tally.not_built;
    } else if (const Difference difference = check(test_case)) {
      ++tally.failed;
      tally.failures += "  " + test_case["name"].get<std::string>() + ": " + *difference + "\n";
    } else {
      ++tally.passed;
    }
  }
  return tally;
}

constexpr const char* kNoData =
    "the conformance data is not here (../shared or $CHAINSOLVED_SHARED)";

class WholeCategory : public ::testing::TestWithParam<const char*> {};

TEST_P(WholeCategory, PassesEveryCase) {
  const auto shared = shared_folder();
  if (!shared) GTEST_SKIP() << kNoData;
  const auto file = *shared / "conformance" / "ops" / (std::string(GetParam()) + ".jsonl");
  const Tally tally = run(read_json_lines(file), false);
  std::cout << "  " << GetParam() << ": " << tally.passed << " of " << tally.passed + tally.failed
            << " passed\n";
  EXPECT_GT(tally.passed, 0);
  EXPECT_EQ(tally.failed, 0) << tally.failures;
}

INSTANTIATE_TEST_SUITE_P(Conformance,
                         WholeCategory,
                         ::testing::Values("input",
                                           "output",
                                           "math",
                                           "trig",
                                           "logic",
                                           "data",
                                           "vectorOps",
                                           "tableOps",
                                           "statsDesc",
                                           "presetMaterials",
                                           "constants",
                                           "aerospace",
                                           "chem",
                                           "controlSystems",
                                           "engConversions",
                                           "engElectrical",
                                           "engFluids",
                                           "engInertia",
                                           "engMaterials",
                                           "engMechanics",
                                           "engSections",
                                           "engThermo",
                                           "finDepr",
                                           "finOptions",
                                           "finReturns",
                                           "finTvm",
                                           "lifeSci",
                                           "machineLearning",
                                           "statsRel",
                                           "structural",
                                           "dateTime",
                                           "odeSolvers",
                                           "simulation",
                                           "plot",
                                           "probComb",
                                           "probDist",
                                           "utilCalc",
                                           "vehicleSim",
                                           "symbolic"),
                         [](const auto& instance) { return std::string(instance.param); });

/// Of every file, the cases whose blocks are in the table.
class BuiltBlocks : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(BuiltBlocks, PassTheirCases) {
  const Tally tally = run(read_json_lines(GetParam()), true);
  std::cout << "  " << GetParam().stem().string() << ": " << tally.passed << " passed, "
            << tally.failed << " failed, " << tally.not_built << " of blocks not built\n";
  EXPECT_EQ(tally.failed, 0) << tally.failures;
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  const auto shared = shared_folder();
  if (!shared) return files;
  const auto folder = *shared / "conformance";
  for (const auto& entry : std::filesystem::directory_iterator(folder / "ops")) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  files.push_back(folder / "direct_ops.jsonl");
  return files;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BuiltBlocks);
INSTANTIATE_TEST_SUITE_P(Conformance,
                         BuiltBlocks,
                         ::testing::ValuesIn(case_files()),
                         [](const auto& instance) { return instance.param.stem().string(); });

}  // namespace
}  // namespace chainsolved::test
