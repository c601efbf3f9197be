// Both faces, while their session's engine is replaced.
#include "chainsolved/async_engine.h"
#include "chainsolved/control.h"
#include "chainsolved/engine.h"
#include "tests/client/loop.h"
#include "tests/client/peer_options.h"
#include "tests/client/scripted_peer.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace chainsolved::client {

namespace {

namespace asio = boost::asio;
using test::Loop;
using test::options_for;
using test::PeerMessage;
using test::PeerThread;
using test::ScriptedPeer;

constexpr const char* kRecreating = R"({"session":"s1","reason":"was killed by signal 9, Killed",
                     "code" : "WORKER_CRASHED"
})";

/// The peer's part of a recreation's end.
void tell_recreated(ScriptedPeer& peer, const std::string& lost = "[]") {
  ++peer.epoch;
  peer.notify("recreated",
              R"({"session":"s1","epoch":)" + std::to_string(peer.epoch) +
                  R"(,"reason":"was killed","code":"WORKER_CRASHED","elapsedMs":1.5,"replayed":2,)"
                  R"("lostDatasets":)" +
                  lost + R"(,"suspects":[],"snapshotSetAside":false})");
  peer.notify("valuesChanged", R"({"full":true,"changedValues":{}})");
}

/// Takes a registration and reads its numbers.
std::vector<double> take_dataset(ScriptedPeer& peer) {
  PeerMessage message = peer.next();
  EXPECT_TRUE(message.mentions("\"registerDataset\"")) << message.json;
  EXPECT_EQ(message.header.epoch, peer.epoch);
  auto segment = SealedSegment::adopt(std::move(message.segments[0]), 8);
  if (!segment.ok()) throw std::runtime_error(segment.error().message);
  const auto numbers = numbers_in(*segment->map(), 0, segment->size() / sizeof(double));
  peer.reply(message.header.id,
             R"({"datasetId":"d","bytes":)" + std::to_string(segment->size()) + "}");
  return {numbers->begin(), numbers->end()};
}

/// Takes notifications until the session is being recreated.
void wait_for_recreating(Engine& engine) {
  engine.handlers().on_recreating = [&](const RecreatingEvent&) {
    engine.interrupt();
  };
  ASSERT_TRUE(engine.run_for(std::chrono::seconds(20)).ok());
}

TEST(EngineRecreation, ACallUnderWayReturnsItsErrorAndTheNextOneWaitsAndSucceeds) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage killed = peer.next();
    peer.notify("recreating", kRecreating);
    peer.fail(killed.header.id,
              "WORKER_CRASHED",
              R"(,"applied":true,"node":"slow","elapsedMs":40,"signal":"Killed")");
    // Sent too early it would have the old epoch.
    tell_recreated(peer);
    const PeerMessage held = peer.next();
    EXPECT_EQ(held.header.epoch, 2U);
    peer.reply(held.header.id, R"({"evaluatedCount":5})");
  });
  std::vector<std::string> told;
  Handlers handlers;
  handlers.on_recreating = [&](const RecreatingEvent& event) {
    told.push_back("recreating: " + event.reason);
    EXPECT_EQ(event.code, ErrorCode::WorkerCrashed);
  };
  handlers.on_recreated = [&](const RecreatedEvent& event) {
    told.push_back("recreated: " + std::to_string(event.epoch));
    EXPECT_EQ(event.elapsed_ms, 1.5);
  };
  auto engine = Engine::create(options_for(peer), std::move(handlers));
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  const auto killed = engine->set_input("n", "value", 1);
  ASSERT_FALSE(killed.ok());
  EXPECT_EQ(killed.error().code, ErrorCode::WorkerCrashed);
  EXPECT_EQ(killed.error().applied, Applied::Yes);
  EXPECT_EQ(context_of(killed.error()).node, "slow");
  EXPECT_EQ(context_of(killed.error()).signal, "Killed");
  EXPECT_EQ(context_of(killed.error()).elapsed_ms, 40);
  const auto next = engine->set_input("n", "value", 2);
  ASSERT_TRUE(next.ok()) << next.error().message;
  EXPECT_EQ(next->evaluated_count, 5U);
  EXPECT_EQ(engine->epoch(), 2U);
  EXPECT_EQ(
      told,
      (std::vector<std::string>{"recreating: was killed by signal 9, Killed", "recreated: 2"}));
}

TEST(EngineRecreation, ACallAfterARecreationThatNobodyWatchedGoesWithTheNewEpoch) {
  ScriptedPeer peer;
  std::promise<void> done;
  const PeerThread script([&] {
    peer.open_session();
    peer.notify("recreating", kRecreating);
    tell_recreated(peer);
    done.set_value();
    const PeerMessage stats = peer.next();
    EXPECT_EQ(stats.header.epoch, 2U);
    peer.reply(stats.header.id, R"({"nodeCount":1})");
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  done.get_future().wait();
  EXPECT_TRUE(engine->get_stats().ok());
}

TEST(EngineRecreation, AHandlerMayCallWhileTheEngineIsReplaced) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage killed = peer.next();
    peer.notify("recreating", kRecreating);
    peer.fail(killed.header.id, "WORKER_CRASHED", R"(,"applied":false)");
    tell_recreated(peer);
    const PeerMessage stats = peer.next();
    EXPECT_EQ(stats.header.epoch, 2U);
    peer.reply(stats.header.id, R"({"nodeCount":6})");
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  std::uint64_t nodes = 0;
  engine->handlers().on_recreating = [&](const RecreatingEvent&) {
    nodes = engine->get_stats()->node_count;
  };
  EXPECT_EQ(engine->set_input("n", "value", 1).error().applied, Applied::No);
  EXPECT_EQ(nodes, 6U);
}

TEST(EngineRecreation, AnInterruptCancelsACallThatIsHeldAndItNeverGoes) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    peer.notify("recreating", kRecreating);
    EXPECT_THROW(peer.next(), std::runtime_error);  // the end, and nothing before it
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  wait_for_recreating(*engine);
  engine->interrupt();
  const auto held = engine->set_input("n", "value", 1);
  ASSERT_FALSE(held.ok());
  EXPECT_EQ(held.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(held.error().applied, Applied::No);
  EXPECT_EQ(engine->pending(), 0U);
}

TEST(EngineRecreation, DisposingWhileTheEngineIsReplacedWaitsForNobody) {
  ScriptedPeer peer;
  std::vector<std::string> answers;
  const PeerThread script([&] {
    peer.open_session();
    peer.notify("recreating", kRecreating);
    EXPECT_THROW(peer.next(), std::runtime_error);  // the end, and nothing before it
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  engine->handlers().on_raw = [&](const RawMessage& message) {
    answers.emplace_back(message.json());
  };
  wait_for_recreating(*engine);
  answers.clear();
  RawRequest held;
  held.method = "getStats";
  ASSERT_TRUE(engine->send_raw(std::move(held)).ok());
  EXPECT_TRUE(engine->dispose().ok());
  EXPECT_FALSE(engine->connected());
  EXPECT_FALSE(engine->poll().ok());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_NE(answers[0].find("ENGINE_DISPOSED"), std::string::npos) << answers[0];
}

TEST(EngineRecreation, DisposingIsDoneWhenTheEngineDiesOverIt) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage dispose = peer.next();
    peer.notify("recreating", kRecreating);
    peer.fail(dispose.header.id, "WORKER_CRASHED");
    peer.wait_for_end();
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  const auto disposed = engine->dispose();
  EXPECT_TRUE(disposed.ok()) << disposed.error().message;
}

TEST(EngineRecreation, ADatasetComesBackFromADeathAndIsRegisteredByItsOwner) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage killed = peer.next();
    peer.notify("recreating", kRecreating);
    peer.fail(killed.header.id, "WORKER_CRASHED", R"(,"applied":false)");
    tell_recreated(peer);
    EXPECT_EQ(take_dataset(peer), (std::vector<double>{3, 4}));
    EXPECT_TRUE(peer.next().mentions("releaseDataset"));
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  auto data = DatasetBuilder::copy_of(std::vector<double>{3, 4});
  ASSERT_TRUE(data.ok());
  const auto killed = engine->register_dataset("d", *data);
  ASSERT_FALSE(killed.ok());
  EXPECT_EQ(killed.error().applied, Applied::No);
  EXPECT_TRUE(data->sealed());
  const auto handle = engine->register_dataset("d", *data);
  ASSERT_TRUE(handle.ok()) << handle.error().message;
  EXPECT_TRUE(data->detached());
}

TEST(EngineRecreation, ARetainedDatasetIsRegisteredAgainByItself) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    EXPECT_EQ(take_dataset(peer), (std::vector<double>{5, 6, 7}));
    peer.notify("recreating", kRecreating);
    tell_recreated(peer, R"(["d"])");
    EXPECT_EQ(take_dataset(peer), (std::vector<double>{5, 6, 7}));
    const PeerMessage readers = peer.next();
    EXPECT_EQ(readers.json, R"({"method":"applyPatch","params":{"ops":[]}})");
    peer.reply(readers.header.id,
               R"({"changedValues":{"sum":{"kind":"text","value":"18"}},"evaluatedCount":1})");
    peer.reply(peer.next().header.id, R"({"nodeCount":1})");
    EXPECT_TRUE(peer.next().mentions("releaseDataset"));
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  auto handle = engine->put_dataset("d", std::vector<double>{5, 6, 7});
  ASSERT_TRUE(handle.ok());
  std::vector<std::string> again;
  std::string sum;
  engine->handlers().on_recreated = [&](const RecreatedEvent& event) {
    again = event.registering_again;
  };
  engine->handlers().on_values_changed = [&](const ValuesChanged& changed) {
    if (!changed.full) sum = changed.changed.value("sum").as_text();
  };
  wait_for_recreating(*engine);
  EXPECT_TRUE(engine->get_stats().ok());
  EXPECT_EQ(again, std::vector<std::string>{"d"});
  EXPECT_EQ(sum, "18");
}

TEST(EngineRecreation, ADatasetWhoseHandleHasEndedIsNotRegisteredAgainAndKeepsNoDescriptor) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    static_cast<void>(take_dataset(peer));
    EXPECT_TRUE(peer.next().mentions("releaseDataset"));
    peer.notify("recreating", kRecreating);
    tell_recreated(peer, R"(["d"])");
    const PeerMessage stats = peer.next();
    EXPECT_TRUE(stats.mentions("getStats")) << stats.json;
    peer.reply(stats.header.id, "{}");
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  const std::size_t before = test::descriptor_count(::getpid());
  {
    const auto handle = engine->put_dataset("d", std::vector<double>{1});
    ASSERT_TRUE(handle.ok());
  }
  wait_for_recreating(*engine);
  EXPECT_TRUE(engine->get_stats().ok());
  EXPECT_EQ(test::descriptor_count(::getpid()), before);
}

TEST(EngineRecreation, ADetachedHandleLeavesItsDatasetRetained) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    static_cast<void>(take_dataset(peer));
    peer.notify("recreating", kRecreating);
    tell_recreated(peer, R"(["d"])");
    EXPECT_EQ(take_dataset(peer), std::vector<double>{1});
    peer.reply(peer.next().header.id, "{}");
    peer.reply(peer.next().header.id, "{}");
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  auto handle = engine->put_dataset("d", std::vector<double>{1});
  ASSERT_TRUE(handle.ok());
  handle->detach();
  wait_for_recreating(*engine);
  EXPECT_TRUE(engine->get_stats().ok());
}

TEST(EngineRecreation, JoiningASessionWithAMirrorSurvivesADeathOverIt) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.accept();
    peer.reply(peer.next().header.id, R"({"protocol":1})");
    peer.reply(peer.next().header.id, R"({"sessionId":"s1","created":false,"epoch":1})");
    const PeerMessage values = peer.next();
    EXPECT_TRUE(values.mentions("getValues"));
    peer.notify("recreating", kRecreating);
    peer.fail(values.header.id, "WORKER_CRASHED");
    peer.epoch = 2;
    peer.notify("recreated", R"({"epoch":2})");
    peer.notify("valuesChanged",
                R"({"full":true,"changedValues":{"n":{"kind":"text","value":"back"}}})");
    peer.reply(peer.next().header.id, "{}");
  });
  Options options = options_for(peer);
  options.mirror = true;
  auto engine = Engine::create(options);
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  EXPECT_TRUE(engine->get_stats().ok());
  EXPECT_EQ(engine->current("n").as_text(), "back");
}

TEST(ControlConnection, RestartingASessionGivesItsEpoch) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.accept();
    peer.reply(peer.next().header.id, R"({"protocol":1})");
    const PeerMessage restart = peer.next();
    EXPECT_EQ(restart.json, R"({"method":"restartSession","params":{"session":"desk"}})");
    peer.reply(restart.header.id, R"({"epoch":12})");
    peer.fail(peer.next().header.id, "WORKER_CRASH_LOOP");
  });
  auto control = ControlConnection::open(options_for(peer));
  ASSERT_TRUE(control.ok());
  const auto epoch = control->restart_session("desk");
  ASSERT_TRUE(epoch.ok()) << epoch.error().message;
  EXPECT_EQ(*epoch, 12U);
  EXPECT_EQ(control->restart_session("desk").error().code, ErrorCode::WorkerCrashLoop);
}

TEST(ControlConnection, ASessionsRowTellsItsDeaths) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.accept();
    peer.reply(peer.next().header.id, R"({"protocol":1})");
    peer.reply(peer.next().header.id,
               R"({"sessions":[{"sessionId":"s1","state":"ready","restarts":2,"deaths":[
                   {"kind":"hang","reason":"hung","code":"WORKER_WATCHDOG","node":"n","lostMs":305,"at":1000},
                   {"reason":"died","code":"WORKER_CRASHED","signal":"Aborted","lostMs":2,"at":2}],
                   "suspects":["n"],"quarantined":["q"],"snapshotSetAside":true}]})");
  });
  auto control = ControlConnection::open(options_for(peer));
  ASSERT_TRUE(control.ok());
  const auto sessions = control->list_sessions();
  ASSERT_TRUE(sessions.ok()) << sessions.error().message;
  const SessionRow& row = sessions->at(0);
  ASSERT_EQ(row.deaths.size(), 2U);
  EXPECT_EQ(row.deaths[0].kind, "hang");
  EXPECT_EQ(row.deaths[0].code, "WORKER_WATCHDOG");
  EXPECT_EQ(row.deaths[0].node, "n");
  EXPECT_EQ(row.deaths[0].lost_ms, 305);
  EXPECT_EQ(row.deaths[1].signal, "Aborted");
  EXPECT_EQ(row.suspects, std::vector<std::string>{"n"});
  EXPECT_EQ(row.quarantined, std::vector<std::string>{"q"});
  EXPECT_TRUE(row.snapshot_set_aside);
}

// --- the other face ---

/// An engine object, and what it was told.
struct Opened {
  std::optional<AsyncEngine> engine;
  std::promise<RecreatingEvent> recreating;
  std::promise<RecreatedEvent> recreated;

  Opened(Loop& loop, const ScriptedPeer& peer) {
    Handlers handlers;
    handlers.on_recreating = [this](const RecreatingEvent& event) {
      recreating.set_value(event);
    };
    handlers.on_recreated = [this](const RecreatedEvent& event) {
      recreated.set_value(event);
    };
    auto opened = AsyncEngine::create(
                      loop.executor(), options_for(peer), std::move(handlers), asio::use_future)
                      .get();
    if (!opened.ok()) throw std::runtime_error(opened.error().message);
    engine.emplace(std::move(opened).value());
  }
};

TEST(AsyncRecreation, ACallUnderWayFailsAndOneMadeMeanwhileIsHeldAndSucceeds) {
  ScriptedPeer peer;
  std::promise<void> called;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage killed = peer.next();
    peer.notify("recreating", kRecreating);
    peer.fail(killed.header.id, "WORKER_WATCHDOG", R"(,"applied":false,"elapsedMs":300)");
    called.get_future().wait();
    tell_recreated(peer);
    const PeerMessage held = peer.next();
    EXPECT_EQ(held.header.epoch, 2U);
    peer.reply(held.header.id, R"({"evaluatedCount":8})");
    peer.wait_for_end();
  });
  Loop loop;
  Opened opened(loop, peer);
  const auto killed = opened.engine->set_input("n", "value", 1, asio::use_future).get();
  ASSERT_FALSE(killed.ok());
  EXPECT_EQ(killed.error().code, ErrorCode::WorkerWatchdog);
  EXPECT_EQ(context_of(killed.error()).elapsed_ms, 300);
  EXPECT_EQ(opened.recreating.get_future().get().code, ErrorCode::WorkerCrashed);
  auto held = opened.engine->set_input("n", "value", 2, asio::use_future);
  called.set_value();
  EXPECT_EQ(opened.recreated.get_future().get().epoch, 2U);
  const auto result = held.get();
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->evaluated_count, 8U);
}

TEST(AsyncRecreation, ACallThatIsHeldIsCancelledAtOnceAndNeverGoes) {
  ScriptedPeer peer;
  std::promise<void> cancelled;
  const PeerThread script([&] {
    peer.open_session();
    peer.notify("recreating", kRecreating);
    cancelled.get_future().wait();
    tell_recreated(peer);
    const PeerMessage stats = peer.next();
    EXPECT_TRUE(stats.mentions("getStats")) << stats.json;
    peer.reply(stats.header.id, "{}");
    peer.wait_for_end();
  });
  Loop loop;
  Opened opened(loop, peer);
  opened.recreating.get_future().wait();
  asio::cancellation_signal signal;
  std::promise<Result<IncrementalResult>> result;
  opened.engine->set_input(
      "n",
      "value",
      1,
      asio::bind_cancellation_slot(
          signal.slot(), [&](Result<IncrementalResult> r) { result.set_value(std::move(r)); }));
  signal.emit(asio::cancellation_type::total);
  const auto answer = result.get_future().get();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(answer.error().applied, Applied::No);
  cancelled.set_value();
  EXPECT_TRUE(opened.engine->get_stats(asio::use_future).get().ok());
}

TEST(AsyncRecreation, DisposingWhileTheEngineIsReplacedWaitsForNobody) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    peer.notify("recreating", kRecreating);
    EXPECT_THROW(peer.next(), std::runtime_error);  // the end, and nothing before it
  });
  Loop loop;
  Opened opened(loop, peer);
  opened.recreating.get_future().wait();
  auto held = opened.engine->set_input("n", "value", 1, asio::use_future);
  EXPECT_TRUE(opened.engine->dispose(asio::use_future).get().ok());
  EXPECT_EQ(held.get().error().code, ErrorCode::EngineDisposed);
}

TEST(AsyncRecreation, ARetainedDatasetIsRegisteredAgainByItself) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    static_cast<void>(take_dataset(peer));
    peer.notify("recreating", kRecreating);
    tell_recreated(peer, R"(["d"])");
    EXPECT_EQ(take_dataset(peer), (std::vector<double>{1, 2}));
    peer.reply(peer.next().header.id, "{}");
    EXPECT_TRUE(peer.next().mentions("releaseDataset"));
    peer.notify("recreating", kRecreating);
    tell_recreated(peer, R"(["d"])");
    const PeerMessage stats = peer.next();
    EXPECT_TRUE(stats.mentions("getStats")) << stats.json;
    peer.reply(stats.header.id, "{}");
    peer.wait_for_end();
  });
  Loop loop;
  Handlers handlers;
  std::promise<void> recreated[2];
  int times = 0;
  handlers.on_recreated = [&](const RecreatedEvent& event) {
    EXPECT_EQ(event.registering_again.size(), times == 0 ? 1U : 0U);
    recreated[times++].set_value();
  };
  auto engine =
      AsyncEngine::create(loop.executor(), options_for(peer), std::move(handlers), asio::use_future)
          .get();
  ASSERT_TRUE(engine.ok());
  auto data = DatasetBuilder::copy_of(std::vector<double>{1, 2});
  ASSERT_TRUE(data.ok());
  auto handle = engine->register_dataset("d", *data, {}, asio::use_future).get();
  ASSERT_TRUE(handle.ok());
  recreated[0].get_future().wait();
  handle->release();
  recreated[1].get_future().wait();
  EXPECT_TRUE(engine->get_stats(asio::use_future).get().ok());
}

}  // namespace

}  // namespace chainsolved::client
