// The library against the real daemon, whose engines are taken away.
#include "chainsolved/async_engine.h"
#include "chainsolved/control.h"
#include "chainsolved/engine.h"
#include "tests/client/loop.h"
#include "tests/support/daemon_fixture.h"

#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <future>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>
#include <unistd.h>

namespace chainsolved::client {

namespace {

using boost::asio::use_future;
using test::Daemon;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kWatchdog{300};

constexpr const char* kWaves = R"({"version":1,"nodes":[
  {"id":"x","blockType":"number","data":{"value":0.7}},
  {"id":"sin","blockType":"sin","data":{}},
  {"id":"root","blockType":"sqrt","data":{}},
  {"id":"ratio","blockType":"divide","data":{}}],"edges":[
  {"id":"1","source":"x","sourceHandle":"out","target":"sin","targetHandle":"a"},
  {"id":"2","source":"sin","sourceHandle":"out","target":"root","targetHandle":"a"},
  {"id":"3","source":"root","sourceHandle":"out","target":"ratio","targetHandle":"a"},
  {"id":"4","source":"x","sourceHandle":"out","target":"ratio","targetHandle":"b"}]})";

constexpr const char* kReader = R"({"version":1,"nodes":[
  {"id":"v","blockType":"vectorInput","data":{"datasetRef":"d"}},
  {"id":"sum","blockType":"vectorSum","data":{}}],
  "edges":[{"id":"e","source":"v","sourceHandle":"out","target":"sum","targetHandle":"vec"}]})";

/// `type` passes x on while x is 0.
std::string armed_graph(const std::string& type, double seconds) {
  return R"({"version":1,"nodes":[
    {"id":"x","blockType":"number","data":{"value":0}},
    {"id":"y","blockType":"number","data":{"value":5}},
    {"id":"trap","blockType":")" +
         type + R"(","data":{"seconds":)" + std::to_string(seconds) + R"(}}],
    "edges":[{"id":"1","source":"x","sourceHandle":"out","target":"trap","targetHandle":"a"}]})";
}

/// Every scalar, bit for bit.
std::map<std::string, std::uint64_t> bits_of(const Result<Values>& values) {
  std::map<std::string, std::uint64_t> bits;
  if (!values.ok()) throw std::runtime_error(values.error().message);
  values->for_each([&](std::string_view id, const Value& value) {
    if (value.is(ValueKind::Scalar))
      bits.emplace(id, std::bit_cast<std::uint64_t>(value.as_scalar()));
  });
  return bits;
}

/// The answer of a session whose engine may have just been killed.
template <class Call>
auto served(Call call) {
  constexpr int kMostRefusals = 5;
  auto answer = call();
  for (int i = 0; i < kMostRefusals && !answer.ok(); ++i)
    answer = call();
  return answer;
}

class LosesEngines : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Daemon::available()) << "chainsolved and chainsolve-engine are not built";
    ASSERT_TRUE(daemon_.running()) << daemon_.said();
    auto control = ControlConnection::open(options());
    ASSERT_TRUE(control.ok()) << control.error().message;
    control_.emplace(std::move(control).value());
  }
  void TearDown() override {
    control_.reset();
    EXPECT_EQ(daemon_.stop(), "");
  }
  Options options() const {
    Options options;
    options.socket = daemon_.socket();
    options.spawn = Spawn::Never;
    options.mirror = true;
    options.watchdog_ms = kWatchdog.count();
    return options;
  }
  Engine open() const {
    auto engine = Engine::create(options());
    if (!engine.ok()) throw std::runtime_error(engine.error().message);
    return std::move(engine).value();
  }
  SessionRow row(const SessionInfo& session) {
    const auto rows = control_->list_sessions();
    if (!rows.ok()) throw std::runtime_error(rows.error().message);
    for (const SessionRow& found : *rows)
      if (found.session_id == session.session_id) return found;
    throw std::runtime_error("the session is not listed");
  }
  /// To the engine that serves the session now.
  void send_signal(const SessionInfo& session, int signal) {
    const auto pid = static_cast<pid_t>(row(session).pid);
    ASSERT_GT(pid, 1);
    ASSERT_EQ(::kill(pid, signal), 0);
  }
  /// Kills it in the middle of an evaluation.
  void kill_when_busy(const SessionInfo& session, int signal) {
    wait_for(session, [](const SessionRow& now) { return now.state == "busy"; });
    send_signal(session, signal);
  }
  /// Asks the daemon until the session is as it should be.
  template <class Condition>
  void wait_for(const SessionInfo& session, Condition condition) {
    const auto limit = Clock::now() + std::chrono::seconds(20);
    while (!condition(row(session))) {
      if (Clock::now() < limit) continue;
      ADD_FAILURE() << "the session did not get there in time";
      return;
    }
  }
  /// Takes notifications until the successor has told all values.
  static RecreatedEvent wait_for_recreated(Engine& engine) {
    RecreatedEvent told;
    engine.handlers().on_recreated = [&](const RecreatedEvent& event) {
      told = event;
    };
    engine.handlers().on_values_changed = [&](const ValuesChanged& changed) {
      if (changed.full && told.epoch != 0) engine.interrupt();
    };
    EXPECT_TRUE(engine.run_for(std::chrono::seconds(20)).ok());
    engine.handlers() = {};
    return told;
  }

  Daemon daemon_ = Daemon::start({"--debug-blocks"});
  std::optional<ControlConnection> control_;
};

TEST_F(LosesEngines, AKilledOneIsReplacedAndEveryBitIsAsBefore) {
  Engine engine = open();
  ASSERT_TRUE(engine.load_snapshot(kWaves).ok());
  ASSERT_TRUE(engine.set_input("x", "value", 1.25).ok());
  const auto before = bits_of(engine.get_values());
  ASSERT_EQ(before.size(), 4U);
  send_signal(engine.session(), SIGKILL);
  const RecreatedEvent event = wait_for_recreated(engine);
  EXPECT_EQ(event.epoch, 2U);
  EXPECT_EQ(event.code, ErrorCode::WorkerCrashed);
  EXPECT_TRUE(event.suspects.empty());
  EXPECT_FALSE(event.snapshot_set_aside);
  EXPECT_GT(event.timing.stop_us + event.timing.replay_us, 0);
  EXPECT_EQ(engine.epoch(), 2U);
  for (const auto& [id, bits] : before)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(engine.current(id).as_scalar()), bits) << id;
  EXPECT_EQ(bits_of(engine.get_values()), before);
  EXPECT_EQ(engine.slot_of("ratio"), 3U);
  const auto moved = engine.set_input("x", "value", 0.7);
  ASSERT_TRUE(moved.ok()) << moved.error().message;
  EXPECT_TRUE(moved->scalar("ratio").has_value());
}

TEST_F(LosesEngines, ACallAfterAnUnwatchedDeathIsServed) {
  Engine engine = open();
  ASSERT_TRUE(engine.load_snapshot(kWaves).ok());
  send_signal(engine.session(), SIGKILL);
  wait_for(engine.session(), [](const SessionRow& now) { return now.epoch == 2; });
  const auto moved = engine.set_input("x", "value", 2);
  ASSERT_TRUE(moved.ok()) << moved.error().message;
  EXPECT_EQ(engine.epoch(), 2U);
}

TEST_F(LosesEngines, AFrozenOneIsReplacedAfterTheWatchdogAndTheCallSaysItWasNotApplied) {
  Engine engine = open();
  ASSERT_TRUE(engine.load_snapshot(kWaves).ok());
  const auto before = bits_of(engine.get_values());
  send_signal(engine.session(), SIGSTOP);
  const auto start = Clock::now();
  const auto moved = engine.set_input("x", "value", 3);
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  std::printf("the watchdog of %lld ms: %lld ms\n",
              static_cast<long long>(kWatchdog.count()),
              static_cast<long long>(waited.count()));
  ASSERT_FALSE(moved.ok());
  EXPECT_EQ(moved.error().code, ErrorCode::WorkerWatchdog);
  EXPECT_EQ(moved.error().message, "Worker unresponsive — recreating");
  EXPECT_EQ(moved.error().applied, Applied::No);
  EXPECT_GE(waited, kWatchdog);
  EXPECT_EQ(bits_of(engine.get_values()), before);
  EXPECT_EQ(row(engine.session()).deaths.at(0).code, "WORKER_WATCHDOG");
}

TEST_F(LosesEngines, ACallThatCommittedBeforeItsEngineWasKilledIsInTheGraphThatComesBack) {
  Engine engine = open();
  ASSERT_TRUE(engine.load_snapshot(armed_graph("debug.progress", 0.5)).ok());
  std::thread killer([&] { kill_when_busy(engine.session(), SIGKILL); });
  const auto armed = engine.set_input("x", "value", 4);
  killer.join();
  ASSERT_FALSE(armed.ok());
  EXPECT_EQ(armed.error().code, ErrorCode::WorkerCrashed);
  EXPECT_EQ(armed.error().applied, Applied::Yes);
  const ErrorContext context = context_of(armed.error());
  EXPECT_EQ(context.method, "setInput");
  EXPECT_EQ(context.signal, "signal 9 (Killed)");
  EXPECT_TRUE(context.elapsed_ms.has_value());
  const auto values = engine.get_values();
  ASSERT_TRUE(values.ok()) << values.error().message;
  EXPECT_EQ(values->scalar("trap"), 4);
}

TEST_F(LosesEngines, ANodeThatCrashesItTwiceIsQuarantinedAndTheRestWorks) {
  Engine engine = open();
  ASSERT_TRUE(engine.load_snapshot(armed_graph("debug.segv", 0)).ok());
  std::vector<RecreatedEvent> events;
  engine.handlers().on_recreated = [&](const RecreatedEvent& event) {
    events.push_back(event);
  };
  const auto armed = engine.set_input("x", "value", 1);
  ASSERT_FALSE(armed.ok());
  EXPECT_EQ(context_of(armed.error()).signal, "signal 11 (Segmentation fault)");
  EXPECT_EQ(armed.error().applied, Applied::Yes);
  // The suspect is tried again, which is the second death; a call may fall into that.
  Result<Values> values = engine.get_values();
  for (int i = 0; i < 3 && !values.ok(); ++i)
    values = engine.get_values();
  ASSERT_TRUE(values.ok()) << values.error().message;
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].suspects, std::vector<std::string>{"trap"});
  EXPECT_EQ(events[0].node, "trap");
  EXPECT_EQ(values->scalar("y"), 5);
  EXPECT_TRUE(values->value("trap").is(ValueKind::Error));
  EXPECT_EQ(row(engine.session()).quarantined, std::vector<std::string>{"trap"});
}

TEST_F(LosesEngines, ADatasetIsRegisteredAgainAndItsReadersAreRight) {
  Engine engine = open();
  auto handle = engine.put_dataset("d", std::vector<double>{1, 2, 39});
  ASSERT_TRUE(handle.ok()) << handle.error().message;
  ASSERT_EQ(engine.load_snapshot(kReader)->scalar("sum"), 42);
  send_signal(engine.session(), SIGKILL);
  const RecreatedEvent event = wait_for_recreated(engine);
  EXPECT_EQ(event.registering_again, std::vector<std::string>{"d"});
  EXPECT_EQ(engine.get_values()->scalar("sum"), 42);
  EXPECT_EQ(engine.current("sum").as_scalar(), 42);
  EXPECT_EQ(engine.get_stats()->dataset_count, 1U);
  handle->release();
  send_signal(engine.session(), SIGKILL);
  EXPECT_TRUE(wait_for_recreated(engine).registering_again.empty());
  EXPECT_EQ(engine.get_stats()->dataset_count, 0U);
}

TEST_F(LosesEngines, WithReattachDatasetsComeBackByThemselves) {
  Options reattach = options();
  reattach.datasets = "reattach";
  auto engine = Engine::create(reattach);
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  const auto handle = engine->put_dataset("d", std::vector<double>{1, 2, 39});
  ASSERT_TRUE(handle.ok());
  ASSERT_TRUE(engine->load_snapshot(kReader).ok());
  send_signal(engine->session(), SIGKILL);
  const RecreatedEvent event = wait_for_recreated(*engine);
  EXPECT_TRUE(event.lost_datasets.empty());
  EXPECT_TRUE(event.registering_again.empty());
  EXPECT_EQ(engine->current("sum").as_scalar(), 42);
}

TEST_F(LosesEngines, ARestartIsToldToItsClientsAndGivesTheEpoch) {
  Engine engine = open();
  ASSERT_TRUE(engine.load_snapshot(kWaves).ok());
  const auto before = bits_of(engine.get_values());
  const auto epoch = control_->restart_session(engine.session().session_id);
  ASSERT_TRUE(epoch.ok()) << epoch.error().message;
  EXPECT_EQ(*epoch, 2U);
  const RecreatedEvent event = wait_for_recreated(engine);
  EXPECT_EQ(event.code, ErrorCode::SessionRestarted);
  EXPECT_EQ(event.epoch, 2U);
  EXPECT_EQ(bits_of(engine.get_values()), before);
}

TEST_F(LosesEngines, DisposingAFrozenOnesSessionIsDone) {
  Engine engine = open();
  ASSERT_TRUE(engine.load_snapshot(kWaves).ok());
  send_signal(engine.session(), SIGSTOP);
  const auto disposed = engine.dispose();
  EXPECT_TRUE(disposed.ok()) << disposed.error().message;
  EXPECT_FALSE(engine.connected());
}

TEST_F(LosesEngines, TheAsyncFaceSeesTheSame) {
  test::Loop loop;
  std::promise<RecreatedEvent> recreated;
  Handlers handlers;
  handlers.on_recreated = [&](const RecreatedEvent& event) {
    recreated.set_value(event);
  };
  auto engine =
      AsyncEngine::create(loop.executor(), options(), std::move(handlers), use_future).get();
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  ASSERT_TRUE(engine->load_snapshot(kWaves, {}, use_future).get().ok());
  const auto before = bits_of(engine->get_values({}, use_future).get());
  send_signal(engine->session(), SIGSTOP);
  const auto moved = engine->set_input("x", "value", 3, use_future).get();
  ASSERT_FALSE(moved.ok());
  EXPECT_EQ(moved.error().code, ErrorCode::WorkerWatchdog);
  EXPECT_EQ(moved.error().applied, Applied::No);
  EXPECT_EQ(recreated.get_future().get().epoch, 2U);
  EXPECT_EQ(bits_of(engine->get_values({}, use_future).get()), before);
}

TEST_F(LosesEngines, ManyDeathsLoseNothingAndNoDescriptor) {
  constexpr int kDeaths = 10;
  Engine engine = open();
  const auto handle = engine.put_dataset("d", std::vector<double>{1, 2, 39});
  ASSERT_TRUE(handle.ok()) << handle.error().message;
  ASSERT_TRUE(engine.load_snapshot(kReader).ok());
  ASSERT_TRUE(engine.apply_patch(Patch().add_node("x", "number")).ok());
  std::size_t descriptors = 0;
  for (int i = 1; i <= kDeaths; ++i) {
    send_signal(engine.session(), SIGKILL);
    const auto moved = served([&] { return engine.set_input("x", "value", i); });
    ASSERT_TRUE(moved.ok()) << moved.error().message;
    const auto values = served([&] { return engine.get_values(); });
    ASSERT_TRUE(values.ok()) << values.error().message;
    EXPECT_EQ(values->scalar("x"), i);
    EXPECT_EQ(values->scalar("sum"), 42);
    if (i == 1) descriptors = test::descriptor_count(::getpid());
  }
  EXPECT_EQ(test::descriptor_count(::getpid()), descriptors);
  EXPECT_EQ(row(engine.session()).restarts, std::uint64_t{kDeaths});
  EXPECT_EQ(engine.pending(), 0U);
}

TEST_F(LosesEngines, EveryPipelinedCallIsAnsweredAndTheLastAppliedOneIsInTheGraph) {
  constexpr std::size_t kCalls = 2000;
  constexpr std::uint32_t kDeaths = 3;
  test::Loop loop;
  auto engine = AsyncEngine::create(loop.executor(), options(), {}, use_future).get();
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  ASSERT_TRUE(engine->load_snapshot(kWaves, {}, use_future).get().ok());
  std::vector<std::future<Result<IncrementalResult>>> answers;
  answers.reserve(kCalls);
  for (std::size_t i = 0; i < kCalls; ++i)
    answers.push_back(engine->set_input("x", "value", static_cast<double>(i), use_future));
  std::size_t last_applied = 0;
  std::uint32_t deaths = 0;
  for (std::size_t i = 0; i < kCalls; ++i) {
    const auto answer = answers[i].get();
    if (deaths < kDeaths && i == kCalls / kDeaths * deaths + 10) {
      wait_for(engine->session(),
               [&](const SessionRow& now) { return now.epoch == deaths + 1 && now.pid > 1; });
      send_signal(engine->session(), SIGKILL);
      ++deaths;
    }
    if (!answer.ok()) {
      EXPECT_EQ(answer.error().code, ErrorCode::WorkerCrashed) << answer.error().message;
      EXPECT_NE(answer.error().applied, Applied::NotSaid);
      EXPECT_NE(answer.error().applied, Applied::Unknown);
    }
    if (answer.ok() || answer.error().applied == Applied::Yes) last_applied = i;
  }
  // The last death may have come after every answer.
  const auto values = served([&] { return engine->get_values({}, use_future).get(); });
  ASSERT_TRUE(values.ok()) << values.error().message;
  EXPECT_EQ(values->scalar("x"), static_cast<double>(last_applied));
  wait_for(engine->session(), [](const SessionRow& now) { return now.restarts == kDeaths; });
}

TEST(CrashLoop, FailsTheSessionUntilItIsRestarted) {
  Daemon daemon = Daemon::start({"--debug-blocks", "--max-restarts", "0"});
  ASSERT_TRUE(daemon.running()) << daemon.said();
  Options options;
  options.socket = daemon.socket();
  options.spawn = Spawn::Never;
  auto engine = Engine::create(options);
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  ASSERT_TRUE(engine->load_snapshot(armed_graph("debug.abort", 0)).ok());
  bool failed = false;
  engine->handlers().on_session_failed = [&](const SessionEvent&) {
    failed = true;
  };
  const auto armed = engine->set_input("x", "value", 1);
  ASSERT_FALSE(armed.ok());
  EXPECT_EQ(armed.error().code, ErrorCode::WorkerCrashed);
  const auto refused = engine->set_input("y", "value", 6);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::WorkerCrashLoop);
  EXPECT_EQ(refused.error().applied, Applied::No);
  EXPECT_TRUE(failed);
  auto control = ControlConnection::open(options);
  ASSERT_TRUE(control.ok()) << control.error().message;
  EXPECT_EQ(control->list_sessions()->at(0).state, "failed");

  // The suspect is tried once more, and is quarantined after that.
  Result<Values> values = engine->get_values();
  for (int i = 0; i < 3 && !values.ok(); ++i) {
    const auto epoch = control->restart_session(engine->session().session_id);
    ASSERT_TRUE(epoch.ok()) << epoch.error().message;
    values = engine->get_values();
  }
  ASSERT_TRUE(values.ok()) << values.error().message;
  EXPECT_EQ(values->scalar("y"), 5);
  EXPECT_TRUE(values->value("trap").is(ValueKind::Error));
  EXPECT_TRUE(engine->dispose().ok());
  EXPECT_EQ(daemon.stop(), "");
}

}  // namespace

}  // namespace chainsolved::client
