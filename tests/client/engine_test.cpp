#include "chainsolved/engine.h"

#include "chainsolved/control.h"
#include "protocol/frame.h"
#include "tests/client/allocation_count.h"
#include "tests/client/peer_options.h"
#include "tests/client/scripted_peer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace chainsolved::client {

namespace {

using test::options_for;
using test::PeerMessage;
using test::PeerThread;
using test::Scalars;
using test::scalars;
using test::ScriptedPeer;

RawRequest raw(const std::string& method, const std::string& params = "{}") {
  RawRequest request;
  request.method = method;
  request.params = params;
  return request;
}

TEST(Engine, TellsWhatHelloAndOpenSessionSaid) {
  ScriptedPeer peer;
  const PeerThread script([&] { peer.open_session(R"(,"name":"beam")"); });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  EXPECT_EQ(engine->daemon().pid, 7);
  EXPECT_EQ(engine->daemon().socket, peer.path());
  EXPECT_EQ(engine->session().name, "beam");
  EXPECT_EQ(engine->epoch(), 1U);
}

TEST(Engine, AsksForTheSessionItsOptionsSay) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.accept();
    peer.reply(peer.next().header.id, R"({"protocol":1})");
    const PeerMessage open = peer.next();
    EXPECT_EQ(open.json,
              R"({"method":"openSession","params":{"name":"a","create":false,"names":true,)"
              R"("watchdogMs":50,"lingerMs":7}})");
    EXPECT_EQ(open.header.epoch, 0U);
    peer.fail(open.header.id, "UNKNOWN_SESSION");
  });
  Options options = options_for(peer);
  options.session = "a";
  options.create = false;
  options.names = true;
  options.watchdog_ms = 50;
  options.linger_ms = 7;
  const auto engine = Engine::create(options);
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(engine.error().code, ErrorCode::UnknownSession);
  EXPECT_FALSE(is_no_daemon(engine.error()));
}

TEST(Engine, APeerThatNeverAnswersHelloIsGivenUpInTime) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.accept();
    peer.wait_for_end();
  });
  Options options = options_for(peer);
  options.open_timeout = std::chrono::milliseconds(50);
  const auto engine = Engine::create(options);
  ASSERT_FALSE(engine.ok());
  EXPECT_NE(engine.error().message.find("in time"), std::string::npos);
}

TEST(Engine, AnswersThatWereSentBeforeAResetAreReadBeforeTheRestIsLost) {
  ScriptedPeer peer;
  std::optional<Result<Engine>> engine;
  std::vector<std::string> answers;
  {
    const PeerThread script([&] {
      peer.open_session();
      const PeerMessage first = peer.next();
      peer.wait_for_message();  // the second, which stays unread: closing is then a reset
      peer.reply(first.header.id, R"({"nodeCount":5})");
      peer.hang_up();
    });
    Handlers handlers;
    handlers.on_raw = [&](const RawMessage& message) {
      answers.emplace_back(message.json());
    };
    engine.emplace(Engine::create(options_for(peer), std::move(handlers)));
    ASSERT_TRUE(engine->ok()) << engine->error().message;
    ASSERT_TRUE((*engine)->send_raw(raw("getStats")).ok());
    ASSERT_TRUE((*engine)->send_raw(raw("getStats")).ok());
  }
  EXPECT_FALSE((*engine)->run_for(std::chrono::seconds(10)).ok());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0], R"({"result":{"nodeCount":5}})");
  EXPECT_NE(answers[1].find("DAEMON_LOST"), std::string::npos);
}

TEST(Engine, ReadsWhileItWaitsToWrite) {
  constexpr int kRequests = 40;
  constexpr int kNotifications = 3000;
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    // Nothing is read until all of this has been taken: more than any socket's queue holds.
    for (int i = 0; i < kNotifications; ++i)
      peer.notify("progress", R"({"requestId":1,"evaluatedNodes":1})");
    for (int i = 0; i < kRequests + 1; ++i)
      peer.reply(peer.next().header.id, R"({"nodeCount":1})");
  });
  int progress = 0;
  Handlers handlers;
  handlers.on_progress = [&](const Progress&) {
    ++progress;
  };
  auto engine = Engine::create(options_for(peer), std::move(handlers));
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  const std::string filler = R"({"filler":")" + std::string(100'000, 'x') + "\"}";
  for (int i = 0; i < kRequests; ++i)
    ASSERT_TRUE(engine->send_raw(raw("getStats", filler)).ok());
  EXPECT_TRUE(engine->wants_write());
  const auto stats = engine->get_stats();
  ASSERT_TRUE(stats.ok()) << stats.error().message;
  EXPECT_EQ(stats->node_count, 1U);
  EXPECT_EQ(progress, kNotifications);
}

TEST(Engine, AHandlerMayCancelTheRequestWhoseProgressItSees) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage input = peer.next();
    const std::string id = std::to_string(input.header.id);
    peer.notify("progress", R"({"requestId":)" + id + R"(,"evaluatedNodes":10})");
    const PeerMessage cancel = peer.next();
    EXPECT_EQ(cancel.json, R"({"method":"cancel","params":{"requestId":)" + id + "}}");
    EXPECT_EQ(cancel.header.kind, FrameKind::Notification);
    EXPECT_EQ(cancel.header.id, 0U);
    peer.fail(input.header.id, "CANCELLED", R"(,"applied":true)");
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  engine->handlers().on_progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.evaluated_nodes, 10U);
    EXPECT_TRUE(engine->cancel(progress.request_id).ok());
  };
  const auto result = engine->set_input("n", "value", 1);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(result.error().applied, Applied::Yes);
}

TEST(Engine, AHandlerMayCallTheEngineWhileACallIsUnderWay) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage input = peer.next();
    peer.notify("valuesChanged", R"({"changedValues":{"a":{"kind":"text","value":"t"}}})");
    const PeerMessage stats = peer.next();
    peer.reply(stats.header.id, R"({"nodeCount":3})");
    peer.reply(input.header.id, R"({"evaluatedCount":2})");
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok()) << engine.error().message;
  std::uint64_t nodes = 0;
  engine->handlers().on_values_changed = [&](const ValuesChanged& changed) {
    EXPECT_EQ(changed.changed.value("a").as_text(), "t");
    nodes = engine->get_stats()->node_count;
  };
  const auto result = engine->set_input("n", "value", 1);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->evaluated_count, 2U);
  EXPECT_EQ(nodes, 3U);
}

TEST(Engine, AnInterruptCancelsTheCallThatIsUnderWay) {
  ScriptedPeer peer;
  std::optional<Result<Engine>> engine;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage input = peer.next();
    (*engine)->interrupt();
    EXPECT_TRUE(peer.next().mentions("\"cancel\""));
    peer.fail(input.header.id, "CANCELLED", R"(,"applied":false)");
  });
  engine.emplace(Engine::create(options_for(peer)));
  ASSERT_TRUE(engine->ok());
  const auto result = (*engine)->set_input("n", "value", 1);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().applied, Applied::No);
}

TEST(Engine, ASecondInterruptGivesTheCallUpAndTheConnectionGoesOn) {
  ScriptedPeer peer;
  std::optional<Result<Engine>> engine;
  const PeerThread script([&] {
    peer.open_session();
    const PeerMessage input = peer.next();
    (*engine)->interrupt();
    EXPECT_TRUE(peer.next().mentions("\"cancel\""));
    (*engine)->interrupt();
    const PeerMessage stats = peer.next();
    peer.reply(input.header.id, R"({"evaluatedCount":2})");  // too late: dropped
    peer.reply(stats.header.id, R"({"nodeCount":3})");
  });
  engine.emplace(Engine::create(options_for(peer)));
  ASSERT_TRUE(engine->ok());
  const auto result = (*engine)->set_input("n", "value", 1);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(result.error().applied, Applied::Unknown);
  EXPECT_EQ((*engine)->get_stats()->node_count, 3U);
}

TEST(Engine, DisposingRejectsWhatIsPendingAndClosesTheConnection) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    EXPECT_TRUE(peer.next().mentions("getStats"));
    const PeerMessage dispose = peer.next();
    EXPECT_TRUE(dispose.mentions("\"dispose\""));
    peer.reply(dispose.header.id, "{}");
    peer.wait_for_end();
  });
  std::vector<std::string> answers;
  Handlers handlers;
  handlers.on_raw = [&](const RawMessage& message) {
    answers.emplace_back(message.json());
  };
  auto engine = Engine::create(options_for(peer), std::move(handlers));
  ASSERT_TRUE(engine.ok());
  ASSERT_TRUE(engine->send_raw(raw("getStats")).ok());
  EXPECT_TRUE(engine->dispose().ok());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_NE(answers[0].find("ENGINE_DISPOSED"), std::string::npos);
  EXPECT_FALSE(engine->connected());
  EXPECT_FALSE(engine->get_stats().ok());
}

TEST(Engine, AFailedRegistrationGivesTheSealedDatasetBackForAnotherTry) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    for (const bool last : {false, true}) {
      PeerMessage message = peer.next();
      EXPECT_TRUE(message.mentions(
          R"("data":{"$segment":{"index":0,"type":"f64","offset":0,"count":2}},"rows":2)"));
      ASSERT_EQ(message.segments.size(), 1U);
      const auto segment = SealedSegment::adopt(std::move(message.segments[0]), 16);
      EXPECT_TRUE(segment.ok());
      if (last)
        peer.reply(message.header.id, R"({"datasetId":"d","bytes":16})");
      else
        peer.fail(message.header.id, "DATASET_QUOTA_EXCEEDED");
    }
    const PeerMessage release = peer.next();
    EXPECT_EQ(release.json, R"({"method":"releaseDataset","params":{"datasetId":"d"}})");
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  auto data = DatasetBuilder::create(2);
  ASSERT_TRUE(data.ok());
  const auto refused = engine->register_dataset("d", *data);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::DatasetQuotaExceeded);
  EXPECT_TRUE(data->sealed());
  const auto handle = engine->register_dataset("d", *data);
  ASSERT_TRUE(handle.ok());
  EXPECT_EQ(handle->bytes(), 16U);
  EXPECT_TRUE(data->detached());
}

TEST(Engine, ADatasetHandleMayOutliveItsEngine) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    peer.reply(peer.next().header.id, R"({"datasetId":"d","bytes":8})");
    peer.wait_for_end();
  });
  DatasetHandle handle;
  {
    auto engine = Engine::create(options_for(peer));
    ASSERT_TRUE(engine.ok());
    const double values[] = {1};
    auto put = engine->put_dataset("d", values);
    ASSERT_TRUE(put.ok());
    handle = std::move(*put);
  }
  handle.release();
}

TEST(Engine, AnUnreadableFrameEndsTheConnectionWithWhatWasWrong) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    static_cast<void>(peer.next());
    const std::vector<std::byte> nonsense(40, std::byte{1});
    peer.send_bytes(nonsense);
    peer.wait_for_end();
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  const auto stats = engine->get_stats();
  ASSERT_FALSE(stats.ok());
  EXPECT_EQ(stats.error().code, ErrorCode::DaemonLost);
  EXPECT_NE(stats.error().message.find("CSE1"), std::string::npos);
}

TEST(Engine, ASegmentThatIsNotSealedFailsItsCallAndNothingElse) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    FrameHeader header;
    header.kind = FrameKind::Response;
    header.id = peer.next().header.id;
    const BorrowedFd not_a_segment[] = {peer.connection()};
    peer.send(header, R"({"result":{}})", {}, not_a_segment);
    peer.reply(peer.next().header.id, R"({"nodeCount":1})");
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  const auto stats = engine->get_stats();
  ASSERT_FALSE(stats.ok());
  EXPECT_EQ(stats.error().code, ErrorCode::DatasetNotSealed);
  EXPECT_TRUE(engine->get_stats().ok());
}

TEST(Engine, PollTakesNotificationsBetweenCalls) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    peer.notify("datasetReleased", R"({"datasetId":"d"})");
    peer.notify("memoryPressure", R"({"level":"some"})");
    peer.hang_up();
  });
  std::string released;
  std::string pressure;
  std::string closed;
  Handlers handlers;
  handlers.on_dataset_released = [&](const std::string& id) {
    released = id;
  };
  handlers.on_memory_pressure = [&](const std::string& params) {
    pressure = params;
  };
  handlers.on_session_closed = [&](const SessionEvent& event) {
    closed = event.reason;
  };
  auto engine = Engine::create(options_for(peer), std::move(handlers));
  ASSERT_TRUE(engine.ok());
  const auto ended = engine->run_for(std::chrono::seconds(10));
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, ErrorCode::DaemonLost);
  EXPECT_EQ(released, "d");
  EXPECT_EQ(pressure, R"({"level":"some"})");
  EXPECT_EQ(closed, "DAEMON_LOST");
  EXPECT_FALSE(engine->poll().ok());
}

TEST(ControlConnection, ReadsTheListOfSessions) {
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.accept();
    peer.reply(peer.next().header.id, R"({"protocol":1,"daemonVersion":"0.1.0"})");
    const PeerMessage list = peer.next();
    EXPECT_TRUE(list.mentions("listSessions"));
    peer.reply(list.header.id,
               R"({"sessions":[{"sessionId":"s1","name":"n","state":"ready","epoch":2,"pid":9,)"
               R"("clients":1,"nodes":4,"busyMs":null,"restarts":0}]})");
    const PeerMessage close = peer.next();
    EXPECT_EQ(close.json, R"({"method":"closeSession","params":{"session":"n"}})");
    peer.fail(close.header.id, "UNKNOWN_SESSION");
  });
  auto control = ControlConnection::open(options_for(peer));
  ASSERT_TRUE(control.ok()) << control.error().message;
  const auto sessions = control->list_sessions();
  ASSERT_TRUE(sessions.ok()) << sessions.error().message;
  ASSERT_EQ(sessions->size(), 1U);
  EXPECT_EQ((*sessions)[0].pid, 9);
  EXPECT_EQ((*sessions)[0].nodes, 4U);
  const auto closed = control->close_session("n");
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().code, ErrorCode::UnknownSession);
}

TEST(Engine, SetInputAllocatesNothingOnceWarm) {
  constexpr int kCalls = 200;
  ScriptedPeer peer;
  const PeerThread script([&] {
    peer.open_session();
    const std::uint32_t slots[] = {0, 1};
    const double values[] = {1, 2};
    const Scalars columns = scalars(slots, values);
    for (int i = 0; i < kCalls; ++i)
      peer.reply(peer.next().header.id,
                 "{" + columns.json +
                     R"(,"changedValues":{},"diagnostics":[],"elapsedUs":1.5,"evaluatedCount":2,)"
                     R"("totalCount":2,"partial":false})",
                 columns.data);
  });
  auto engine = Engine::create(options_for(peer));
  ASSERT_TRUE(engine.ok());
  double sum = 0;
  std::size_t before = 0;
  for (int i = 0; i < kCalls; ++i) {
    if (i == kCalls / 2) before = test::allocation_count();
    const auto result = engine->set_input("slider", "value", i);
    if (result.ok()) sum += result->changed.scalar_values()[1];
  }
  EXPECT_EQ(test::allocation_count() - before, 0U);
  EXPECT_EQ(sum, 2 * kCalls);
}

}  // namespace

}  // namespace chainsolved::client
