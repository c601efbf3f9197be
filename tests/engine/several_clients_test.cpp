// A session with several clients: each is served in turn, and told what the others did.
#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

class SeveralClients : public ::testing::Test {
 protected:
  EngineHarness engine_;
  TestClient& first_ = engine_.attach();
  TestClient& second_ = engine_.attach();
  TestClient& named_ = engine_.attach(EngineHarness::Names::Yes);

  static json graph() {
    return snapshot({node("a", "number", {{"value", 2}}), node("n", "negate")},
                    json::array({edge("1", "a", "n", "a")}));
  }
};

TEST_F(SeveralClients, ALoadIsToldInFull) {
  ASSERT_TRUE(first_.call("loadSnapshot", {{"snapshot", graph()}}).ok());
  const Message told = second_.notification("valuesChanged");
  const json& params = told.json["params"];
  EXPECT_EQ(params["full"], true);
  EXPECT_EQ(params["newSlots"]["ids"], json({"a", "n"}));
  EXPECT_EQ(told.scalars(params), (std::map<std::uint32_t, double>{{0, 2}, {1, -2}}));
  EXPECT_EQ(told.header.epoch, 1U);
  EXPECT_EQ(told.header.id, 0U);
  const Message by_name = named_.notification("valuesChanged");
  EXPECT_EQ(by_name.json["params"]["changedValues"]["n"]["value"], -2);
  EXPECT_FALSE(by_name.json["params"].contains("newSlots"));
}

TEST_F(SeveralClients, AChangeIsToldAsAChange) {
  first_.call("loadSnapshot", {{"snapshot", graph()}});
  second_.notification("valuesChanged");
  named_.notification("valuesChanged");
  second_.call("setInput", {{"nodeId", "a"}, {"portId", "value"}, {"value", 5}});
  const Message told = first_.notification("valuesChanged");
  EXPECT_FALSE(told.json["params"].contains("full"));
  EXPECT_EQ(told.scalars(told.json["params"]), (std::map<std::uint32_t, double>{{0, 5}, {1, -5}}));
  EXPECT_EQ(named_.notification("valuesChanged").json["params"]["changedValues"]["a"]["value"], 5);
}

TEST_F(SeveralClients, WhatIsGoneIsToldBySlotAndByName) {
  first_.call("loadSnapshot", {{"snapshot", graph()}});
  second_.notification("valuesChanged");
  named_.notification("valuesChanged");
  first_.call("applyPatch", {{"ops", {{{"op", "removeNode"}, {"nodeId", "n"}}}}});
  const Message told = second_.notification("valuesChanged");
  EXPECT_EQ(told.slots(told.json["params"]["gone"]), std::vector<std::uint32_t>{1});
  EXPECT_EQ(named_.notification("valuesChanged").json["params"]["gone"], json({"n"}));
}

TEST_F(SeveralClients, ANodeThatIsAddedAgainIsGoneBySlotOnly) {
  first_.call("loadSnapshot", {{"snapshot", graph()}});
  named_.notification("valuesChanged");
  const Message answer = first_.call("applyPatch",
                                     {{"ops",
                                       {{{"op", "removeNode"}, {"nodeId", "n"}},
                                        {{"op", "addNode"}, {"node", node("n", "abs")}}}}});
  EXPECT_EQ(answer.slots(answer.result()["gone"]), std::vector<std::uint32_t>{1});
  EXPECT_EQ(answer.result()["newSlots"]["ids"], json({"n"}));
  const Message told = named_.notification("valuesChanged");
  EXPECT_TRUE(!told.json["params"].contains("gone") || told.json["params"]["gone"].empty());
  EXPECT_TRUE(told.json["params"]["changedValues"].contains("n"));
}

TEST_F(SeveralClients, NothingIsToldWhenNothingChanged) {
  first_.call("loadSnapshot", {{"snapshot", graph()}});
  second_.notification("valuesChanged");
  first_.call("setInput", {{"nodeId", "a"}, {"portId", "value"}, {"value", 2}});
  first_.call("getValues");
  first_.call("evaluate", {{"snapshot", graph()}});
  second_.call("getStats");
  EXPECT_TRUE(second_.seen.empty());
}

TEST_F(SeveralClients, AReleasedDatasetIsToldToTheOthers) {
  first_.call("registerDataset", {{"datasetId", "d"}, {"values", {1}}});
  first_.call("releaseDataset", {{"datasetId", "d"}});
  const Message told = second_.notification("datasetReleased");
  EXPECT_EQ(told.json["params"]["datasetId"], "d");
  EXPECT_EQ(told.json["params"]["reason"], "released");
  first_.call("getStats");
  EXPECT_TRUE(first_.seen.empty()) << "who released it knows";
}

TEST_F(SeveralClients, DatasetsOfAClientThatLeftAreReleasedAndItsReadersEvaluated) {
  first_.call("registerDataset", {{"datasetId", "mine"}, {"values", {1, 2}}});
  first_.call("registerDataset", {{"datasetId", "kept"}, {"values", {1}}, {"lease", "session"}});
  second_.call(
      "loadSnapshot",
      {{"snapshot",
        snapshot({node("v", "vectorInput", {{"datasetRef", "mine"}}), node("s", "vectorSum")},
                 json::array({edge("1", "v", "s", "vec")}))}});
  first_.hang_up();
  engine_.await_detached(1);
  EXPECT_EQ(second_.notification("datasetReleased").json["params"]["datasetId"], "mine");
  const json stats = second_.call("getStats").result();
  EXPECT_EQ(stats["datasetCount"], 1);
  EXPECT_EQ(stats["clientCount"], 2);
  EXPECT_EQ(stats["dirty"], true);
  const Message patched = second_.call("applyPatch", {{"ops", json::array()}});
  EXPECT_EQ(patched.result()["changedValues"]["v"]["kind"], "error");
  EXPECT_EQ(patched.result()["diagnostics"][0]["code"], "DATASET_MISSING");
}

TEST_F(SeveralClients, WhatAClientSentBeforeItClosedIsExecuted) {
  first_.call("loadSnapshot", {{"snapshot", graph()}});
  for (int i = 0; i < 10; ++i)
    first_.send("setInput", {{"nodeId", "a"}, {"portId", "value"}, {"value", 100 + i}});
  first_.hang_up();
  engine_.await_detached(1);
  const Message values = second_.call("getValues");
  EXPECT_EQ(values.scalars(values.result())[0], 109);
}

TEST_F(SeveralClients, DisposeEndsOnlyItsOwnConnection) {
  const Message answer = first_.call("dispose");
  EXPECT_TRUE(answer.ok());
  EXPECT_TRUE(first_.at_end());
  engine_.await_detached(1);
  EXPECT_TRUE(second_.call("getStats").ok());
}

TEST_F(SeveralClients, AClientThatVanishesLeavesNoDescriptor) {
  first_.call("loadSnapshot", {{"snapshot", graph()}});  // the journal is there
  const std::size_t before = open_descriptors(engine_.pid());
  for (std::uint64_t id = 4; id < 20; ++id) {
    TestClient& passing = engine_.attach();
    const SealedSegment segment = segment_of({1, 2, 3});
    passing.call(
        "registerDataset",
        {{"datasetId", "p"},
         {"data", {{"$segment", {{"index", 0}, {"type", "f64"}, {"offset", 0}, {"count", 3}}}}}},
        {&segment});
    passing.send("getSnapshot");
    passing.hang_up();
    engine_.await_detached(id);
  }
  EXPECT_EQ(open_descriptors(engine_.pid()), before);
}

}  // namespace
}  // namespace chainsolved::test
