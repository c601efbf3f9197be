// Requests that come while an evaluation runs: their order, what overtakes, cancel and dispose.
#include "tests/integration/raw_client.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

namespace chainsolved::test {
namespace {

// Long enough to be met in the middle on any machine: the requests that end it are already sent
// when it begins, and none of the tests depends on how long it takes.
constexpr std::size_t kLength = 4000;
constexpr std::size_t kWidth = 50'000;

class LongEvaluation : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(daemon_.running()) << daemon_.said();
    client_.emplace(daemon_.socket());
    client_->open(R"({"name":"busy"})");
    // Loaded with a tiny budget: the definition is there, nearly everything is still dirty.
    const auto loaded = client_->call(
        "loadSnapshot",
        R"({"options":{"timeBudgetMs":0.01},"snapshot":)" + slow_snapshot(kLength, kWidth) + "}");
    ASSERT_TRUE(loaded.json.contains("result")) << loaded.json.dump();
    ASSERT_TRUE(loaded.json["result"]["partial"].get<bool>());
  }

  /// An empty patch evaluates all that is dirty.
  std::uint64_t begin_evaluation() { return client_->request("applyPatch", R"({"ops":[]})"); }

  Daemon daemon_ = Daemon::start();
  std::optional<RawClient> client_;
};

TEST_F(LongEvaluation, CancelEndsItAndKeepsTheRestDirty) {
  const auto id = begin_evaluation();
  client_->notification("progress");
  client_->notify("cancel", R"({"requestId":)" + std::to_string(id) + "}");
  const auto answer = client_->answer(id);
  ASSERT_TRUE(answer.is_error("CANCELLED")) << answer.json.dump();
  EXPECT_TRUE(answer.json["error"]["data"]["applied"].get<bool>())
      << "the patch itself is in the graph";
  // What was not reached is evaluated next.
  const auto rest = client_->call("applyPatch", R"({"ops":[],"options":{"timeBudgetMs":1}})");
  EXPECT_TRUE(rest.json["result"]["partial"].get<bool>());
}

TEST_F(LongEvaluation, ProgressIsToldToTheRequestThatRuns) {
  const auto id = begin_evaluation();
  const auto progress = client_->notification("progress");
  const auto& params = progress.json["params"];
  EXPECT_EQ(params["requestId"], id);
  EXPECT_GT(params["totalNodesEstimate"].get<std::size_t>(),
            params["evaluatedNodes"].get<std::size_t>());
  client_->notify("cancel", R"({"requestId":)" + std::to_string(id) + "}");
  client_->answer(id);
}

TEST_F(LongEvaluation, StatsOvertakeAnEvaluationOfTheSameClient) {
  const auto evaluation = begin_evaluation();
  client_->notification("progress");
  const auto stats = client_->request("getStats");
  const auto answer = client_->answer(stats);
  EXPECT_EQ(answer.json["result"]["nodeCount"], kLength + 3);
  for (const auto& frame : client_->passed)
    EXPECT_NE(frame.header.id, evaluation);
  client_->notify("cancel", R"({"requestId":)" + std::to_string(evaluation) + "}");
  EXPECT_TRUE(client_->answer(evaluation).is_error("CANCELLED"));
}

TEST_F(LongEvaluation, AnswersToOneClientKeepTheOrderOfItsRequests) {
  const auto evaluation = begin_evaluation();
  const auto values = client_->request("getValues", R"({"nodeIds":["gain"]})");
  const auto stats = client_->request("getStats");  // behind getValues, so it may not overtake
  client_->notification("progress");
  client_->notify("cancel", R"({"requestId":)" + std::to_string(evaluation) + "}");
  std::vector<std::uint64_t> order;
  while (order.size() < 3) {
    const auto frame = client_->receive();
    ASSERT_TRUE(frame.has_value());
    if (frame->header.kind != FrameKind::Notification) order.push_back(frame->header.id);
  }
  EXPECT_EQ(order, (std::vector<std::uint64_t>{evaluation, values, stats}));
}

TEST_F(LongEvaluation, AnotherClientsStatsAreAnsweredMeanwhile) {
  const auto evaluation = begin_evaluation();
  client_->notification("progress");
  RawClient other(daemon_.socket());
  other.open(R"({"name":"busy"})");
  EXPECT_EQ(other.call("getStats").json["result"]["nodeCount"], kLength + 3);
  client_->notify("cancel", R"({"requestId":)" + std::to_string(evaluation) + "}");
  EXPECT_TRUE(client_->answer(evaluation).is_error("CANCELLED"));
}

TEST_F(LongEvaluation, CancelOfAWaitingRequestEndsItUnapplied) {
  const auto evaluation = begin_evaluation();
  client_->notification("progress");
  const auto waiting =
      client_->request("setInput", R"({"nodeId":"gain","portId":"value","value":2})");
  client_->notify("cancel", R"({"requestId":)" + std::to_string(waiting) + "}");
  client_->notify("cancel", R"({"requestId":)" + std::to_string(evaluation) + "}");
  EXPECT_TRUE(client_->answer(evaluation).is_error("CANCELLED"));
  const auto answer = client_->answer(waiting);
  ASSERT_TRUE(answer.is_error("CANCELLED")) << answer.json.dump();
  EXPECT_FALSE(answer.json["error"]["data"]["applied"].get<bool>());
}

TEST_F(LongEvaluation, DisposeRejectsWhatWaitsAndEndsTheConnection) {
  const auto running = begin_evaluation();
  client_->notification("progress");
  const auto waiting =
      client_->request("setInput", R"({"nodeId":"gain","portId":"value","value":2})");
  const auto dispose = client_->request("dispose");
  ASSERT_TRUE(client_->ends());
  bool running_rejected = false;
  bool waiting_rejected = false;
  bool disposed = false;
  for (const auto& frame : client_->passed) {
    if (frame.header.id == running) running_rejected = frame.is_error("ENGINE_DISPOSED");
    if (frame.header.id == waiting)
      waiting_rejected =
          frame.is_error("ENGINE_DISPOSED") && !frame.json["error"]["data"]["applied"].get<bool>();
    if (frame.header.id == dispose) disposed = frame.json.contains("result");
  }
  EXPECT_TRUE(running_rejected);
  EXPECT_TRUE(waiting_rejected);
  EXPECT_TRUE(disposed);
}

TEST_F(LongEvaluation, ABudgetEndsItPartialAndTheNextEvaluationGoesOn) {
  const auto first = client_->call("applyPatch", R"({"ops":[],"options":{"timeBudgetMs":5}})");
  ASSERT_TRUE(first.json["result"]["partial"].get<bool>());
  const auto second = client_->call("applyPatch", R"({"ops":[],"options":{"timeBudgetMs":5}})");
  EXPECT_GT(second.json["result"]["evaluatedCount"].get<int>(), 0);
}

TEST_F(LongEvaluation, AnEvaluationOfAClientThatLeftIsFinishedForTheOthers) {
  RawClient other(daemon_.socket());
  other.open(R"({"name":"busy"})");
  client_->request("setInput",
                   R"({"nodeId":"gain","portId":"value","value":4,"options":{"timeBudgetMs":1}})");
  client_->close();
  // The change was sent before the client left, so it is in the graph.
  const auto values = other.call("getSnapshot");
  bool found = false;
  for (const auto& node : values.json["result"]["snapshot"]["nodes"])
    if (node["id"] == "gain") found = node["data"]["value"] == 4;
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace chainsolved::test
