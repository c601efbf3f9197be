#include "daemon/supervisor/watchdog_rules.h"

#include <gtest/gtest.h>

#include <memory>

namespace chainsolved::supervisor {
namespace {

constexpr std::uint64_t kSecond = 1000 * kNsPerMs;
constexpr std::uint64_t kNow = 100 * kSecond;

/// A page that says what a test wants.
class FabricatedPage : public ::testing::Test {
 protected:
  void enter(std::size_t index, std::uint64_t client, RequestPhase phase, std::uint64_t since_ns) {
    InFlightEntry& entry = page_->in_flight[index];
    entry.client = client;
    entry.request_id = 10 + index;
    entry.since_ns = since_ns;
    entry.phase = static_cast<std::uint32_t>(phase);
  }
  std::optional<RequestDeadline> deadline() const {
    return next_deadline(*page_, rules_, late_, kNow);
  }
  bool undone(std::vector<SocketView> sockets = {}, bool owes_us = false) const {
    return leaves_work_undone(*page_, sockets, owes_us);
  }

  std::unique_ptr<StatusPage> page_ = std::make_unique<StatusPage>();
  WatchRules rules_{5 * kSecond, 0, true};
  LateTime late_;
};

TEST_F(FabricatedPage, OnlyWhatRunsHasADeadline) {
  EXPECT_FALSE(deadline());
  enter(0, 1, RequestPhase::Waiting, kNow - 60 * kSecond);
  enter(1, 1, RequestPhase::Sending, kNow - 60 * kSecond);
  EXPECT_FALSE(deadline());
  enter(2, 7, RequestPhase::Running, kNow - kSecond);
  ASSERT_TRUE(deadline());
  EXPECT_EQ(deadline()->at_ns, kNow + 4 * kSecond);
  EXPECT_EQ(deadline()->client, 7U);
  EXPECT_EQ(deadline()->request_id, 12U);
}

TEST_F(FabricatedPage, ReplayAndRetriedNodesHaveOneToo) {
  enter(63, 0, RequestPhase::Running, kNow - 6 * kSecond);
  EXPECT_EQ(deadline()->at_ns, kNow - kSecond);
}

TEST_F(FabricatedPage, ProgressPutsItOffAndStopsToDoSoInResponseMode) {
  enter(0, 1, RequestPhase::Running, kNow - 9 * kSecond);
  page_->progress_at_ns = kNow - kSecond;
  EXPECT_EQ(deadline()->at_ns, kNow + 4 * kSecond);
  rules_.by_progress = false;
  EXPECT_EQ(deadline()->at_ns, kNow - 4 * kSecond);
}

TEST_F(FabricatedPage, ProgressOfTheRequestBeforeDoesNotShortenIt) {
  enter(0, 1, RequestPhase::Running, kNow - kSecond);
  page_->progress_at_ns = kNow - 50 * kSecond;
  EXPECT_EQ(deadline()->at_ns, kNow + 4 * kSecond);
}

TEST_F(FabricatedPage, MaxRequestMsBoundsBothModes) {
  rules_.max_request_ns = 10 * kSecond;
  enter(0, 1, RequestPhase::Running, kNow - 9 * kSecond);
  page_->progress_at_ns = kNow;
  EXPECT_EQ(deadline()->at_ns, kNow + kSecond);
  rules_.by_progress = false;
  enter(0, 1, RequestPhase::Running, kNow - kSecond);
  EXPECT_EQ(deadline()->at_ns, kNow + 4 * kSecond);
}

TEST_F(FabricatedPage, EarliestOfSeveralCounts) {
  enter(0, 1, RequestPhase::Running, kNow - kSecond);
  enter(1, 2, RequestPhase::Running, kNow - 2 * kSecond);
  EXPECT_EQ(deadline()->client, 2U);
}

TEST_F(FabricatedPage, TimesToComeAreTakenAsNow) {
  enter(0, 1, RequestPhase::Running, ~std::uint64_t{0});
  page_->progress_at_ns = ~std::uint64_t{0};
  EXPECT_EQ(deadline()->at_ns, kNow + 5 * kSecond);
}

TEST_F(FabricatedPage, WhatTheSupervisorSleptThroughIsGrantedAgain) {
  enter(0, 1, RequestPhase::Running, kNow - 8 * kSecond);
  EXPECT_TRUE(late_.note(kNow - 7 * kSecond, kNow));
  EXPECT_EQ(deadline()->at_ns, kNow + 4 * kSecond);
  // Only so much of it as the request ran through.
  enter(0, 1, RequestPhase::Running, kNow - 2 * kSecond);
  EXPECT_EQ(deadline()->at_ns, kNow + 5 * kSecond);
}

TEST(LateTime, HalfASecondIsNotLate) {
  LateTime late;
  EXPECT_FALSE(late.note(kNow, kNow + 500 * kNsPerMs));
  EXPECT_FALSE(late.note(kNow, kNow - 1));
  EXPECT_EQ(late.granted_since(0), 0U);
  EXPECT_TRUE(late.note(kNow, kNow + 501 * kNsPerMs));
  EXPECT_EQ(late.granted_since(0), 501 * kNsPerMs);
  EXPECT_EQ(late.granted_since(kNow + 500 * kNsPerMs), kNsPerMs);
  EXPECT_EQ(late.granted_since(kNow + kSecond), 0U);
}

TEST(LateTime, TwoTimersOfOneSleepCountOnce) {
  LateTime late;
  late.note(kNow, kNow + 3 * kSecond);
  late.note(kNow + kSecond, kNow + 3 * kSecond);
  late.note(kNow - kSecond, kNow + 3 * kSecond);
  EXPECT_EQ(late.granted_since(0), 4 * kSecond);
}

TEST(LateTime, OldSleepsAreForgottenBeforeTheyPileUp) {
  LateTime late;
  for (std::uint64_t i = 0; i < 100; ++i)
    late.note(i * 10 * kSecond, i * 10 * kSecond + kSecond);
  EXPECT_EQ(late.granted_since(0), 16 * kSecond);
}

TEST(ScanInterval, IsHalfTheShortestTimeWithinBounds) {
  EXPECT_EQ(scan_interval_ns({5 * kSecond, 0, true}), kSecond);
  EXPECT_EQ(scan_interval_ns({kSecond, 0, true}), kSecond / 2);
  EXPECT_EQ(scan_interval_ns({kSecond, kSecond / 5, true}), kSecond / 10);
  EXPECT_EQ(scan_interval_ns({1, 0, true}), kNsPerMs);
}

TEST_F(FabricatedPage, UnreadRequestsAreUndoneWorkOnlyOfAnIdleEngine) {
  EXPECT_FALSE(undone({{1, false, true}}));
  EXPECT_TRUE(undone({{1, true, true}}));
  enter(0, 2, RequestPhase::Running, kNow);
  EXPECT_FALSE(undone({{1, true, true}}));
}

TEST_F(FabricatedPage, PausedClientIsLeftUnreadForAReason) {
  enter(0, 1, RequestPhase::Sending, kNow);
  page_->in_flight[0].paused = 1;
  EXPECT_FALSE(undone({{1, true, false}}));
  EXPECT_TRUE(undone({{1, true, false}, {2, true, true}}));
}

TEST_F(FabricatedPage, TakenRequestThatIsNotBegunIsUndoneWork) {
  enter(0, 1, RequestPhase::Waiting, kNow);
  EXPECT_TRUE(undone({{1, false, true}}));
}

TEST_F(FabricatedPage, ReplyIsUndoneWorkIfTheClientHasRoomForIt) {
  enter(0, 1, RequestPhase::Sending, kNow);
  EXPECT_TRUE(undone({{1, false, true}}));
  EXPECT_FALSE(undone({{1, false, false}})) << "a client that does not read";
}

TEST_F(FabricatedPage, WhatItOwesTheSupervisorIsUndoneWork) {
  EXPECT_TRUE(undone({}, true));
}

TEST_F(FabricatedPage, IdleHangCountsFromTheFirstLookAtWhichNothingHadMoved) {
  IdleHang hang;
  hang.look(*page_, true, kNow);
  EXPECT_EQ(hang.deadline(rules_, late_), kNow + 5 * kSecond);
  hang.look(*page_, true, kNow + kSecond);
  EXPECT_EQ(hang.deadline(rules_, late_), kNow + 5 * kSecond);
  page_->requests_answered = 1;
  hang.look(*page_, true, kNow + 2 * kSecond);
  EXPECT_EQ(hang.deadline(rules_, late_), kNow + 7 * kSecond);
  late_.note(kNow + 3 * kSecond, kNow + 4 * kSecond);
  EXPECT_EQ(hang.deadline(rules_, late_), kNow + 8 * kSecond);
  hang.look(*page_, false, kNow + 5 * kSecond);
  EXPECT_FALSE(hang.deadline(rules_, late_));
}

}  // namespace
}  // namespace chainsolved::supervisor
