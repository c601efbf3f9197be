// An engine that takes another's place (DESIGN §4).

#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <sys/wait.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

constexpr int kReplayFailed = 3;

json sum_graph() {
  return snapshot({node("a", "number", {{"value", 2}}),
                   node("b", "number", {{"value", 3}}),
                   node("sum", "add")},
                  {edge("e1", "a", "sum", "a"), edge("e2", "b", "sum", "b")});
}

class Replay : public ::testing::Test {
 protected:
  explicit Replay(ConfigureMessage configuration = EngineHarness::default_configuration(),
                  std::vector<std::string> arguments = {})
      : arguments_(std::move(arguments)),
        first_(std::make_unique<EngineHarness>(std::move(configuration), arguments_)) {}

  /// Kills the engine and begins its successor, which has nothing yet.
  void recreate() {
    if (first_->pid() > 0) first_->kill();
    second_ = std::make_unique<EngineHarness>(first_->successor(), arguments_);
  }
  /// Likewise, and the successor has replayed.
  json replay(const std::vector<BlamedNode>& suspects = {},
              const std::vector<BlamedNode>& quarantined = {}) {
    recreate();
    return second_->take_over(*first_, suspects, quarantined);
  }

  std::vector<std::string> arguments_;
  std::unique_ptr<EngineHarness> first_;
  std::unique_ptr<EngineHarness> second_;
};

TEST_F(Replay, GivesTheSameValuesSnapshotAndHash) {
  TestClient& client = first_->attach(EngineHarness::Names::Yes);
  client.call("loadSnapshot", {{"snapshot", sum_graph()}});
  client.call("setInput", input("a", 0.1));
  client.call("applyPatch",
              {{"ops",
                {{{"op", "addNode"}, {"node", node("c", "number", {{"value", 7}})}},
                 {{"op", "removeNode"}, {"nodeId", "c"}},
                 {{"op", "addNode"}, {"node", node("neg", "negate")}},
                 {{"op", "addEdge"}, {"edge", edge("e3", "sum", "neg", "a")}}}}});
  client.call("setInputs", {{"inputs", {input("b", "NaN")}}});
  const json values = client.call("getValues").result();
  const json before = client.call("getSnapshot").result();
  const auto records = first_->records();
  ASSERT_EQ(records.size(), 3U);

  const json replayed = replay();
  EXPECT_EQ(replayed.at("hash"), records.back().hash);
  EXPECT_EQ(replayed.at("records"), 3);
  EXPECT_EQ(replayed.at("evaluated"), 4);
  EXPECT_EQ(second_->committed(), commit_word(2, bytes_of(first_->committed())));
  TestClient& same = second_->attach_again(*first_, after_crash(1, true));
  same.epoch = 2;
  EXPECT_EQ(same.call("getValues").result(), values);
  EXPECT_EQ(same.call("getSnapshot").result(), before);
}

TEST_F(Replay, CanBeReplayedAgain) {
  TestClient& client = first_->attach();
  client.call("loadSnapshot", {{"snapshot", sum_graph()}});
  client.call("setInput", input("a", 4));
  replay();
  second_->attach().call("setInput", input("b", 5));
  second_->kill();
  EngineHarness third(second_->successor());
  EXPECT_EQ(third.take_over(*second_).at("records"), 2);
  EXPECT_EQ(generation_of(third.committed()), 3U);
  const Message values = third.attach().call("getValues");
  EXPECT_EQ(values.scalars(values.result()).at(2), 9);
}

TEST_F(Replay, IgnoresBudgetsAndTraces) {
  TestClient& client = first_->attach();
  json nodes = json::array();
  for (int i = 0; i < 20'000; ++i)
    nodes.push_back(node("n" + std::to_string(i), "number", {{"value", i}}));
  const Message loaded = client.call(
      "loadSnapshot", {{"snapshot", snapshot(nodes)}, {"options", {{"timeBudgetMs", 1e-6}}}});
  ASSERT_EQ(loaded.result()["partial"], true);
  EXPECT_EQ(replay().at("evaluated"), 20'000);
}

TEST_F(Replay, WithoutASnapshotBeginsWithTheEmptyGraph) {
  first_->attach().call(
      "applyPatch",
      {{"ops", {{{"op", "addNode"}, {"node", node("a", "number", {{"value", 1}})}}}}});
  EXPECT_EQ(replay().at("evaluated"), 1);
  EXPECT_EQ(second_->generation_snapshot(), "");
}

TEST_F(Replay, LeavesNoTableEntryBehind) {
  first_->attach().call("loadSnapshot", {{"snapshot", sum_graph()}});
  replay();
  for (const InFlightEntry& entry : second_->page().in_flight)
    EXPECT_EQ(entry.phase.load(), 0U);
  EXPECT_EQ(second_->page().state.load(), static_cast<std::uint32_t>(EngineActivity::Idle));
}

// --- what cannot be replayed ---

class Torn : public Replay {
 protected:
  void SetUp() override {
    TestClient& client = first_->attach();
    client.call("loadSnapshot", {{"snapshot", sum_graph()}});
    client.call("setInput", input("a", 4));
    word_ = first_->committed();
    recreate();
  }
  /// Replays a journal of the test's own making.
  int exit_status_of(std::uint64_t word,
                     std::uint64_t base,
                     const std::vector<std::pair<std::string, std::uint64_t>>& records) {
    auto journal = JournalWriter::create(1, 4096, base);
    if (!journal.ok()) throw std::runtime_error(journal.error().message);
    for (const auto& [text, hash] : records)
      journal->append(text, hash);
    journal->publish();
    const std::vector<BorrowedFd> fds{first_->generations().at(1).snapshot.borrow(), journal->fd()};
    second_->send_channel(to_json(ReplayMessage{true, word, {}, {}}), fds);
    const int status = second_->await_death();
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(second_->committed(), 0U) << "it begins no generation";
    return WEXITSTATUS(status);
  }
  std::uint64_t base() {
    const auto journal = JournalReader::adopt(first_->generations().at(1).journal.duplicate(),
                                              JournalReader::Part::FirstPage);
    return journal->base_hash();
  }
  std::uint64_t word_ = 0;
};

const std::string kRecord =
    R"({"method":"setInput","params":{"nodeId":"a","portId":"value","value":4}})";

TEST_F(Torn, ACommitWordBehindTheLastRecordIsRefused) {
  EXPECT_EQ(exit_status_of(word_ + 8, base(), {{kRecord, first_->records()[0].hash}}),
            kReplayFailed);
}

TEST_F(Torn, ACommitWordWithinARecordIsRefused) {
  EXPECT_EQ(exit_status_of(word_ - 8, base(), {{kRecord, first_->records()[0].hash}}),
            kReplayFailed);
}

TEST_F(Torn, AnotherGenerationsCommitWordIsRefused) {
  EXPECT_EQ(exit_status_of(commit_word(2, 0), base(), {}), kReplayFailed);
}

TEST_F(Torn, ARecordWithAnotherHashIsRefused) {
  EXPECT_EQ(exit_status_of(word_, base(), {{kRecord, first_->records()[0].hash + 1}}),
            kReplayFailed);
}

TEST_F(Torn, AnotherSnapshotsHashIsRefused) {
  EXPECT_EQ(exit_status_of(commit_word(1, 0), base() + 1, {}), kReplayFailed);
}

TEST_F(Torn, ARecordThatIsNoneIsRefused) {
  const std::string record = R"({"method":"getValues","params":{}})";
  EXPECT_EQ(exit_status_of(commit_word(1, sizeof(JournalRecordHead) + (record.size() + 7) / 8 * 8),
                           base(),
                           {{record, base()}}),
            kReplayFailed);
}

TEST_F(Torn, WhatIsNoJournalIsRefused) {
  const SealedSegment segment = segment_of({1, 2, 3});
  const std::vector<BorrowedFd> fds{first_->generations().at(1).snapshot.borrow(), segment.fd()};
  second_->send_channel(to_json(ReplayMessage{true, word_, {}, {}}), fds);
  EXPECT_EQ(WEXITSTATUS(second_->await_death()), kReplayFailed);
}

// --- the clients ---

TEST_F(Replay, TellsEachClientEverythingAtTheNewEpoch) {
  TestClient& slots = first_->attach();
  TestClient& names = first_->attach(EngineHarness::Names::Yes);
  slots.call("loadSnapshot", {{"snapshot", sum_graph()}});
  names.notification("valuesChanged");
  replay();
  TestClient& first = second_->attach_again(*first_, after_crash(1));
  TestClient& second = second_->attach_again(*first_, after_crash(2, true));
  const Message told = first.notification("valuesChanged");
  EXPECT_EQ(told.header.epoch, 2U);
  EXPECT_EQ(told.json["params"]["full"], true);
  EXPECT_EQ(told.scalars(told.json["params"]).at(2), 5);
  EXPECT_EQ(told.json["params"]["newSlots"]["ids"], json({"a", "b", "sum"}));
  const Message named = second.notification("valuesChanged");
  EXPECT_EQ(named.json["params"]["changedValues"]["sum"]["value"], 5);
  EXPECT_EQ(second_->channel_message("attached")["params"]["client"], 1);
  EXPECT_EQ(second_->channel_message("attached")["params"]["client"], 2);
}

TEST_F(Replay, RefusesRequestsOfTheOldEpochAsTheSupervisorDid) {
  TestClient& client = first_->attach();
  client.call("loadSnapshot", {{"snapshot", sum_graph()}});
  ::kill(first_->pid(), SIGSTOP);
  const auto late = client.send("setInput", input("a", 9));
  const auto later = client.send("getValues");
  replay();
  TestClient& same = second_->attach_again(*first_, after_crash());
  const Message refused = same.answer_to(late);
  EXPECT_EQ(refused.code(), "WORKER_CRASHED");
  EXPECT_EQ(refused.applied(), false);
  EXPECT_EQ(refused.header.epoch, 2U);
  ASSERT_FALSE(same.seen.empty());
  EXPECT_EQ(same.seen[0].json["method"], "valuesChanged") << "before any answer";
  EXPECT_EQ(same.answer_to(later).code(), "WORKER_CRASHED");
  EXPECT_EQ(second_->committed(), commit_word(2, 0));
  // What carries no epoch yet, or the new one, is served.
  same.epoch = 0;
  EXPECT_TRUE(same.call("getStats").ok());
  same.epoch = 2;
  EXPECT_TRUE(same.call("setInput", input("a", 9)).ok());
}

TEST_F(Replay, WithoutAReasonRefusesBecauseOfTheRestart) {
  TestClient& client = first_->attach();
  client.call("loadSnapshot", {{"snapshot", sum_graph()}});
  replay();
  AttachMessage attach = after_crash();
  attach.error.clear();
  TestClient& same = second_->attach_again(*first_, attach);
  const Message refused = same.call("setInput", input("a", 9));
  EXPECT_EQ(refused.code(), "SESSION_RESTARTED");
  EXPECT_EQ(refused.applied(), false);
}

TEST_F(Replay, DropsWhatHasAnAnswerAndClosesItsDescriptors) {
  TestClient& client = first_->attach();
  client.call("loadSnapshot", {{"snapshot", sum_graph()}});
  ::kill(first_->pid(), SIGSTOP);
  const SealedSegment segment = segment_of({1, 2, 3});
  const json params = {
      {"datasetId", "d"},
      {"data", {{"$segment", {{"index", 0}, {"type", "f64"}, {"offset", 0}, {"count", 3}}}}}};
  const auto answered = client.send("registerDataset", params, {&segment});
  const auto open = client.send("registerDataset", params, {&segment});
  replay();
  AttachMessage attach = after_crash();
  attach.answered = {answered, 4711};
  const std::size_t before = open_descriptors(second_->pid());
  TestClient& same = second_->attach_again(*first_, attach);
  EXPECT_EQ(same.answer_to(open).code(), "WORKER_CRASHED");
  for (const Message& message : same.seen)
    EXPECT_NE(message.header.id, answered);
  same.epoch = 2;
  EXPECT_EQ(same.call("getStats").result()["datasetCount"], 0);
  EXPECT_EQ(open_descriptors(second_->pid()), before + 1) << "the client's socket alone";
}

TEST_F(Replay, SendsFirstWhatASocketDidNotTake) {
  TestClient& client = first_->attach();
  client.call("loadSnapshot", {{"snapshot", sum_graph()}});
  replay();
  AttachMessage attach = after_crash();
  attach.unsent = {
      {static_cast<std::uint32_t>(FrameKind::Error), 41, 1, R"({"error":{"code":-32000}})"},
      {static_cast<std::uint32_t>(FrameKind::Notification), 0, 2, R"({"method":"recreated"})"}};
  TestClient& same = second_->attach_again(*first_, attach);
  const auto error = same.receive();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->header.kind, FrameKind::Error);
  EXPECT_EQ(error->header.id, 41U);
  EXPECT_EQ(error->header.epoch, 1U);
  const auto recreated = same.receive();
  ASSERT_TRUE(recreated);
  EXPECT_EQ(recreated->json["method"], "recreated");
  EXPECT_EQ(same.receive()->json["method"], "valuesChanged");
}

TEST_F(Replay, AnswersAPendingOpenInsteadOfTellingEverything) {
  TestClient& client = first_->attach();
  client.call("loadSnapshot", {{"snapshot", sum_graph()}});
  replay();
  AttachMessage attach = after_crash();
  attach.open = PendingOpen{55, true};
  TestClient& same = second_->attach_again(*first_, attach);
  EXPECT_EQ(same.receive()->header.id, 55U);
  same.epoch = 2;
  EXPECT_TRUE(same.call("getStats").ok());
  EXPECT_TRUE(same.seen.empty());
}

TEST_F(Replay, ReleasesAClientThatLeftMeanwhile) {
  TestClient& client = first_->attach();
  client.call("loadSnapshot", {{"snapshot", sum_graph()}});
  replay();
  client.hang_up();
  second_->attach_again(*first_, after_crash());
  second_->await_detached(1);
}

TEST_F(Replay, ASessionWithoutAChangeNeedsNone) {
  first_->attach();
  recreate();
  TestClient& same = second_->attach_again(*first_, after_crash());
  EXPECT_EQ(same.notification("valuesChanged").json["params"]["full"], true);
  same.epoch = 2;
  EXPECT_TRUE(same.call("loadSnapshot", {{"snapshot", sum_graph()}}).ok());
  EXPECT_EQ(generation_of(second_->committed()), 1U);
}

}  // namespace
}  // namespace chainsolved::test
