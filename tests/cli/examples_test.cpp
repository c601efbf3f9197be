#include "examples/expectation.h"
#include "protocol/columns.h"
#include "protocol/value_json.h"
#include "tests/cli/service.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace chainsolved::test {
namespace {

using examples::Example;
using nlohmann::json;

const std::string& folder() {
  static const std::string path = CHAINSOLVED_SOURCE_DIR "/examples";
  return path;
}

class Examples : public ::testing::TestWithParam<Example> {};

TEST_P(Examples, AgreeWithTheValuesWorkedOutApart) {
  ASSERT_TRUE(Daemon::available() && Command::available()) << "the programs are not built";
  const Example& example = GetParam();
  const TemporaryDirectory runtime;
  std::vector<std::string> arguments{"eval", example.graph_file, "--output", "json"};
  for (const std::string& dataset : example.datasets) {
    arguments.emplace_back("--dataset");
    arguments.push_back(dataset);
  }
  const auto outcome = run(arguments, {}, {"XDG_RUNTIME_DIR=" + runtime.path()});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["diagnostics"], json::array());
  DataBytes none{{}};
  const examples::Verdict verdict = examples::compare(example, [&](const std::string& node) {
    if (!result["values"].contains(node)) return Value();
    Result<Value> value = read_value(result["values"][node], none);
    return value.ok() ? std::move(value).value() : Value::error(value.error().message);
  });
  EXPECT_GT(verdict.compared, 5U);
  for (const std::string& wrong : verdict.wrong)
    ADD_FAILURE() << wrong;
}

INSTANTIATE_TEST_SUITE_P(All,
                         Examples,
                         ::testing::ValuesIn(examples::find_examples(folder())),
                         [](const auto& example) {
                           std::string name = example.param.name;
                           std::erase(name, '-');
                           return name;
                         });

TEST(ExamplesFolder, EveryGraphHasExpectedValuesAndALineInTheReadme) {
  std::size_t graphs = 0;
  const std::string readme = [] {
    std::ifstream file(folder() + "/README.md");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".json") || name.ends_with(".expected.json")) continue;
    ++graphs;
    const std::string base = entry.path().string();
    EXPECT_TRUE(std::filesystem::exists(base.substr(0, base.size() - 5) + ".expected.json"))
        << name;
    EXPECT_NE(readme.find("`" + name + "`"), std::string::npos) << name;
  }
  EXPECT_EQ(graphs, examples::find_examples(folder()).size());
}

}  // namespace
}  // namespace chainsolved::test
