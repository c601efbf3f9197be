// Nodes that an engine died at, through the engine that takes its place: suspects are tried after
// the first attach, quarantined nodes are left alone. The debug blocks do the dying.

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

/// in -> bad -> after, and another branch that has nothing to do with it.
json graph_with(std::string_view type, double value = 0) {
  return snapshot(
      {node("in", "number", {{"value", value}}),
       node("bad", type, {{"seconds", 30}}),
       node("after", "negate"),
       node("fine", "negate")},
      {edge("1", "in", "bad", "a"), edge("2", "bad", "after", "a"), edge("3", "in", "fine", "a")});
}

constexpr std::uint32_t kBad = 1;
constexpr std::uint32_t kAfter = 2;

const std::vector<std::string> kDebug{"--debug-blocks"};

class Blame : public ::testing::Test {
 protected:
  void load(std::string_view type) {
    ASSERT_TRUE(client_.call("loadSnapshot", {{"snapshot", graph_with(type)}}).ok());
  }
  /// Changes the input so that the block does what it does; waits until the engine is dead of it.
  int die_of(std::string_view type) {
    load(type);
    client_.send("setInput", input("in", 1));
    return first_.await_death();
  }
  /// Until an evaluation stands at a node.
  static void await_node(const EngineHarness& engine, std::uint32_t slot) {
    wait_until([&] { return engine.page().current_node.load() == slot + 1; });
  }
  static const InFlightEntry* own_entry(const EngineHarness& engine) {
    for (const InFlightEntry& entry : engine.page().in_flight)
      if (entry.phase.load() != 0 && entry.client.load() == 0) return &entry;
    return nullptr;
  }

  EngineHarness first_{EngineHarness::default_configuration(), kDebug};
  TestClient& client_ = first_.attach();
};

TEST_F(Blame, DebugBlocksAreUnknownUnlessAskedFor) {
  EngineHarness plain;
  TestClient& client = plain.attach(EngineHarness::Names::Yes);
  for (const std::string_view type : {"debug.spin", "debug.segv", "debug.progress"}) {
    const Message loaded = client.call("loadSnapshot", {{"snapshot", graph_with(type)}});
    EXPECT_EQ(loaded.result()["diagnostics"][0]["code"], "UNKNOWN_BLOCK") << type;
  }
  const json catalog = client_.call("getCatalog").result()["catalog"];
  EXPECT_EQ(catalog.dump().find("debug."), std::string::npos);
}

TEST_F(Blame, DebugBlocksPassTheirInputThroughUnlessArmed) {
  for (const std::string_view type : {"debug.spin",
                                      "debug.sleep",
                                      "debug.segv",
                                      "debug.abort",
                                      "debug.bus",
                                      "debug.allocate",
                                      "debug.progress"}) {
    json graph = graph_with(type, 3);
    graph["nodes"][1]["data"]["armed"] = false;
    const Message loaded = client_.call("evaluate", {{"snapshot", graph}});
    EXPECT_EQ(loaded.scalars(loaded.result()).at(kAfter), -3) << type;
    EXPECT_TRUE(client_.call("loadSnapshot", {{"snapshot", graph_with(type)}}).ok()) << type;
  }
}

TEST_F(Blame, ProgressIsReportedByTheBlockThatMakesIt) {
  load("debug.progress");
  const auto id = client_.send("setInput", input("in", 1));
  const std::uint64_t before = first_.page().progress.load();
  wait_until([&] { return first_.page().progress.load() > before + 2; });
  client_.notify("cancel", {{"requestId", id}});
  EXPECT_EQ(client_.answer_to(id).code(), "CANCELLED");
}

class BlameSignal : public Blame,
                    public ::testing::WithParamInterface<std::pair<const char*, int>> {};

TEST_P(BlameSignal, IsWhatTheEngineDiesOf) {
  const int status = die_of(GetParam().first);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), GetParam().second);
  EXPECT_EQ(first_.page().current_node.load(), kBad + 1);
  EXPECT_EQ(first_.page().own_graph.load(), 1U);
  EXPECT_EQ(first_.page().named_node.load(), kBad + 1);
}

INSTANTIATE_TEST_SUITE_P(Signals,
                         BlameSignal,
                         ::testing::Values(std::pair{"debug.segv", SIGSEGV},
                                           std::pair{"debug.abort", SIGABRT},
                                           std::pair{"debug.bus", SIGBUS}));

TEST_F(Blame, AReplayThatHangsIsSeenInTheTable) {
  load("debug.spin");
  client_.send("setInput", input("in", 1));
  await_node(first_, kBad);
  first_.kill();
  EngineHarness second(first_.successor(), kDebug);
  second.begin_take_over(first_);
  await_node(second, kBad);
  const InFlightEntry* entry = own_entry(second);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->phase.load(), static_cast<std::uint32_t>(RequestPhase::Running));
  EXPECT_EQ(second.page().state.load(), static_cast<std::uint32_t>(EngineActivity::Replaying));
  EXPECT_EQ(second.page().own_graph.load(), 1U);
  second.kill();
  EXPECT_EQ(second.committed(), 0U);
}

TEST_F(Blame, ASuspectIsTriedAfterTheFirstAttachAndBeforeAnyRequest) {
  // It is innocent: the engine was killed while it slept.
  load("debug.sleep");
  client_.call("setInput", input("in", 0));
  const auto late = client_.call(
      "applyPatch",
      {{"ops", {{{"op", "updateNodeData"}, {"nodeId", "bad"}, {"data", {{"seconds", 0.2}}}}}}});
  ASSERT_TRUE(late.ok());
  client_.send("setInput", input("in", 1));
  await_node(first_, kBad);
  first_.kill();
  EngineHarness second(first_.successor(), kDebug);
  const json replayed = second.take_over(first_, {{kBad, "bad"}, {99, "gone"}});
  EXPECT_EQ(replayed["evaluated"], 2);
  ASSERT_EQ(replayed["suspects"].size(), 1U);
  EXPECT_EQ(replayed["suspects"][0]["slot"], kBad);
  EXPECT_EQ(replayed["suspects"][0]["id"], "bad");

  TestClient& same = second.attach_again(first_, after_crash());
  const Message told = same.notification("valuesChanged");
  EXPECT_EQ(told.json["params"]["full"], true);
  EXPECT_EQ(told.scalars(told.json["params"]), (std::map<std::uint32_t, double>{{0, 1}, {3, -1}}));
  same.epoch = 2;
  const auto asked = same.send("getStats");
  await_node(second, kBad);
  const InFlightEntry* entry = own_entry(second);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->phase.load(), static_cast<std::uint32_t>(RequestPhase::Running));
  EXPECT_EQ(second.channel_message("retried")["params"]["slot"], kBad);
  EXPECT_TRUE(same.answer_to(asked).ok());
  std::map<std::uint32_t, double> changes;
  for (const Message& message : same.seen)
    if (message.json.value("method", "") == "valuesChanged")
      for (const auto& [slot, value] : message.scalars(message.json["params"]))
        changes[slot] = value;
  EXPECT_EQ(changes, (std::map<std::uint32_t, double>{{kBad, 1}, {kAfter, -1}}));
  EXPECT_EQ(own_entry(second), nullptr);
}

TEST_F(Blame, ASuspectThatHangsAgainIsNamedAndNothingElseIsLost) {
  load("debug.spin");
  client_.send("setInput", input("in", 1));
  await_node(first_, kBad);
  first_.kill();
  EngineHarness second(first_.successor(), kDebug);
  second.take_over(first_, {{kBad, "bad"}});
  second.attach_again(first_, after_crash());
  await_node(second, kBad);
  wait_until([&] { return second.page().named_node.load() == kBad + 1; });
  second.kill();

  EngineHarness third(second.successor(), kDebug);
  const json replayed = third.take_over(second, {}, {{kBad, "bad"}});
  EXPECT_EQ(replayed["evaluated"], 4) << "the quarantined node too, to an error";
  TestClient& client = third.attach_again(second, after_crash());
  client.epoch = 3;
  Message values = client.call("getValues");
  EXPECT_EQ(values.scalars(values.result()), (std::map<std::uint32_t, double>{{0, 1}, {3, -1}}));
  EXPECT_EQ(values.result()["values"]["bad"]["kind"], "error");
  EXPECT_EQ(values.result()["values"]["after"]["kind"], "error");
  // A changed input value does not suffice.
  const Message changed = client.call("setInput", input("in", 2));
  EXPECT_EQ(changed.result()["diagnostics"][0]["code"], "NODE_QUARANTINED");
  EXPECT_EQ(changed.result()["diagnostics"][0]["nodeId"], "bad");
  // An edit does; that the block is as it was is its editor's business.
  const Message edited = client.call(
      "applyPatch",
      {{"ops", {{{"op", "updateNodeData"}, {"nodeId", "bad"}, {"data", {{"armed", false}}}}}}});
  EXPECT_EQ(edited.scalars(edited.result()).at(kBad), 2);
  EXPECT_EQ(third.channel_message("quarantineEnded")["params"]["slot"], kBad);
}

TEST_F(Blame, TheEndOfAQuarantineIsTheReplacementsToo) {
  load("debug.spin");
  first_.kill();
  EngineHarness second(first_.successor(), kDebug);
  second.take_over(first_, {}, {{kBad, "bad"}});
  TestClient& client = second.attach_again(first_, after_crash());
  client.epoch = 2;
  client.call("loadSnapshot", {{"snapshot", graph_with("abs")}});
  EXPECT_EQ(second.channel_message("quarantineEnded")["params"]["slot"], kBad);
}

#ifdef CHAINSOLVED_TEST_HOOKS
TEST_F(Blame, AReplacementCanDieInItsReplayAndInItsRetry) {
  load("debug.sleep");
  first_.kill();
  EngineHarness second(first_.successor(), {"--debug-blocks", "--die-at", "in-replay"});
  second.begin_take_over(first_);
  EXPECT_EQ(WTERMSIG(second.await_death()), SIGKILL);
  EXPECT_EQ(second.committed(), 0U);
  EngineHarness third(first_.successor(), {"--debug-blocks", "--die-at", "in-retry"});
  third.take_over(first_, {{kBad, "bad"}});
  third.attach_again(first_, after_crash());
  EXPECT_EQ(WTERMSIG(third.await_death()), SIGKILL);
  EXPECT_EQ(generation_of(third.committed()), 2U);
}
#endif

}  // namespace
}  // namespace chainsolved::test
