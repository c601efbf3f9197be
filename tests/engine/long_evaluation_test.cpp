// What clients can do while an evaluation runs.
#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

#include <map>

namespace chainsolved::test {
namespace {

using nlohmann::json;

/// Many blocks that each read a dataset of megabytes: seconds of work, unless it is stopped, with
/// many places to stop at.
class LongEvaluation : public ::testing::Test {
 protected:
  static constexpr std::size_t kCount = 1'000'000;
  static constexpr int kReaders = 4'000;

  EngineHarness engine_;
  TestClient& client_ = engine_.attach();

  void SetUp() override {
    const SealedSegment segment = segment_of(std::vector<double>(kCount, 0.25));
    ASSERT_TRUE(client_
                    .call("registerDataset",
                          {{"datasetId", "d"},
                           {"data",
                            {{"$segment",
                              {{"index", 0}, {"type", "f64"}, {"offset", 0}, {"count", kCount}}}}}},
                          {&segment})
                    .ok());
  }

  static json long_graph() {
    json nodes = json::array({node("v", "vectorInput", {{"datasetRef", "d"}})});
    json edges = json::array();
    for (int i = 0; i < kReaders; ++i) {
      const std::string id = "s" + std::to_string(i);
      nodes.push_back(node(id, "vectorSort"));
      edges.push_back(edge("e" + id, "v", id, "vec"));
    }
    return snapshot(nodes, edges);
  }

  /// Loads the long graph with a budget that is spent at once, so that nearly all of it is dirty.
  void load_dirty() {
    const std::uint64_t id = client_.send(
        "loadSnapshot", {{"snapshot", long_graph()}, {"options", {{"timeBudgetMs", 0.001}}}});
    const Message answer = client_.answer_to(id);
    ASSERT_TRUE(answer.ok()) << answer.json;
    ASSERT_EQ(answer.result()["partial"], true);
  }

  /// An evaluation that is under way when this returns.
  std::uint64_t begin() {
    const std::uint64_t id = client_.send("applyPatch", {{"ops", json::array()}});
    client_.notification("progress");
    return id;
  }

  void cancel(std::uint64_t id) { client_.notify("cancel", {{"requestId", id}}); }
};

TEST_F(LongEvaluation, ProgressIsToldAndShownInTheStatusPage) {
  load_dirty();
  const std::uint64_t id = client_.send("applyPatch", {{"ops", json::array()}});
  const Message progress = client_.notification("progress");
  const json& params = progress.json["params"];
  EXPECT_EQ(params["requestId"], id);
  EXPECT_GE(params["elapsedMs"], 16);
  EXPECT_GT(params["totalNodesEstimate"].get<int>(), params["evaluatedNodes"].get<int>());
  const StatusPage& page = engine_.page();
  EXPECT_EQ(page.state.load(), static_cast<std::uint32_t>(EngineActivity::Busy));
  EXPECT_NE(page.current_node.load(), 0U);
  const std::uint64_t before = page.progress.load();
  wait_until([&] { return page.progress.load() > before; });
  cancel(id);
  EXPECT_EQ(client_.answer_to(id).code(), "CANCELLED");
  EXPECT_EQ(page.current_node.load(), 0U);
}

TEST_F(LongEvaluation, CancelKeepsTheRestDirtyAndTellsWhatBecameOfIt) {
  load_dirty();
  const std::uint64_t id = begin();
  cancel(id);
  const Message answer = client_.answer_to(id);
  EXPECT_EQ(answer.code(), "CANCELLED");
  EXPECT_EQ(answer.applied(), true) << "the patch itself is in the graph";
  EXPECT_EQ(client_.notification("valuesChanged").json["params"]["full"], true);
  EXPECT_EQ(client_.call("getStats").result()["dirty"], true);
}

TEST_F(LongEvaluation, CancelOfAStatelessEvaluationLeavesNothing) {
  const std::uint64_t id = client_.send("evaluate", {{"snapshot", long_graph()}});
  client_.notification("progress");
  cancel(id);
  const Message answer = client_.answer_to(id);
  EXPECT_EQ(answer.code(), "CANCELLED");
  EXPECT_TRUE(answer.applied().is_null()) << "it changes nothing that could be applied";
  EXPECT_EQ(client_.call("getStats").result()["nodeCount"], 0);
}

TEST_F(LongEvaluation, RepliesKeepTheirOrderAndOnlyStatsOvertake) {
  load_dirty();
  const std::uint64_t running = begin();
  const std::uint64_t stats = client_.send("getStats");
  EXPECT_TRUE(client_.answer_to(stats).ok()) << "nothing of this client waited";
  const std::uint64_t values = client_.send("getValues", {{"nodeIds", {"v"}}});
  const std::uint64_t late_stats = client_.send("getStats");
  const std::uint64_t broken = client_.send("explode");
  cancel(running);
  std::vector<std::uint64_t> order;
  while (order.size() < 4) {
    const auto message = client_.receive();
    ASSERT_TRUE(message);
    if (message->header.kind != FrameKind::Notification) order.push_back(message->header.id);
  }
  EXPECT_EQ(order, (std::vector<std::uint64_t>{running, values, late_stats, broken}));
}

TEST_F(LongEvaluation, CancelEndsAWaitingRequestUnapplied) {
  load_dirty();
  const std::uint64_t running = begin();
  const std::uint64_t waiting =
      client_.send("applyPatch", {{"ops", {{{"op", "addNode"}, {"node", node("x", "abs")}}}}});
  cancel(waiting);
  const Message answer = client_.answer_to(waiting);
  EXPECT_EQ(answer.code(), "CANCELLED");
  EXPECT_EQ(answer.applied(), false);
  cancel(running);
  client_.answer_to(running);
  EXPECT_EQ(client_.call("getValues", {{"nodeIds", {"x"}}}).code(), "UNKNOWN_NODE");
}

TEST_F(LongEvaluation, DisposeRejectsEverythingAndEnds) {
  load_dirty();
  const std::uint64_t running = begin();
  const std::uint64_t waiting = client_.send("getValues");
  const std::uint64_t dispose = client_.send("dispose");
  client_.seen.clear();
  ASSERT_TRUE(client_.at_end());
  std::map<std::uint64_t, Message*> answers;
  for (Message& message : client_.seen)
    answers[message.header.id] = &message;
  ASSERT_TRUE(answers.contains(running) && answers.contains(waiting) && answers.contains(dispose));
  EXPECT_EQ(answers[running]->code(), "ENGINE_DISPOSED");
  EXPECT_EQ(answers[running]->applied(), true);
  EXPECT_EQ(answers[waiting]->code(), "ENGINE_DISPOSED");
  EXPECT_EQ(answers[waiting]->applied(), false);
  EXPECT_TRUE(answers[dispose]->ok());
  EXPECT_EQ(client_.seen.back().header.id, dispose);
  engine_.await_detached(1);
}

TEST_F(LongEvaluation, WhatFollowsADisposeIsNotDone) {
  load_dirty();
  TestClient& other = engine_.attach();
  begin();
  client_.send("dispose");
  client_.send("applyPatch", {{"ops", {{{"op", "addNode"}, {"node", node("x", "abs")}}}}});
  EXPECT_TRUE(client_.at_end());
  engine_.await_detached(1);
  EXPECT_EQ(other.call("getValues", {{"nodeIds", {"x"}}}).code(), "UNKNOWN_NODE");
}

TEST_F(LongEvaluation, AnotherClientCanJoinAndAskMeanwhile) {
  load_dirty();
  const std::uint64_t running = begin();
  TestClient& other = engine_.attach();
  EXPECT_EQ(engine_.opened(2).result()["slots"]["ids"].size(), kReaders + 1);
  EXPECT_EQ(other.call("getStats").result()["nodeCount"], kReaders + 1);
  const std::uint64_t waiting = other.send("validateGraph");
  cancel(running);
  EXPECT_EQ(client_.answer_to(running).code(), "CANCELLED");
  EXPECT_TRUE(other.answer_to(waiting).ok());
}

TEST_F(LongEvaluation, AClientThatLeavesStopsWhatItOnlyWantedToKnow) {
  TestClient& other = engine_.attach();
  client_.send("evaluate", {{"snapshot", long_graph()}});
  client_.notification("progress");
  client_.hang_up();
  engine_.await_detached(1);
  EXPECT_TRUE(other.call("validateGraph").ok());
}

TEST_F(LongEvaluation, TheBudgetOfTheSessionHolds) {
  ConfigureMessage configuration = EngineHarness::default_configuration();
  configuration.options.time_budget_ms = 0.001;
  EngineHarness engine(configuration);
  TestClient& client = engine.attach();
  json nodes = json::array();
  for (int i = 0; i < 64; ++i)
    nodes.push_back(node("p" + std::to_string(i),
                         "parameter_sweep",
                         {{"start", 0}, {"stop", 100'000}, {"step", 1}}));
  const Message answer = client.call("loadSnapshot", {{"snapshot", snapshot(nodes)}});
  ASSERT_TRUE(answer.ok()) << answer.json;
  EXPECT_EQ(answer.result()["partial"], true);
}

TEST_F(LongEvaluation, RequestsBeyondTheQuarterWaitInTheSocket) {
  load_dirty();
  const std::uint64_t running = begin();
  std::vector<std::uint64_t> sent;
  for (int i = 0; i < 40; ++i)
    sent.push_back(client_.send("getValues", {{"nodeIds", {"v"}}}));
  cancel(running);
  // The cancel lies behind what the engine does not read any more; another client is served.
  TestClient& other = engine_.attach();
  EXPECT_TRUE(other.call("getStats").ok());
  std::size_t mine = 0;
  for (const InFlightEntry& entry : engine_.page().in_flight)
    if (entry.phase.load() != 0 && entry.client.load() == 1) ++mine;
  EXPECT_EQ(mine, kInFlightEntries / 4);
  engine_.stop();
}

}  // namespace
}  // namespace chainsolved::test
