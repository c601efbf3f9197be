#include "daemon/engine/in_flight_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace chainsolved::engine {
namespace {

class InFlight : public ::testing::Test {
 protected:
  std::unique_ptr<StatusPage> page_ = std::make_unique<StatusPage>();
  InFlightTable table_{*page_};

  std::size_t shown(RequestPhase phase) const {
    std::size_t count = 0;
    for (const InFlightEntry& entry : page_->in_flight)
      count += entry.phase.load() == static_cast<std::uint32_t>(phase) ? 1U : 0U;
    return count;
  }
};

TEST_F(InFlight, ARequestStandsInThePageFromPeekToReply) {
  table_.add_client(7);
  const auto entry = table_.acquire(7, 42);
  ASSERT_TRUE(entry);
  const InFlightEntry& shown_entry = page_->in_flight[*entry];
  EXPECT_EQ(shown_entry.client.load(), 7U);
  EXPECT_EQ(shown_entry.request_id.load(), 42U);
  EXPECT_EQ(shown_entry.commits.load(), kCommitsNothing);
  EXPECT_EQ(shown(RequestPhase::Waiting), 1U);
  table_.set_method(*entry, Method::SetInput);
  EXPECT_EQ(shown_entry.method.load(), static_cast<std::uint32_t>(Method::SetInput) + 1);
  table_.set_phase(*entry, RequestPhase::Running, 99);
  EXPECT_EQ(shown(RequestPhase::Running), 1U);
  EXPECT_EQ(shown_entry.since_ns.load(), 99U);
  table_.release(*entry);
  EXPECT_EQ(shown(RequestPhase::Empty), kInFlightEntries);
}

TEST_F(InFlight, AClientGetsAQuarterOfTheTableAndNoMore) {
  table_.add_client(1);
  std::vector<InFlightTable::Entry> taken;
  for (std::uint64_t id = 1; id <= kInFlightEntries / 4; ++id)
    taken.push_back(*table_.acquire(1, id));
  EXPECT_FALSE(table_.has_room(1));
  EXPECT_FALSE(table_.acquire(1, 99));
  table_.release(taken.back());
  EXPECT_TRUE(table_.has_room(1));
}

TEST_F(InFlight, ClientsThatFillTheirQuartersCannotKeepOthersOut) {
  for (std::uint64_t client = 1; client <= 6; ++client)
    table_.add_client(client);
  for (std::uint64_t client = 1; client <= 5; ++client)
    for (std::uint64_t id = 1; table_.acquire(client, id); ++id) {}
  EXPECT_TRUE(table_.has_room(6)) << "a client without an entry can always have one";
  EXPECT_TRUE(table_.acquire(6, 1));
  EXPECT_FALSE(table_.has_room(6));
}

TEST_F(InFlight, ASmallerLimitHoldsForAllClientsTogether) {
  table_.set_limit(8);
  for (std::uint64_t client = 1; client <= 8; ++client)
    table_.add_client(client);
  std::size_t taken = 0;
  for (std::uint64_t client = 1; client <= 8; ++client)
    for (std::uint64_t id = 1; table_.acquire(client, id); ++id)
      ++taken;
  EXPECT_EQ(taken, 8U);
}

TEST_F(InFlight, PausedIsShownOnTheClientsOwnEntries) {
  table_.add_client(1);
  table_.add_client(2);
  const auto first = *table_.acquire(1, 1);
  const auto second = *table_.acquire(2, 1);
  table_.set_paused(1, true);
  EXPECT_NE(page_->in_flight[first].paused.load(), 0U);
  EXPECT_EQ(page_->in_flight[second].paused.load(), 0U);
  table_.set_paused(1, false);
  EXPECT_EQ(page_->in_flight[first].paused.load(), 0U);
}

}  // namespace
}  // namespace chainsolved::engine
