#include "daemon/supervisor/in_flight_report.h"

#include "shm/status_page.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>

namespace chainsolved::supervisor {
namespace {

class InFlightReport : public ::testing::Test {
 protected:
  void enter(std::size_t index, std::uint64_t client, std::uint32_t method, std::uint64_t commits) {
    InFlightEntry& entry = page_->in_flight[index];
    entry.client = client;
    entry.request_id = 100 + index;
    entry.method = method;
    entry.commits = commits;
    entry.since_ns = 1'000'000;
    entry.phase = static_cast<std::uint32_t>(RequestPhase::Running);
  }
  std::vector<InFlightRequest> read() const { return read_in_flight(*page_, 8'000'000); }

  std::unique_ptr<StatusPage> page_ = std::make_unique<StatusPage>();
};

Death segmentation_fault() {
  Death death =
      death_of(EngineExit{SIGSEGV, 0, "was killed by " + words_of_signal(SIGSEGV)}, false);
  death.node = "beam";
  return death;
}

constexpr std::uint32_t number_of(Method method) {
  return static_cast<std::uint32_t>(method) + 1;
}

TEST_F(InFlightReport, ChangeThatHadNotCommittedIsNotApplied) {
  enter(3, 7, number_of(Method::SetInput), kCommitsNothing);
  const auto requests = read();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].client, 7U);
  EXPECT_EQ(requests[0].id, 103U);
  EXPECT_EQ(requests[0].elapsed_ms, 7U);
  const Error error = death_error(requests[0], segmentation_fault(), ~std::uint64_t{1});
  EXPECT_EQ(error.code, ErrorCode::WorkerCrashed);
  EXPECT_EQ(error.applied, Applied::No);
  EXPECT_NE(error.message.find("signal 11"), std::string::npos);
  EXPECT_EQ(
      error.detail,
      R"x("method":"setInput","node":"beam","signal":"signal 11 (Segmentation fault)","elapsedMs":7)x");
}

TEST_F(InFlightReport, ChangeIsAppliedIfTheCommitWordCoversIt) {
  enter(0, 1, number_of(Method::ApplyPatch), 5);
  EXPECT_EQ(death_error(read()[0], segmentation_fault(), 4).applied, Applied::No);
  EXPECT_EQ(death_error(read()[0], segmentation_fault(), 5).applied, Applied::Yes);
  EXPECT_EQ(death_error(read()[0], segmentation_fault(), 6).applied, Applied::Yes);
}

TEST_F(InFlightReport, ReadingRequestSaysNothingOfApplied) {
  enter(0, 1, number_of(Method::GetValues), kCommitsNothing);
  EXPECT_EQ(death_error(read()[0], segmentation_fault(), 9).applied, Applied::NotSaid);
}

TEST_F(InFlightReport, HangIsSaidInTheWordsThatCallersExpect) {
  enter(0, 1, number_of(Method::SetInput), kCommitsNothing);
  Death hang = segmentation_fault();
  hang.kind = DeathKind::Hang;
  const Error error = death_error(read()[0], hang, 0);
  EXPECT_EQ(error.code, ErrorCode::WorkerWatchdog);
  EXPECT_EQ(error.message, "Worker unresponsive — recreating");
}

TEST_F(InFlightReport, NameOfAnotherNodeIsNotTakenForTheOneUnderEvaluation) {
  page_->current_node = 5;
  page_->own_graph = 1;
  page_->named_node = 4;
  page_->node_name_length = 1;
  page_->node_name[0] = 'a';
  EXPECT_EQ(read_current_node(*page_), "");
  ASSERT_TRUE(read_own_node(*page_));
  EXPECT_EQ(read_own_node(*page_)->slot, 4U);
  page_->named_node = 5;
  EXPECT_EQ(read_current_node(*page_), "a");
  EXPECT_EQ(read_own_node(*page_)->id, "a");
  page_->own_graph = 0;
  EXPECT_FALSE(read_own_node(*page_));
}

TEST_F(InFlightReport, ReplayAndEmptyEntriesBelongToNobody) {
  enter(0, 0, number_of(Method::SetInput), kCommitsNothing);
  EXPECT_TRUE(read().empty());
}

TEST_F(InFlightReport, NonsenseOnThePageIsHarmless) {
  enter(0, 1, 0xffffffff, 1);
  page_->in_flight[0].since_ns = ~std::uint64_t{0};
  page_->current_node = 1;
  page_->named_node = 1;
  page_->node_name_length = 0xffffffff;
  page_->node_name[0] = '\xff';
  const auto requests = read();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, nullptr);
  EXPECT_EQ(requests[0].elapsed_ms, 0U);
  EXPECT_LE(read_current_node(*page_).size(), 3 * 252U);
  Death death = segmentation_fault();
  death.node = read_current_node(*page_);
  EXPECT_NE(death_error(requests[0], death, 0).message, "");
}

}  // namespace
}  // namespace chainsolved::supervisor
