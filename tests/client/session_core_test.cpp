#include "client/cpp/src/session_core.h"

#include "client/cpp/src/calls.h"
#include "client/cpp/src/request.h"
#include "shm/segment.h"
#include "tests/client/driven_core.h"
#include "tests/client/scripted_peer.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace chainsolved::client {

namespace {

using test::Core;
using test::frame_of;
using test::Scalars;
using test::scalars;

TEST(SessionCore, NothingButTheHandshakeIsSentBeforeTheSessionIsOpen) {
  Core core;
  std::optional<Result<IncrementalResult>> result;
  core.set_input(result);
  EXPECT_EQ(core.send_all(), 0U);
}

TEST(SessionCore, TheEpochOfTheAnswerToOpenSessionIsTheOneThatIsSent) {
  Core core;
  core.open(5);
  std::optional<Result<IncrementalResult>> result;
  core.set_input(result);
  EXPECT_EQ(core.send_all(), 1U);
  EXPECT_EQ(core.last_sent.epoch, 5U);
}

TEST(SessionCore, CallsMadeWhileRecreatingAreHeldAndGoWithTheNewEpoch) {
  Core core;
  core.open(1);
  core.notify("recreating", R"({"reason":"WORKER_CRASHED"})");
  std::optional<Result<IncrementalResult>> result;
  core.set_input(result);
  EXPECT_EQ(core.send_all(), 0U);
  core.notify("recreated", R"({"epoch":2,"reason":"WORKER_CRASHED"})");
  EXPECT_EQ(core.send_all(), 1U);
  EXPECT_EQ(core.last_sent.epoch, 2U);
  EXPECT_FALSE(result.has_value());
}

TEST(SessionCore, ACallThatHadNotBeenSentBeforeRecreatingGoesWithTheNewEpoch) {
  Core core;
  core.open(1);
  std::optional<Result<IncrementalResult>> result;
  core.set_input(result);
  core.notify("recreating", "{}");
  core.notify("recreated", R"({"epoch":9})");
  EXPECT_EQ(core.send_all(), 1U);
  EXPECT_EQ(core.last_sent.epoch, 9U);
}

TEST(SessionCore, AFailedSessionRejectsWhatIsHeldAndLetsLaterCallsPass) {
  Core core;
  core.open();
  core.notify("recreating", "{}");
  std::optional<Result<IncrementalResult>> held;
  core.set_input(held);
  core.notify("sessionFailed", R"({"reason":"5 deaths"})");
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->error().code, ErrorCode::WorkerCrashLoop);
  EXPECT_EQ(held->error().applied, Applied::No);
  std::optional<Result<IncrementalResult>> later;
  core.set_input(later);
  EXPECT_EQ(core.send_all(), 1U);
}

TEST(SessionCore, ALostConnectionLeavesOpenOnlyWhatHadBeenSent) {
  Core core;
  core.open();
  std::optional<Result<IncrementalResult>> sent;
  std::optional<Result<IncrementalResult>> unsent;
  core.set_input(sent);
  core.send_all();
  core.set_input(unsent);
  core.core.on_ended("");
  ASSERT_TRUE(sent.has_value() && unsent.has_value());
  EXPECT_EQ(sent->error().code, ErrorCode::DaemonLost);
  EXPECT_EQ(sent->error().applied, Applied::Unknown);
  EXPECT_EQ(unsent->error().code, ErrorCode::DaemonLost);
  EXPECT_EQ(unsent->error().applied, Applied::No);
}

TEST(SessionCore, AReadThatIsLostSaysNothingOfAnythingApplied) {
  Core core;
  core.open();
  Request request;
  ASSERT_TRUE(core.encoder.plain(request, Method::GetStats).ok());
  std::optional<Result<Stats>> stats;
  core.call<Stats>(request, decode_stats, stats);
  core.send_all();
  core.core.on_ended("");
  ASSERT_TRUE(stats.has_value());
  EXPECT_EQ(stats->error().applied, Applied::NotSaid);
}

TEST(SessionCore, DisposingRejectsEverythingAndRefusesMore) {
  Core core;
  core.open();
  std::optional<Result<IncrementalResult>> pending;
  core.set_input(pending);
  core.core.dispose();
  ASSERT_TRUE(pending.has_value());
  EXPECT_EQ(pending->error().code, ErrorCode::EngineDisposed);
  Request request;
  ASSERT_TRUE(core.encoder.plain(request, Method::GetStats).ok());
  EXPECT_FALSE(core.core.call(request, [](Result<Reply>&&) {}).ok());
}

TEST(SessionCore, AnswersInAnyOrderReachTheirCallsAndASecondAnswerIsDropped) {
  Core core;
  core.open();
  std::optional<Result<IncrementalResult>> first;
  std::optional<Result<IncrementalResult>> second;
  const RequestId one = core.set_input(first);
  const RequestId two = core.set_input(second);
  core.send_all();
  core.answer(two, R"({"evaluatedCount":2})");
  EXPECT_FALSE(first.has_value());
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ((*second)->evaluated_count, 2U);
  core.answer(one, R"({"evaluatedCount":1})");
  core.answer(one, R"({"evaluatedCount":7})");
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ((*first)->evaluated_count, 1U);
  EXPECT_EQ(core.core.pending(), 0U);
}

TEST(SessionCore, OfManyCallsAnsweredInAnyOrderEachGetsItsOwnAnswer) {
  constexpr std::uint64_t kCalls = 1000;
  constexpr std::uint64_t kStride = 377;  // prime to kCalls: every index once, out of order
  Core core;
  core.open();
  std::vector<std::optional<Result<IncrementalResult>>> results(kCalls);
  std::vector<RequestId> ids;
  ids.reserve(kCalls);
  for (auto& result : results)
    ids.push_back(core.set_input(result));
  EXPECT_EQ(core.send_all(), kCalls);
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    const std::uint64_t at = i * kStride % kCalls;
    core.answer(ids[at], R"({"evaluatedCount":)" + std::to_string(at) + "}");
  }
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    ASSERT_TRUE(results[i].has_value() && results[i]->ok());
    EXPECT_EQ((*results[i])->evaluated_count, i);
  }
}

TEST(SessionCore, AnErrorAnswerKeepsItsCodeMessageAppliedAndDetail) {
  Core core;
  core.open();
  std::optional<Result<IncrementalResult>> result;
  FrameHeader header;
  header.kind = FrameKind::Error;
  header.id = core.set_input(result);
  core.send_all();
  core.core.on_frame(
      frame_of(header,
               R"({"error":{"code":-32000,"message":"[LIMIT_EXCEEDED] too many","data":)"
               R"({"code":"LIMIT_EXCEEDED","applied":false,"limit":"maxNodes","max":4}}})"));
  ASSERT_TRUE(result.has_value());
  const Error& error = result->error();
  EXPECT_EQ(error.code, ErrorCode::LimitExceeded);
  EXPECT_EQ(error.message, "too many");
  EXPECT_EQ(error.applied, Applied::No);
  EXPECT_EQ(error.detail, R"("limit":"maxNodes","max":4)");
}

TEST(SessionCore, NewSlotsNameTheScalarsOfTheSameAnswer) {
  Core core;
  core.open();
  std::optional<Result<IncrementalResult>> result;
  const RequestId id = core.set_input(result);
  const std::uint32_t slots[] = {4, 9};
  const double values[] = {1.5, -2};
  const Scalars columns = scalars(slots, values);
  core.answer(id,
              "{" + columns.json +
                  R"(,"newSlots":{"slots":{"$column":{"type":"u32","offset":0,"count":2}},)"
                  R"("ids":["a","b"]},"elapsedUs":3})",
              columns.data);
  ASSERT_TRUE(result.has_value() && result->ok());
  EXPECT_EQ((*result)->scalar("a"), 1.5);
  EXPECT_EQ((*result)->scalar("b"), -2);
  EXPECT_EQ((*result)->changed.id_of(9), "b");
  EXPECT_TRUE((*result)->value("c").is(ValueKind::None));
}

TEST(SessionCore, AResultOutlivesTheCoreAndItsMessages) {
  std::optional<Result<IncrementalResult>> result;
  {
    Core core;
    core.open();
    const RequestId id = core.set_input(result);
    const std::uint32_t slots[] = {0};
    const double values[] = {8};
    const Scalars columns = scalars(slots, values);
    core.answer(id, "{" + columns.json + "}", columns.data);
  }
  ASSERT_TRUE(result.has_value() && result->ok());
  EXPECT_EQ((*result)->changed.scalar_values()[0], 8);
}

TEST(SessionCore, AfterALoadSlotsArePositionsOfThatSnapshot) {
  Core core;
  core.open();
  std::optional<Result<EvalResult>> loaded;
  const RequestId id =
      core.load(R"({"version":1,"nodes":[{"id":"x","blockType":"number","data":{}},)"
                R"({"id":"y","blockType":"number","data":{}}],"edges":[]})",
                loaded);
  const std::uint32_t slots[] = {0, 1};
  const double values[] = {10, 20};
  const Scalars columns = scalars(slots, values);
  core.answer(id, "{" + columns.json + "}", columns.data);
  ASSERT_TRUE(loaded.has_value() && loaded->ok());
  EXPECT_EQ((*loaded)->scalar("y"), 20);
  EXPECT_EQ(core.core.names()->slot_of("x"), 0U);
}

TEST(SessionCore, ALoadThatFailedLeavesTheNamesAsTheyWere) {
  Core core;
  core.open();
  core.core.names()->add(3, "old");
  std::optional<Result<EvalResult>> loaded;
  FrameHeader header;
  header.kind = FrameKind::Error;
  header.id = core.load("{}", loaded);
  core.core.on_frame(frame_of(
      header, R"({"error":{"code":-32000,"message":"bad","data":{"code":"INVALID_SNAPSHOT"}}})"));
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->error().code, ErrorCode::InvalidSnapshot);
  EXPECT_EQ(core.core.names()->slot_of("old"), 3U);
}

TEST(SessionCore, AFullValuesChangedReplacesNamesAndMirror) {
  Core core(Core::Mirroring::Yes);
  core.open();
  core.core.names()->add(0, "old");
  const std::uint32_t slots[] = {0};
  const double values[] = {4};
  const Scalars columns = scalars(slots, values);
  core.notify("valuesChanged",
              "{" + columns.json +
                  R"(,"newSlots":{"slots":{"$column":{"type":"u32","offset":0,"count":1}},)"
                  R"("ids":["new"]},"full":true})",
              columns.data);
  EXPECT_FALSE(core.core.names()->slot_of("old").has_value());
  EXPECT_EQ(core.core.mirror()->current("new").as_scalar(), 4);
  const auto event = core.core.next_event();
  ASSERT_TRUE(event.has_value());
  EXPECT_TRUE(std::get<ValuesChanged>(*event).full);
}

TEST(SessionCore, TheMirrorFollowsANodeFromScalarToTextAndBackAndAway) {
  Core core(Core::Mirroring::Yes);
  core.open();
  core.core.mirror()->replace({}, core.core.names());
  core.core.names()->add(0, "n");
  const std::uint32_t slots[] = {0};
  const double values[] = {4};
  const Scalars columns = scalars(slots, values);
  const auto current = [&] {
    return core.core.mirror()->current("n");
  };
  core.notify("valuesChanged", "{" + columns.json + "}", columns.data);
  EXPECT_EQ(current().as_scalar(), 4);
  core.notify("valuesChanged", R"({"changedValues":{"n":{"kind":"text","value":"hi"}}})");
  EXPECT_EQ(current().as_text(), "hi");
  core.notify("valuesChanged", "{" + columns.json + "}", columns.data);
  EXPECT_EQ(current().as_scalar(), 4);
  core.notify(
      "valuesChanged", R"({"gone":{"$column":{"type":"u32","offset":0,"count":1}}})", columns.data);
  EXPECT_TRUE(current().is(ValueKind::None));
}

TEST(SessionCore, NumbersOfASegmentAreReadWhereTheyLie) {
  Core core;
  core.open();
  auto builder = SegmentBuilder::create(3 * sizeof(double));
  ASSERT_TRUE(builder.ok());
  const double numbers[] = {1, 2, 3};
  ASSERT_TRUE(builder->write(0, std::as_bytes(std::span(numbers))).ok());
  auto sealed = std::move(*builder).seal();
  ASSERT_TRUE(sealed.ok());
  FdList fds;
  ASSERT_TRUE(fds.push(std::move(*sealed).take_fd()));
  std::optional<Result<IncrementalResult>> result;
  FrameHeader header;
  header.kind = FrameKind::Response;
  header.id = core.set_input(result);
  core.core.on_frame(
      frame_of(header,
               R"({"result":{"changedValues":{"v":{"kind":"vector","value":{"$segment":)"
               R"({"index":0,"type":"f64","offset":8,"count":2}}}}}})",
               {},
               std::move(fds)));
  ASSERT_TRUE(result.has_value() && result->ok()) << result->error().message;
  const Value vector = (*result)->value("v");
  ASSERT_TRUE(vector.is(ValueKind::Vector));
  EXPECT_EQ(vector.as_vector()[1], 3);
}

TEST(SessionCore, AnAnswerWhoseColumnsLieIsAnErrorAndNothingElse) {
  const char* bad[] = {
      R"({"scalars":{"slots":{"$column":{"type":"u32","offset":0,"count":1000}},"values":0}})",
      R"({"scalars":{"slots":{"$column":{"type":"f64","offset":0,"count":1}}}})",
      R"({"scalars":{"slots":{"$segment":{"index":3,"type":"u32","offset":0,"count":1}}}})",
      R"({"scalars":{"slots":{"$column":{"type":"u32","offset":0,"count":1}}}})",
      R"({"scalars":{"slots":[1,2]}})",
      R"({"evaluatedCount":-1})",
      R"({"changedValues":{"a":{"kind":"none of ours"}}})",
      R"({"diagnostics":{}})",
      R"([])",
      R"(7)",
  };
  for (const char* json : bad) {
    Core core;
    core.open();
    std::optional<Result<IncrementalResult>> result;
    const std::vector<std::byte> data(16);
    core.answer(core.set_input(result), json, data);
    ASSERT_TRUE(result.has_value()) << json;
    ASSERT_FALSE(result->ok()) << json;
    EXPECT_EQ(result->error().code, ErrorCode::ProtocolFault) << json;
    EXPECT_EQ(core.core.state(), SessionState::Open);
  }
}

TEST(SessionCore, AQueueThatNobodyTakesFromRefusesMoreThanItsBound) {
  Core core;
  core.open();
  Request request;
  const std::string params = R"({"filler":")" + std::string(150'000, 'x') + "\"}";
  bool refused = false;
  for (int i = 0; i < 1000 && !refused; ++i) {
    request.clear();
    ASSERT_TRUE(core.encoder.raw(request, RawRequest{"getStats", params, {}, {}}).ok());
    const auto id = core.core.call(request, [](Result<Reply>&&) {});
    refused = !id.ok() && id.error().code == ErrorCode::LimitExceeded;
  }
  EXPECT_TRUE(refused);
}

TEST(SessionCore, WhatThePeerSaidBeforeItHungUpIsInTheError) {
  Core core;
  core.open();
  std::optional<Result<IncrementalResult>> result;
  core.set_input(result);
  core.send_all();
  core.notify("connectionError",
              R"({"error":{"code":-32000,"message":"[SLOW_CONSUMER] read faster",)"
              R"("data":{"code":"SLOW_CONSUMER"}}})");
  core.core.on_ended("");
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->error().code, ErrorCode::DaemonLost);
  EXPECT_NE(result->error().message.find("[SLOW_CONSUMER] read faster"), std::string::npos);
}

TEST(SessionCore, ADaemonThatRefusesAClientTellsItsReason) {
  Core core;
  Request request;
  ASSERT_TRUE(core.encoder.hello(request, {}).ok());
  std::optional<Error> told;
  ASSERT_TRUE(
      core.core
          .call_handshake(request, [&](Result<Reply>&& reply) { told = std::move(reply).error(); })
          .ok());
  core.notify("connectionError",
              R"({"error":{"code":-32000,"message":"[NOT_ALLOWED] another user's daemon",)"
              R"("data":{"code":"NOT_ALLOWED"}}})");
  core.core.on_ended("");
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->code, ErrorCode::NotAllowed);
}

TEST(SessionCore, TheAnswerToARawCallThatNobodyWaitsForIsAnEventEvenWhenTheConnectionEnds) {
  Core core;
  core.open();
  Request request;
  RawRequest raw;
  raw.method = "getStats";
  ASSERT_TRUE(core.encoder.raw(request, std::move(raw)).ok());
  const auto id = core.core.call_for_event(request);
  ASSERT_TRUE(id.ok());
  core.send_all();
  core.core.on_ended("");
  bool told = false;
  while (auto event = core.core.next_event()) {
    const auto* message = std::get_if<RawMessage>(&*event);
    if (message == nullptr) continue;
    told = message->id == *id && message->kind == RawMessage::Kind::Error &&
           message->json().find("DAEMON_LOST") != std::string_view::npos;
  }
  EXPECT_TRUE(told);
}

TEST(SessionCore, ARawMessageShowsItsColumnsAsNumbers) {
  FrameHeader header;
  header.kind = FrameKind::Response;
  const std::uint32_t slots[] = {3};
  const double values[] = {0.5};
  const Scalars columns = scalars(slots, values);
  const RawMessage message =
      raw_message(frame_of(header, "{\"result\":{" + columns.json + "}}", columns.data));
  auto json = message.inline_json();
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(*json, R"({"result":{"scalars":{"slots":[3],"values":[0.5]}}})");
}

}  // namespace

}  // namespace chainsolved::client
