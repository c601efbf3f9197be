// An engine that dies: its session comes back with its graph, and every caller knows where it
// stands.
#include "tests/integration/recreated_session.h"
#include "tests/integration/settled.h"

#include <chrono>
#include <string>

namespace chainsolved::test {
namespace {

using nlohmann::json;

constexpr const char* kRoot =
    R"({"snapshot":{"version":1,"nodes":[{"id":"x","blockType":"number","data":{"value":2}},{"id":"y","blockType":"sqrt","data":{}}],
       "edges":[{"id":"e","source":"x","sourceHandle":"out","target":"y","targetHandle":"a"}]}})";

std::string set_x(double value) {
  return json{{"nodeId", "x"}, {"portId", "value"}, {"value", value}}.dump();
}

/// loadSnapshot's params for a block that computes for so long and says all the time that it does.
std::string advancing_for(double seconds) {
  const json node = {
      {"id", "p"},
      {"blockType", "debug.progress"},
      {"data", {{"armed", true}, {"seconds", seconds}, {"manualValues", {{"a", 1}}}}}};
  return json{
      {"snapshot", {{"version", 1}, {"nodes", json::array({node})}, {"edges", json::array()}}}}
      .dump();
}

TEST_F(RecreatedSession, ComesBackBitForBitAfterAKillFromOutside) {
  start();
  client_->call("loadSnapshot", kRoot);
  client_->call("setInput", set_x(7.25));
  client_->call("applyPatch",
                R"({"ops":[{"op":"addNode","node":{"id":"z","blockType":"negate","data":{}}},
                 {"op":"addEdge","edge":{"id":"f","source":"y","sourceHandle":"out","target":"z","targetHandle":"a"}},
                 {"op":"updateNodeData","nodeId":"y","data":{"label":"root"}}]})");
  const json before = values();
  const json graph = snapshot();
  send(SIGKILL);
  EXPECT_EQ(client_->notification("recreating").json["params"]["code"], "WORKER_CRASHED");
  const json told = client_->await_recreation();
  EXPECT_EQ(told["epoch"], 2);
  EXPECT_NE(told["reason"].get<std::string>().find("Killed"), std::string::npos) << told;
  const auto full = client_->notification("valuesChanged");
  EXPECT_EQ(full.json["params"]["full"], true);
  EXPECT_EQ(full.header.epoch, 2U);
  EXPECT_EQ(values(), before);
  EXPECT_EQ(snapshot(), graph);
  EXPECT_EQ(row()["state"], "ready");
  EXPECT_EQ(row()["restarts"], 1);
}

TEST_F(RecreatedSession, WithoutAnyChangeComesBackEmpty) {
  start();
  send(SIGKILL);
  EXPECT_EQ(client_->await_recreation()["replayed"], 0);
  EXPECT_EQ(client_->call("getStats").json["result"]["nodeCount"], 0);
  client_->call("loadSnapshot", kRoot);
  send(SIGKILL);
  client_->await_recreation();
  EXPECT_EQ(client_->call("getStats").json["result"]["nodeCount"], 2);
}

TEST_F(RecreatedSession, ComesBackAgainAndAgainWithWhatWasCommittedInBetween) {
  start({"--max-restarts", "100"});
  client_->call("loadSnapshot", kRoot);
  for (int i = 1; i <= 12; ++i) {
    client_->call("setInput", set_x(i * i));
    send(SIGKILL);
    EXPECT_EQ(client_->await_recreation()["epoch"], i + 1);
    const auto answer = client_->call("setInput", set_x(i * i));
    EXPECT_EQ(answer.json["result"]["evaluatedCount"].get<int>() >= 0, true) << answer.json;
    const auto found = client_->call("getValues", R"({"nodeIds":["y"]})");
    EXPECT_EQ(found.numbers(found.json["result"]["scalars"]["values"]),
              std::vector<double>{double(i)});
  }
}

TEST_F(RecreatedSession, RequestsThatLieInTheSocketAreRefusedUnapplied) {
  start({}, R"("watchdogMs":200)");
  client_->call("loadSnapshot", kRoot);
  const pid_t pid = engine();
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 20; ++i)
    ids.push_back(client_->request("setInput", set_x(100 + i)));
  client_->await_recreation();
  for (const auto id : ids) {
    const auto answer = client_->answer(id);
    ASSERT_TRUE(answer.is_error("WORKER_WATCHDOG")) << answer.json;
    EXPECT_EQ(answer.json["error"]["data"]["applied"], false);
  }
  const auto found = client_->call("getValues", R"({"nodeIds":["x"]})");
  EXPECT_EQ(found.numbers(found.json["result"]["scalars"]["values"]), std::vector<double>{2});
}

TEST_F(RecreatedSession, OneThatIsStoppedIsFoundWithinFiftyMillisecondsOfItsTime) {
  constexpr double kWatchdogMs = 400;
  start({}, R"("watchdogMs":400,"watchdogMode":"response")");
  client_->call(
      "loadSnapshot",
      R"({"options":{"timeBudgetMs":0.01},"snapshot":)" + slow_snapshot(4000, 50'000) + "}");
  const auto id = client_->request("applyPatch", R"({"ops":[]})");
  const auto begun = std::chrono::steady_clock::now();
  client_->notification("progress");
  send(SIGSTOP);
  const auto answer = client_->answer(id);
  const auto took =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun);
  ASSERT_TRUE(answer.is_error("WORKER_WATCHDOG")) << answer.json;
  EXPECT_TRUE(answer.json["error"]["message"].get<std::string>().starts_with(
      "[WORKER_WATCHDOG] Worker unresponsive"))
      << answer.json;
  const auto& data = answer.json["error"]["data"];
  EXPECT_EQ(data["method"], "applyPatch");
  EXPECT_EQ(data["applied"], true) << "the patch was committed before it was evaluated";
  EXPECT_GE(took.count(), kWatchdogMs);
  std::cout << "watchdog of " << kWatchdogMs << " ms: answered after " << took.count() << " ms\n";
  RecordProperty("answered_after_ms", std::to_string(took.count()));
}

TEST_F(RecreatedSession, ProgressModeLeavesAnEvaluationAloneThatAdvances) {
  start({"--watchdog-ms", "1000", "--debug-blocks"}, R"("watchdogMode":"progress")");
  const auto answer = client_->call("loadSnapshot", advancing_for(2.5));
  EXPECT_TRUE(answer.json.contains("result")) << answer.json;
  EXPECT_EQ(row()["restarts"], 0);
}

TEST_F(RecreatedSession, ResponseModeDoesNot) {
  start({"--watchdog-ms", "300", "--debug-blocks"}, R"("watchdogMode":"response")");
  const auto answer = client_->call("loadSnapshot", advancing_for(1000));
  EXPECT_TRUE(answer.is_error("WORKER_WATCHDOG")) << answer.json;
}

TEST_F(RecreatedSession, MaxRequestMsBoundsAnEvaluationThatAdvances) {
  start({}, R"("maxRequestMs":150)");
  client_->call(
      "loadSnapshot",
      R"({"options":{"timeBudgetMs":0.01},"snapshot":)" + slow_snapshot(20'000, 100'000) + "}");
  const auto answer = client_->call("applyPatch", R"({"ops":[]})");
  EXPECT_TRUE(answer.is_error("WORKER_WATCHDOG")) << answer.json;
}

TEST_F(RecreatedSession, EveryClientIsToldAndOneThatLeavesMeanwhileIsLetGo) {
  start({}, R"("watchdogMs":200)");
  client_->call("loadSnapshot", kRoot);
  RawClient stays(daemon_->socket());
  stays.open(session_named("s"));
  std::optional<RawClient> leaves(std::in_place, daemon_->socket());
  leaves->open(session_named("s"));
  ASSERT_EQ(row()["clients"], 3);
  send(SIGSTOP);
  const auto hung = leaves->request("setInput", set_x(5));
  static_cast<void>(hung);
  leaves->close();
  EXPECT_EQ(client_->await_recreation()["epoch"], 2);
  EXPECT_EQ(stays.await_recreation()["epoch"], 2);
  EXPECT_EQ(stays.notification("valuesChanged").json["params"]["full"], true);
  // A change of one is told to the other, as before.
  client_->call("setInput", set_x(81));
  EXPECT_TRUE(stays.notification("valuesChanged").json["params"].contains("scalars"));
  // The successor has met the end of the third by the time it has answered what came after it.
  while (row()["clients"] != 2)
    client_->call("getStats");
}

TEST_F(RecreatedSession, AClientThatDoesNotReadDelaysNobodyAndIsToldEverythingLater) {
  start({"--max-restarts", "1000"});
  client_->call("loadSnapshot", kRoot);
  RawClient sleeper(daemon_->socket());
  sleeper.open(session_named("s"));
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 8; ++i)
    ids.push_back(sleeper.request("getStats"));
  for (int i = 0; i < 20; ++i) {
    send(SIGKILL);
    client_->await_recreation();
    EXPECT_TRUE(client_->call("setInput", set_x(i)).json.contains("result"));
  }
  for (const auto id : ids)
    EXPECT_EQ(sleeper.answer(id).header.id, id);
  EXPECT_GE(sleeper.await_recreation()["epoch"].get<int>(), 2);
}

TEST_F(RecreatedSession, AnOpenSessionThatWasNotAnsweredIsAnsweredBySomebody) {
  start({"--max-restarts", "1000"});
  client_->call("loadSnapshot", kRoot);
  for (int i = 0; i < 10; ++i) {
    RawClient joins(daemon_->socket());
    joins.hello();
    const auto id = joins.request("openSession", session_named("s"));
    ASSERT_EQ(::kill(engine(), SIGKILL), 0);
    const auto answer = joins.answer(id);
    EXPECT_TRUE(answer.json.contains("result")) << answer.json;
    client_->await_recreation();
  }
}

TEST_F(RecreatedSession, RestartSessionGivesANewEngineWithTheSameGraph) {
  start();
  client_->call("loadSnapshot", kRoot);
  const json before = values();
  const pid_t old = engine();
  RawClient control(daemon_->socket());
  control.hello();
  const auto restarted = control.call("restartSession", R"({"session":"s"})");
  ASSERT_TRUE(restarted.json.contains("result")) << restarted.json;
  EXPECT_EQ(restarted.json["result"]["epoch"], 2);
  EXPECT_EQ(client_->await_recreation()["code"], "SESSION_RESTARTED");
  EXPECT_NE(engine(), old);
  EXPECT_EQ(values(), before);
}

TEST_F(RecreatedSession, TooManyDeathsFailItUntilItIsRestarted) {
  start({"--debug-blocks", "--max-restarts", "2", "--restart-window-ms", "600000"});
  client_->call("loadSnapshot", kRoot);
  RawClient control(daemon_->socket());
  control.hello();
  // Each death has its own cause, so that nothing is quarantined before the count is over.
  for (int i = 0; i < 3; ++i) {
    const std::string id = "bomb" + std::to_string(i);
    const auto answer = client_->call(
        "evaluate",
        R"({"snapshot":{"version":1,"nodes":[{"id":")" + id +
            R"(","blockType":"debug.abort","data":{"armed":true,"manualValues":{"a":1}}}],"edges":[]}})");
    EXPECT_TRUE(answer.is_error("WORKER_CRASHED")) << answer.json;
    if (i < 2) client_->await_recreation();
  }
  client_->notification("sessionFailed");
  EXPECT_EQ(row()["state"], "failed");
  EXPECT_TRUE(client_->call("getStats").is_error("WORKER_CRASH_LOOP"));
  EXPECT_TRUE(client_->call("setInput", set_x(3)).is_error("WORKER_CRASH_LOOP"));
  const auto restarted = control.call("restartSession", R"({"session":"s"})");
  ASSERT_TRUE(restarted.json.contains("result")) << restarted.json;
  client_->await_recreation();
  EXPECT_EQ(client_->call("getStats").json["result"]["nodeCount"], 2);
}

TEST_F(RecreatedSession, ADaemonThatWasFrozenKillsNobody) {
  start({"--watchdog-ms", "300", "--watchdog-mode", "response", "--debug-blocks"});
  client_->call("loadSnapshot", kRoot);
  const pid_t pid = engine();
  // Longer than the watchdog's time, all of which the daemon does not see.
  ASSERT_EQ(::kill(daemon_->pid(), SIGSTOP), 0);
  const auto answer = client_->call("loadSnapshot", advancing_for(1.5));
  ASSERT_EQ(::kill(daemon_->pid(), SIGCONT), 0);
  EXPECT_TRUE(answer.json.contains("result")) << answer.json;
  EXPECT_EQ(engine(), pid);
  EXPECT_EQ(row()["restarts"], 0);
}

TEST_F(RecreatedSession, LeavesNothingBehind) {
  start({"--max-restarts", "1000"});
  client_->call("loadSnapshot", kRoot);
  const std::size_t with_session = daemon_->descriptor_count();
  for (int i = 0; i < 10; ++i) {
    client_->call("setInput", set_x(i));
    send(SIGKILL);
    client_->await_recreation();
    client_->call("getStats");
  }
  EXPECT_LE(daemon_->descriptor_count(), with_session + 8)
      << "two pairs of snapshot and journal, not ten";
  client_->close();
  EXPECT_TRUE(settles(*daemon_, *control_, with_session));
}

// ---- each step of a request's life (DESIGN §3), reached by a hook ----

struct DiesAt {
  const char* name;
  const char* step;
  bool applied;   // what the error says of the request that died
  bool answered;  // its reply had left
};

class Steps : public RecreatedSession, public ::testing::WithParamInterface<DiesAt> {};

TEST_P(Steps, TellsWhetherTheChangeIsThere) {
  const DiesAt& dies = GetParam();
  start({"--max-restarts", "1000", "--engine-arg", "--die-at", "--engine-arg", dies.step});
  client_->call("loadSnapshot", kRoot);  // the first commit
  client_->call("getStats");
  const auto id = client_->request("setInput", set_x(49));
  const auto answer = client_->answer(id);
  if (dies.answered) {
    EXPECT_TRUE(answer.json.contains("result")) << answer.json;
  } else {
    ASSERT_TRUE(answer.is_error("WORKER_CRASHED")) << answer.json;
    EXPECT_EQ(answer.json["error"]["data"]["applied"], dies.applied) << answer.json;
  }
  client_->await_recreation();
  const auto found = client_->call("getValues", R"({"nodeIds":["y"]})");
  ASSERT_TRUE(found.json.contains("result")) << found.json;
  EXPECT_EQ(found.numbers(found.json["result"]["scalars"]["values"]),
            std::vector<double>{dies.applied ? 7 : std::sqrt(2)});
}

INSTANTIATE_TEST_SUITE_P(Of,
                         Steps,
                         ::testing::Values(DiesAt{"Peeked", "peeked:3", false, false},
                                           DiesAt{"BeforeCommit", "before-commit:2", false, false},
                                           DiesAt{"AfterCommit", "after-commit:2", true, false},
                                           DiesAt{"InSend", "in-send:3", true, true}),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST_F(RecreatedSession, DyingBetweenTwoSnapshotsKeepsTheOldOne) {
  start({"--max-restarts",
         "1000",
         "--engine-arg",
         "--die-at",
         "--engine-arg",
         "in-snapshot-switch:2"});
  client_->call("loadSnapshot", kRoot);
  const auto died = client_->call("loadSnapshot", std::string(R"({"snapshot":)") + kOneNode + "}");
  ASSERT_TRUE(died.is_error("WORKER_CRASHED")) << died.json;
  EXPECT_EQ(died.json["error"]["data"]["applied"], false);
  client_->await_recreation();
  EXPECT_EQ(client_->call("getStats").json["result"]["nodeCount"], 2);
}

TEST_F(RecreatedSession, DyingInACompactionLosesNothing) {
  start({"--max-restarts", "1000", "--engine-arg", "--die-at", "--engine-arg", "in-compaction"});
  client_->call("loadSnapshot", kRoot);
  json last;
  RawClient::Frame answer;
  for (int i = 0; i < 1000; ++i) {
    last = snapshot();
    const json op = {{"op", "updateNodeData"},
                     {"nodeId", "y"},
                     {"data", {{"label", std::string(100'000, static_cast<char>('a' + i % 26))}}}};
    answer = client_->call("applyPatch", json{{"ops", json::array({op})}}.dump());
    if (!answer.json.contains("result")) break;
  }
  ASSERT_TRUE(answer.is_error("WORKER_CRASHED")) << answer.json;
  EXPECT_EQ(answer.json["error"]["data"]["applied"], false);
  client_->await_recreation();
  EXPECT_EQ(snapshot(), last);
}

}  // namespace
}  // namespace chainsolved::test
