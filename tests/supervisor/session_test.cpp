// Sessions: opening, joining, ending, and engines that die, in a real daemon with fake engines.
#include "tests/supervisor/fake_daemon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include <sys/types.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

class SessionTest : public ::testing::Test {
 protected:
  explicit SessionTest(std::vector<std::string> arguments = {}) : fake_(std::move(arguments)) {}
  void SetUp() override { ASSERT_TRUE(fake_.daemon().running()) << fake_.daemon().said(); }

  bool sessions_become(std::size_t count) {
    return fake_.eventually([=](const json& status) { return status["sessions"].size() == count; });
  }
  /// One spare, no engine still to be reaped: what the daemon is between sessions.
  bool comes_to_rest() {
    return fake_.eventually([](const json& status) {
      const json& engines = status["engines"];
      return status["sessions"].empty() && engines["spare"] == 1 && engines["starting"] == 0 &&
             engines["serving"] == 0 && engines["ending"] == 0;
    });
  }

  /// Counted while the daemon has one connection, ours.
  std::size_t descriptors_at_rest() {
    std::size_t count = 0;
    EXPECT_TRUE(fake_.eventually([&](const json& status) {
      count = fake_.daemon().descriptor_count();
      return status["connections"] == 1;
    }));
    return count;
  }

  FakeDaemon fake_;
};

class SmallSessionTest : public SessionTest {
 protected:
  SmallSessionTest() : SessionTest({"--max-sessions", "2", "--limit", "maxClients=2"}) {}
};

TEST_F(SessionTest, EngineAnswersTheOpenUnderItsOwnId) {
  RawClient client(fake_.socket());
  const json result = client.open().json.at("result");
  EXPECT_EQ(result["sessionId"], "s1");
  EXPECT_TRUE(result["created"]);
  EXPECT_NE(result["enginePid"], fake_.daemon().pid());
}

TEST_F(SessionTest, NamedSessionIsJoinedByTheNextAndUnnamedOnesAreNot) {
  RawClient first(fake_.socket());
  RawClient second(fake_.socket());
  RawClient third(fake_.socket());
  const json created = first.open(R"({"name":"canvas"})").json.at("result");
  const json joined = second.open(R"({"name":"canvas","create":false})").json.at("result");
  EXPECT_EQ(joined["sessionId"], created["sessionId"]);
  EXPECT_EQ(joined["enginePid"], created["enginePid"]);
  EXPECT_FALSE(joined["created"]);
  EXPECT_EQ(joined["clientId"], 2);
  EXPECT_NE(third.open().json.at("result")["sessionId"], created["sessionId"]);
  EXPECT_TRUE(sessions_become(2));
}

TEST_F(SessionTest, RefusedOpenLeavesTheConnectionUsable) {
  RawClient owner(fake_.socket());
  owner.open(R"({"name":"canvas","watchdogMs":100})");
  RawClient client = fake_.control();
  EXPECT_EQ(client.call("openSession", R"({"name":"none","create":false})").error_code(),
            "UNKNOWN_SESSION");
  const auto contradiction = client.call("openSession", R"({"name":"canvas","watchdogMs":200})");
  EXPECT_EQ(contradiction.error_code(), "NOT_ALLOWED");
  EXPECT_NE(contradiction.json["error"]["message"].get<std::string>().find("watchdogMs"),
            std::string::npos);
  EXPECT_EQ(client.call("openSession", R"({"name":7})").json["error"]["code"], -32602);
  EXPECT_TRUE(client.call("openSession", R"({"name":"canvas"})").json.contains("result"));
}

TEST_F(SmallSessionTest, OneSessionOrClientTooManyIsALimit) {
  RawClient a(fake_.socket());
  RawClient b(fake_.socket());
  a.open(R"({"name":"a"})");
  b.open(R"({"name":"a"})");
  RawClient c = fake_.control();
  const auto third_client = c.call("openSession", R"({"name":"a"})");
  EXPECT_EQ(third_client.error_code(), "LIMIT_EXCEEDED");
  EXPECT_EQ(third_client.json["error"]["data"]["limit"], "maxClients");
  RawClient second(fake_.socket());
  second.open();
  const auto third_session = c.call("openSession");
  EXPECT_EQ(third_session.error_code(), "LIMIT_EXCEEDED");
  EXPECT_EQ(third_session.json["error"]["data"]["limit"], "maxSessions");
  EXPECT_EQ(third_session.json["error"]["data"]["max"], 2);
}

TEST_F(SmallSessionTest, LingeringSessionMakesRoomForANewOne) {
  RawClient lingering(fake_.socket());
  lingering.open(R"({"name":"old","lingerMs":3600000})");
  lingering.close();
  RawClient staying(fake_.socket());
  staying.open();
  EXPECT_TRUE(fake_.eventually([](const json& status) {
    return status["sessions"].size() == 2 && status["sessions"][0]["clients"] == 0;
  }));
  RawClient next(fake_.socket());
  EXPECT_EQ(next.open().json["result"]["sessionId"], "s3");
  const json rows = fake_.status()["sessions"];
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows[0].contains("name"));
}

TEST_F(SessionTest, SessionEndsWithItsLastClientAndLeavesNothing) {
  ASSERT_TRUE(comes_to_rest());
  const std::size_t before = descriptors_at_rest();
  for (int i = 0; i < 5; ++i) {
    RawClient first(fake_.socket());
    RawClient second(fake_.socket());
    first.open(R"({"name":"shared"})");
    second.open(R"({"name":"shared"})");
    first.close();
    EXPECT_TRUE(
        fake_.eventually([](const json& status) { return status["sessions"][0]["clients"] == 1; }));
    EXPECT_TRUE(second.call("dispose").json.contains("result"));
    EXPECT_TRUE(sessions_become(0));
  }
  ASSERT_TRUE(comes_to_rest());
  EXPECT_EQ(descriptors_at_rest(), before);
  EXPECT_EQ(fake_.daemon().children().size(), 1U);
}

TEST_F(SessionTest, LingeringSessionIsJoinedAgain) {
  RawClient first(fake_.socket());
  const json opened = first.open(R"({"name":"kept","lingerMs":3600000})").json["result"];
  first.close();
  EXPECT_TRUE(
      fake_.eventually([](const json& status) { return status["sessions"][0]["clients"] == 0; }));
  RawClient second(fake_.socket());
  const json joined = second.open(R"({"name":"kept","create":false})").json["result"];
  EXPECT_EQ(joined["enginePid"], opened["enginePid"]);
}

TEST_F(SessionTest, LingeringEndsWhenItsTimeIsOver) {
  RawClient first(fake_.socket());
  first.open(R"({"name":"brief","lingerMs":20})");
  first.close();
  EXPECT_TRUE(sessions_become(0));
}

TEST_F(SessionTest, ClosingTellsEveryClientWhyAndEndsTheirConnections) {
  RawClient first(fake_.socket());
  RawClient second(fake_.socket());
  first.open(R"({"name":"doomed"})");
  second.open(R"({"name":"doomed"})");
  RawClient control = fake_.control();
  EXPECT_EQ(control.call("closeSession", R"({"session":"other"})").error_code(), "UNKNOWN_SESSION");
  EXPECT_EQ(control.call("closeSession", R"({"session":5})").json["error"]["code"], -32602);
  EXPECT_EQ(control.call("closeSession", R"({"session":"doomed"})").json["result"], json::object());
  for (RawClient* client : {&first, &second}) {
    const auto notice = client->notification("sessionClosed");
    EXPECT_EQ(notice.json["params"]["session"], "s1");
    EXPECT_TRUE(client->ends());
  }
  EXPECT_TRUE(comes_to_rest());
  EXPECT_EQ(fake_.status()["counters"]["engineDeaths"], 0);
}

TEST_F(SessionTest, NameOfAClosedSessionIsFreeAtOnce) {
  RawClient first(fake_.socket());
  first.open(R"({"name":"n"})");
  RawClient control = fake_.control();
  control.call("closeSession", R"({"session":"s1"})");
  const json result = control.call("openSession", R"({"name":"n"})").json["result"];
  EXPECT_EQ(result["sessionId"], "s2");
  EXPECT_TRUE(result["created"]);
}

TEST_F(SessionTest, DeadEnginesRequestsAreAnsweredBeforeTheSessionComesBack) {
  RawClient busy(fake_.socket());
  RawClient idle(fake_.socket());
  busy.open(R"({"name":"s"})");
  idle.open(R"({"name":"s"})");
  const std::uint64_t read = busy.request("getCatalog");
  const std::uint64_t change = busy.request("setInput", R"({"signal":11})");
  const auto read_error = busy.answer(read);
  EXPECT_EQ(read_error.error_code(), "WORKER_CRASHED");
  EXPECT_FALSE(read_error.json["error"]["data"].contains("applied"));
  const auto change_error = busy.answer(change);
  EXPECT_EQ(change_error.error_code(), "WORKER_CRASHED");
  const std::string message = change_error.json["error"]["message"];
  EXPECT_NE(message.find("signal 11 (Segmentation fault)"), std::string::npos) << message;
  EXPECT_EQ(change_error.json["error"]["data"]["method"], "setInput");
  EXPECT_EQ(change_error.json["error"]["data"]["applied"], false);
  for (RawClient* client : {&busy, &idle})
    EXPECT_EQ(client->notification("recreated").json["params"]["epoch"], 2);
  const json counters = fake_.status()["counters"];
  EXPECT_EQ(counters["engineDeaths"], 1);
  EXPECT_EQ(counters["recreations"], 1);
  EXPECT_EQ(counters["unexpectedEvents"], 0);
}

TEST_F(SessionTest, DeathOfOneSessionIsNoBusinessOfAnother) {
  RawClient victim(fake_.socket());
  RawClient other(fake_.socket());
  victim.open();
  const json mine = other.open().json["result"];
  EXPECT_EQ(victim.call("setInput", R"({"signal":6})").error_code(), "WORKER_CRASHED");
  EXPECT_EQ(other.call("getStats").json["result"]["pid"], mine["enginePid"]);
}

TEST_F(SessionTest, SpareThatDiesIsReplaced) {
  ASSERT_TRUE(comes_to_rest());
  const std::vector<pid_t> spares = fake_.daemon().children();
  ASSERT_EQ(spares.size(), 1U);
  ::kill(spares[0], SIGKILL);
  EXPECT_TRUE(fake_.eventually([](const json& status) {
    return status["engines"]["spare"] == 1 && status["counters"]["engineDeaths"] == 1;
  }));
  EXPECT_NE(fake_.daemon().children(), spares);
}

TEST_F(SessionTest, SpareIsReplacedOnceItsSessionIsReady) {
  ASSERT_TRUE(comes_to_rest());
  const std::vector<pid_t> spares = fake_.daemon().children();
  RawClient client(fake_.socket());
  EXPECT_EQ(client.open().json["result"]["enginePid"], spares.at(0));
  EXPECT_TRUE(fake_.eventually([](const json& status) { return status["engines"]["spare"] == 1; }));
}

TEST_F(SessionTest, ManyOpenAtOnceAndEachGetsAnEngineOfItsOwn) {
  constexpr std::size_t kClients = 20;
  std::vector<RawClient> clients;
  std::vector<std::uint64_t> opens;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back(fake_.socket());
    clients.back().hello();
  }
  for (RawClient& client : clients)
    opens.push_back(client.request("openSession"));
  std::vector<int> engines;
  for (std::size_t i = 0; i < kClients; ++i)
    engines.push_back(clients[i].answer(opens[i]).json.at("result").at("enginePid"));
  std::sort(engines.begin(), engines.end());
  EXPECT_EQ(std::unique(engines.begin(), engines.end()), engines.end());
}

TEST_F(SessionTest, ClientThatVanishesWhileItsEngineStartsLeavesNothing) {
  FakeDaemon slow({"--spare-engines", "0"});
  ASSERT_TRUE(slow.daemon().running()) << slow.daemon().said();
  slow.engines().set_mode("mute");
  RawClient client = slow.control();
  client.request("openSession");
  EXPECT_TRUE(slow.eventually([](const json& status) { return status["sessions"].size() == 1; }));
  client.close();
  EXPECT_TRUE(slow.eventually([](const json& status) { return status["sessions"].empty(); }));
}

TEST_F(SessionTest, EngineThatCannotStartIsSaidWithItsReasonAndTheConnectionGoesOn) {
  FakeDaemon broken({"--spare-engines", "0"});
  ASSERT_TRUE(broken.daemon().running()) << broken.daemon().said();
  broken.engines().set_mode("exit 3");
  RawClient client = broken.control();
  const auto refused = client.call("openSession");
  EXPECT_EQ(refused.error_code(), "ENGINE_START_FAILED");
  EXPECT_NE(refused.json["error"]["message"].get<std::string>().find("status 3"),
            std::string::npos);
  // Meanwhile others are told at once, and it is tried again.
  EXPECT_EQ(client.call("openSession").error_code(), "ENGINE_START_FAILED");
  broken.engines().set_mode("");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  bool opened = false;
  while (!opened && std::chrono::steady_clock::now() < end)
    opened = client.call("openSession").json.contains("result");
  EXPECT_TRUE(opened);
}

TEST_F(SessionTest, EngineThatDiesBeforeItServesGivesTheConnectionBack) {
  FakeDaemon broken({"--spare-engines", "0"});
  ASSERT_TRUE(broken.daemon().running()) << broken.daemon().said();
  broken.engines().set_mode("die-on-attach");
  RawClient client = broken.control();
  EXPECT_EQ(client.call("openSession").error_code(), "ENGINE_START_FAILED");
  broken.engines().set_mode("");
  EXPECT_TRUE(client.call("openSession").json.contains("result"));
}

TEST_F(SessionTest, EngineInheritsNothingButItsChannelAndItsPage) {
  RawClient client(fake_.socket());
  client.open();
  const json given = client.call("getStats").json["result"];
  // 4 was the status page, mapped and closed; now it is the client's socket.
  EXPECT_EQ(given["descriptors"], json({0, 1, 2, 3, 4}));
  for (const std::string variable : given["environment"])
    EXPECT_NE(variable.find("SAN_OPTIONS="), std::string::npos) << variable;
  EXPECT_TRUE(given["ownGroup"]);
  EXPECT_EQ(given["deathSignal"], SIGKILL);
  EXPECT_EQ(given["coreLimit"], 0);
  EXPECT_FALSE(given["termIsBlocked"]);
  EXPECT_TRUE(given["pipeIsDefault"]);
}

TEST_F(SessionTest, PortableMathIsToldToTheMathLibrary) {
  FakeDaemon portable({"--portable-math"});
  ASSERT_TRUE(portable.daemon().running()) << portable.daemon().said();
  RawClient client(portable.socket());
  client.open();
  const json variables = client.call("getStats").json["result"]["environment"];
  EXPECT_NE(
      std::find(
          variables.begin(), variables.end(), json("GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4")),
      variables.end());
}

TEST_F(SessionTest, RequestsDoNotWakeTheSupervisor) {
  RawClient client(fake_.socket());
  client.open();
  ASSERT_TRUE(fake_.eventually([](const json& status) { return status["engines"]["spare"] == 1; }));
  RawClient control = fake_.control();
  const auto counters = [&] {
    return control.call("status").json["result"]["counters"];
  };
  const json before = counters();
  for (int i = 0; i < 500; ++i)
    ASSERT_TRUE(client.call("getStats").json.contains("result"));
  const json after = counters();
  EXPECT_EQ(after["handedWakeups"], before["handedWakeups"]);
  // The second of the two questions is one wake-up, or two.
  EXPECT_LE(after["wakeups"].get<int>() - before["wakeups"].get<int>(), 2);
  EXPECT_EQ(after["requests"].get<int>() - before["requests"].get<int>(), 1);
}

}  // namespace
}  // namespace chainsolved::test
