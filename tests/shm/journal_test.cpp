#include "shm/journal.h"

#include "tests/shm/open_descriptors.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace chainsolved {
namespace {

UniqueFd duplicate(BorrowedFd fd) {
  return UniqueFd{AdoptFd{}, ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)};
}

std::vector<std::string> payloads(const JournalReader& journal, std::uint64_t bytes) {
  std::vector<std::string> all;
  const auto read = journal.for_each(bytes, [&](const JournalReader::Record& record) {
    all.emplace_back(record.payload);
    return Result<void>();
  });
  EXPECT_TRUE(read.ok()) << read.error().message;
  return all;
}

TEST(Journal, CountsFromTheStoreThatCommitsAndNotBefore) {
  auto writer = JournalWriter::create(3, 1000, 77);
  ASSERT_TRUE(writer.ok());
  auto reader = JournalReader::adopt(duplicate(writer->fd()), JournalReader::Part::Whole);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ(reader->generation(), 3U);
  EXPECT_EQ(reader->base_hash(), 77U);
  EXPECT_EQ(reader->committed(), 0U) << "the generation has not begun";
  writer->publish();
  EXPECT_EQ(reader->committed(), commit_word(3, 0));
  writer->append("first", 1);
  EXPECT_EQ(reader->committed(), commit_word(3, 0));
  writer->publish();
  EXPECT_EQ(reader->committed(), writer->word());
  writer->append("", 2);
  writer->append("third, not committed", 3);
  EXPECT_EQ(payloads(*reader, bytes_of(reader->committed())), std::vector<std::string>{"first"});
  writer->publish();
  EXPECT_EQ(payloads(*reader, bytes_of(reader->committed())).size(), 3U);
}

TEST(Journal, TakesWhatFitsToTheLastByte) {
  auto writer = JournalWriter::create(1, 4096, 0);
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(writer->capacity(), 4096U);
  EXPECT_TRUE(writer->fits(4096 - sizeof(JournalRecordHead)));
  EXPECT_FALSE(writer->fits(4096 - sizeof(JournalRecordHead) + 1));
  writer->append(std::string(4096 - sizeof(JournalRecordHead), 'x'), 0);
  EXPECT_FALSE(writer->fits(0));
  EXPECT_FALSE(writer->fits(~std::size_t{0}));
}

TEST(Journal, NobodyElseCanWriteItOrChangeItsSize) {
  auto writer = JournalWriter::create(1, 4096, 0);
  ASSERT_TRUE(writer.ok());
  const UniqueFd other = duplicate(writer->fd());
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, other.get(), 0), MAP_FAILED);
  EXPECT_LT(::pwrite(other.get(), "x", 1, 64), 0);
  EXPECT_LT(::ftruncate(other.get(), 0), 0);
}

TEST(Journal, IsReadWithoutTrustInItsWriter) {
  auto writer = JournalWriter::create(1, 4096, 0);
  ASSERT_TRUE(writer.ok());
  writer->append("a record", 1);
  writer->publish();
  auto reader = JournalReader::adopt(duplicate(writer->fd()), JournalReader::Part::Whole);
  ASSERT_TRUE(reader.ok());
  const auto visit = [](const JournalReader::Record&) {
    return Result<void>();
  };
  for (const std::uint64_t lie : {1U, 8U, 16U, 23U})
    EXPECT_FALSE(reader->for_each(lie, visit).ok()) << lie;
  EXPECT_FALSE(reader->for_each(1U << 30, visit).ok());
  EXPECT_TRUE(reader->for_each(24, visit).ok());
}

TEST(Journal, WhatIsNoJournalIsRefusedAndClosed) {
  const std::size_t before = open_descriptors();
  EXPECT_FALSE(JournalReader::adopt(UniqueFd{AdoptFd{}, ::open("/dev/null", O_RDWR | O_CLOEXEC)},
                                    JournalReader::Part::FirstPage)
                   .ok());
  UniqueFd unsealed{AdoptFd{}, ::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  ASSERT_EQ(::fallocate(unsealed.get(), 0, 0, 8192), 0);
  EXPECT_FALSE(JournalReader::adopt(std::move(unsealed), JournalReader::Part::Whole).ok());
  for (const off_t size : {100, 4096, 1 << 20}) {
    UniqueFd lying{AdoptFd{}, ::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    ASSERT_EQ(::ftruncate(lying.get(), size), 0);
    ASSERT_EQ(::fcntl(lying.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE),
              0);
    EXPECT_FALSE(JournalReader::adopt(std::move(lying), JournalReader::Part::Whole).ok()) << size;
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace chainsolved
