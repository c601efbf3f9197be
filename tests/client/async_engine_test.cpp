#include "chainsolved/async_engine.h"

#include "tests/client/loop.h"
#include "tests/client/peer_options.h"
#include "tests/client/scripted_peer.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace chainsolved::client {

namespace {

namespace asio = boost::asio;
using test::Loop;
using test::options_for;
using test::PeerMessage;
using test::PeerThread;
using test::ScriptedPeer;

TEST(AsyncEngine, WorksWithFuturesFromAnotherThread) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage input = peer.next();
    EXPECT_EQ(input.json,
              R"({"method":"setInput","params":{"nodeId":"n","portId":"value","value":2.5}})");
    EXPECT_EQ(input.header.epoch, 1U);
    peer.reply(input.header.id, R"({"evaluatedCount":4})");
    peer.wait_for_end();
  });
  Loop loop;
  auto engine = AsyncEngine::create(loop.executor(), options_for(peer), {}, asio::use_future).get();
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  EXPECT_EQ(engine->session().session_id, "s1");
  const auto result = engine->set_input("n", "value", 2.5, asio::use_future).get();
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->evaluated_count, 4U);
}

TEST(AsyncEngine, WorksWithCoroutinesOnASingleThread) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    for (int i = 0; i < 3; ++i)
      peer.reply(peer.next().header.id, R"({"nodeCount":)" + std::to_string(i) + "}");
    peer.wait_for_end();
  });
  asio::io_context context;
  std::vector<std::uint64_t> counts;
  const auto work = [&]() -> asio::awaitable<void> {
    auto engine = co_await AsyncEngine::create(
        context.get_executor(), options_for(peer), {}, asio::use_awaitable);
    EXPECT_TRUE(engine.ok());
    for (int i = 0; i < 3 && engine.ok(); ++i) {
      const auto stats = co_await engine->get_stats(asio::use_awaitable);
      counts.push_back(stats.ok() ? stats->node_count : 99);
    }
  };
  asio::co_spawn(context, work, asio::detached);
  context.run();  // ends when the engine object has: nothing keeps the loop alive
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST(AsyncEngine, ACompletionHandlerMayStartTheNextOperation) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    for (int i = 0; i < 2; ++i)
      peer.reply(peer.next().header.id, R"({"nodeCount":7})");
    peer.wait_for_end();
  });
  asio::io_context context;
  std::optional<AsyncEngine> engine;
  std::uint64_t nodes = 0;
  AsyncEngine::create(
      context.get_executor(), options_for(peer), {}, [&](Result<AsyncEngine> opened) {
        ASSERT_TRUE(opened.ok()) << opened.error().message;
        engine.emplace(std::move(opened).value());
        engine->get_stats([&](const Result<Stats>& first) {
          ASSERT_TRUE(first.ok());
          engine->get_stats([&](const Result<Stats>& second) {
            nodes = second.ok() ? second->node_count : 0;
            engine.reset();
          });
        });
      });
  context.run();
  EXPECT_EQ(nodes, 7U);
}

TEST(AsyncEngine, CancellingAnOperationAsksTheEngineToEndIt) {
  ScriptedPeer peer;
  std::promise<void> arrived;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage input = peer.next();
    arrived.set_value();
    const PeerMessage cancel = peer.next();
    EXPECT_EQ(
        cancel.json,
        R"({"method":"cancel","params":{"requestId":)" + std::to_string(input.header.id) + "}}");
    peer.fail(input.header.id, "CANCELLED", R"(,"applied":false)");
    peer.wait_for_end();
  });
  Loop loop;
  auto engine = AsyncEngine::create(loop.executor(), options_for(peer), {}, asio::use_future).get();
  ASSERT_TRUE(engine.ok());
  asio::cancellation_signal signal;
  std::promise<Result<IncrementalResult>> result;
  engine->set_input("n",
                    "value",
                    1,
                    asio::bind_cancellation_slot(signal.slot(), [&](Result<IncrementalResult> r) {
                      result.set_value(std::move(r));
                    }));
  arrived.get_future().wait();
  signal.emit(asio::cancellation_type::total);
  const auto answer = result.get_future().get();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(answer.error().applied, Applied::No);
}

TEST(AsyncEngine, EndingTheObjectRejectsWhatIsPending) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    peer.wait_for_end();
  });
  Loop loop;
  std::future<Result<Stats>> pending;
  {
    auto engine =
        AsyncEngine::create(loop.executor(), options_for(peer), {}, asio::use_future).get();
    ASSERT_TRUE(engine.ok());
    pending = engine->get_stats(asio::use_future);
  }
  const auto stats = pending.get();
  ASSERT_FALSE(stats.ok());
  EXPECT_EQ(stats.error().code, ErrorCode::EngineDisposed);
}

TEST(AsyncEngine, DisposingRejectsWhatIsPendingAndThenCloses) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    static_cast<void>(peer.next());
    const PeerMessage dispose = peer.next();
    EXPECT_TRUE(dispose.mentions("\"dispose\""));
    peer.reply(dispose.header.id, "{}");
    peer.wait_for_end();
  });
  Loop loop;
  auto engine = AsyncEngine::create(loop.executor(), options_for(peer), {}, asio::use_future).get();
  ASSERT_TRUE(engine.ok());
  auto pending = engine->get_stats(asio::use_future);
  EXPECT_TRUE(engine->dispose(asio::use_future).get().ok());
  EXPECT_EQ(pending.get().error().code, ErrorCode::EngineDisposed);
}

TEST(AsyncEngine, ALostDaemonRejectsWhatIsPendingAndTellsTheHandler) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    static_cast<void>(peer.next());
    peer.hang_up();
  });
  Loop loop;
  std::promise<std::string> closed;
  Handlers handlers;
  handlers.on_session_closed = [&](const SessionEvent& event) {
    closed.set_value(event.reason);
  };
  auto engine =
      AsyncEngine::create(loop.executor(), options_for(peer), std::move(handlers), asio::use_future)
          .get();
  ASSERT_TRUE(engine.ok());
  const auto input = engine->set_input("n", "value", 1, asio::use_future).get();
  ASSERT_FALSE(input.ok());
  EXPECT_EQ(input.error().code, ErrorCode::DaemonLost);
  EXPECT_EQ(input.error().applied, Applied::Unknown);
  EXPECT_EQ(closed.get_future().get(), "DAEMON_LOST");
  EXPECT_FALSE(engine->get_stats(asio::use_future).get().ok());
}

TEST(AsyncEngine, ReadsWhileItWaitsToWrite) {
  constexpr int kRequests = 40;
  constexpr int kNotifications = 3000;
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    for (int i = 0; i < kNotifications; ++i)
      peer.notify("progress", R"({"requestId":1,"evaluatedNodes":1})");
    for (int i = 0; i < kRequests; ++i)
      peer.reply(peer.next().header.id, "{}");
    peer.wait_for_end();
  });
  Loop loop;
  std::atomic<int> progress = 0;
  Handlers handlers;
  handlers.on_progress = [&](const Progress&) {
    ++progress;
  };
  auto engine =
      AsyncEngine::create(loop.executor(), options_for(peer), std::move(handlers), asio::use_future)
          .get();
  ASSERT_TRUE(engine.ok());
  RawRequest raw;
  raw.method = "getStats";
  raw.params = R"({"filler":")" + std::string(100'000, 'x') + "\"}";
  std::vector<std::future<Result<RawMessage>>> answers;
  answers.reserve(kRequests);
  for (int i = 0; i < kRequests; ++i) {
    RawRequest one;
    one.method = raw.method;
    one.params = raw.params;
    answers.push_back(engine->call_raw(std::move(one), asio::use_future));
  }
  for (auto& answer : answers)
    EXPECT_TRUE(answer.get().ok());
  EXPECT_EQ(progress, kNotifications);
}

TEST(AsyncEngine, ManyThreadsMayStartOperations) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    for (int i = 0; i < kThreads * kEach; ++i)
      peer.reply(peer.next().header.id, R"({"evaluatedCount":1})");
    peer.wait_for_end();
  });
  asio::thread_pool pool(3);
  auto engine =
      AsyncEngine::create(pool.get_executor(), options_for(peer), {}, asio::use_future).get();
  ASSERT_TRUE(engine.ok());
  std::atomic<std::uint64_t> evaluated = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i)
        evaluated += engine->set_input("n", "value", i, asio::use_future).get()->evaluated_count;
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(evaluated, std::uint64_t{kThreads} * kEach);
}

TEST(AsyncEngine, ADatasetComesBackWhenRegisteringFailsAndIsDetachedWhenItSucceeds) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    peer.fail(peer.next().header.id, "DATASET_QUOTA_EXCEEDED");
    peer.reply(peer.next().header.id, R"({"datasetId":"d","bytes":8})");
    EXPECT_TRUE(peer.next().mentions("releaseDataset"));
    peer.wait_for_end();
  });
  Loop loop;
  auto engine = AsyncEngine::create(loop.executor(), options_for(peer), {}, asio::use_future).get();
  ASSERT_TRUE(engine.ok());
  auto data = DatasetBuilder::create(1);
  ASSERT_TRUE(data.ok());
  EXPECT_FALSE(engine->register_dataset("d", *data, {}, asio::use_future).get().ok());
  EXPECT_TRUE(data->sealed());
  auto handle = engine->register_dataset("d", *data, {}, asio::use_future).get();
  ASSERT_TRUE(handle.ok());
  EXPECT_TRUE(data->detached());
  handle->release();
}

TEST(AsyncEngine, APeerThatNeverAnswersHelloIsGivenUpInTime) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.accept();
    peer.wait_for_end();
  });
  Loop loop;
  Options options = options_for(peer);
  options.open_timeout = std::chrono::milliseconds(50);
  const auto engine = AsyncEngine::create(loop.executor(), options, {}, asio::use_future).get();
  ASSERT_FALSE(engine.ok());
  EXPECT_NE(engine.error().message.find("in time"), std::string::npos) << engine.error().message;
}

TEST(AsyncEngine, WithoutADaemonTheErrorIsTheOneOfTheBlockingFace) {
  const test::TemporaryDirectory directory;
  Loop loop;
  Options options;
  options.socket = directory.path() + "/none.sock";
  options.spawn = Spawn::Never;
  const auto engine = AsyncEngine::create(loop.executor(), options, {}, asio::use_future).get();
  ASSERT_FALSE(engine.ok());
  EXPECT_TRUE(is_no_daemon(engine.error()));
}

TEST(AsyncEngine, AContextThatEndsFirstTakesTheSessionWithIt) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    peer.wait_for_end();
  });
  std::optional<Result<AsyncEngine>> engine;
  auto context = std::make_unique<asio::io_context>();
  AsyncEngine::create(
      context->get_executor(), options_for(peer), {}, [&](Result<AsyncEngine> opened) {
        engine.emplace(std::move(opened));
      });
  while (!engine.has_value())
    context->run_one();
  ASSERT_TRUE(engine->ok());
  engine.reset();
  context.reset();
}

}  // namespace

}  // namespace chainsolved::client
