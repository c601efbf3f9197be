// Each method of a session, asked of the real program.
#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include <sys/wait.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;
using Scalars = std::map<std::uint32_t, double>;

/// a, b -> sum -> neg
json small_graph() {
  return snapshot(
      {node("a", "number", {{"value", 2}}),
       node("b", "number", {{"value", 3}}),
       node("sum", "add"),
       node("neg", "negate")},
      {edge("1", "a", "sum", "a"), edge("2", "b", "sum", "b"), edge("3", "sum", "neg", "a")});
}

class Methods : public ::testing::Test {
 protected:
  EngineHarness engine_;
  TestClient& client_ = engine_.attach();

  Message load(const json& graph) { return client_.call("loadSnapshot", {{"snapshot", graph}}); }
};

TEST_F(Methods, OpenSessionTellsWhatTheSessionIs) {
  const json& opened = engine_.opened(1).result();
  EXPECT_EQ(opened["sessionId"], "s1");
  EXPECT_EQ(opened["created"], true);
  EXPECT_EQ(opened["epoch"], 1);
  EXPECT_EQ(opened["clientId"], 1);
  EXPECT_EQ(opened["contractVersion"], 4);
  EXPECT_EQ(opened["state"], "ready");
  EXPECT_EQ(opened["catalogHash"].get<std::string>().size(), 16U);
  EXPECT_EQ(opened["constantValues"]["number"], 0);
  EXPECT_TRUE(opened["slots"]["ids"].empty());
  EXPECT_EQ(engine_.opened(1).header.epoch, 1U);
}

TEST_F(Methods, OpenSessionOfASecondClientCarriesAllSlots) {
  load(small_graph());
  engine_.attach();
  const Message& opened = engine_.opened(2);
  EXPECT_EQ(opened.result()["created"], false);
  EXPECT_EQ(opened.result()["slots"]["ids"], json({"a", "b", "sum", "neg"}));
  EXPECT_EQ(opened.slots(opened.result()["slots"]["slots"]),
            (std::vector<std::uint32_t>{0, 1, 2, 3}));
}

TEST_F(Methods, LoadSnapshotAnswersScalarsByPosition) {
  const Message answer = load(small_graph());
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.scalars(answer.result()), (Scalars{{0, 2}, {1, 3}, {2, 5}, {3, -5}}));
  EXPECT_TRUE(answer.result()["values"].empty());
  EXPECT_EQ(answer.result()["partial"], false);
  EXPECT_TRUE(answer.result()["diagnostics"].empty());
  EXPECT_FALSE(answer.result().contains("newSlots")) << "the sender knows the positions";
  EXPECT_FALSE(answer.result().contains("trace"));
  EXPECT_EQ(answer.header.epoch, 1U);
}

TEST_F(Methods, ASnapshotThatSaysItsSlotsKeepsThem) {
  json graph = small_graph();
  graph["nodes"][0]["slot"] = 9;
  graph["nodes"][1]["slot"] = 1;
  graph["nodes"][2]["slot"] = 4;
  graph["nodes"][3]["slot"] = 0;
  const Message answer = load(graph);
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.scalars(answer.result()), (Scalars{{9, 2}, {1, 3}, {4, 5}, {0, -5}}));
  EXPECT_EQ(answer.result()["newSlots"]["ids"], json({"neg", "b", "sum", "a"}));
}

TEST_F(Methods, ABadSnapshotLeavesTheOldGraph) {
  load(small_graph());
  const Message answer =
      load({{"version", 1}, {"nodes", json::array({{{"id", "x"}}})}, {"edges", json::array()}});
  EXPECT_EQ(answer.code(), "INVALID_SNAPSHOT");
  EXPECT_EQ(answer.applied(), false);
  EXPECT_EQ(load({{"version", 2}, {"nodes", json::array()}, {"edges", json::array()}}).code(),
            "UNSUPPORTED_VERSION");
  EXPECT_EQ(client_.call("getStats").result()["nodeCount"], 4);
}

TEST_F(Methods, SetInputAnswersWhatChanged) {
  load(small_graph());
  const Message answer =
      client_.call("setInput", {{"nodeId", "a"}, {"portId", "value"}, {"value", 10}});
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.scalars(answer.result()), (Scalars{{0, 10}, {2, 13}, {3, -13}}));
  EXPECT_EQ(answer.result()["evaluatedCount"], 3);
  EXPECT_EQ(answer.result()["totalCount"], 4);
  EXPECT_FALSE(answer.result().contains("ignored"));
  EXPECT_FALSE(answer.result().contains("gone"));
}

TEST_F(Methods, SetInputTakesNonFiniteNumbers) {
  load(small_graph());
  const Message answer =
      client_.call("setInput", {{"nodeId", "a"}, {"portId", "value"}, {"value", "-Infinity"}});
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.scalars(answer.result())[3], INFINITY);
  EXPECT_FALSE(answer.result()["diagnostics"].empty());
}

TEST_F(Methods, SetInputsIsOneEvaluation) {
  load(small_graph());
  const Message answer = client_.call("setInputs",
                                      {{"inputs",
                                        {{{"nodeId", "a"}, {"portId", "value"}, {"value", 1}},
                                         {{"nodeId", "b"}, {"portId", "value"}, {"value", 1}}}}});
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.result()["evaluatedCount"], 4);
  EXPECT_EQ(answer.scalars(answer.result())[2], 2);
}

TEST_F(Methods, AnInputForNobodyIsIgnoredOrRefused) {
  load(small_graph());
  const json params = {{"nodeId", "zzz"}, {"portId", "value"}, {"value", 1}};
  const Message ignored = client_.call("setInput", params);
  ASSERT_TRUE(ignored.ok());
  EXPECT_EQ(ignored.result()["ignored"][0]["id"], "zzz");
  EXPECT_EQ(ignored.result()["ignored"][0]["op"], "setInput");
  json strict = params;
  strict["options"] = {{"strict", true}};
  const Message refused = client_.call("setInput", strict);
  EXPECT_EQ(refused.code(), "UNKNOWN_NODE");
  EXPECT_EQ(refused.applied(), false);
}

TEST_F(Methods, ApplyPatchTellsNewSlotsAndWhatIsGone) {
  load(small_graph());
  const Message added =
      client_.call("applyPatch",
                   {{"ops",
                     {{{"op", "removeNode"}, {"nodeId", "neg"}},
                      {{"op", "addNode"}, {"node", node("abs", "abs")}},
                      {{"op", "addEdge"}, {"edge", edge("9", "sum", "abs", "a")}}}}});
  ASSERT_TRUE(added.ok()) << added.json;
  EXPECT_EQ(added.slots(added.result()["gone"]), std::vector<std::uint32_t>{3});
  EXPECT_EQ(added.result()["newSlots"]["ids"], json({"abs"}));
  EXPECT_EQ(added.slots(added.result()["newSlots"]["slots"]), std::vector<std::uint32_t>{4})
      << "a removed slot is not used again";
  EXPECT_EQ(added.scalars(added.result())[4], 5);
}

TEST_F(Methods, APatchWithOneBadOpChangesNothing) {
  load(small_graph());
  const Message answer = client_.call(
      "applyPatch", {{"ops", {{{"op", "removeNode"}, {"nodeId", "a"}}, {{"op", "explode"}}}}});
  EXPECT_EQ(answer.code(), "INVALID_SNAPSHOT");
  EXPECT_EQ(answer.applied(), false);
  EXPECT_EQ(client_.call("getStats").result()["nodeCount"], 4);
}

TEST_F(Methods, OpsThatNameNothingAreIgnored) {
  load(small_graph());
  const Message answer =
      client_.call("applyPatch", {{"ops", {{{"op", "removeEdge"}, {"edgeId", "zzz"}}}}});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.result()["ignored"],
            json::parse(R"([{"index":0,"op":"removeEdge","id":"zzz"}])"));
}

TEST_F(Methods, ClientsThatWantNamesGetEveryValueById) {
  TestClient& named = engine_.attach(EngineHarness::Names::Yes);
  EXPECT_FALSE(engine_.opened(2).result().contains("slots"));
  const Message loaded = named.call("loadSnapshot", {{"snapshot", small_graph()}});
  EXPECT_EQ(loaded.result()["values"]["neg"], json::parse(R"({"kind":"scalar","value":-5})"));
  EXPECT_FALSE(loaded.result().contains("scalars"));
  const Message patched =
      named.call("applyPatch", {{"ops", {{{"op", "removeNode"}, {"nodeId", "neg"}}}}});
  EXPECT_EQ(patched.result()["gone"], json({"neg"}));
  EXPECT_FALSE(patched.result().contains("newSlots"));
}

TEST_F(Methods, EvaluateLeavesTheSessionsGraphAlone) {
  load(small_graph());
  const Message answer = client_.call(
      "evaluate", {{"snapshot", snapshot(json::array({node("only", "number", {{"value", 8}})}))}});
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.scalars(answer.result()), (Scalars{{0, 8}}));
  EXPECT_EQ(client_.call("getStats").result()["nodeCount"], 4);
}

TEST_F(Methods, GetValuesAnswersAllOrThoseNamed) {
  load(small_graph());
  const Message all = client_.call("getValues");
  EXPECT_EQ(all.scalars(all.result()).size(), 4U);
  const Message some = client_.call("getValues", {{"nodeIds", {"sum"}}});
  EXPECT_EQ(some.scalars(some.result()), (Scalars{{2, 5}}));
  EXPECT_EQ(client_.call("getValues", {{"nodeIds", {"sum", "zzz"}}}).code(), "UNKNOWN_NODE");
  EXPECT_EQ(client_.call("getValues", {{"nodeIds", 3}}).code(), "INVALID_PARAMS");
}

TEST_F(Methods, GetSnapshotHasInputsAndSlotsAndCanBeLoadedAgain) {
  load(small_graph());
  client_.call("setInput", {{"nodeId", "b"}, {"portId", "value"}, {"value", 40}});
  const json graph = client_.call("getSnapshot").result()["snapshot"];
  EXPECT_EQ(graph["version"], 1);
  EXPECT_EQ(graph["nodes"].size(), 4U);
  EXPECT_TRUE(graph["nodes"][0].contains("slot"));
  const Message again = load(graph);
  EXPECT_EQ(again.scalars(again.result())[3], -42);
}

TEST_F(Methods, ValidateGraphReportsWithoutEvaluating) {
  load(snapshot({node("x", "made.up"), node("n", "negate")}, json::array()));
  const Message answer = client_.call("validateGraph");
  ASSERT_TRUE(answer.ok());
  std::vector<std::string> codes;
  for (const json& diagnostic : answer.result()["diagnostics"])
    codes.push_back(diagnostic["code"]);
  EXPECT_NE(std::find(codes.begin(), codes.end(), "UNKNOWN_BLOCK"), codes.end());
  EXPECT_NE(std::find(codes.begin(), codes.end(), "MISSING_INPUT"), codes.end());
}

TEST_F(Methods, GetCatalogListsTheBlocks) {
  const Message answer = client_.call("getCatalog");
  ASSERT_TRUE(answer.ok());
  EXPECT_GT(answer.result()["catalog"].size(), 100U);
  EXPECT_EQ(answer.result()["contractVersion"], 4);
}

TEST_F(Methods, EvaluateBlockComputesOneBlock) {
  const Message answer = client_.call("evaluateBlock",
                                      {{"blockType", "add"},
                                       {"inputs",
                                        {{"a", {{"kind", "scalar"}, {"value", 2}}},
                                         {"b", {{"kind", "vector"}, {"value", {1, 2}}}}}}});
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.result()["value"], json::parse(R"({"kind":"vector","value":[3.0,4.0]})"));
  EXPECT_TRUE(answer.result()["diagnostics"].empty());
}

TEST_F(Methods, EvaluateBlockNamesTheInputThatCannotBeRead) {
  const Message answer = client_.call(
      "evaluateBlock", {{"blockType", "add"}, {"inputs", {{"a", {{"kind", "banana"}}}}}});
  EXPECT_EQ(answer.code(), "INVALID_PARAMS");
  EXPECT_NE(answer.json["error"]["message"].get<std::string>().find("inputs.a"), std::string::npos);
}

TEST_F(Methods, GetStatsCountsWhatIsThere) {
  load(small_graph());
  client_.call("registerDataset", {{"datasetId", "d"}, {"values", {1, 2, 3}}});
  const json stats = client_.call("getStats").result();
  EXPECT_EQ(stats["datasetCount"], 1);
  EXPECT_EQ(stats["datasetTotalBytes"], 24);
  EXPECT_EQ(stats["nodeCount"], 4);
  EXPECT_EQ(stats["edgeCount"], 3);
  EXPECT_EQ(stats["epoch"], 1);
  EXPECT_EQ(stats["clientCount"], 1);
  EXPECT_EQ(stats["evaluations"], 1);
  EXPECT_EQ(stats["dirty"], false);
}

TEST_F(Methods, TraceSummarisesValues) {
  json graph = snapshot(
      {node("v", "vectorInput", {{"vectorData", {1, 2, 3, 4, 5, 6, 7}}}),
       node("r", "sqrt"),
       node("t", "tableInput", {{"tableData", {{"columns", {"x", "y"}}, {"rows", {{1, 2}}}}}})},
      json::array({edge("1", "v", "r", "a")}));
  const Message answer =
      client_.call("loadSnapshot", {{"snapshot", graph}, {"options", {{"trace", true}}}});
  ASSERT_TRUE(answer.ok()) << answer.json;
  std::map<std::string, json> trace;
  for (const json& entry : answer.result()["trace"])
    trace[entry["nodeId"]] = entry;
  ASSERT_EQ(trace.size(), 3U);
  EXPECT_EQ(trace["v"]["output"],
            json::parse(R"({"kind":"vector","length":7,"sample":[1.0,2.0,3.0,4.0,5.0]})"));
  EXPECT_EQ(trace["r"]["inputs"]["a"], trace["v"]["output"]);
  EXPECT_EQ(trace["r"]["opId"], "sqrt");
  EXPECT_EQ(trace["t"]["output"], json::parse(R"({"kind":"table","rows":1,"columns":2})"));
}

TEST_F(Methods, ATenThousandScalarsAreOneMessageWithoutSegments) {
  json nodes = json::array();
  for (int i = 0; i < 10'000; ++i)
    nodes.push_back(node("n" + std::to_string(i), "number", {{"value", i}}));
  const std::uint64_t id = client_.send("loadSnapshot", {{"snapshot", snapshot(nodes)}});
  const Message answer = client_.answer_to(id);
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.header.segments, 0);
  const Scalars scalars = answer.scalars(answer.result());
  EXPECT_EQ(scalars.size(), 10'000U);
  EXPECT_EQ(scalars.at(9'999), 9'999);
}

TEST_F(Methods, LargeColumnsAndLargeJsonGoIntoSegments) {
  std::vector<double> numbers(40'000);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<double>(i) * 0.5;
  const SealedSegment segment = segment_of(numbers);
  client_.call(
      "registerDataset",
      {{"datasetId", "d"},
       {"data", {{"$segment", {{"index", 0}, {"type", "f64"}, {"offset", 0}, {"count", 40'000}}}}}},
      {&segment});
  json nodes = {node("v", "vectorInput", {{"datasetRef", "d"}}), node("n", "negate")};
  // An error message per node makes the JSON itself too long for a frame.
  for (int i = 0; i < 3'000; ++i)
    nodes.push_back(node("no-such-block-" + std::to_string(i), "made.up"));
  json params = {{"snapshot", snapshot(nodes, json::array({edge("1", "v", "n", "a")}))}};
  const std::uint64_t id = client_.send("loadSnapshot", params);
  const Message answer = client_.answer_to(id);
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_TRUE(answer.header.json_in_segment());
  EXPECT_EQ(answer.header.segments, 3) << "the dataset's own, the result, the JSON";
  EXPECT_EQ(answer.numbers(answer.result()["values"]["v"]["value"]), numbers);
  std::vector<double> negated(numbers);
  for (double& number : negated)
    number = number == 0 ? 0 : -number;
  EXPECT_EQ(answer.numbers(answer.result()["values"]["n"]["value"]), negated);
}

TEST(Limits, AResultOverMaxResultBytesIsRefusedAndSaysThatTheChangeIsApplied) {
  ConfigureMessage configuration = EngineHarness::default_configuration();
  configuration.limits.max_result_bytes = 1 << 20;
  EngineHarness engine(configuration);
  TestClient& client = engine.attach();
  const SealedSegment segment = segment_of(std::vector<double>(200'000, 1.0));
  client.call(
      "registerDataset",
      {{"datasetId", "d"},
       {"data",
        {{"$segment", {{"index", 0}, {"type", "f64"}, {"offset", 0}, {"count", 200'000}}}}}},
      {&segment});
  const Message answer =
      client.call("loadSnapshot",
                  {{"snapshot",
                    snapshot({node("v", "vectorInput", {{"datasetRef", "d"}}), node("n", "negate")},
                             json::array({edge("1", "v", "n", "a")}))}});
  EXPECT_EQ(answer.code(), "LIMIT_EXCEEDED");
  EXPECT_EQ(answer.json["error"]["data"]["limit"], "maxResultBytes");
  EXPECT_EQ(answer.applied(), true);
  EXPECT_EQ(client.call("getStats").result()["nodeCount"], 2);
}

TEST_F(Methods, TheStatusPageShowsWhatTheEngineHas) {
  load(small_graph());
  client_.call("registerDataset", {{"datasetId", "d"}, {"values", {1, 2}}});
  client_.call("getStats");
  const StatusPage& page = engine_.page();
  EXPECT_EQ(page.node_count.load(), 4U);
  EXPECT_EQ(page.edge_count.load(), 3U);
  EXPECT_EQ(page.dataset_count.load(), 1U);
  EXPECT_EQ(page.dataset_bytes.load(), 16U);
  EXPECT_EQ(page.client_count.load(), 1U);
  wait_until([&] {
    return page.state.load() == static_cast<std::uint32_t>(EngineActivity::Idle) &&
           page.requests_answered.load() == 3;
  });
  for (const InFlightEntry& entry : page.in_flight)
    wait_until([&] { return entry.phase.load() == 0; });
}

TEST_F(Methods, TheEngineEndsWithItsChannel) {
  load(small_graph());
  const int status = engine_.stop();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(client_.at_end());
}

TEST_F(Methods, AnEngineHasOnlyItsOwnDescriptors) {
  // stdin, stdout, stderr, channel, epoll set, the client.
  EXPECT_EQ(open_descriptors(engine_.pid()), 6U);
}

}  // namespace
}  // namespace chainsolved::test
