#include "daemon/supervisor/blame.h"

#include <gtest/gtest.h>

#include <csignal>

namespace chainsolved::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BlameTest : public ::testing::Test {
 protected:
  static Death at_node(DeathKind kind, std::uint32_t slot, std::string id = {}) {
    Death death;
    death.kind = kind;
    death.own_node = BlamedNode{slot, std::move(id)};
    return death;
  }
  static Death nowhere(DeathKind kind) {
    Death death;
    death.kind = kind;
    return death;
  }
  Blame::Verdict serving(const Death& death) { return blame_.on_death(death, false, now_); }
  Blame::Verdict replaying(const Death& death) { return blame_.on_death(death, true, now_); }

  Blame::Time now_{seconds(1000)};
  Blame blame_{Blame::Rules{5, milliseconds(10'000)}};
};

TEST_F(BlameTest, NodeIsASuspectAfterTheFirstDeathAndQuarantinedAfterTheSecond) {
  serving(at_node(DeathKind::Signal, 4));
  ASSERT_EQ(blame_.suspects().size(), 1U);
  EXPECT_EQ(blame_.suspects()[0].slot, 4U);
  blame_.on_replayed({BlamedNode{4, "beam"}});
  serving(at_node(DeathKind::Hang, 4));
  EXPECT_TRUE(blame_.suspects().empty());
  ASSERT_EQ(blame_.quarantined().size(), 1U);
  EXPECT_EQ(blame_.quarantined()[0].id, "beam") << "the name that the replay told";
  blame_.on_quarantine_ended(4);
  EXPECT_TRUE(blame_.quarantined().empty());
}

TEST_F(BlameTest, SuspectWhoseRetryEndsIsForgiven) {
  serving(at_node(DeathKind::OutOfMemory, 4));
  blame_.on_retried(4);
  EXPECT_TRUE(blame_.suspects().empty());
  serving(at_node(DeathKind::Signal, 4));
  EXPECT_EQ(blame_.suspects().size(), 1U);
  EXPECT_TRUE(blame_.quarantined().empty());
}

TEST_F(BlameTest, NobodyIsAccusedOfWhatCameFromOutside) {
  for (const DeathKind kind : {DeathKind::Outside,
                               DeathKind::Stopped,
                               DeathKind::Exit,
                               DeathKind::ReplayMismatch,
                               DeathKind::Restarted}) {
    serving(at_node(kind, 4));
    EXPECT_TRUE(blame_.suspects().empty()) << name_of(kind);
  }
}

TEST_F(BlameTest, OneDeathTooManyInTheWindowIsTheEnd) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(serving(nowhere(DeathKind::Signal)).give_up) << i;
    now_ += milliseconds(1900);
  }
  EXPECT_TRUE(serving(nowhere(DeathKind::Signal)).give_up);
}

TEST_F(BlameTest, DeathsOutsideTheWindowAreForgotten) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(serving(nowhere(DeathKind::Signal)).give_up) << i;
    now_ += milliseconds(2001);
  }
}

TEST_F(BlameTest, DeathsFromOutsideCountOnlyDuringReplay) {
  for (int i = 0; i < 50; ++i) {
    const auto verdict = serving(nowhere(i % 2 == 0 ? DeathKind::Outside : DeathKind::Stopped));
    EXPECT_FALSE(verdict.give_up);
    EXPECT_EQ(verdict.pause, milliseconds(0));
  }
  EXPECT_EQ(blame_.deaths_in_window(now_), 0U);
  replaying(nowhere(DeathKind::Outside));
  EXPECT_EQ(blame_.deaths_in_window(now_), 1U);
}

TEST_F(BlameTest, RestartIsNoDeathAndClearsTheCount) {
  for (int i = 0; i < 5; ++i)
    serving(nowhere(DeathKind::Signal));
  EXPECT_FALSE(serving(nowhere(DeathKind::Restarted)).give_up);
  blame_.clear_count();
  EXPECT_FALSE(serving(nowhere(DeathKind::Signal)).give_up);
}

TEST_F(BlameTest, FirstRestartIsAtOnceAndTheNextBackOff) {
  EXPECT_EQ(serving(nowhere(DeathKind::Signal)).pause, milliseconds(0));
  EXPECT_EQ(serving(nowhere(DeathKind::Signal)).pause, milliseconds(10));
  EXPECT_EQ(serving(nowhere(DeathKind::Signal)).pause, milliseconds(20));
  Blame patient{Blame::Rules{1'000'000, milliseconds(10'000)}};
  Blame::Verdict verdict;
  for (int i = 0; i < 100; ++i)
    verdict = patient.on_death(nowhere(DeathKind::Signal), false, now_);
  EXPECT_EQ(verdict.pause, milliseconds(1000));
}

TEST_F(BlameTest, ReplayThatKillsWithoutASuspectTakesTheGraphOutOfUse) {
  EXPECT_TRUE(replaying(nowhere(DeathKind::Signal)).set_aside);
  EXPECT_TRUE(replaying(nowhere(DeathKind::Hang)).set_aside);
  EXPECT_FALSE(replaying(at_node(DeathKind::Signal, 2)).set_aside);
  EXPECT_FALSE(serving(nowhere(DeathKind::Signal)).set_aside);
}

TEST_F(BlameTest, WrongReplayIsTriedOnceMore) {
  EXPECT_FALSE(replaying(nowhere(DeathKind::ReplayMismatch)).set_aside);
  EXPECT_TRUE(replaying(nowhere(DeathKind::ReplayMismatch)).set_aside);
  EXPECT_FALSE(replaying(nowhere(DeathKind::ReplayMismatch)).set_aside);
  blame_.on_replayed({});
  EXPECT_FALSE(replaying(nowhere(DeathKind::ReplayMismatch)).set_aside);
}

TEST_F(BlameTest, ThreeReplaysKilledInARowAreNoChance) {
  EXPECT_FALSE(replaying(nowhere(DeathKind::Outside)).set_aside);
  EXPECT_FALSE(replaying(nowhere(DeathKind::Stopped)).set_aside);
  EXPECT_TRUE(replaying(nowhere(DeathKind::Outside)).set_aside);
}

TEST_F(BlameTest, EngineThatCannotBeHadSaysNothingOfTheGraph) {
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(replaying(nowhere(DeathKind::NotStarted)).set_aside);
  EXPECT_TRUE(replaying(nowhere(DeathKind::NotStarted)).give_up);
}

TEST_F(BlameTest, PageThatAccusesAQuarantinedNodeIsNotBelieved) {
  serving(at_node(DeathKind::Signal, 4));
  serving(at_node(DeathKind::Signal, 4));
  EXPECT_TRUE(replaying(at_node(DeathKind::Signal, 4)).set_aside);
  EXPECT_EQ(blame_.quarantined().size(), 1U);
  blame_.forget_nodes();
  EXPECT_TRUE(blame_.quarantined().empty());
}

EngineExit killed_by(int signal) {
  return {signal, 0, "was killed by " + words_of_signal(signal)};
}

TEST(DeathOf, ToldApartByItsSignal) {
  EXPECT_EQ(death_of(killed_by(SIGSEGV), true).kind, DeathKind::Signal);
  EXPECT_EQ(death_of(killed_by(SIGABRT), false).kind, DeathKind::Signal);
  EXPECT_EQ(death_of(killed_by(SIGKILL), false).kind, DeathKind::Outside);
  EXPECT_EQ(death_of(killed_by(SIGTERM), true).kind, DeathKind::Outside);
  const Death starved = death_of(killed_by(SIGKILL), true);
  EXPECT_EQ(starved.kind, DeathKind::OutOfMemory);
  EXPECT_EQ(code_of(starved.kind), ErrorCode::WorkerOom);
  EXPECT_NE(starved.words.find("memory"), std::string::npos);
  EXPECT_EQ(death_of({0, 3, "exited"}, false).kind, DeathKind::ReplayMismatch);
  EXPECT_EQ(death_of({0, 1, "exited"}, false).kind, DeathKind::Exit);
}

}  // namespace
}  // namespace chainsolved::supervisor
