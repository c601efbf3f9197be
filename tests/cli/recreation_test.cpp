// Commands against the real daemon, whose engines are taken away.
#include "chainsolved/control.h"
#include "tests/cli/service.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/types.h>
#include <unistd.h>

namespace chainsolved::test {

namespace {

using nlohmann::json;

/// A number, twice: once through a block that does something else first.
std::string detour(const std::string& type, double seconds) {
  return json{{"version", 1},
              {"nodes",
               {{{"id", "x"}, {"blockType", "number"}, {"data", {{"value", 6}}}},
                {{"id", "detour"}, {"blockType", type}, {"data", {{"seconds", seconds}}}}}},
              {"edges",
               {{{"id", "1"},
                 {"source", "x"},
                 {"sourceHandle", "out"},
                 {"target", "detour"},
                 {"targetHandle", "a"}}}}}
      .dump();
}

class LosingEngines : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Daemon::available() && Command::available()) << "the programs are not built";
    ASSERT_TRUE(daemon_.running()) << daemon_.said();
  }
  std::vector<std::string> environment() const {
    return {"CHAINSOLVED_SOCKET=" + daemon_.socket()};
  }
  Command::Outcome run(std::vector<std::string> arguments, const std::string& input = {}) const {
    return test::run(std::move(arguments), input, environment());
  }
  json show(const std::string& session) const {
    const auto shown = run({"session", "show", session, "--json"});
    EXPECT_EQ(shown.status, 0) << shown.err;
    return shown.status == 0 ? json::parse(shown.out) : json::object();
  }
  void send_signal(const std::string& session, int signal) const {
    const pid_t pid = show(session).value("pid", 0);
    ASSERT_GT(pid, 1);
    ASSERT_EQ(::kill(pid, signal), 0);
  }
  /// Kills the engine of `session` in the middle of an evaluation.
  void kill_when_busy(const std::string& session) const {
    client::Options options;
    options.socket = daemon_.socket();
    options.spawn = client::Spawn::Never;
    auto control = client::ControlConnection::open(options);
    ASSERT_TRUE(control.ok()) << control.error().message;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < limit) {
      const auto rows = control->list_sessions();
      ASSERT_TRUE(rows.ok()) << rows.error().message;
      for (const client::SessionRow& row : *rows)
        if (row.name == session && row.state == "busy") {
          ASSERT_EQ(::kill(static_cast<pid_t>(row.pid), SIGKILL), 0);
          return;
        }
    }
    FAIL() << "the engine has not become busy";
  }

  Daemon daemon_ = Daemon::start({"--debug-blocks", "--watchdog-ms", "300"});
};

TEST_F(LosingEngines, EvalSurvivesAKillAndSaysSo) {
  Command evaluation({"eval", "-", "--json", "--session", "desk"}, environment());
  evaluation.write(detour("debug.progress", 0.5));
  evaluation.close_input();
  kill_when_busy("desk");
  const auto outcome = evaluation.finish();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["values"]["detour"]["value"], 6);
  EXPECT_NE(outcome.err.find("killed by signal 9 (Killed)"), std::string::npos) << outcome.err;
}

TEST_F(LosingEngines, EvalOfABlockThatCrashesOrHangsIsStatusNine) {
  const auto crashed = run({"eval", "-"}, detour("debug.segv", 0));
  EXPECT_EQ(crashed.status, 9) << crashed.err;
  EXPECT_NE(crashed.err.find("WORKER_CRASHED"), std::string::npos) << crashed.err;
  EXPECT_NE(crashed.err.find("Segmentation fault"), std::string::npos) << crashed.err;
  const auto hung = run({"eval", "-"}, detour("debug.sleep", 60));
  EXPECT_EQ(hung.status, 9) << hung.err;
  EXPECT_NE(hung.err.find("WORKER_WATCHDOG"), std::string::npos) << hung.err;
  EXPECT_EQ(hung.out, "");
}

TEST_F(LosingEngines, RpcPassesItOnAndGoesOn) {
  Command client({"rpc", "--session", "desk"}, environment());
  client.write(R"({"id":1,"method":"loadSnapshot","params":{"snapshot":)" + detour("negate", 0) +
               "}}\n");
  ASSERT_NE(client.read_line().find("\"id\":1"), std::string::npos);
  send_signal("desk", SIGKILL);
  const json recreating = json::parse(client.read_line());
  EXPECT_EQ(recreating["method"], "recreating");
  EXPECT_EQ(recreating["params"]["code"], "WORKER_CRASHED");
  const json recreated = json::parse(client.read_line());
  EXPECT_EQ(recreated["method"], "recreated");
  EXPECT_EQ(recreated["params"]["epoch"], 2);
  const json values = json::parse(client.read_line());
  EXPECT_EQ(values["method"], "valuesChanged");
  EXPECT_EQ(values["params"]["full"], true);
  EXPECT_EQ(values["params"]["changedValues"]["detour"]["value"], -6);
  client.write("{\"id\":2,\"method\":\"getValues\"}\n");
  EXPECT_NE(client.read_line().find("\"value\":-6"), std::string::npos);
  EXPECT_EQ(client.finish().status, 0);
}

TEST_F(LosingEngines, RestartingIsToldInShowListAndStatus) {
  Command client({"rpc", "--session", "desk"}, environment());
  client.write("{\"id\":1,\"method\":\"getStats\"}\n");
  ASSERT_NE(client.read_line(), "");
  const auto restarted = run({"session", "restart", "desk", "--json"});
  EXPECT_EQ(restarted.status, 0) << restarted.err;
  EXPECT_EQ(json::parse(restarted.out), json::parse(R"({"restarted":"desk","epoch":2})"));
  send_signal("desk", SIGKILL);
  // The client is told of both; then the session serves again.
  for (int recreated = 0; recreated < 2;) {
    const std::string line = client.read_line();
    ASSERT_NE(line, "");
    recreated += line.find("\"recreated\"") != std::string::npos ? 1 : 0;
  }
  const json shown = show("desk");
  EXPECT_EQ(shown["epoch"], 3);
  EXPECT_EQ(shown["restarts"], 2);
  ASSERT_EQ(shown["deaths"].size(), 2U);
  EXPECT_EQ(shown["deaths"][0]["code"], "SESSION_RESTARTED");
  EXPECT_EQ(shown["deaths"][1]["code"], "WORKER_CRASHED");
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"session", "show", "desk"}, {"status"}}) {
    const auto text = run(arguments);
    EXPECT_NE(text.out.find("SESSION_RESTARTED"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("signal 9 (Killed)"), std::string::npos) << text.out;
  }
  EXPECT_EQ(run({"session", "restart", "nobody"}).status, 2);
}

TEST(Serving, PassesTheDaemonsOptionsOn) {
  const TemporaryDirectory directory;
  const std::string socket = directory.path() + "/engine.sock";
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, 0), 0);  // NOLINT(android-cloexec-pipe2): the daemon inherits one
  const UniqueFd reader(AdoptFd{}, ends[0]);
  UniqueFd writer(AdoptFd{}, ends[1]);
  Command server({"serve",
                  "--socket",
                  socket,
                  "--ready-fd",
                  std::to_string(writer.get()),
                  "--watchdog-ms",
                  "200",
                  "--watchdog-mode",
                  "response",
                  "--max-request-ms",
                  "60000",
                  "--max-restarts",
                  "3",
                  "--restart-window-ms",
                  "5000",
                  "--kill-timeout-ms",
                  "500",
                  "--debug-blocks"});
  writer.reset();
  char ready = 0;
  ASSERT_EQ(::read(reader.get(), &ready, 1), 1) << server.finish().err;
  // In the other mode, and with the default watchdog, it would advance to its end.
  const auto outcome = run({"eval", "-", "--socket", socket}, detour("debug.progress", 2));
  EXPECT_EQ(outcome.status, 9) << outcome.out << outcome.err;
  EXPECT_NE(outcome.err.find("WORKER_WATCHDOG"), std::string::npos) << outcome.err;
  server.signal(SIGINT);
  EXPECT_EQ(server.finish().status, 0);
  EXPECT_EQ(run({"serve", "--socket", socket, "--watchdog-mode", "sometimes"}).status, 2);
}

}  // namespace

}  // namespace chainsolved::test
