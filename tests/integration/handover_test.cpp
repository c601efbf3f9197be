// After openSession the connection belongs to the engine: the supervisor sleeps while requests
// pass.
#include "chainsolved/control.h"
#include "chainsolved/engine.h"
#include "tests/integration/options_on.h"
#include "tests/integration/raw_client.h"
#include "tests/integration/settled.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace chainsolved::test {
namespace {

/// How often the process has gone to sleep: every wake-up of an event loop ends in one more.
long voluntary_switches(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("voluntary_ctxt_switches:")) return std::stol(line.substr(24));
  return -1;
}

TEST(Handover, TheSupervisorIsNotWokenByRequests) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  auto engine = client::Engine::create(options_on(daemon));
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  ASSERT_TRUE(engine->load_snapshot(kOneNode).ok());
  // The spare that replaces this session's engine starts meanwhile; requests go on until the
  // supervisor has slept through a whole round of them.
  constexpr int kRequests = 2000;
  constexpr long kRounds = 50;
  long wakeups = -1;
  for (long round = 0; round < kRounds && wakeups != 0; ++round) {
    const long before = voluntary_switches(daemon.pid());
    ASSERT_GE(before, 0);
    for (int i = 0; i < kRequests; ++i)
      ASSERT_TRUE(engine->set_input("x", "value", i).ok());
    wakeups = voluntary_switches(daemon.pid()) - before;
  }
  EXPECT_EQ(wakeups, 0) << "the supervisor woke in every round of " << kRequests << " requests";
}

TEST(Handover, EngineIsAnotherProcessThanTheDaemon) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  auto engine = client::Engine::create(options_on(daemon));
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  auto control = client::ControlConnection::open(options_on(daemon));
  ASSERT_TRUE(control.ok()) << control.error().message;
  auto sessions = control->list_sessions();
  ASSERT_TRUE(sessions.ok()) << sessions.error().message;
  ASSERT_EQ(sessions->size(), 1U);
  const auto& session = sessions->front();
  EXPECT_EQ(session.session_id, engine->session().session_id);
  EXPECT_NE(session.pid, daemon.pid());
  const auto children = daemon.children();
  EXPECT_NE(std::find(children.begin(), children.end(), session.pid), children.end());
}

TEST(Handover, OpeningAndClosingSessionsLeavesNothingInTheSupervisor) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  const auto open_and_close = [&] {
    auto engine = client::Engine::create(options_on(daemon));
    ASSERT_TRUE(engine.ok()) << engine.error().message;
    ASSERT_TRUE(engine->load_snapshot(kOneNode).ok());
    ASSERT_TRUE(engine->dispose().ok());
  };
  auto control = client::ControlConnection::open(options_on(daemon));
  ASSERT_TRUE(control.ok()) << control.error().message;
  open_and_close();
  EXPECT_TRUE(settles(daemon, *control, daemon.descriptor_count()));
  const std::size_t before = daemon.descriptor_count();
  for (int i = 0; i < 20; ++i)
    open_and_close();
  EXPECT_TRUE(settles(daemon, *control, before))
      << daemon.descriptor_count() << " descriptors, not " << before;
  EXPECT_EQ(daemon.stop(), "");
}

}  // namespace
}  // namespace chainsolved::test
