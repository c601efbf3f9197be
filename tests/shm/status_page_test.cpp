#include "shm/status_page.h"

#include "tests/shm/open_descriptors.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved {
namespace {

UniqueFd duplicate_of(const SharedStatusPage& shared) {
  return UniqueFd{AdoptFd{}, ::fcntl(shared.fd().get(), F_DUPFD_CLOEXEC, 0)};
}

TEST(StatusPage, NewPageIsZeroButForItsMagic) {
  const auto shared = SharedStatusPage::create();
  ASSERT_TRUE(shared.ok());
  const StatusPage& page = shared->page();
  EXPECT_EQ(page.magic.load(), kStatusMagic);
  EXPECT_EQ(page.state.load(), 0U);
  for (const InFlightEntry& entry : page.in_flight)
    EXPECT_EQ(entry.phase.load(), 0U);
}

TEST(StatusPage, WhatAnotherProcessWritesIsSeenAlsoAfterItsDeath) {
  auto shared = SharedStatusPage::create();
  ASSERT_TRUE(shared.ok());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto mine = SharedStatusPage::open(duplicate_of(*shared));
    if (!mine.ok()) ::_exit(1);
    mine->page().node_count.store(42);
    mine->page().in_flight[63].commits.store(kCommitsNothing);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(shared->page().node_count.load(), 42U);
  EXPECT_EQ(shared->page().in_flight[63].commits.load(), kCommitsNothing);
}

TEST(StatusPage, EngineCannotTruncateIt) {
  const auto shared = SharedStatusPage::create();
  ASSERT_TRUE(shared.ok());
  const UniqueFd engine_side = duplicate_of(*shared);
  EXPECT_EQ(::ftruncate(engine_side.get(), 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(engine_side.get(), 1 << 20), -1);
  EXPECT_EQ(::fcntl(engine_side.get(), F_ADD_SEALS, F_SEAL_WRITE), -1);
}

TEST(StatusPage, OpeningClosesTheDescriptorAndKeepsThePage) {
  auto shared = SharedStatusPage::create();
  ASSERT_TRUE(shared.ok());
  const std::size_t before = open_descriptors();
  auto mine = SharedStatusPage::open(duplicate_of(*shared));
  ASSERT_TRUE(mine.ok());
  EXPECT_EQ(open_descriptors(), before);
  const SharedStatusPage moved = std::move(*mine);
  shared->page().progress.store(7);
  EXPECT_EQ(moved.page().progress.load(), 7U);
}

TEST(StatusPage, WhatIsNoPageIsRefused) {
  const std::size_t before = open_descriptors();
  EXPECT_FALSE(
      SharedStatusPage::open(UniqueFd{AdoptFd{}, ::open("/dev/zero", O_RDWR | O_CLOEXEC)}).ok());
  UniqueFd loose{AdoptFd{}, ::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  ASSERT_EQ(::ftruncate(loose.get(), sizeof(StatusPage)), 0);
  const auto unsealed = SharedStatusPage::open(loose.duplicate());
  ASSERT_FALSE(unsealed.ok());
  EXPECT_NE(unsealed.error().message.find("sealed"), std::string::npos);
  ASSERT_EQ(::fcntl(loose.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
  const auto other_layout = SharedStatusPage::open(std::move(loose));
  ASSERT_FALSE(other_layout.ok());
  EXPECT_NE(other_layout.error().message.find("layout"), std::string::npos);
  UniqueFd small{AdoptFd{}, ::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  ASSERT_EQ(::fcntl(small.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
  EXPECT_FALSE(SharedStatusPage::open(std::move(small)).ok());
  EXPECT_EQ(open_descriptors(), before);
}

TEST(StatusPage, ClockOfThePageAdvances) {
  const std::uint64_t first = monotonic_ns();
  std::uint64_t second = monotonic_ns();
  while (second == first)
    second = monotonic_ns();
  EXPECT_GT(second, first);
}

}  // namespace
}  // namespace chainsolved
