// Nodes at which an engine dies: suspected, tried again alone, quarantined, released by an edit.
#include "tests/integration/recreated_session.h"

#include <string>

namespace chainsolved::test {
namespace {

using nlohmann::json;

constexpr const char* kUpdate = R"({"ops":[]})";

/// x -> y = sqrt(x), x -> bad (a debug block that acts when x is not 0) -> after = negate.
std::string with_bomb(const std::string& block) {
  return R"({"snapshot":{"version":1,"nodes":[{"id":"x","blockType":"number","data":{"value":0}},
     {"id":"y","blockType":"sqrt","data":{}},{"id":"bad","blockType":")" +
         block +
         R"(","data":{"armed":true,"seconds":100000}},{"id":"after","blockType":"negate","data":{}}],
     "edges":[{"id":"1","source":"x","sourceHandle":"out","target":"y","targetHandle":"a"},
              {"id":"2","source":"x","sourceHandle":"out","target":"bad","targetHandle":"a"},
              {"id":"3","source":"bad","sourceHandle":"out","target":"after","targetHandle":"a"}]}})";
}

std::string set_x_to(double value) {
  return json{{"nodeId", "x"}, {"portId", "value"}, {"value", value}}.dump();
}

class Blame : public RecreatedSession {
 protected:
  void start_with(const std::string& block) {
    start({"--debug-blocks", "--max-restarts", "1000", "--watchdog-ms", "250"}, R"("names":true)");
    const auto loaded = client_->call("loadSnapshot", with_bomb(block));
    ASSERT_TRUE(loaded.json.contains("result")) << loaded.json;
    ASSERT_EQ(loaded.json["result"]["values"]["bad"]["value"], 0) << loaded.json;
  }
  json value_of(const std::string& node) {
    return client_->call("getValues").json.at("result").at("values").value(node, json());
  }
};

struct Fatal {
  const char* block;
  const char* code;
  const char* words;
};

class FatalBlock : public Blame, public ::testing::WithParamInterface<Fatal> {};

TEST_P(FatalBlock, IsSuspectedThenQuarantinedWhileTheRestWorks) {
  const Fatal& fatal = GetParam();
  start_with(fatal.block);
  const auto died = client_->call("setInput", set_x_to(9));
  ASSERT_TRUE(died.is_error(fatal.code)) << died.json;
  const json data = died.json["error"]["data"];
  EXPECT_EQ(data["applied"], true) << "the input was committed before it was evaluated";
  EXPECT_EQ(data["node"], "bad");
  EXPECT_NE(died.json["error"]["message"].get<std::string>().find(fatal.words), std::string::npos)
      << died.json;
  const json first = client_->await_recreation();
  EXPECT_EQ(first["suspects"], json::array({"bad"})) << first;
  // Everything else was evaluated and told before the suspect is tried again.
  const auto full = client_->notification("valuesChanged");
  EXPECT_EQ(full.json["params"]["changedValues"]["y"]["value"], 3);
  EXPECT_FALSE(full.json["params"]["changedValues"].contains("bad")) << full.json;
  // It dies again, and comes back with an error in its place.
  const json second = client_->await_recreation();
  EXPECT_EQ(second["epoch"], 3);
  EXPECT_EQ(value_of("bad")["kind"], "error") << value_of("bad");
  EXPECT_EQ(value_of("after")["kind"], "error");
  EXPECT_EQ(value_of("y")["value"], 3);
  EXPECT_EQ(row()["quarantined"], json::array({"bad"}));
  // Another input does not release it, an edit does.
  const auto works = client_->call("setInput", set_x_to(16));
  EXPECT_EQ(works.json["result"]["changedValues"]["y"]["value"], 4) << works.json;
  EXPECT_EQ(value_of("bad")["kind"], "error");
  const auto edited = client_->call(
      "applyPatch", R"({"ops":[{"op":"updateNodeData","nodeId":"bad","data":{"armed":false}}]})");
  EXPECT_EQ(edited.json["result"]["changedValues"]["bad"]["value"], 16) << edited.json;
  EXPECT_EQ(edited.json["result"]["changedValues"]["after"]["value"], -16);
  // The supervisor has heard of it by the time that it answers after the engine.
  while (!row()["quarantined"].empty())
    client_->call("getStats");
}

INSTANTIATE_TEST_SUITE_P(Of,
                         FatalBlock,
                         ::testing::Values(Fatal{"debug.spin", "WORKER_WATCHDOG", "unresponsive"},
                                           Fatal{"debug.sleep", "WORKER_WATCHDOG", "unresponsive"},
                                           Fatal{"debug.segv", "WORKER_CRASHED", "Segmentation"},
                                           Fatal{"debug.abort", "WORKER_CRASHED", "Abort"},
                                           Fatal{"debug.bus", "WORKER_CRASHED", "Bus"}),
                         [](const auto& instance) {
                           std::string name = instance.param.block;
                           name.erase(0, name.find('.') + 1);
                           return name;
                         });

TEST_F(Blame, AQuarantineOutlivesFurtherDeaths) {
  start_with("debug.segv");
  client_->call("setInput", set_x_to(9));
  client_->await_recreation();
  client_->await_recreation();
  send(SIGKILL);
  client_->await_recreation();
  EXPECT_EQ(value_of("bad")["kind"], "error");
  EXPECT_EQ(value_of("y")["value"], 3);
  EXPECT_EQ(row()["quarantined"], json::array({"bad"}));
}

TEST_F(Blame, AnInnocentSuspectIsTriedAgainAndForgiven) {
  start({"--max-restarts", "1000"}, R"("names":true)");
  client_->call(
      "loadSnapshot",
      R"({"options":{"timeBudgetMs":0.01},"snapshot":)" + slow_snapshot(800, 20'000) + "}");
  const auto id = client_->request("applyPatch", kUpdate);
  client_->notification("progress");
  send(SIGABRT);  // as if the node under evaluation had done it; AddressSanitizer leaves it alone
  const auto answer = client_->answer(id);
  ASSERT_TRUE(answer.is_error("WORKER_CRASHED")) << answer.json;
  const json told = client_->await_recreation();
  ASSERT_EQ(told["suspects"].size(), 1U) << told;
  const auto rest = client_->call("applyPatch", kUpdate);
  EXPECT_TRUE(rest.json.contains("result")) << rest.json;
  EXPECT_EQ(value_of("n799")["kind"], "vector");
  while (!row()["suspects"].empty())
    client_->call("getStats");
  EXPECT_TRUE(row()["quarantined"].empty());
}

TEST_F(Blame, AnEngineThatWasStoppedFromOutsideAccusesNobody) {
  start({"--watchdog-ms", "250", "--max-restarts", "1000"}, R"("names":true)");
  client_->call(
      "loadSnapshot",
      R"({"options":{"timeBudgetMs":0.01},"snapshot":)" + slow_snapshot(800, 20'000) + "}");
  const auto id = client_->request("applyPatch", kUpdate);
  client_->notification("progress");
  send(SIGSTOP);
  ASSERT_TRUE(client_->answer(id).is_error("WORKER_WATCHDOG"));
  EXPECT_TRUE(client_->await_recreation()["suspects"].empty());
  EXPECT_EQ(value_of("n799")["kind"], "vector");
}

TEST_F(Blame, AStatelessEvaluationAccusesNoNodeOfTheGraph) {
  start_with("debug.segv");
  const auto died = client_->call(
      "evaluate",
      R"({"snapshot":{"version":1,"nodes":[{"id":"x","blockType":"number","data":{"value":1}},{"id":"b","blockType":"debug.segv","data":{"armed":true}}],
          "edges":[{"id":"e","source":"x","sourceHandle":"out","target":"b","targetHandle":"a"}]}})");
  ASSERT_TRUE(died.is_error("WORKER_CRASHED")) << died.json;
  EXPECT_FALSE(died.json["error"]["data"].contains("applied")) << "nothing was to be applied";
  const json told = client_->await_recreation();
  EXPECT_TRUE(told["suspects"].empty()) << told;
  EXPECT_EQ(value_of("y")["value"], 0);
}

TEST_F(Blame, AGraphThatCannotBeReplayedIsSetAsideAndTheSessionGoesOn) {
  start({"--max-restarts", "1000", "--engine-arg", "--die-at", "--engine-arg", "in-replay"},
        R"("names":true)");
  client_->call("loadSnapshot", with_bomb("negate"));
  send(SIGKILL);
  const json told = client_->await_recreation();
  EXPECT_EQ(told["snapshotSetAside"], true) << told;
  EXPECT_EQ(client_->call("getStats").json["result"]["nodeCount"], 0);
  EXPECT_EQ(row()["snapshotSetAside"], true);
  EXPECT_TRUE(client_->call("loadSnapshot", with_bomb("negate")).json.contains("result"));
}

// ---- datasets across a death ----

constexpr const char* kReader =
    R"({"snapshot":{"version":1,"nodes":[{"id":"d","blockType":"vectorInput","data":{"datasetRef":"d1"}},{"id":"s","blockType":"vectorSum","data":{}}],
        "edges":[{"id":"e","source":"d","sourceHandle":"out","target":"s","targetHandle":"vec"}]}})";
constexpr const char* kRegister = R"({"datasetId":"d1","values":[1,2,3.5]})";

TEST_F(Blame, DatasetsAreDroppedAndListedByDefault) {
  start({}, R"("names":true)");
  client_->call("registerDataset", kRegister);
  client_->call("loadSnapshot", kReader);
  ASSERT_EQ(value_of("s")["value"], 6.5);
  send(SIGKILL);
  EXPECT_EQ(client_->await_recreation()["lostDatasets"], json::array({"d1"}));
  EXPECT_EQ(client_->call("getStats").json["result"]["datasetCount"], 0);
  EXPECT_EQ(value_of("s")["kind"], "error");
  client_->call("registerDataset", kRegister);
  EXPECT_EQ(client_->call("applyPatch", kUpdate).json["result"]["changedValues"]["s"]["value"],
            6.5);
  send(SIGKILL);
  EXPECT_EQ(client_->await_recreation()["lostDatasets"], json::array({"d1"}));
  send(SIGKILL);
  EXPECT_EQ(client_->await_recreation()["lostDatasets"], json::array()) << "it was lost before";
}

TEST_F(Blame, DatasetsComeBackWithReattach) {
  start({}, R"("names":true,"datasets":"reattach")");
  client_->call("registerDataset", kRegister);
  client_->call("registerDataset", R"({"datasetId":"d2","values":[1]})");
  client_->call("loadSnapshot", kReader);
  client_->call("releaseDataset", R"({"datasetId":"d2"})");
  for (int i = 0; i < 3; ++i) {
    send(SIGKILL);
    EXPECT_EQ(client_->await_recreation()["lostDatasets"], json::array());
    EXPECT_EQ(value_of("s")["value"], 6.5);
    EXPECT_EQ(client_->call("getStats").json["result"]["datasetCount"], 1);
  }
  EXPECT_TRUE(client_->call("releaseDataset", R"({"datasetId":"d1"})").json["result"]["released"]);
}

}  // namespace
}  // namespace chainsolved::test
