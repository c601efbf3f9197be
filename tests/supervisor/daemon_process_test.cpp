// The daemon as a process: how it starts, refuses to start, and ends.
#include "tests/supervisor/fake_daemon.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kLimit{20};

/// Waits for the daemon's end; its exit status, or -1 when it did not end.
int exit_status_of(const Daemon& daemon) {
  const UniqueFd process = open_process(daemon.pid());
  if (process.valid() && !wait_ended(process.borrow(), kLimit)) return -1;
  siginfo_t info{};
  // Not reaped: the fixture does that.
  if (::waitid(P_PID, static_cast<id_t>(daemon.pid()), &info, WEXITED | WNOWAIT) < 0) return -1;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

TEST(DaemonProcess, TermEndsItInOrderAndTellsItsClients) {
  FakeDaemon fake;
  ASSERT_TRUE(fake.daemon().running()) << fake.daemon().said();
  RawClient session(fake.socket());
  session.open();
  RawClient control = fake.control();
  EXPECT_EQ(fake.daemon().stop(), "");
  const auto closed = session.notification("sessionClosed");
  EXPECT_NE(closed.json["params"]["reason"].get<std::string>().find("signal Terminated"),
            std::string::npos);
  EXPECT_TRUE(session.ends());
  EXPECT_EQ(control.notification("connectionError").json["params"]["error"]["data"]["code"],
            "DAEMON_LOST");
  EXPECT_TRUE(control.ends());
  EXPECT_FALSE(std::filesystem::exists(fake.socket() + ".lock"));
}

TEST(DaemonProcess, EnginesDieWithIt) {
  FakeDaemon fake;
  ASSERT_TRUE(fake.daemon().running()) << fake.daemon().said();
  RawClient session(fake.socket());
  session.open();
  std::vector<UniqueFd> engines;
  for (const pid_t child : fake.daemon().children())
    engines.push_back(open_process(child));
  ASSERT_FALSE(engines.empty());
  fake.daemon().kill();
  for (const UniqueFd& engine : engines)
    EXPECT_TRUE(wait_ended(engine.borrow(), kLimit));
  EXPECT_TRUE(session.ends());
}

TEST(DaemonProcess, SecondInstanceOnTheSameSocketNamesTheFirst) {
  FakeDaemon first;
  ASSERT_TRUE(first.daemon().running()) << first.daemon().said();
  // The later --socket counts.
  FakeDaemon second({"--socket", first.socket()});
  EXPECT_FALSE(second.daemon().running());
  EXPECT_TRUE(second.daemon().said().starts_with("error: ")) << second.daemon().said();
  EXPECT_NE(second.daemon().said().find("process id " + std::to_string(first.daemon().pid())),
            std::string::npos)
      << second.daemon().said();
  EXPECT_EQ(exit_status_of(second.daemon()), EXIT_FAILURE);
  EXPECT_EQ(first.status()["pid"], first.daemon().pid());
}

TEST(DaemonProcess, SocketOfAKilledDaemonIsTakenOver) {
  FakeDaemon first;
  ASSERT_TRUE(first.daemon().running()) << first.daemon().said();
  first.daemon().kill();
  ASSERT_TRUE(std::filesystem::exists(first.socket()));
  FakeDaemon second({"--socket", first.socket()});
  ASSERT_TRUE(second.daemon().running()) << second.daemon().said();
  EXPECT_EQ(first.status()["pid"], second.daemon().pid());
}

TEST(DaemonProcess, ReadyIsNotSaidWhenTheProbeComputesWrongly) {
  FakeDaemon fake({}, "wrong-sum");
  EXPECT_FALSE(fake.daemon().running());
  EXPECT_NE(fake.daemon().said().find("2 + 3"), std::string::npos) << fake.daemon().said();
  EXPECT_EQ(exit_status_of(fake.daemon()), EXIT_FAILURE);
  EXPECT_FALSE(std::filesystem::exists(fake.socket()));
}

TEST(DaemonProcess, EngineThatEndsAtOnceIsTheStartError) {
  FakeDaemon fake({}, "exit 3");
  EXPECT_NE(fake.daemon().said().find("exited with status 3 before it was ready"),
            std::string::npos)
      << fake.daemon().said();
}

TEST(DaemonProcess, EngineThatDoesNotExistIsNamed) {
  const Daemon daemon = Daemon::start({"--engine", "/nonexistent/engine"});
  EXPECT_FALSE(daemon.running());
  EXPECT_NE(daemon.said().find("cannot be executed (/nonexistent/engine): No such file"),
            std::string::npos)
      << daemon.said();
}

TEST(DaemonProcess, OnDemandItEndsAfterTheLastOneLeft) {
  FakeDaemon fake({"--on-demand", "--idle-exit-ms", "1"});
  // It may have ended already: nobody had connected.
  EXPECT_EQ(exit_status_of(fake.daemon()), 0);
  EXPECT_FALSE(std::filesystem::exists(fake.socket()));
}

TEST(DaemonProcess, OnDemandItStaysWhileSomebodyIsThere) {
  FakeDaemon fake({"--on-demand", "--idle-exit-ms", "300"});
  ASSERT_TRUE(fake.daemon().running()) << fake.daemon().said();
  {
    RawClient session(fake.socket());
    session.open(R"({"name":"kept","lingerMs":600})");
  }
  // Only the lingering session keeps it, and then the idle time.
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(exit_status_of(fake.daemon()), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(850));
}

TEST(DaemonProcess, SecondSignalDoesNotWait) {
  FakeDaemon fake;
  ASSERT_TRUE(fake.daemon().running()) << fake.daemon().said();
  // Stopped, the daemon takes both signals at once when it goes on.
  ::kill(fake.daemon().pid(), SIGSTOP);
  ::kill(fake.daemon().pid(), SIGTERM);
  ::kill(fake.daemon().pid(), SIGINT);
  ::kill(fake.daemon().pid(), SIGCONT);
  const int status = exit_status_of(fake.daemon());
  EXPECT_TRUE(status == 128 + SIGTERM || status == 128 + SIGINT) << status;
}

TEST(DaemonProcess, WrongArgumentsAreUsageErrors) {
  for (const char* argument : {"--limit=maxUnicorns=1",
                               "--limit=maxNodes=many",
                               "--limit=maxNodes",
                               "--log-level=loud",
                               "--watchdog-ms=0",
                               "--frobnicate"}) {
    const Daemon daemon = Daemon::start({argument});
    EXPECT_FALSE(daemon.running()) << argument;
    EXPECT_EQ(exit_status_of(daemon), 2) << argument;
  }
}

TEST(DaemonProcess, LimitOfTheCommandLineIsTold) {
  FakeDaemon fake({"--limit", "maxNodes=77", "--limit", "maxEdges=78"});
  ASSERT_TRUE(fake.daemon().running()) << fake.daemon().said();
  const json limits = fake.status()["limits"];
  EXPECT_EQ(limits["maxNodes"], 77);
  EXPECT_EQ(limits["maxEdges"], 78);
}

}  // namespace
}  // namespace chainsolved::test
