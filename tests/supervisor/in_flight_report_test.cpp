#include "daemon/supervisor/in_flight_report.h"

#include "shm/status_page.h"

#include <gtest/gtest.h>

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
  const Error error = crash_error(requests[0], "was killed by signal 11", "beam");
  EXPECT_EQ(error.code, ErrorCode::WorkerCrashed);
  EXPECT_EQ(error.applied, Applied::No);
  EXPECT_NE(error.message.find("signal 11"), std::string::npos);
  EXPECT_EQ(error.detail, R"("method":"setInput","node":"beam","elapsedMs":7)");
}

TEST_F(InFlightReport, ChangeThatWasCommittedIsApplied) {
  enter(0, 1, number_of(Method::ApplyPatch), 5);
  EXPECT_EQ(crash_error(read()[0], "died", "").applied, Applied::Yes);
}

TEST_F(InFlightReport, ReadingRequestSaysNothingOfApplied) {
  enter(0, 1, number_of(Method::GetValues), kCommitsNothing);
  EXPECT_EQ(crash_error(read()[0], "died", "").applied, Applied::NotSaid);
}

TEST_F(InFlightReport, ReplayAndEmptyEntriesBelongToNobody) {
  enter(0, 0, number_of(Method::SetInput), kCommitsNothing);
  EXPECT_TRUE(read().empty());
}

TEST_F(InFlightReport, NonsenseOnThePageIsHarmless) {
  enter(0, 1, 0xffffffff, 1);
  page_->in_flight[0].since_ns = ~std::uint64_t{0};
  page_->current_node = 1;
  page_->node_name_length = 0xffffffff;
  page_->node_name[0] = '\xff';
  const auto requests = read();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, nullptr);
  EXPECT_EQ(requests[0].elapsed_ms, 0U);
  EXPECT_LE(read_current_node(*page_).size(), 3 * 252U);
  EXPECT_NE(crash_error(requests[0], "died", read_current_node(*page_)).message, "");
}

}  // namespace
}  // namespace chainsolved::supervisor
