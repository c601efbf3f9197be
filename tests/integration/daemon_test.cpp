// The daemon as a whole: its end, its start, many clients at once, clients that vanish.
#include "chainsolved/control.h"
#include "chainsolved/engine.h"
#include "tests/integration/options_on.h"
#include "tests/integration/raw_client.h"
#include "tests/integration/settled.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>
#include <vector>

namespace chainsolved::test {
namespace {

TEST(DaemonKilled, EnginesDieWithItAndClientsSeeItAtOnce) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient client(daemon.socket());
  client.open();
  std::vector<UniqueFd> engines;
  for (const pid_t pid : daemon.children())
    engines.push_back(open_process(pid));
  ASSERT_GE(engines.size(), 1U);
  daemon.kill();
  EXPECT_TRUE(client.ends());
  for (const UniqueFd& engine : engines)
    EXPECT_TRUE(wait_ended(engine.borrow(), std::chrono::seconds(10)));
}

TEST(DaemonKilled, ACallThatIsUnderWayIsRejected) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  client::Handlers handlers;
  handlers.on_progress = [&](const client::Progress&) {
    daemon.kill();
  };
  auto engine = client::Engine::create(options_on(daemon), handlers);
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  const auto result = engine->load_snapshot(slow_snapshot(20'000, 50'000));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::DaemonLost) << result.error().message;
  EXPECT_EQ(result.error().applied, Applied::Unknown);
  EXPECT_FALSE(engine->set_input("gain", "value", 1).ok());
}

TEST(DaemonStopped, SigtermTellsClientsAndLeavesNothing) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient client(daemon.socket());
  client.open();
  EXPECT_EQ(daemon.stop(), "");
  const auto told = client.notification("sessionClosed");
  EXPECT_TRUE(told.json.contains("params"));
  EXPECT_TRUE(client.ends());
}

TEST(Daemons, TenClientsOpenSessionsAtOnce) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  constexpr int kClients = 10;
  std::vector<std::string> sessions(kClients);
  std::vector<std::thread> threads;
  threads.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      std::string& outcome = sessions[static_cast<std::size_t>(i)];
      auto engine = client::Engine::create(options_on(daemon));
      if (!engine.ok()) {
        outcome = "!open: " + engine.error().message;
        return;
      }
      const auto loaded = engine->load_snapshot(kOneNode);
      const auto result = engine->set_input("x", "value", i + 2);
      outcome = loaded.ok() && result.ok() && result->scalar("x") == i + 2
                    ? engine->session().session_id
                    : "!wrong result";
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  std::sort(sessions.begin(), sessions.end());
  EXPECT_FALSE(sessions.front().starts_with('!')) << sessions.front();
  EXPECT_EQ(std::unique(sessions.begin(), sessions.end()), sessions.end());
  EXPECT_EQ(daemon.stop(), "");
}

TEST(VanishingClient, LeavesNoDescriptorProcessOrSession) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  auto control = client::ControlConnection::open(options_on(daemon));
  ASSERT_TRUE(control.ok()) << control.error().message;
  const auto vanish = [&] {
    RawClient in_evaluation(daemon.socket());
    in_evaluation.open();
    in_evaluation.request("loadSnapshot", R"({"snapshot":)" + slow_snapshot(500, 50'000) + "}");
    in_evaluation.notification("progress");
    RawClient before_hello(daemon.socket());
    RawClient before_open(daemon.socket());
    before_open.hello();
    RawClient before_the_answer(daemon.socket());
    before_the_answer.hello();
    before_the_answer.request("openSession");
  };
  vanish();
  EXPECT_TRUE(settles(daemon, *control, daemon.descriptor_count()));
  const std::size_t before = daemon.descriptor_count();
  for (int i = 0; i < 5; ++i)
    vanish();
  EXPECT_TRUE(settles(daemon, *control, before))
      << daemon.descriptor_count() << " descriptors, not " << before;
  EXPECT_EQ(daemon.stop(), "");
}

TEST(VanishingClient, LeavesNothingInASessionThatOthersUse) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  auto options = options_on(daemon);
  options.session = "shared";
  auto stays = client::Engine::create(options);
  ASSERT_TRUE(stays.ok()) << stays.error().message;
  ASSERT_TRUE(stays->load_snapshot(kOneNode).ok());
  auto control = client::ControlConnection::open(options_on(daemon));
  ASSERT_TRUE(control.ok());
  const auto pid = static_cast<pid_t>(control->list_sessions()->front().pid);
  const auto one_client_left = [&] {
    for (;;) {
      const auto sessions = control->list_sessions();
      if (!sessions.ok()) throw std::runtime_error(sessions.error().message);
      if (sessions->front().clients == 1) return;
    }
  };
  const auto join_and_vanish = [&] {
    RawClient other(daemon.socket());
    other.open(R"({"name":"shared"})");
    other.request("registerDataset", R"({"datasetId":"d","values":[1,2,3]})");
    other.request("setInput", R"({"nodeId":"x","portId":"value","value":2})");
  };
  join_and_vanish();
  one_client_left();
  const std::size_t before = descriptor_count(pid);
  for (int i = 0; i < 20; ++i)
    join_and_vanish();
  one_client_left();
  EXPECT_EQ(descriptor_count(pid), before);
  EXPECT_EQ(stays->get_stats()->dataset_count, 0U);
}

TEST(Daemons, CloseSessionEndsItForItsClients) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient client(daemon.socket());
  client.open(R"({"name":"mine"})");
  auto control = client::ControlConnection::open(options_on(daemon));
  ASSERT_TRUE(control.ok());
  ASSERT_TRUE(control->close_session("mine").ok());
  client.notification("sessionClosed");
  EXPECT_TRUE(client.ends());
  const auto again = control->close_session("mine");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::UnknownSession);
}

TEST(Daemons, ANamedSessionLingersAndIsJoinedAgainWithItsGraph) {
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  {
    RawClient client(daemon.socket());
    client.open(R"({"name":"kept","lingerMs":600000})");
    client.call("loadSnapshot", std::string(R"({"snapshot":)") + kOneNode + "}");
  }
  RawClient again(daemon.socket());
  const auto opened = again.open(R"({"name":"kept","create":false})");
  EXPECT_FALSE(opened.json["result"]["created"].get<bool>());
  EXPECT_EQ(again.call("getStats").json["result"]["nodeCount"], 1);
}

}  // namespace
}  // namespace chainsolved::test
