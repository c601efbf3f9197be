#include "tests/cli/service.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <map>
#include <memory>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

class Control : public WithDaemon {
 protected:
  /// A client in session `name`, whose answer has been seen.
  std::unique_ptr<Command> join(const std::string& name) {
    auto client = std::make_unique<Command>(std::vector<std::string>{"rpc", "--session", name},
                                            environment());
    client->write("{\"id\":1,\"method\":\"getStats\"}\n");
    EXPECT_NE(client->read_line(), "");
    return client;
  }
};

TEST_F(Control, StatusTellsWhatTheDaemonIs) {
  const auto client = join("desk");
  const auto text = run({"status"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_NE(text.out.find("process " + std::to_string(daemon_.pid())), std::string::npos)
      << text.out;
  EXPECT_NE(text.out.find("desk"), std::string::npos) << text.out;
  const auto machine = run({"status", "--json"});
  EXPECT_EQ(machine.status, 0) << machine.err;
  const json status = json::parse(machine.out);
  for (const char* member : {"uptimeMs", "counters", "sessions", "limits", "versions"})
    EXPECT_TRUE(status.contains(member)) << member;
}

TEST_F(Control, SessionsAreListed) {
  EXPECT_EQ(run({"session", "list"}).out, "No sessions.\n");
  const auto client = join("desk");
  const json listed = json::parse(run({"session", "list", "--json"}).out);
  ASSERT_EQ(listed["sessions"].size(), 1U);
  EXPECT_EQ(listed["sessions"][0]["name"], "desk");
  EXPECT_EQ(listed["sessions"][0]["clients"], 1);
  EXPECT_NE(run({"session", "list"}).out.find("desk"), std::string::npos);
}

TEST_F(Control, ClosingASessionEndsItForItsClients) {
  const auto client = join("desk");
  const auto closed = run({"session", "close", "desk", "--json"});
  EXPECT_EQ(closed.status, 0) << closed.err;
  EXPECT_EQ(json::parse(closed.out), json::parse(R"({"closed": "desk"})"));
  EXPECT_NE(client->read_line().find("sessionClosed"), std::string::npos);
  EXPECT_EQ(client->finish().status, 3);
  EXPECT_EQ(json::parse(run({"session", "list", "--json"}).out)["sessions"], json::array());
}

TEST_F(Control, ClosingWhatIsNotThereIsAnError) {
  const auto outcome = run({"session", "close", "nobody"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("UNKNOWN_SESSION"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("nobody"), std::string::npos) << outcome.err;
}

TEST_F(Control, DoctorFindsTheDaemonAndItsVersions) {
  const auto outcome = run({"doctor", "--json"});
  const json report = json::parse(outcome.out);
  std::map<std::string, json> checks;
  for (const json& check : report["checks"])
    checks[check["name"]] = check;
  EXPECT_EQ(checks["daemon"]["status"], "ok");
  EXPECT_EQ(checks["versions"]["status"], "ok");
  EXPECT_EQ(checks["memfd and sealing"]["status"], "ok");
  EXPECT_EQ(checks["socket buffers"]["status"], "ok");
  EXPECT_EQ(checks["socket directory"]["status"], "ok");
  EXPECT_EQ(outcome.status, report["ok"] == true ? 0 : 1);
}

class ControlAlone : public WithoutDaemon {};

TEST_F(ControlAlone, CommandsThatAskADaemonAreStatusThreeWithoutOne) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"status"}, {"session", "list"}, {"session", "close", "x"}, {"status", "--json"}}) {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.status, 3) << arguments[0];
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("chainsolve serve"), std::string::npos) << outcome.err;
  }
}

TEST_F(ControlAlone, DoctorWarnsOfAMissingDaemonAndFailsOnAnOpenDirectory) {
  const std::string folder = directory_.path() + "/chainsolved";
  ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
  const auto fine = run({"doctor"});
  EXPECT_NE(fine.out.find("warn    daemon"), std::string::npos) << fine.out;
  ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
  const auto open = run({"doctor", "--json"});
  EXPECT_EQ(open.status, 1);
  const json report = json::parse(open.out);
  EXPECT_EQ(report["ok"], false);
  bool found = false;
  for (const json& check : report["checks"]) {
    if (check["name"] != "socket directory") continue;
    found = true;
    EXPECT_EQ(check["status"], "fail");
    EXPECT_NE(check["advice"].get<std::string>().find("chmod 700"), std::string::npos);
  }
  EXPECT_TRUE(found);
}

TEST_F(ControlAlone, PathsTellsWhichSocketAndWhy) {
  const json paths = json::parse(run({"paths", "--json"}).out);
  EXPECT_EQ(paths["socket"], directory_.path() + "/chainsolved/engine.sock");
  int chosen = 0;
  for (const json& candidate : paths["candidates"])
    chosen += candidate["chosen"] == true ? 1 : 0;
  EXPECT_EQ(chosen, 1);
  EXPECT_EQ(json::parse(run({"paths", "--socket", "/x/y.sock", "--json"}).out)["socket"],
            "/x/y.sock");
  const auto text = run({"paths"});
  EXPECT_EQ(text.status, 0);
  EXPECT_NE(text.out.find("XDG_RUNTIME_DIR"), std::string::npos) << text.out;
}

TEST_F(ControlAlone, ServeBecomesTheDaemon) {
  const std::string socket = directory_.path() + "/engine.sock";
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, 0), 0);  // NOLINT(android-cloexec-pipe2): the daemon inherits one
  const UniqueFd reader(AdoptFd{}, ends[0]);
  UniqueFd writer(AdoptFd{}, ends[1]);
  Command server(
      {"serve", "--json", "--socket", socket, "--ready-fd", std::to_string(writer.get())});
  writer.reset();
  char ready = 0;
  ASSERT_EQ(::read(reader.get(), &ready, 1), 1) << server.finish().err;
  const json announced = json::parse(server.read_line());
  EXPECT_EQ(announced["socket"], socket);
  EXPECT_EQ(announced["pid"], server.pid());
  const auto status = run({"status", "--json", "--socket", socket});
  EXPECT_EQ(status.status, 0) << status.err;
  server.signal(SIGINT);
  EXPECT_EQ(server.finish().status, 0);
}

TEST(Usage, HelpListsTheExitStatusesAndGoesToStandardOutput) {
  const auto outcome = run({"--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.out.find("130  interrupted with Ctrl-C"), std::string::npos) << outcome.out;
  for (const char* command : {"eval", "rpc", "serve", "session", "status", "paths", "doctor"})
    EXPECT_NE(outcome.out.find(command), std::string::npos) << command;
  EXPECT_EQ(outcome.err, "");
}

TEST(Usage, MistakesAreStatusTwoOnStandardError) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"frobnicate"},
                                             {"session"},
                                             {"session", "close"},
                                             {"status", "--nonsense"},
                                             {"eval", "x", "--timeout", "-1"},
                                             {"eval", "x", "--timeout", "soon"}}) {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err, "");
  }
}

TEST(Usage, VersionIsPrinted) {
  const auto outcome = run({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "chainsolve 0.1.0\n");
}

}  // namespace
}  // namespace chainsolved::test
