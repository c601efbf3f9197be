// Commands whose session's engine is replaced, with a scripted daemon.
#include "client/cli/survival.h"

#include "tests/cli/command.h"
#include "tests/client/scripted_peer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace chainsolved::cli {

namespace {

using nlohmann::json;
using test::Command;
using test::PeerMessage;
using test::PeerThread;
using test::ScriptedPeer;

constexpr const char* kOneNode =
    R"({"version":1,"nodes":[{"id":"n","blockType":"number","data":{"value":2}}],"edges":[]})";

constexpr const char* kKilled =
    R"x(,"method":"loadSnapshot","elapsedMs":3,"signal":"signal 9 (Killed)","applied":)x";

Error crash(Applied applied, const std::string& detail) {
  return {ErrorCode::WorkerCrashed, "The engine process died", detail, applied};
}

TEST(Survival, OnlyWhatIsNobodysFaultIsSurvived) {
  const auto by = [](const std::string& signal) {
    return R"("elapsedMs":3,"signal":")" + signal + "\"";
  };
  EXPECT_EQ(survival_of(crash(Applied::No, by("signal 9 (Killed)"))), Survival::SendAgain);
  EXPECT_EQ(survival_of(crash(Applied::No, by("signal 15 (Terminated)"))), Survival::SendAgain);
  EXPECT_EQ(survival_of(crash(Applied::Yes, by("signal 9 (Killed)"))), Survival::ReadBack);
  EXPECT_EQ(survival_of(crash(Applied::Unknown, by("signal 9 (Killed)"))), Survival::None);
  EXPECT_EQ(survival_of(crash(Applied::No, by("signal 11 (Segmentation fault)"))), Survival::None);
  EXPECT_EQ(survival_of(crash(Applied::No, by("signal 6 (Aborted)"))), Survival::None);
  EXPECT_EQ(survival_of(crash(Applied::No, R"("elapsedMs":3)")), Survival::None) << "it exited";
  EXPECT_EQ(survival_of(crash(Applied::No, "")), Survival::SendAgain) << "never taken";
  EXPECT_EQ(survival_of({ErrorCode::SessionRestarted, "", "", Applied::No}), Survival::SendAgain);
  for (const ErrorCode code : {ErrorCode::WorkerWatchdog,
                               ErrorCode::WorkerOom,
                               ErrorCode::WorkerCrashLoop,
                               ErrorCode::Cancelled,
                               ErrorCode::DaemonLost})
    EXPECT_EQ(survival_of({code, "", "", Applied::No}), Survival::None);
}

/// The peer's part of a recreation.
void recreate(ScriptedPeer& peer) {
  ++peer.epoch;
  peer.notify("recreated",
              R"({"session":"s1","epoch":)" + std::to_string(peer.epoch) +
                  R"(,"reason":"killed","code":"WORKER_CRASHED","lostDatasets":[]})");
  peer.notify("valuesChanged", R"({"full":true,"changedValues":{}})");
}

void kill_at(ScriptedPeer& peer, const PeerMessage& request, const std::string& members) {
  peer.notify("recreating", R"({"session":"s1","reason":"killed","code":"WORKER_CRASHED"})");
  peer.fail(request.header.id, "WORKER_CRASHED", members);
}

/// eval of kOneNode with this daemon.
Command::Outcome eval(const ScriptedPeer& peer, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"eval", "-", "--json", "--no-spawn", "--socket", peer.path()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::run(std::move(arguments), kOneNode);
}

const std::string kValues = R"("values":{"n":{"kind":"scalar","value":2}},"diagnostics":[])";

TEST(EvalSurvives, ARequestThatWasNotAppliedIsSentAgainToTheSuccessor) {
  ScriptedPeer peer;
  Command::Outcome outcome;
  {
    const PeerThread script([&] {
      peer.open_session();
      kill_at(peer, peer.next(), kKilled + std::string("false"));
      recreate(peer);
      const PeerMessage again = peer.next();
      EXPECT_TRUE(again.mentions("loadSnapshot"));
      EXPECT_EQ(again.header.epoch, 2U);
      peer.reply(again.header.id, "{" + kValues + "}");
      peer.wait_for_end();
    });
    outcome = eval(peer);
  }
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["values"]["n"]["value"], 2);
  EXPECT_NE(outcome.err.find("killed by signal 9 (Killed)"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("again"), std::string::npos) << outcome.err;
}

TEST(EvalSurvives, ARequestThatWasAppliedIsNotSentAgainAndItsValuesAreRead) {
  ScriptedPeer peer;
  Command::Outcome outcome;
  {
    const PeerThread script([&] {
      peer.open_session();
      kill_at(peer, peer.next(), kKilled + std::string("true"));
      recreate(peer);
      const PeerMessage values = peer.next();
      EXPECT_TRUE(values.mentions("getValues")) << values.json;
      peer.reply(values.header.id, R"({"values":{"n":{"kind":"scalar","value":7}}})");
      const PeerMessage diagnostics = peer.next();
      EXPECT_TRUE(diagnostics.mentions("validateGraph")) << diagnostics.json;
      peer.reply(diagnostics.header.id,
                 R"({"diagnostics":[{"nodeId":"n","level":"warning","code":"X","message":"m"}]})");
      peer.wait_for_end();
    });
    outcome = eval(peer);
  }
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["values"]["n"]["value"], 7);
  EXPECT_EQ(result["diagnostics"][0]["code"], "X");
  EXPECT_NE(outcome.err.find("successor has the graph"), std::string::npos) << outcome.err;
}

TEST(EvalSurvives, ARestartByAnotherClient) {
  ScriptedPeer peer;
  Command::Outcome outcome;
  {
    const PeerThread script([&] {
      peer.open_session();
      peer.reply(peer.next().header.id, "{" + kValues + "}");
      const PeerMessage inputs = peer.next();
      peer.notify("recreating", R"({"session":"s1","code":"SESSION_RESTARTED"})");
      recreate(peer);
      // It lay in the socket: the successor refuses it by its epoch.
      peer.fail(inputs.header.id, "SESSION_RESTARTED", R"(,"applied":false)");
      const PeerMessage again = peer.next();
      EXPECT_EQ(again.json, inputs.json);
      peer.reply(again.header.id, R"({"changedValues":{"n":{"kind":"scalar","value":5}}})");
      peer.wait_for_end();
    });
    outcome = eval(peer, {"--set", "n=5"});
  }
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["values"]["n"]["value"], 5);
  EXPECT_NE(outcome.err.find("restarted"), std::string::npos) << outcome.err;
}

TEST(EvalSurvives, OnlyOneDeathOfARequest) {
  ScriptedPeer peer;
  Command::Outcome outcome;
  {
    const PeerThread script([&] {
      peer.open_session();
      kill_at(peer, peer.next(), kKilled + std::string("false"));
      recreate(peer);
      kill_at(peer, peer.next(), kKilled + std::string("false"));
      EXPECT_THROW(peer.next(), std::runtime_error);
    });
    outcome = eval(peer);
  }
  EXPECT_EQ(outcome.status, 9) << outcome.err;
  EXPECT_NE(outcome.err.find("WORKER_CRASHED"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(EvalSurvives, NothingThatTheRequestItselfBringsAbout) {
  const std::vector<std::pair<std::string, std::string>> deaths{
      {"WORKER_WATCHDOG", R"x(,"signal":"signal 9 (Killed)","applied":false)x"},
      {"WORKER_CRASHED", R"x(,"signal":"signal 11 (Segmentation fault)","applied":false)x"},
      {"WORKER_OOM", R"(,"applied":false)"},
      {"WORKER_CRASH_LOOP", R"(,"applied":false)"}};
  for (const auto& [code, members] : deaths) {
    ScriptedPeer peer;
    Command::Outcome outcome;
    {
      const PeerThread script([&, name = code, rest = members] {
        peer.open_session();
        const PeerMessage load = peer.next();
        peer.notify("recreating", R"({"session":"s1","code":")" + name + "\"}");
        recreate(peer);
        peer.fail(load.header.id, name, R"(,"elapsedMs":3)" + rest);
        EXPECT_THROW(peer.next(), std::runtime_error);
      });
      outcome = eval(peer);
    }
    EXPECT_EQ(outcome.status, 9) << outcome.err;
    EXPECT_NE(outcome.err.find(code), std::string::npos) << outcome.err;
  }
}

TEST(EvalSurvives, TheTimeIsSpentThoughTheSuccessorNeverComes) {
  ScriptedPeer peer;
  Command::Outcome outcome;
  {
    const PeerThread script([&] {
      peer.open_session();
      kill_at(peer, peer.next(), kKilled + std::string("false"));
      EXPECT_THROW(peer.next(), std::runtime_error);
    });
    outcome = eval(peer, {"--timeout", "0.3"});
  }
  EXPECT_EQ(outcome.status, 5) << outcome.err;
}

TEST(RpcSurvives, BothNotificationsAreLinesAndWhatIsAskedMeanwhileIsAnswered) {
  ScriptedPeer peer;
  Command::Outcome outcome;
  {
    Command command({"rpc", "--no-spawn", "--socket", peer.path()});
    const PeerThread script([&] {
      peer.open_session();
      kill_at(peer, peer.next(), kKilled + std::string("true"));
    });
    command.write("{\"id\":\"a\",\"method\":\"getStats\"}\n");
    const json recreating = json::parse(command.read_line());
    EXPECT_EQ(recreating["method"], "recreating");
    EXPECT_EQ(recreating["params"]["code"], "WORKER_CRASHED");
    const json error = json::parse(command.read_line());
    EXPECT_EQ(error["id"], "a");
    EXPECT_EQ(error["error"]["data"]["applied"], true);
    EXPECT_EQ(error["error"]["data"]["signal"], "signal 9 (Killed)");
    command.write("{\"id\":\"b\",\"method\":\"getStats\"}\n");
    const PeerThread successor([&] {
      recreate(peer);
      const PeerMessage held = peer.next();
      EXPECT_EQ(held.header.epoch, 2U);
      peer.reply(held.header.id, R"({"nodeCount":4})");
    });
    outcome = command.finish();
  }
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find(R"("method":"recreated","params":{"session":"s1","epoch":2)"),
            std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.out.find(R"("id":"b","result":{"nodeCount":4})"), std::string::npos)
      << outcome.out;
}

// --- what is told of deaths ---

constexpr const char* kSessions = R"x({"sessions":[
  {"sessionId":"s1","name":"","state":"ready","epoch":1,"pid":10,"clients":1,"restarts":0},
  {"sessionId":"s2","name":"desk","state":"failed","epoch":3,"pid":11,"clients":2,"nodes":12,
   "datasets":1,"datasetBytes":2048,"residentBytes":1048576,"busyMs":5,"restarts":2,
   "deaths":[
    {"kind":"hang","reason":"made no progress","code":"WORKER_WATCHDOG","node":"slow","lostMs":305,"at":1700000000000},
    {"kind":"killed","reason":"was killed","code":"WORKER_CRASHED","signal":"signal 9 (Killed)","lostMs":2.5,"at":1}],
   "suspects":["slow","other"],"quarantined":["worst"],"snapshotSetAside":true}]})x";

/// A daemon that answers hello and `count` further requests with kSessions.
Command::Outcome ask(std::vector<std::string> arguments, const std::string& status = "{}") {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.accept();
    peer.reply(peer.next().header.id, R"({"protocol":1,"daemonVersion":"0.1.0"})");
    try {
      while (true) {
        const PeerMessage request = peer.next();
        peer.reply(request.header.id, request.mentions("listSessions") ? kSessions : status);
      }
    } catch (const std::runtime_error&) {
      return;  // it has asked what it wanted to
    }
  });
  arguments.insert(arguments.end(), {"--socket", peer.path()});
  return test::run(std::move(arguments));
}

TEST(SessionShow, TellsStateDeathsAndSuspectsInWords) {
  for (const char* session : {"desk", "s2"}) {
    const auto outcome = ask({"session", "show", session});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    for (const char* text : {"Session s2",
                             "desk",
                             "failed, epoch 3",
                             "process 11",
                             "12 nodes",
                             "slow, other",
                             "worst",
                             "set aside",
                             "2023-11-1",
                             "hang",
                             "made no progress",
                             "WORKER_WATCHDOG",
                             "305 ms",
                             "signal 9 (Killed)",
                             "2.5 ms"})
      EXPECT_NE(outcome.out.find(text), std::string::npos) << text << "\n" << outcome.out;
  }
}

TEST(SessionShow, WithoutDeathsSaysNothingOfThem) {
  const auto outcome = ask({"session", "show", "s1"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("ready, epoch 1"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("ended"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("suspects"), std::string::npos) << outcome.out;
}

TEST(SessionShow, JsonIsTheSessionsWholeRow) {
  const auto outcome = ask({"session", "show", "desk", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out), json::parse(kSessions)["sessions"][1]);
}

TEST(SessionShow, OfNobodyIsAnError) {
  const auto outcome = ask({"session", "show", "nobody"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("UNKNOWN_SESSION"), std::string::npos) << outcome.err;
}

TEST(SessionRestart, TellsTheNewEpoch) {
  const auto outcome = ask({"session", "restart", "desk", "--json"}, R"({"epoch":4})");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out), json::parse(R"({"restarted":"desk","epoch":4})"));
  const auto text = ask({"session", "restart", "desk"}, R"({"epoch":4})");
  EXPECT_EQ(text.out, "");
  EXPECT_NE(text.err.find("epoch 4"), std::string::npos) << text.err;
}

TEST(Status, TellsRestartsAndDeaths) {
  const auto status = ask({"status"}, R"({"uptimeMs":1000,"counters":{}})");
  EXPECT_EQ(status.status, 0) << status.err;
  for (const char* text : {"RESTARTS", "hang", "slow", "signal 9 (Killed)", "desk"})
    EXPECT_NE(status.out.find(text), std::string::npos) << text << "\n" << status.out;
  const auto list = ask({"session", "list"});
  EXPECT_NE(list.out.find("RESTARTS"), std::string::npos) << list.out;
}

}  // namespace

}  // namespace chainsolved::cli
