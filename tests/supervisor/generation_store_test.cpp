#include "daemon/supervisor/generation_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>

namespace chainsolved::supervisor {
namespace {

UniqueFd some_memfd() {
  return UniqueFd{AdoptFd{}, ::memfd_create("segment", MFD_CLOEXEC)};
}

UniqueFd copy_of(BorrowedFd fd) {
  return UniqueFd{AdoptFd{}, ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)};
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

class GenerationStoreTest : public ::testing::Test {
 protected:
  JournalWriter journal(std::uint32_t number) {
    auto writer = JournalWriter::create(number, 4096, 0);
    EXPECT_TRUE(writer.ok());
    return std::move(writer).value();
  }
  Result<void> store(std::uint32_t number,
                     const JournalWriter& writer,
                     bool with_snapshot = false) {
    FdList fds;
    if (with_snapshot) fds.push(some_memfd());
    fds.push(copy_of(writer.fd()));
    return store_.store(GenerationMessage{number, with_snapshot, 77}, fds);
  }
  static void commit(JournalWriter& writer) {
    writer.append("record", 1);
    writer.publish();
  }

  GenerationStore store_{3};
};

TEST_F(GenerationStoreTest, BeginsWithNothing) {
  EXPECT_EQ(store_.committed(), 0U);
  EXPECT_EQ(store_.current(), nullptr);
  EXPECT_EQ(store_.next_number(), 1U);
}

TEST_F(GenerationStoreTest, GenerationCountsFromItsFirstCommit) {
  JournalWriter first = journal(1);
  ASSERT_TRUE(store(1, first).ok());
  EXPECT_EQ(store_.current(), nullptr);
  commit(first);
  ASSERT_NE(store_.current(), nullptr);
  EXPECT_EQ(store_.committed(), first.word());
  JournalWriter second = journal(2);
  ASSERT_TRUE(store(2, second, true).ok());
  EXPECT_EQ(store_.current()->number, 1U) << "the second was announced and not begun";
  second.publish();
  EXPECT_EQ(store_.current()->number, 2U);
  EXPECT_TRUE(store_.current()->snapshot.valid());
  EXPECT_EQ(store_.current()->snapshot_bytes, 77U);
}

TEST_F(GenerationStoreTest, WhatWasAnnouncedButNotBegunIsDroppedWithItsEngine) {
  JournalWriter first = journal(1);
  ASSERT_TRUE(store(1, first).ok());
  commit(first);
  JournalWriter lost = journal(2);
  ASSERT_TRUE(store(2, lost).ok());
  store_.settle();
  EXPECT_EQ(store_.next_number(), 2U);
  JournalWriter second = journal(2);
  EXPECT_TRUE(store(2, second).ok());
  commit(second);
  commit(lost);
  EXPECT_EQ(store_.committed(), second.word());
}

TEST_F(GenerationStoreTest, KeepsTwoAndClosesTheOthers) {
  const std::size_t before = open_descriptors();
  {
    GenerationStore store(3);
    for (std::uint32_t n = 1; n <= 20; ++n) {
      JournalWriter writer = journal(n);
      FdList fds;
      fds.push(some_memfd());
      fds.push(copy_of(writer.fd()));
      ASSERT_TRUE(store.store(GenerationMessage{n, true, 1}, fds).ok());
      commit(writer);
    }
    EXPECT_EQ(open_descriptors(), before + 4);
    EXPECT_EQ(store.current()->number, 20U);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(GenerationStoreTest, RefusesWhatCannotBeAndClosesIt) {
  const std::size_t before = open_descriptors();
  {
    const JournalWriter first = journal(1);
    FdList none;
    EXPECT_FALSE(store_.store(GenerationMessage{1, false, 0}, none).ok());
    FdList no_snapshot;
    no_snapshot.push(copy_of(first.fd()));
    EXPECT_FALSE(store_.store(GenerationMessage{1, true, 0}, no_snapshot).ok());
    FdList no_journal;
    no_journal.push(some_memfd());
    EXPECT_FALSE(store_.store(GenerationMessage{1, false, 0}, no_journal).ok());
    EXPECT_FALSE(store(2, first).ok()) << "a number that is not the journal's";
    ASSERT_TRUE(store(1, first).ok());
    EXPECT_FALSE(store(1, first).ok()) << "a number that was there";
    store_ = GenerationStore(3);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(GenerationStoreTest, KeptSegmentsAreBoundedAndForgotten) {
  for (std::uint32_t n = 1; n <= 3; ++n)
    EXPECT_TRUE(store_.keep(n, some_memfd()).ok());
  EXPECT_FALSE(store_.keep(4, some_memfd()).ok());
  EXPECT_FALSE(store_.keep(2, UniqueFd{}).ok());
  store_.forget(2);
  EXPECT_TRUE(store_.keep(4, some_memfd()).ok());
  EXPECT_EQ(store_.kept().size(), 3U);
  EXPECT_FALSE(store_.kept().contains(2));
}

TEST_F(GenerationStoreTest, WhatIsSetAsideIsKeptAndNotReplayed) {
  JournalWriter first = journal(1);
  ASSERT_TRUE(store(1, first, true).ok());
  commit(first);
  EXPECT_TRUE(store_.keep(1, some_memfd()).ok());
  store_.set_aside("it killed");
  EXPECT_EQ(store_.current(), nullptr);
  EXPECT_EQ(store_.committed(), 0U);
  EXPECT_TRUE(store_.kept().empty());
  EXPECT_EQ(store_.next_number(), 2U) << "numbers are never used again";
  ASSERT_TRUE(store_.aside());
  EXPECT_EQ(store_.aside()->reason, "it killed");
  EXPECT_EQ(store_.aside()->committed, first.word());
  EXPECT_TRUE(store_.aside()->generation.snapshot.valid());
}

}  // namespace
}  // namespace chainsolved::supervisor
