// The library against the real daemon.
#include "chainsolved/async_engine.h"
#include "chainsolved/control.h"
#include "chainsolved/engine.h"
#include "tests/support/daemon_fixture.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::client {

namespace {

using test::Daemon;

constexpr const char* kSum = R"({"version":1,"nodes":[
  {"id":"a","blockType":"number","data":{"value":2}},
  {"id":"b","blockType":"number","data":{"value":3}},
  {"id":"sum","blockType":"add","data":{}}],
  "edges":[
  {"id":"e1","source":"a","sourceHandle":"out","target":"sum","targetHandle":"a"},
  {"id":"e2","source":"b","sourceHandle":"out","target":"sum","targetHandle":"b"}]})";

class RealDaemon : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Daemon::available()) GTEST_SKIP() << "chainsolved and chainsolve-engine are not built";
    daemon_.emplace(Daemon::start());
    ASSERT_TRUE(daemon_->running()) << daemon_->said();
  }
  void TearDown() override {
    if (!daemon_.has_value()) return;
    EXPECT_EQ(daemon_->stop(), "");
  }
  Options options(const std::string& session = "") const {
    Options options;
    options.socket = daemon_->socket();
    options.session = session;
    options.spawn = Spawn::Never;
    return options;
  }
  Engine open(const Options& options) const {
    auto engine = Engine::create(options);
    if (!engine.ok()) throw std::runtime_error(engine.error().message);
    return std::move(engine).value();
  }

  std::optional<Daemon> daemon_;
};

TEST_F(RealDaemon, LoadsAGraphAndAnswersWhatAnInputChanges) {
  Engine engine = open(options());
  EXPECT_TRUE(engine.session().created);
  const auto loaded = engine.load_snapshot(kSum);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->scalar("sum"), 5);
  EXPECT_EQ(loaded->values.size(), 3U);
  const auto changed = engine.set_input("a", "value", 40);
  ASSERT_TRUE(changed.ok()) << changed.error().message;
  EXPECT_EQ(changed->scalar("sum"), 43);
  EXPECT_TRUE(changed->value("b").is(ValueKind::None));
  EXPECT_EQ(changed->evaluated_count, 2U);
}

TEST_F(RealDaemon, APatchedNodeIsFoundByItsNameAndGoneWhenRemoved) {
  Engine engine = open(options());
  ASSERT_TRUE(engine.load_snapshot(kSum).ok());
  Patch add;
  add.add_node("neg", "negate").add_edge("e3", "sum", "out", "neg", "a");
  const auto added = engine.apply_patch(add);
  ASSERT_TRUE(added.ok()) << added.error().message;
  EXPECT_EQ(added->scalar("neg"), -5);
  const auto removed = engine.apply_patch(Patch().remove_node("neg"));
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(removed->changed.gone(), std::vector<std::string>{"neg"});
  const auto again = engine.apply_patch(add);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->scalar("neg"), -5);
  const auto ignored = engine.apply_patch(Patch().remove_edge("nowhere"));
  ASSERT_TRUE(ignored.ok());
  ASSERT_EQ(ignored->ignored.size(), 1U);
  EXPECT_EQ(ignored->ignored[0].id, "nowhere");
}

TEST_F(RealDaemon, WithNamesEveryValueComesByItsId) {
  Options by_name = options();
  by_name.names = true;
  Engine engine = open(by_name);
  const auto loaded = engine.load_snapshot(kSum);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_TRUE(loaded->values.scalar_slots().empty());
  EXPECT_EQ(loaded->scalar("sum"), 5);
  const auto changed = engine.set_inputs(std::vector<Input>{{"a", "value", 1}, {"b", "value", 1}});
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->scalar("sum"), 2);
}

TEST_F(RealDaemon, AMirrorShowsWhatAnotherClientChanges) {
  Engine first = open(options("shared"));
  ASSERT_TRUE(first.load_snapshot(kSum).ok());
  Options mirrored = options("shared");
  mirrored.mirror = true;
  Engine second = open(mirrored);
  EXPECT_FALSE(second.session().created);
  EXPECT_EQ(second.current("sum").as_scalar(), 5);
  ASSERT_TRUE(first.set_input("a", "value", 10).ok());
  bool told = false;
  second.handlers().on_values_changed = [&](const ValuesChanged&) {
    told = true;
    second.interrupt();
  };
  ASSERT_TRUE(second.run_for(std::chrono::seconds(20)).ok());
  EXPECT_TRUE(told);
  EXPECT_EQ(second.current("sum").as_scalar(), 13);
}

TEST_F(RealDaemon, ADatasetIsReadWhereItLiesAndReleasedByItsHandle) {
  Engine engine = open(options());
  auto data = DatasetBuilder::create(1000);
  ASSERT_TRUE(data.ok());
  const auto values = *data->values();
  std::iota(values.begin(), values.end(), 1.0);
  {
    const auto handle = engine.register_dataset("d", *data);
    ASSERT_TRUE(handle.ok()) << handle.error().message;
    EXPECT_TRUE(data->detached());
    EXPECT_EQ(engine.get_stats()->dataset_total_bytes, 8000U);
    const auto loaded = engine.load_snapshot(R"({"version":1,"nodes":[
        {"id":"v","blockType":"vectorInput","data":{"datasetRef":"d"}},
        {"id":"sum","blockType":"vectorSum","data":{}}],
        "edges":[{"id":"e","source":"v","sourceHandle":"out","target":"sum",
                  "targetHandle":"vec"}]})");
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    EXPECT_EQ(loaded->scalar("sum"), 500500);
    EXPECT_EQ(engine.list_datasets()->at(0).id, "d");
  }
  EXPECT_EQ(engine.get_stats()->dataset_count, 0U);
}

TEST_F(RealDaemon, ARefusedDatasetCanBeRegisteredAgain) {
  Engine engine = open(options());
  auto data = DatasetBuilder::create(2, 2);
  ASSERT_TRUE(data.ok());
  DatasetShape wrong;
  wrong.columns = {"a", "a"};
  const auto refused = engine.register_dataset("d", *data, wrong);
  ASSERT_FALSE(refused.ok());
  DatasetShape right;
  right.columns = {"a", "b"};
  const auto handle = engine.register_dataset("d", *data, right);
  ASSERT_TRUE(handle.ok()) << handle.error().message;
}

TEST_F(RealDaemon, ALongVectorComesBackThroughSharedMemory) {
  Engine engine = open(options());
  const std::vector<double> values(200'000, 2.0);
  const auto handle = engine.put_dataset("d", values);
  ASSERT_TRUE(handle.ok()) << handle.error().message;
  const auto loaded = engine.load_snapshot(R"({"version":1,"nodes":[
      {"id":"v","blockType":"vectorInput","data":{"datasetRef":"d"}},
      {"id":"n","blockType":"negate","data":{}}],
      "edges":[{"id":"e","source":"v","sourceHandle":"out","target":"n","targetHandle":"a"}]})");
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const Value negated = loaded->value("n");
  ASSERT_TRUE(negated.is(ValueKind::Vector));
  ASSERT_EQ(negated.as_vector().size(), values.size());
  EXPECT_EQ(negated.as_vector()[199'999], -2);
}

TEST_F(RealDaemon, ALargeSnapshotGoesThroughASegmentAndItsNamesAreKnown) {
  std::string snapshot = R"({"version":1,"nodes":[)";
  for (int i = 0; i < 20'000; ++i)
    snapshot += (i == 0 ? "" : ",") + std::string(R"({"id":"node-)") + std::to_string(i) +
                R"(","blockType":"number","data":{"value":)" + std::to_string(i) + "}}";
  snapshot += R"(],"edges":[]})";
  Engine engine = open(options());
  const auto loaded = engine.load_snapshot(snapshot);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->values.size(), 20'000U);
  EXPECT_EQ(loaded->scalar("node-19999"), 19'999);
  EXPECT_EQ(engine.slot_of("node-77"), 77U);
  // What the engine writes can be loaded again.
  const auto written = engine.get_snapshot();
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(engine.load_snapshot(*written)->scalar("node-5"), 5);
}

TEST_F(RealDaemon, ReadsBlocksValuesDiagnosticsAndTheCatalog) {
  Engine engine = open(options());
  ASSERT_TRUE(engine.load_snapshot(kSum).ok());
  const std::vector<BlockInput> inputs{{"a", Value::scalar(6)}, {"b", Value::scalar(7)}};
  const auto block = engine.evaluate_block("multiply", inputs);
  ASSERT_TRUE(block.ok()) << block.error().message;
  EXPECT_EQ(block->value.as_scalar(), 42);
  const auto one = engine.get_values(std::vector<std::string>{"sum"});
  ASSERT_TRUE(one.ok()) << one.error().message;
  EXPECT_EQ(one->scalar("sum"), 5);
  EXPECT_EQ(one->size(), 1U);
  EXPECT_TRUE(engine.validate_graph()->empty());
  EXPECT_NE(engine.get_catalog()->find("\"vectorSum\""), std::string::npos);
  EvaluateOptions traced;
  traced.trace = true;
  const auto evaluated = engine.evaluate(kSum, traced);
  ASSERT_TRUE(evaluated.ok());
  EXPECT_EQ(evaluated->scalar("sum"), 5);
  EXPECT_NE(evaluated->trace.find("\"sum\""), std::string::npos);
}

TEST_F(RealDaemon, AnErrorLeavesTheConnectionUsable) {
  Engine engine = open(options());
  ASSERT_TRUE(engine.load_snapshot(kSum).ok());
  const auto bad = engine.load_snapshot(R"({"version":99,"nodes":[],"edges":[]})");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, ErrorCode::UnsupportedVersion);
  EXPECT_EQ(engine.get_values()->scalar("sum"), 5);
}

TEST_F(RealDaemon, KillingTheDaemonRejectsTheCallAndTellsWhoWaits) {
  Engine engine = open(options());
  daemon_->kill();
  std::string closed;
  engine.handlers().on_session_closed = [&](const SessionEvent& event) {
    closed = event.reason;
  };
  const auto ended = engine.run_for(std::chrono::seconds(20));
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(closed, "DAEMON_LOST");
  EXPECT_EQ(engine.get_stats().error().code, ErrorCode::DaemonLost);
  daemon_.reset();
}

TEST_F(RealDaemon, DisposingReleasesTheSession) {
  Engine engine = open(options());
  ASSERT_TRUE(engine.dispose().ok());
  auto control = ControlConnection::open(options());
  ASSERT_TRUE(control.ok()) << control.error().message;
  EXPECT_TRUE(control->status().ok());
}

TEST_F(RealDaemon, ManySessionsOneAfterTheOtherLeaveNoDescriptorInTheClient) {
  const auto use = [&] {
    Engine engine = open(options());
    const std::vector<double> values(50'000, 1.0);
    auto handle = engine.put_dataset("d", values);
    const auto loaded = engine.load_snapshot(R"({"version":1,"nodes":[
        {"id":"v","blockType":"vectorInput","data":{"datasetRef":"d"}}],"edges":[]})");
    ASSERT_TRUE(loaded.ok());
    EXPECT_EQ(loaded->value("v").as_vector().size(), values.size());
  };
  use();
  const std::size_t before = test::descriptor_count(::getpid());
  for (int i = 0; i < 10; ++i)
    use();
  EXPECT_EQ(test::descriptor_count(::getpid()), before);
}

TEST_F(RealDaemon, TheControlConnectionListsAndClosesSessions) {
  Engine engine = open(options("to-close"));
  auto control = ControlConnection::open(options());
  ASSERT_TRUE(control.ok()) << control.error().message;
  const auto sessions = control->list_sessions();
  ASSERT_TRUE(sessions.ok()) << sessions.error().message;
  ASSERT_EQ(sessions->size(), 1U);
  EXPECT_EQ((*sessions)[0].name, "to-close");
  EXPECT_EQ((*sessions)[0].clients, 1U);
  const auto closed = control->close_session("to-close");
  EXPECT_TRUE(closed.ok()) << closed.error().message;
  EXPECT_FALSE(engine.run_for(std::chrono::seconds(20)).ok());
  EXPECT_FALSE(engine.connected());
}

TEST_F(RealDaemon, TheAsyncFaceDoesTheSame) {
  boost::asio::io_context context;
  auto work = boost::asio::make_work_guard(context);
  std::thread thread([&] { context.run(); });
  {
    auto engine =
        AsyncEngine::create(context.get_executor(), options(), {}, boost::asio::use_future).get();
    EXPECT_TRUE(engine.ok());
    if (engine.ok()) {
      const auto loaded = engine->load_snapshot(kSum, {}, boost::asio::use_future).get();
      EXPECT_EQ(loaded->scalar("sum"), 5);
      const auto changed = engine->set_input("a", "value", 4, boost::asio::use_future).get();
      EXPECT_EQ(changed->scalar("sum"), 7);
      EXPECT_TRUE(engine->dispose(boost::asio::use_future).get().ok());
    }
  }
  work.reset();
  thread.join();
}

// --- starting a daemon ---

class Spawning : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Daemon::available()) GTEST_SKIP() << "chainsolved and chainsolve-engine are not built";
    options_.daemon_program = std::string(CHAINSOLVED_BINARY_DIR) + "/chainsolved";
    options_.socket = directory_.path() + "/engine.sock";
    options_.daemon_arguments = {"--idle-exit-ms", "200"};
  }
  /// The daemon has ended by itself after its last client.
  static bool ends(std::int64_t pid) {
    const UniqueFd process = test::open_process(static_cast<pid_t>(pid));
    return !process.valid() || test::wait_ended(process.borrow(), std::chrono::seconds(30));
  }

  test::TemporaryDirectory directory_;
  Options options_;
};

TEST_F(Spawning, OnDemandStartsADaemonThatIsNobodysChildAndEndsByItself) {
  options_.spawn = Spawn::OnDemand;
  std::int64_t pid = 0;
  {
    auto engine = Engine::create(options_);
    ASSERT_TRUE(engine.ok()) << engine.error().message;
    EXPECT_TRUE(engine->daemon().started);
    pid = engine->daemon().pid;
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(engine->load_snapshot(kSum)->scalar("sum"), 5);
  }
  EXPECT_TRUE(ends(pid));
}

TEST_F(Spawning, OfManyClientsThatComeAtOnceOneStartsTheDaemon) {
  constexpr int kClients = 10;
  options_.spawn = Spawn::OnDemand;
  std::vector<std::optional<Result<Engine>>> engines(kClients);
  std::vector<std::thread> threads;
  threads.reserve(kClients);
  for (auto& engine : engines)
    threads.emplace_back([&] { engine.emplace(Engine::create(options_)); });
  for (std::thread& thread : threads)
    thread.join();
  int started = 0;
  for (const auto& engine : engines) {
    ASSERT_TRUE((*engine).ok()) << (*engine).error().message;
    started += (*engine)->daemon().started ? 1 : 0;
    EXPECT_EQ((*engine)->daemon().pid, (*engines[0])->daemon().pid);
  }
  EXPECT_EQ(started, 1);
  const std::int64_t pid = (*engines[0])->daemon().pid;
  engines.clear();
  EXPECT_TRUE(ends(pid));
}

TEST_F(Spawning, APrivateDaemonLeavesNoDirectoryBehind) {
  options_.spawn = Spawn::PrivateFallback;
  std::string socket_directory;
  std::int64_t pid = 0;
  UniqueFd watch = checked_fd(::inotify_init1(IN_CLOEXEC), "inotify_init1");
  {
    auto engine = Engine::create(options_);
    ASSERT_TRUE(engine.ok()) << engine.error().message;
    pid = engine->daemon().pid;
    socket_directory = std::filesystem::path(engine->daemon().socket).parent_path();
    EXPECT_NE(socket_directory, directory_.path());
    EXPECT_EQ(std::filesystem::status(socket_directory).permissions(),
              std::filesystem::perms::owner_all);
    ASSERT_GE(::inotify_add_watch(watch.get(), socket_directory.c_str(), IN_DELETE_SELF), 0);
  }
  EXPECT_TRUE(ends(pid));
  // The directory goes a moment after the daemon.
  pollfd gone{watch.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&gone, 1, 20'000), 1);
  EXPECT_FALSE(std::filesystem::exists(socket_directory));
}

TEST_F(Spawning, TheAsyncFaceStartsADaemonToo) {
  options_.spawn = Spawn::OnDemand;
  boost::asio::io_context context;
  auto work = boost::asio::make_work_guard(context);
  std::thread thread([&] { context.run(); });
  std::int64_t pid = 0;
  {
    auto engine =
        AsyncEngine::create(context.get_executor(), options_, {}, boost::asio::use_future).get();
    EXPECT_TRUE(engine.ok()) << engine.error().message;
    if (engine.ok()) {
      EXPECT_TRUE(engine->daemon().started);
      pid = engine->daemon().pid;
    }
  }
  work.reset();
  thread.join();
  EXPECT_TRUE(pid != 0 && ends(pid));
}

}  // namespace

}  // namespace chainsolved::client
