#include "daemon/supervisor/engine_lifecycle.h"
#include "daemon/supervisor/session_lifecycle.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <set>

namespace chainsolved::supervisor {
namespace {

SessionLifecycle session_after(std::initializer_list<SessionEvent> events) {
  SessionLifecycle lifecycle;
  for (const SessionEvent event : events)
    EXPECT_NE(lifecycle.apply(event), nullptr) << name_of(event);
  return lifecycle;
}

TEST(SessionLifecycle, FirstClientServedMakesItReadyAndTheSpareIsReplaced) {
  SessionLifecycle lifecycle;
  const SessionTransition* row = lifecycle.apply(SessionEvent::Attached);
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->then, SessionAction::ReplaceSpare);
  EXPECT_EQ(lifecycle.state(), SessionState::Ready);
  EXPECT_EQ(lifecycle.apply(SessionEvent::Attached)->then, SessionAction::None);
}

TEST(SessionLifecycle, DeathBeforeServiceFailsTheOpensNotTheClients) {
  SessionLifecycle lifecycle;
  EXPECT_EQ(lifecycle.apply(SessionEvent::EngineDied)->then, SessionAction::FailOpens);
  EXPECT_EQ(lifecycle.state(), SessionState::Closed);
}

TEST(SessionLifecycle, DeathInServiceIsTheBeginningOfARecreation) {
  SessionLifecycle lifecycle = session_after({SessionEvent::Attached});
  EXPECT_EQ(lifecycle.apply(SessionEvent::EngineDied)->then, SessionAction::Recreate);
  EXPECT_EQ(lifecycle.state(), SessionState::Recreating);
  // Further deaths are part of it.
  EXPECT_EQ(lifecycle.apply(SessionEvent::EngineDied)->then, SessionAction::GoOn);
  EXPECT_EQ(lifecycle.apply(SessionEvent::Hung)->then, SessionAction::StopAndGoOn);
  EXPECT_EQ(lifecycle.apply(SessionEvent::Recreated)->then, SessionAction::ReplaceSpare);
  EXPECT_EQ(lifecycle.state(), SessionState::Ready);
}

TEST(SessionLifecycle, EngineThatLivesIsStoppedFirst) {
  for (const SessionEvent event : {SessionEvent::Hung, SessionEvent::Restarted}) {
    SessionLifecycle lifecycle = session_after({SessionEvent::Attached});
    EXPECT_EQ(lifecycle.apply(event)->then, SessionAction::StopAndRecreate);
    EXPECT_EQ(lifecycle.state(), SessionState::Recreating);
  }
}

TEST(SessionLifecycle, FailedSessionKeepsItsClientsUntilItIsRestarted) {
  SessionLifecycle lifecycle = session_after({SessionEvent::Attached, SessionEvent::EngineDied});
  EXPECT_EQ(lifecycle.apply(SessionEvent::GaveUp)->then, SessionAction::FailClients);
  EXPECT_EQ(lifecycle.state(), SessionState::Failed);
  EXPECT_EQ(lifecycle.apply(SessionEvent::Restarted)->then, SessionAction::Revive);
  EXPECT_EQ(lifecycle.state(), SessionState::Recreating);
}

TEST(SessionLifecycle, EngineThatCannotBeKilledEndsTheSession) {
  SessionLifecycle lifecycle = session_after({SessionEvent::Attached, SessionEvent::Hung});
  EXPECT_EQ(lifecycle.apply(SessionEvent::Unkillable)->then, SessionAction::CloseClients);
  EXPECT_EQ(lifecycle.state(), SessionState::Closed);
}

TEST(SessionLifecycle, ClosedIsFinal) {
  for (const auto event : {SessionEvent::Attached,
                           SessionEvent::EngineDied,
                           SessionEvent::Hung,
                           SessionEvent::Recreated,
                           SessionEvent::GaveUp,
                           SessionEvent::Unkillable,
                           SessionEvent::Restarted,
                           SessionEvent::LastClientLeft,
                           SessionEvent::CloseRequested}) {
    SessionLifecycle lifecycle = session_after({SessionEvent::CloseRequested});
    EXPECT_EQ(lifecycle.apply(event), nullptr) << name_of(event);
    EXPECT_EQ(lifecycle.state(), SessionState::Closed);
  }
}

TEST(SessionLifecycle, PairWithoutARowChangesNothing) {
  SessionLifecycle lifecycle;
  EXPECT_EQ(lifecycle.apply(SessionEvent::Recreated), nullptr);
  EXPECT_EQ(lifecycle.state(), SessionState::Starting);
}

TEST(EngineLifecycle, StartedEngineIsASpareUntilItIsTaken) {
  EngineLifecycle lifecycle;
  EXPECT_EQ(lifecycle.apply(EngineEvent::Taken), nullptr);
  EXPECT_EQ(lifecycle.apply(EngineEvent::SaidReady)->then, EngineAction::OfferSpare);
  EXPECT_EQ(lifecycle.apply(EngineEvent::Taken)->to, EngineState::Serving);
  EXPECT_EQ(lifecycle.apply(EngineEvent::SaidReady), nullptr);
}

TEST(EngineLifecycle, DeathMeansSomethingElseInEveryState) {
  EngineLifecycle starting;
  EXPECT_EQ(starting.apply(EngineEvent::Exited)->then, EngineAction::ReportStartFailure);
  EngineLifecycle spare;
  spare.apply(EngineEvent::SaidReady);
  EXPECT_EQ(spare.apply(EngineEvent::Exited)->then, EngineAction::ReplaceSpare);
  EngineLifecycle serving;
  serving.apply(EngineEvent::SaidReady);
  serving.apply(EngineEvent::Taken);
  EXPECT_EQ(serving.apply(EngineEvent::Exited)->then, EngineAction::TellSession);
}

TEST(EngineLifecycle, EngineThatIsBeingStoppedIsHeardToItsEnd) {
  EngineLifecycle lifecycle;
  lifecycle.apply(EngineEvent::SaidReady);
  lifecycle.apply(EngineEvent::Taken);
  EXPECT_EQ(lifecycle.apply(EngineEvent::StopBegun)->to, EngineState::Stopping);
  EXPECT_EQ(lifecycle.apply(EngineEvent::Exited)->then, EngineAction::TellSession);
}

TEST(EngineLifecycle, WhatWeEndedIsNoNews) {
  EngineLifecycle lifecycle;
  lifecycle.apply(EngineEvent::SaidReady);
  lifecycle.apply(EngineEvent::Taken);
  lifecycle.apply(EngineEvent::Killed);
  EXPECT_EQ(lifecycle.apply(EngineEvent::Exited)->then, EngineAction::None);
  EXPECT_EQ(lifecycle.state(), EngineState::Dead);
}

template <class Names>
void expect_distinct(const Names& names) {
  const std::set<std::string_view> distinct(names.begin(), names.end());
  EXPECT_EQ(distinct.size(), names.size());
  EXPECT_FALSE(distinct.contains(""));
}

TEST(Lifecycles, EveryStateAndEventHasANameOfItsOwn) {
  expect_distinct(kSessionStateNames);
  expect_distinct(kSessionEventNames);
  expect_distinct(kEngineStateNames);
  expect_distinct(kEngineEventNames);
}

}  // namespace
}  // namespace chainsolved::supervisor
