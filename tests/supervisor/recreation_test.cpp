// A session whose engine dies, hangs or is restarted, in a real daemon with fake engines that
// misbehave as they are told.
#include "tests/supervisor/fake_daemon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/ptrace.h>
#include <sys/wait.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

class RecreationTest : public ::testing::Test {
 protected:
  void start(std::vector<std::string> arguments = {},
             const std::string& open = R"({"name":"s"})",
             const std::string& mode = "") {
    fake_.emplace(std::move(arguments), mode);
    ASSERT_TRUE(fake_->daemon().running()) << fake_->daemon().said();
    control_.emplace(fake_->control());
    client_.emplace(fake_->socket());
    client_->open(open);
  }

  json row() { return control_->call("listSessions").json.at("result").at("sessions").at(0); }
  pid_t engine() { return row().at("pid").get<pid_t>(); }
  /// What the engine that serves now was given.
  json given() { return client_->call("getStats").json.at("result"); }
  json recreated() { return client_->await_recreation(); }
  static std::string code_of(const RawClient::Frame& frame) { return frame.error_code(); }
  json counters() { return control_->call("status").json["result"]["counters"]; }
  template <class Condition>
  bool row_becomes(Condition holds) {
    return fake_->eventually([&](const json& status) {
      return status["sessions"].size() == 1 && holds(status["sessions"][0]);
    });
  }

  std::optional<FakeDaemon> fake_;
  std::optional<RawClient> control_;
  std::optional<RawClient> client_;
};

// ---- the watchdog ----

TEST_F(RecreationTest, HangIsDecidedAtItsTimeAndNotLaterThanFiftyMilliseconds) {
  start({"--watchdog-ms", "300"});
  const auto waits = client_->request("getCatalog");
  const auto begun = Clock::now();
  const auto answer = client_->answer(waits);
  const double took = milliseconds_since(begun);
  EXPECT_EQ(answer.error_code(), "WORKER_WATCHDOG");
  EXPECT_EQ(answer.json["error"]["message"], "[WORKER_WATCHDOG] Worker unresponsive — recreating");
  EXPECT_EQ(answer.json["error"]["data"]["method"], "getCatalog");
  EXPECT_FALSE(answer.json["error"]["data"].contains("applied"));
  EXPECT_GE(answer.json["error"]["data"]["elapsedMs"], 300);
  EXPECT_GE(took, 300);
  EXPECT_LE(took, 350) << "on a machine that has time for it";
  std::cout << "watchdog of 300 ms: answered after " << took << " ms\n";
  EXPECT_EQ(recreated()["code"], "WORKER_WATCHDOG");
  EXPECT_EQ(counters()["hangs"], 1);
}

TEST_F(RecreationTest, OneOfTwoRequestsHangsAndBothAreAnswered) {
  start({"--watchdog-ms", "200"});
  const auto first = client_->request("getCatalog");
  const auto second = client_->request("setInput", R"({"signal":0,"node":3})");
  EXPECT_EQ(client_->answer(first).error_code(), "WORKER_WATCHDOG");
  const auto answer = client_->answer(second);
  EXPECT_EQ(answer.error_code(), "WORKER_WATCHDOG");
  EXPECT_EQ(answer.json["error"]["data"]["applied"], false);
  recreated();
  EXPECT_EQ(given()["epoch"], 2);
}

TEST_F(RecreationTest, RequestThatIsNeverReadIsAHangOfAnIdleEngine) {
  start({"--watchdog-ms", "150"});
  client_->call("listDatasets");  // the engine reads no more
  const auto begun = Clock::now();
  const auto unread = client_->request("setInput", "{}");
  EXPECT_EQ(client_->answer(unread).error_code(), "WORKER_WATCHDOG") << "by the successor";
  EXPECT_GE(milliseconds_since(begun), 150);
  EXPECT_EQ(row()["deaths"][0]["kind"], "hang");
}

TEST_F(RecreationTest, StoppedEngineIsReplacedAndNobodyIsAccused) {
  start({"--watchdog-ms", "150"});
  const auto hangs = client_->request("setInput", R"({"signal":0,"node":3})");
  ASSERT_TRUE(row_becomes([](const json& session) { return session["state"] == "busy"; }));
  ASSERT_EQ(::kill(engine(), SIGSTOP), 0);
  EXPECT_EQ(client_->answer(hangs).error_code(), "WORKER_WATCHDOG");
  EXPECT_EQ(recreated()["suspects"], json::array());
  EXPECT_EQ(row()["deaths"][0]["kind"], "stopped");
  EXPECT_EQ(row()["suspects"], json::array());
}

TEST_F(RecreationTest, MaxRequestMsOfTheDaemonBoundsEveryRequest) {
  start({"--watchdog-ms", "60000", "--max-request-ms", "100"});
  EXPECT_EQ(client_->call("getCatalog").error_code(), "WORKER_WATCHDOG");
}

TEST_F(RecreationTest, SessionsOwnWatchdogIsTheOneThatCounts) {
  start({"--watchdog-ms", "60000"}, R"({"name":"s","watchdogMs":100,"watchdogMode":"response"})");
  EXPECT_EQ(client_->call("getCatalog").error_code(), "WORKER_WATCHDOG");
}

TEST_F(RecreationTest, FrozenSupervisorGrantsWhatItSlept) {
  start({"--watchdog-ms", "400"});
  const pid_t before = engine();
  const auto waits = client_->request("getCatalog");
  const auto begun = Clock::now();
  ASSERT_TRUE(row_becomes([](const json& session) { return session["state"] == "busy"; }));
  ASSERT_EQ(::kill(fake_->daemon().pid(), SIGSTOP), 0);
  // The time that it is frozen is what is tested: there is no event to wait for.
  EXPECT_THROW(client_->receive(std::chrono::milliseconds(1500)), std::exception);
  ASSERT_EQ(::kill(fake_->daemon().pid(), SIGCONT), 0);
  EXPECT_EQ(engine(), before) << "nobody is killed at once";
  EXPECT_EQ(client_->answer(waits).error_code(), "WORKER_WATCHDOG");
  EXPECT_GE(milliseconds_since(begun), 400 + 900);
}

TEST_F(RecreationTest, EngineThatCannotBeKilledLosesItsClients) {
  start({"--watchdog-ms", "150", "--kill-timeout-ms", "200"});
  const pid_t pid = engine();
  // A tracer can hold a killed process on its way out, before it counts as exiting.
  ASSERT_EQ(::ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACEEXIT), 0)
      << "this test has to be allowed to trace";
  const auto answer = client_->call("setInput", R"({"signal":0})");
  EXPECT_EQ(answer.error_code(), "WORKER_CRASHED");
  EXPECT_EQ(answer.json["error"]["data"]["reason"], "unkillable");
  EXPECT_EQ(answer.json["error"]["data"]["applied"], false);
  client_->notification("sessionClosed");
  EXPECT_TRUE(client_->ends());
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, __WALL), pid);
  EXPECT_TRUE(WIFSTOPPED(status));
  ::ptrace(PTRACE_CONT, pid, nullptr, nullptr);
  ::waitpid(pid, &status, __WALL);
  EXPECT_TRUE(fake_->eventually(
      [](const json& told) { return told["sessions"].empty() && told["engines"]["ending"] == 0; }));
  EXPECT_EQ(counters()["unexpectedEvents"], 0);
}

// ---- what comes back ----

TEST_F(RecreationTest, SuccessorGetsTheCommittedRecordsAndTheNextGeneration) {
  start();
  client_->call("applyPatch", R"({"bytes":40})");
  client_->call("applyPatch", R"({"bytes":8})");
  client_->call("setInput", R"({"signal":9})");
  EXPECT_EQ(recreated()["replayed"], 1);
  const json given_now = given();
  EXPECT_EQ(given_now["generation"], 2);
  EXPECT_EQ(given_now["replay"]["generation"], 1);
  EXPECT_EQ(given_now["replay"]["committed"], 16 + 40 + 16 + 8);
  EXPECT_EQ(given_now["replay"]["snapshot"], false);
  EXPECT_EQ(given_now["replay"]["descriptors"], 1);
}

TEST_F(RecreationTest, ChangeThatWasCommittedIsSaidToBeAppliedAndIsReplayed) {
  start();
  const auto answer = client_->call("setInput", R"({"signal":11,"commits":true})");
  EXPECT_EQ(answer.error_code(), "WORKER_CRASHED");
  EXPECT_EQ(answer.json["error"]["data"]["applied"], true);
  recreated();
  EXPECT_EQ(given()["replay"]["committed"], 24);
}

TEST_F(RecreationTest, NewSnapshotTakesThePlaceOfWhatWasBefore) {
  start();
  client_->call("applyPatch");
  client_->call("loadSnapshot");
  client_->call("loadSnapshot");
  client_->call("applyPatch");
  client_->call("setInput", R"({"signal":9})");
  recreated();
  const json replay = given()["replay"];
  EXPECT_EQ(replay["generation"], 3);
  EXPECT_EQ(replay["committed"], 24);
  EXPECT_EQ(replay["snapshot"], true);
  EXPECT_EQ(replay["descriptors"], 2);
}

TEST_F(RecreationTest, WithoutACommitThereIsNothingToReplay) {
  start();
  client_->call("setInput", R"({"signal":9})");
  EXPECT_EQ(recreated()["replayed"], 0);
  EXPECT_TRUE(given()["replay"].is_null());
  EXPECT_EQ(given()["generation"], 1);
}

TEST_F(RecreationTest, KeptSegmentsAreGivenOnUntilTheyAreForgotten) {
  start();
  client_->call("registerDataset", R"({"n":1})");
  client_->call("registerDataset", R"({"n":2})");
  client_->call("applyPatch");
  client_->call("setInput", R"({"signal":9})");
  recreated();
  EXPECT_EQ(given()["kept"], json({1, 2}));
  client_->call("releaseDataset", R"({"n":1})");
  client_->call("setInput", R"({"signal":9})");
  recreated();
  EXPECT_EQ(given()["kept"], json::array({2}));
}

TEST_F(RecreationTest, EngineThatSendsNonsenseForAGenerationIsReplaced) {
  start();
  client_->request("evaluateBlock",
                   R"({"channel":{"method":"generation","params":{"n":9,"snapshot":true,)"
                   R"("snapshotBytes":1}}})");
  EXPECT_EQ(recreated()["epoch"], 2);
  EXPECT_EQ(given()["generation"], 1);
  EXPECT_EQ(row()["deaths"][0]["kind"], "exit") << "not taken for a kill from outside";
}

TEST_F(RecreationTest, TimesAreToldAndAddUp) {
  start();
  client_->call("applyPatch");
  client_->call("setInput", R"({"signal":9})");
  const json told = recreated();
  const json& timing = told["timing"];
  const double parts = timing["stopUs"].get<double>() + timing["answerUs"].get<double>() +
                       timing["spareUs"].get<double>() + timing["replayUs"].get<double>();
  EXPECT_NEAR(parts / 1000, told["elapsedMs"].get<double>(), 0.01);
  const json death = row()["deaths"][0];
  EXPECT_EQ(death["lostMs"], told["elapsedMs"]);
  EXPECT_EQ(death["signal"], "signal 9 (Killed)");
  EXPECT_EQ(death["code"], "WORKER_CRASHED");
  EXPECT_GT(death["at"], 1'600'000'000'000);
}

// ---- blame ----

TEST_F(RecreationTest, SuspectsAndQuarantineGoOnToTheSuccessor) {
  start();
  client_->call("applyPatch");
  client_->call("setInput", R"({"signal":11,"node":7})");
  recreated();
  EXPECT_EQ(given()["replay"]["suspects"], json::array({7}));
  client_->call("setInput", R"({"signal":6,"node":7})");
  EXPECT_EQ(recreated()["epoch"], 3);
  EXPECT_EQ(given()["replay"]["suspects"], json::array());
  EXPECT_EQ(given()["replay"]["quarantined"], json::array({7}));
  client_->call("evaluateBlock", R"({"channel":{"method":"quarantineEnded","params":{"slot":7}}})");
  EXPECT_TRUE(row_becomes([](const json& session) { return session["quarantined"].empty(); }));
}

TEST_F(RecreationTest, RetriedSuspectIsForgiven) {
  start();
  client_->call("applyPatch");
  client_->call("setInput", R"({"signal":11,"node":7})");
  recreated();
  EXPECT_EQ(row()["suspects"].size(), 1U);
  client_->call("evaluateBlock", R"({"channel":{"method":"retried","params":{"slot":7}}})");
  EXPECT_TRUE(row_becomes([](const json& session) { return session["suspects"].empty(); }));
}

TEST_F(RecreationTest, NodeOfAStatelessEvaluationIsNotAccused) {
  start();
  client_->call("applyPatch");
  client_->call("setInput", R"({"signal":11,"node":7,"foreign":true})");
  recreated();
  EXPECT_EQ(given()["replay"]["suspects"], json::array());
}

struct FatalReplay {
  const char* name;
  const char* mode;
  std::vector<std::string> kinds;  // of the deaths, after the first
};

class FatalReplayTest : public RecreationTest, public ::testing::WithParamInterface<FatalReplay> {};

TEST_P(FatalReplayTest, GraphIsSetAsideAndTheSessionGoesOnEmpty) {
  start({"--watchdog-ms", "150"}, R"({"name":"s"})", GetParam().mode);
  client_->call("loadSnapshot");
  const auto dies = client_->request("setInput", R"({"signal":9})");
  EXPECT_EQ(client_->answer(dies).error_code(), "WORKER_CRASHED");
  const json told = recreated();
  EXPECT_EQ(told["epoch"], 2) << "the epoch of the first try";
  EXPECT_EQ(told["snapshotSetAside"], true);
  EXPECT_EQ(told["snapshotQuarantined"]["code"], "SNAPSHOT_QUARANTINED");
  EXPECT_TRUE(given()["replay"].is_null());
  const json session = row();
  EXPECT_EQ(session["snapshotSetAside"], true);
  std::vector<std::string> kinds;
  for (const json& death : session["deaths"])
    kinds.push_back(death["kind"]);
  std::vector<std::string> expected{"killed"};
  expected.insert(expected.end(), GetParam().kinds.begin(), GetParam().kinds.end());
  EXPECT_EQ(kinds, expected);
  // Nothing was said twice.
  EXPECT_EQ(client_->call("getStats").json["result"]["epoch"], 2);
  EXPECT_EQ(std::count_if(
                client_->passed.begin(),
                client_->passed.end(),
                [](const auto& frame) { return frame.json.value("method", "") == "recreating"; }),
            1);
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    FatalReplayTest,
    ::testing::Values(FatalReplay{"Crash", "replay-signal 11", {"signal"}},
                      FatalReplay{
                          "Mismatch", "replay-exit 3", {"replay-mismatch", "replay-mismatch"}},
                      FatalReplay{"Kills", "replay-signal 9", {"killed", "killed", "killed"}},
                      FatalReplay{"Hang", "replay-hang", {"hang"}},
                      FatalReplay{"Silence", "replay-mute", {"hang"}}),
    [](const auto& instance) { return std::string(instance.param.name); });

// ---- failed sessions ----

class FailedSessionTest : public RecreationTest {
 protected:
  void fail() {
    start({"--max-restarts", "2", "--restart-window-ms", "600000"});
    client_->call("applyPatch");
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(client_->call("setInput", R"({"signal":11})").error_code(), "WORKER_CRASHED");
      if (i < 2) recreated();
    }
    const json told = client_->notification("sessionFailed").json["params"];
    EXPECT_EQ(told["code"], "WORKER_CRASH_LOOP");
    EXPECT_EQ(told["session"], "s1");
  }
};

TEST_F(FailedSessionTest, EveryRequestIsAnsweredUntilItIsRestarted) {
  fail();
  EXPECT_EQ(row()["state"], "failed");
  EXPECT_FALSE(row().contains("pid"));
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 200; ++i)
    ids.push_back(client_->request("getStats"));
  for (const auto id : ids)
    ASSERT_EQ(client_->answer(id).error_code(), "WORKER_CRASH_LOOP");
  EXPECT_EQ(control_->call("restartSession", R"({"session":"s"})").json["result"]["epoch"], 4);
  EXPECT_EQ(recreated()["epoch"], 4);
  EXPECT_EQ(given()["replay"]["committed"], 24);
  EXPECT_EQ(client_->call("setInput", R"({"signal":11})").error_code(), "WORKER_CRASHED");
  EXPECT_EQ(recreated()["epoch"], 5) << "the count was cleared";
}

TEST_F(FailedSessionTest, WhoJoinsIsAnsweredByTheSupervisor) {
  fail();
  RawClient joins(fake_->socket());
  const json opened = joins.open(R"({"name":"s"})").json["result"];
  EXPECT_EQ(opened["state"], "failed");
  EXPECT_EQ(opened["sessionId"], "s1");
  EXPECT_EQ(opened["created"], false);
  EXPECT_EQ(opened["epoch"], 3);
  EXPECT_EQ(joins.call("getValues").error_code(), "WORKER_CRASH_LOOP");
  control_->call("restartSession", R"({"session":"s1"})");
  EXPECT_EQ(joins.await_recreation()["epoch"], 4);
  EXPECT_TRUE(joins.call("getStats").json.contains("result"));
}

TEST_F(FailedSessionTest, ClientThatDoesNotReadGetsEveryAnswerAllTheSame) {
  fail();
  constexpr int kMany = 3000;  // more answers than its socket holds
  std::vector<std::uint64_t> ids;
  RawClient other = fake_->control();
  for (int i = 0; i < kMany; ++i) {
    // Sending blocks when the supervisor has stopped reading: then its answers are read.
    std::vector<std::byte> frame;
    FrameHeader header;
    header.id = static_cast<std::uint64_t>(100'000 + i);
    header.epoch = 3;
    encode_frame(header, R"({"method":"getStats"})", {}, frame);
    if (!client_->send_bytes(frame)) break;
    ids.push_back(header.id);
  }
  EXPECT_TRUE(other.call("status").json.contains("result")) << "and nobody else waits";
  for (const auto id : ids)
    ASSERT_EQ(client_->answer(id).error_code(), "WORKER_CRASH_LOOP");
}

TEST_F(FailedSessionTest, EndsWithItsLastClient) {
  fail();
  client_->close();
  EXPECT_TRUE(fake_->eventually([](const json& status) { return status["sessions"].empty(); }));
}

TEST_F(FailedSessionTest, FailsAgainIfItCannotBeRevived) {
  fail();
  // No engine starts any more, and the spare that waits is gone.
  fake_->engines().set_mode("exit 1");
  for (const pid_t spare : fake_->daemon().children())
    ::kill(spare, SIGKILL);
  ASSERT_TRUE(
      fake_->eventually([](const json& status) { return status["engines"]["spare"] == 0; }));
  EXPECT_EQ(control_->call("restartSession", R"({"session":"s"})").error_code(),
            "WORKER_CRASH_LOOP");
  EXPECT_EQ(row()["state"], "failed");
  EXPECT_EQ(client_->call("getStats").error_code(), "WORKER_CRASH_LOOP");
}

// ---- restartSession ----

TEST_F(RecreationTest, RestartIsAnsweredWithTheNewEpochAndCallersAreTold) {
  start();
  client_->call("applyPatch");
  const pid_t before = engine();
  const auto waits = client_->request("getCatalog");
  ASSERT_TRUE(row_becomes([](const json& session) { return session["state"] == "busy"; }));
  EXPECT_EQ(control_->call("restartSession", R"({"session":"s"})").json["result"]["epoch"], 2);
  EXPECT_EQ(client_->answer(waits).error_code(), "SESSION_RESTARTED");
  EXPECT_EQ(recreated()["code"], "SESSION_RESTARTED");
  EXPECT_NE(engine(), before);
  EXPECT_EQ(given()["replay"]["committed"], 24);
}

TEST_F(RecreationTest, RestartOfWhatDoesNotExistIsRefused) {
  start();
  EXPECT_EQ(control_->call("restartSession", R"({"session":"t"})").error_code(), "UNKNOWN_SESSION");
  EXPECT_EQ(control_->call("restartSession", R"({"session":1})").json["error"]["code"], -32602);
}

// ---- clients meanwhile ----

/// A recreation that goes on until its engine is found to hang.
class LongRecreationTest : public RecreationTest {
 protected:
  void begin() {
    start({"--watchdog-ms", "400"}, R"({"name":"s","lingerMs":3600000})", "replay-hang");
    client_->call("applyPatch");
    client_->call("setInput", R"({"signal":9})");
    ASSERT_TRUE(row_becomes([](const json& session) { return session["state"] == "recreating"; }));
  }
};

TEST_F(LongRecreationTest, WhoJoinsIsAnsweredByTheSuccessorAndToldNothingElse) {
  begin();
  RawClient joins(fake_->socket());
  const json opened = joins.open(R"({"name":"s"})").json["result"];
  EXPECT_EQ(opened["epoch"], 2);
  EXPECT_TRUE(joins.passed.empty());
  EXPECT_EQ(recreated()["epoch"], 2);
}

TEST_F(LongRecreationTest, WhoLeavesIsLetGoByTheSuccessor) {
  begin();
  RawClient stays(fake_->socket());
  stays.hello();
  const auto open = stays.request("openSession", R"({"name":"s"})");
  client_->close();
  EXPECT_TRUE(stays.answer(open).json.contains("result"));
  EXPECT_TRUE(row_becomes([](const json& session) { return session["clients"] == 1; }));
}

TEST_F(LongRecreationTest, LingeringSessionComesBackWithNobodyThere) {
  begin();
  client_->close();
  EXPECT_TRUE(row_becomes([](const json& session) {
    return session["state"] == "ready" && session["clients"] == 0 && session["epoch"] == 2;
  }));
}

TEST_F(LongRecreationTest, RequestsThatAreSentMeanwhileAreRefusedByTheSuccessor) {
  begin();
  const auto id = client_->request("applyPatch");
  EXPECT_EQ(client_->answer(id).error_code(), "WORKER_CRASHED");
}

TEST_F(LongRecreationTest, ClosingItEndsEverything) {
  begin();
  RawClient closer = fake_->control();
  const auto restart = control_->request("restartSession", R"({"session":"s"})");
  EXPECT_TRUE(closer.call("closeSession", R"({"session":"s"})").json.contains("result"));
  client_->notification("sessionClosed");
  EXPECT_TRUE(client_->ends());
  EXPECT_EQ(control_->answer(restart).error_code(), "UNKNOWN_SESSION");
  EXPECT_TRUE(fake_->eventually([](const json& status) {
    return status["sessions"].empty() && status["engines"]["serving"] == 0;
  }));
  EXPECT_EQ(counters()["unexpectedEvents"], 0);
}

TEST_F(LongRecreationTest, DaemonStopsInTheMiddleOfIt) {
  begin();
  EXPECT_EQ(fake_->daemon().stop(), "");
}

TEST_F(RecreationTest, LingeringSessionThatNobodyLooksAtComesBackToo) {
  start({}, R"({"name":"s","lingerMs":3600000})");
  client_->call("applyPatch");
  client_->close();
  ASSERT_TRUE(row_becomes([](const json& session) { return session["clients"] == 0; }));
  ASSERT_EQ(::kill(engine(), SIGKILL), 0);
  EXPECT_TRUE(row_becomes(
      [](const json& session) { return session["epoch"] == 2 && session["state"] == "ready"; }));
  RawClient again(fake_->socket());
  again.open(R"({"name":"s","create":false})");
  EXPECT_EQ(again.call("getStats").json["result"]["replay"]["committed"], 24);
}

TEST_F(RecreationTest, EveryClientIsToldAndEachGetsItsOwnErrors) {
  start();
  RawClient other(fake_->socket());
  other.open(R"({"name":"s"})");
  const auto mine = client_->request("getCatalog");
  const auto others = other.request("getCatalog");
  ASSERT_TRUE(row_becomes([](const json& session) { return session["state"] == "busy"; }));
  RawClient third(fake_->socket());
  third.open(R"({"name":"s"})");
  ASSERT_EQ(::kill(engine(), SIGTERM), 0);
  EXPECT_EQ(client_->answer(mine).error_code(), "WORKER_CRASHED");
  EXPECT_EQ(other.answer(others).error_code(), "WORKER_CRASHED");
  EXPECT_EQ(other.await_recreation()["epoch"], 2);
  EXPECT_EQ(third.await_recreation()["epoch"], 2);
  EXPECT_EQ(recreated()["epoch"], 2);
}

TEST_F(RecreationTest, ErrorsThatAFullSocketDidNotTakeAreSentByTheSuccessor) {
  start();
  RawClient sleeper(fake_->socket());
  sleeper.open(R"({"name":"s"})");
  const auto stuck = sleeper.request("getCatalog");
  // Its socket is filled with answers that it does not read.
  for (int i = 0; i < 4000; ++i)
    sleeper.request("getStats");
  const auto last = client_->call("getStats");
  EXPECT_TRUE(last.json.contains("result"));
  // The successor cannot send them either, and dies with them: they are said again.
  for (int i = 0; i < 3; ++i) {
    client_->call("setInput", R"({"signal":9})");
    recreated();
  }
  EXPECT_GT(counters()["noticesDelayed"], 0);
  EXPECT_EQ(sleeper.answer(stuck).error_code(), "WORKER_CRASHED");
  const int epoch = row()["epoch"];
  int told = 0;
  while (told < epoch)
    told = sleeper.await_recreation()["epoch"];
  EXPECT_TRUE(sleeper.call("getStats").json.contains("result"));
}

// ---- what engines are started with, and what is left behind ----

TEST_F(RecreationTest, EnginesGetTheArgumentsOfTheCommandLine) {
  start({"--debug-blocks", "--engine-arg", "--x", "--engine-arg", "y=1"});
  const json arguments = given()["arguments"];
  ASSERT_EQ(arguments.size(), 4U);
  EXPECT_EQ(arguments[1], "--debug-blocks");
  EXPECT_EQ(arguments[2], "--x");
  EXPECT_EQ(arguments[3], "y=1");
}

TEST_F(RecreationTest, LeavesNoDescriptorsAndNoProcesses) {
  start({"--max-restarts", "1000"});
  const auto at_rest = [this] {
    std::size_t count = 0;
    EXPECT_TRUE(fake_->eventually([&](const json& status) {
      const json& engines = status["engines"];
      count = fake_->daemon().descriptor_count();
      return engines["spare"] == 1 && engines["starting"] == 0 && engines["ending"] == 0 &&
             engines["stopping"] == 0;
    }));
    return count;
  };
  client_->call("loadSnapshot");
  client_->call("registerDataset", R"({"n":1})");
  client_->call("setInput", R"({"signal":9})");
  recreated();
  const std::size_t with_session = at_rest();
  for (int i = 0; i < 20; ++i) {
    client_->call("loadSnapshot");
    client_->call("setInput", R"({"signal":11,"commits":true})");
    recreated();
    control_->call("restartSession", R"({"session":"s"})");
    recreated();
  }
  EXPECT_LE(at_rest(), with_session + 2) << "one pair more than after the first";
  client_->close();
  EXPECT_TRUE(fake_->eventually([](const json& status) { return status["sessions"].empty(); }));
  at_rest();
  EXPECT_EQ(fake_->daemon().children().size(), 1U);
  EXPECT_EQ(counters()["unexpectedEvents"], 0);
  EXPECT_EQ(fake_->daemon().stop(), "");
}

TEST_F(RecreationTest, RequestsDoNotWakeTheSupervisorButForItsScans) {
  start();
  ASSERT_TRUE(
      fake_->eventually([](const json& status) { return status["engines"]["spare"] == 1; }));
  const json before = counters();
  const auto begun = Clock::now();
  for (int i = 0; i < 2000; ++i)
    ASSERT_TRUE(client_->call("applyPatch", R"({"bytes":8})").json.contains("result"));
  const json after = counters();
  const int scans = 1 + static_cast<int>(milliseconds_since(begun) / 1000);
  EXPECT_LE(after["wakeups"].get<int>() - before["wakeups"].get<int>(), 3 + scans);
}

}  // namespace
}  // namespace chainsolved::test
