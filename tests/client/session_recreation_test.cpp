// What the core makes of an engine's end and its successor.
#include "chainsolved/recreation.h"
#include "tests/client/driven_core.h"
#include "tests/client/scripted_peer.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace chainsolved::client {

namespace {

using test::Core;
using test::Scalars;
using test::scalars;

/// The next event of a kind; others are thrown away.
template <class T>
std::optional<T> next_event(Core& core) {
  while (auto event = core.core.next_event()) {
    if (auto* found = std::get_if<T>(&*event)) return std::move(*found);
  }
  return std::nullopt;
}

/// Registers it, and the daemon says yes.
void have_dataset(Core& core, const std::string& id, Retain retain = Retain::Yes) {
  Core::Answer<std::uint64_t> registered;
  const RequestId request = core.register_dataset(id, registered, retain);
  core.send_all();
  core.answer(request, R"({"datasetId":")" + id + R"(","bytes":16})");
  ASSERT_TRUE(registered.has_value() && registered->ok());
  core.sent.clear();
}

void recreate(Core& core, std::uint32_t epoch, const std::string& lost = "[]") {
  core.notify("recreating", R"({"session":"s","reason":"killed","code":"WORKER_CRASHED"})");
  core.notify("recreated",
              R"({"session":"s","epoch":)" + std::to_string(epoch) +
                  R"(,"reason":"killed","code":"WORKER_CRASHED","lostDatasets":)" + lost + "}");
}

bool registers(const Core::Sent& sent, const std::string& id) {
  return sent.segments == 1 &&
         sent.json.find(R"("method":"registerDataset","params":{"datasetId":")" + id + "\"") !=
             std::string::npos;
}

TEST(Recreation, RecreatedIsToldWithAllThatTheDaemonSaid) {
  Core core;
  core.open();
  const std::string params =
      R"({"session":"s1","epoch":7,"reason":"it hung","code":"WORKER_WATCHDOG","node":"n3",)"
      R"("elapsedMs":12.5,"replayed":42,"lostDatasets":["d","e"],"suspects":["n3"],)"
      R"("snapshotSetAside":true,"timing":{"stopUs":20,"answerUs":30.5,"spareUs":5,"replayUs":400}})";
  core.notify("recreated", params);
  const auto event = next_event<RecreatedEvent>(core);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->epoch, 7U);
  EXPECT_EQ(event->code, ErrorCode::WorkerWatchdog);
  EXPECT_EQ(event->reason, "it hung");
  EXPECT_EQ(event->node, "n3");
  EXPECT_EQ(event->elapsed_ms, 12.5);
  EXPECT_EQ(event->replayed, 42U);
  EXPECT_EQ(event->lost_datasets, (std::vector<std::string>{"d", "e"}));
  EXPECT_TRUE(event->registering_again.empty());
  EXPECT_EQ(event->suspects, std::vector<std::string>{"n3"});
  EXPECT_TRUE(event->snapshot_set_aside);
  EXPECT_EQ(event->timing.answer_us, 30.5);
  EXPECT_EQ(event->timing.spare_us, 5);
  EXPECT_EQ(event->timing.replay_us, 400);
  EXPECT_EQ(event->json, params);
  EXPECT_EQ(core.core.epoch(), 7U);
}

TEST(Recreation, MembersOfAnotherTypeAreNotRead) {
  Core core;
  core.open();
  core.notify("recreating", R"({"reason":5,"code":null})");
  ASSERT_TRUE(next_event<RecreatingEvent>(core).has_value());
  core.notify("recreated",
              R"({"epoch":3,"node":null,"suspects":[1,"a"],"lostDatasets":"d","timing":[]})");
  const auto event = next_event<RecreatedEvent>(core);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->suspects, std::vector<std::string>{"a"});
  EXPECT_TRUE(event->lost_datasets.empty());
  EXPECT_EQ(core.core.state(), SessionState::Open);
}

TEST(Recreation, WhatTheMirrorHeldIsVoidUntilTheSuccessorTellsEverything) {
  Core core(Core::Mirroring::Yes);
  core.open();
  const std::uint32_t slots[] = {0};
  const double before[] = {4};
  const Scalars old = scalars(slots, before);
  const std::string named =
      R"(,"newSlots":{"slots":{"$column":{"type":"u32","offset":0,"count":1}},"ids":["n"]})";
  core.notify("valuesChanged", "{" + old.json + named + R"(,"full":true})", old.data);
  core.notify("valuesChanged", R"({"changedValues":{"t":{"kind":"text","value":"x"}}})");
  EXPECT_EQ(core.core.mirror()->current("n").as_scalar(), 4);
  core.notify("recreating", "{}");
  EXPECT_TRUE(core.core.mirror()->current("n").is(ValueKind::None));
  EXPECT_TRUE(core.core.mirror()->current("t").is(ValueKind::None));
  core.notify("recreated", R"({"epoch":2})");
  EXPECT_TRUE(core.core.mirror()->current("n").is(ValueKind::None));
  const std::uint32_t other_slot[] = {7};
  const double after[] = {5};
  const Scalars fresh = scalars(other_slot, after);
  core.notify("valuesChanged", "{" + fresh.json + named + R"(,"full":true})", fresh.data);
  EXPECT_EQ(core.core.mirror()->current("n").as_scalar(), 5);
  EXPECT_EQ(core.core.names()->slot_of("n"), 7U);
  EXPECT_TRUE(core.core.mirror()->current("t").is(ValueKind::None));
}

TEST(Recreation, ARequestThatTheSuccessorRefusesIsAnErrorAndIsNotSentAgain) {
  Core core;
  core.open();
  Core::Answer<IncrementalResult> sent;
  const RequestId id = core.set_input(sent);
  core.send_all();
  core.notify("recreating", "{}");
  Core::Answer<IncrementalResult> held;
  const RequestId held_id = core.set_input(held);
  core.notify("recreated", R"({"epoch":2})");
  EXPECT_EQ(core.send_all(), 1U);
  core.fail(id, "SESSION_RESTARTED", R"(,"applied":false)");
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->error().code, ErrorCode::SessionRestarted);
  EXPECT_EQ(sent->error().applied, Applied::No);
  EXPECT_EQ(core.send_all(), 0U);
  core.answer(held_id, R"({"evaluatedCount":3})", {}, 2);
  ASSERT_TRUE(held.has_value() && held->ok());
  EXPECT_EQ((*held)->evaluated_count, 3U);
}

TEST(Recreation, AnErrorForARequestThatItsEngineHadAnsweredIsDropped) {
  Core core(Core::Mirroring::Yes);
  core.open();
  Core::Answer<IncrementalResult> result;
  const RequestId id = core.set_input(result);
  core.send_all();
  core.answer(id, R"({"evaluatedCount":3})");
  core.notify("recreating", "{}");
  core.fail(id, "WORKER_CRASHED", R"(,"applied":true)");
  ASSERT_TRUE(result.has_value() && result->ok());
  EXPECT_EQ((*result)->evaluated_count, 3U);
  EXPECT_EQ(core.core.pending(), 0U);
}

TEST(Recreation, ASecondDeathDuringTheFirstOneIsStillOneRecreation) {
  Core core;
  core.open();
  core.notify("recreating", "{}");
  Core::Answer<IncrementalResult> held;
  core.set_input(held);
  core.notify("recreating", "{}");
  EXPECT_EQ(core.send_all(), 0U);
  core.notify("recreated", R"({"epoch":3})");
  EXPECT_EQ(core.send_all(), 1U);
  EXPECT_EQ(core.last_sent.epoch, 3U);
}

TEST(Recreation, AClosedSessionRejectsHeldCallsAsNotApplied) {
  Core core;
  core.open();
  Core::Answer<IncrementalResult> sent;
  core.set_input(sent);
  core.send_all();
  core.notify("recreating", "{}");
  Core::Answer<IncrementalResult> held;
  core.set_input(held);
  core.notify("sessionClosed", R"({"reason":"closeSession"})");
  ASSERT_TRUE(held.has_value() && sent.has_value());
  EXPECT_EQ(held->error().code, ErrorCode::EngineDisposed);
  EXPECT_EQ(held->error().applied, Applied::No);
  EXPECT_EQ(sent->error().applied, Applied::Unknown);
}

TEST(Recreation, AConnectionThatEndsMeanwhileRejectsHeldCallsAsNotApplied) {
  Core core;
  core.open();
  core.notify("recreating", "{}");
  Core::Answer<IncrementalResult> held;
  core.set_input(held);
  core.core.on_ended("");
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->error().code, ErrorCode::DaemonLost);
  EXPECT_EQ(held->error().applied, Applied::No);
}

TEST(Recreation, ARevivedSessionTakesCallsAgain) {
  Core core;
  core.open();
  core.notify("sessionFailed", "{}");
  core.notify("recreating", R"({"code":"SESSION_RESTARTED"})");
  Core::Answer<IncrementalResult> held;
  core.set_input(held);
  EXPECT_EQ(core.send_all(), 0U);
  core.notify("recreated", R"({"epoch":9,"code":"SESSION_RESTARTED"})");
  EXPECT_EQ(core.send_all(), 1U);
  EXPECT_EQ(core.last_sent.epoch, 9U);
}

TEST(Recreation, WhatAFailedSessionRefusesWasNotApplied) {
  Core core;
  core.open();
  core.notify("sessionFailed", "{}");
  Core::Answer<IncrementalResult> refused;
  const RequestId id = core.set_input(refused);
  ASSERT_EQ(core.send_all(), 1U);
  core.fail(id, "WORKER_CRASH_LOOP");  // without a word of what was asked
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->error().applied, Applied::No);
}

TEST(Recreation, ACallThatIsHeldIsCancelledWithoutEverBeingSent) {
  Core core;
  core.open();
  core.notify("recreating", "{}");
  Core::Answer<IncrementalResult> before;
  Core::Answer<IncrementalResult> cancelled;
  Core::Answer<IncrementalResult> after;
  const RequestId first = core.set_input(before);
  const RequestId second = core.set_input(cancelled);
  const RequestId third = core.set_input(after);
  EXPECT_TRUE(core.core.cancel_unsent(second));
  ASSERT_TRUE(cancelled.has_value());
  EXPECT_EQ(cancelled->error().code, ErrorCode::Cancelled);
  EXPECT_EQ(cancelled->error().applied, Applied::No);
  core.notify("recreated", R"({"epoch":2})");
  ASSERT_EQ(core.send_all(), 2U);
  EXPECT_EQ(core.sent[0].header.id, first);
  EXPECT_EQ(core.sent[1].header.id, third);
  EXPECT_FALSE(core.core.cancel_unsent(first));
}

TEST(Recreation, TheContextOfAnErrorIsWhatTheDaemonTold) {
  Core core;
  core.open();
  Core::Answer<IncrementalResult> result;
  const RequestId id = core.set_input(result);
  core.send_all();
  core.fail(
      id,
      "WORKER_CRASHED",
      R"(,"applied":true,"method":"setInput","node":"n\"1","elapsedMs":3,"signal":"Aborted")");
  ASSERT_TRUE(result.has_value());
  const ErrorContext context = context_of(result->error());
  EXPECT_EQ(result->error().applied, Applied::Yes);
  EXPECT_EQ(context.method, "setInput");
  EXPECT_EQ(context.node, "n\"1");
  EXPECT_EQ(context.signal, "Aborted");
  EXPECT_EQ(context.elapsed_ms, 3);
  EXPECT_FALSE(context_of({ErrorCode::DaemonLost, ""}).elapsed_ms.has_value());
}

// --- datasets ---

TEST(RetainedDatasets, LostOnesAreRegisteredAgainAheadOfHeldCallsAndTheirReadersEvaluated) {
  Core core;
  core.open();
  have_dataset(core, "a");
  have_dataset(core, "b");
  core.notify("recreating", "{}");
  Core::Answer<IncrementalResult> held;
  const RequestId held_id = core.set_input(held);
  core.notify("recreated", R"({"epoch":2,"lostDatasets":["b","a","another client's"]})");
  const auto event = next_event<RecreatedEvent>(core);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->lost_datasets.size(), 3U);
  EXPECT_EQ(event->registering_again, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(core.send_all(), 4U);
  EXPECT_TRUE(registers(core.sent[0], "a")) << core.sent[0].json;
  EXPECT_TRUE(registers(core.sent[1], "b")) << core.sent[1].json;
  EXPECT_EQ(core.sent[2].json, R"({"method":"applyPatch","params":{"ops":[]}})");
  EXPECT_EQ(core.sent[3].header.id, held_id);
  for (const Core::Sent& sent : core.sent)
    EXPECT_EQ(sent.header.epoch, 2U);
}

TEST(RetainedDatasets, NothingIsSentWhenNothingOfOnesOwnWasLost) {
  Core core;
  core.open();
  have_dataset(core, "kept by the daemon");
  recreate(core, 2, R"(["another client's"])");
  EXPECT_EQ(core.send_all(), 0U);
}

TEST(RetainedDatasets, OneThatWasNeverAcknowledgedIsItsCallersBusiness) {
  Core core;
  core.open();
  Core::Answer<std::uint64_t> registered;
  const RequestId id = core.register_dataset("d", registered);
  core.send_all();
  core.fail(id, "WORKER_CRASHED", R"(,"applied":false)");
  recreate(core, 2, R"(["d"])");
  EXPECT_EQ(core.send_all(), 0U);
}

TEST(RetainedDatasets, OneThatWasAppliedThoughItsEngineCouldNotSaySoCounts) {
  Core core;
  core.open();
  Core::Answer<std::uint64_t> registered;
  const RequestId id = core.register_dataset("d", registered);
  core.send_all();
  core.fail(id, "WORKER_CRASHED", R"(,"applied":true)");
  recreate(core, 2, R"(["d"])");
  EXPECT_EQ(core.send_all(), 2U);
}

TEST(RetainedDatasets, OneThatIsNotToBeRetainedIsNot) {
  Core core;
  core.open();
  have_dataset(core, "d", Retain::No);
  recreate(core, 2, R"(["d"])");
  EXPECT_EQ(core.send_all(), 0U);
}

TEST(RetainedDatasets, AReleasedOneIsNotRegisteredAgain) {
  Core core;
  core.open();
  have_dataset(core, "d");
  Core::Answer<bool> released;
  const RequestId id = core.release_dataset("d", released);
  core.send_all();
  core.answer(id, R"({"released":true})");
  recreate(core, 2, R"(["d"])");
  EXPECT_EQ(core.send_all(), 0U);
}

TEST(RetainedDatasets, AReleaseThatWasNotAppliedLeavesItRegistered) {
  Core core;
  core.open();
  have_dataset(core, "d");
  Core::Answer<bool> released;
  const RequestId id = core.release_dataset("d", released);
  core.send_all();
  core.fail(id, "WORKER_CRASHED", R"(,"applied":false)");
  recreate(core, 2, R"(["d"])");
  EXPECT_EQ(core.send_all(), 2U);
}

TEST(RetainedDatasets, OneThatAnotherClientReleasedIsNotRegisteredAgain) {
  Core core;
  core.open();
  have_dataset(core, "d");
  core.notify("datasetReleased", R"({"datasetId":"d"})");
  recreate(core, 2, R"(["d"])");
  EXPECT_EQ(core.send_all(), 0U);
}

TEST(RetainedDatasets, TheNewestOfAnIdIsTheOneThatIsRegisteredAgain) {
  Core core;
  core.open();
  have_dataset(core, "d");
  have_dataset(core, "d");
  recreate(core, 2, R"(["d"])");
  EXPECT_EQ(core.send_all(), 2U);
}

TEST(RetainedDatasets, ASecondDeathBeforeTheAnswerHasItRegisteredOnceMore) {
  Core core;
  core.open();
  have_dataset(core, "d");
  recreate(core, 2, R"(["d"])");
  ASSERT_EQ(core.send_all(), 2U);
  const std::vector<Core::Sent> first = std::exchange(core.sent, {});
  core.notify("recreating", "{}");
  core.fail(first[0].header.id, "WORKER_CRASHED", R"(,"applied":false)");
  core.fail(first[1].header.id, "WORKER_CRASHED", R"(,"applied":false)");
  core.notify("recreated", R"({"epoch":3,"lostDatasets":[]})");  // the second engine never had it
  ASSERT_EQ(core.send_all(), 2U);
  EXPECT_TRUE(registers(core.sent[0], "d")) << core.sent[0].json;
  core.answer(core.sent[0].header.id, R"({"datasetId":"d","bytes":16})", {}, 3);
  core.sent.clear();
  recreate(core, 4);
  EXPECT_EQ(core.send_all(), 0U);
}

TEST(RetainedDatasets, OneThatTheSuccessorRefusesIsToldAsReleased) {
  Core core;
  core.open();
  have_dataset(core, "d");
  recreate(core, 2, R"(["d"])");
  ASSERT_EQ(core.send_all(), 2U);
  core.fail(core.sent[0].header.id, "DATASET_QUOTA_EXCEEDED", R"(,"applied":false)");
  const auto event = next_event<DatasetReleasedEvent>(core);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->dataset_id, "d");
  core.sent.clear();
  recreate(core, 3, R"(["d"])");
  EXPECT_EQ(core.send_all(), 0U);
}

TEST(RetainedDatasets, WhatTheReadersCameToIsToldAsAChangeOfValues) {
  Core core(Core::Mirroring::Yes);
  core.open();
  have_dataset(core, "d");
  recreate(core, 2, R"(["d"])");
  ASSERT_EQ(core.send_all(), 2U);
  core.answer(core.sent[0].header.id, R"({"datasetId":"d","bytes":16})", {}, 2);
  core.answer(core.sent[1].header.id,
              R"({"changedValues":{"r":{"kind":"text","value":"read"}},"evaluatedCount":1})",
              {},
              2);
  const auto changed = next_event<ValuesChanged>(core);
  ASSERT_TRUE(changed.has_value());
  EXPECT_FALSE(changed->full);
  EXPECT_EQ(changed->changed.value("r").as_text(), "read");
  EXPECT_EQ(core.core.mirror()->current("r").as_text(), "read");
  EXPECT_EQ(core.core.pending(), 0U);
}

TEST(RetainedDatasets, TheEndOfTheConnectionIsNoReleaseOfThem) {
  Core core;
  core.open();
  have_dataset(core, "d");
  recreate(core, 2, R"(["d"])");
  core.send_all();
  core.core.on_ended("");
  EXPECT_FALSE(next_event<DatasetReleasedEvent>(core).has_value());
}

}  // namespace

}  // namespace chainsolved::client
