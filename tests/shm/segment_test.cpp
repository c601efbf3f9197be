#include "shm/segment.h"

#include "tests/shm/open_descriptors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace chainsolved {
namespace {

constexpr int kAllSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
constexpr std::uint64_t kGigabyte = 1ULL << 30;

UniqueFd raw_memfd(std::uint64_t size, bool allocated, int seals) {
  UniqueFd fd = checked_fd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create");
  EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size)), 0);
  if (allocated && size > 0) {
    EXPECT_EQ(::fallocate(fd.get(), 0, 0, static_cast<off_t>(size)), 0);
  }
  if (seals != 0) {
    EXPECT_EQ(::fcntl(fd.get(), F_ADD_SEALS, seals), 0);
  }
  return fd;
}

SealedSegment sealed(const std::vector<double>& values) {
  auto builder = SegmentBuilder::create(values.size() * sizeof(double));
  EXPECT_TRUE(builder.ok());
  EXPECT_TRUE(builder->write(0, std::as_bytes(std::span(values))).ok());
  auto segment = std::move(*builder).seal();
  EXPECT_TRUE(segment.ok());
  return std::move(*segment);
}

/// The builder does not show its descriptor; the kernel does. -1: none of this name.
int descriptor_of_memfd(const std::string& name) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone && target.string().find("memfd:" + name) != std::string::npos)
      return std::stoi(entry.path().filename().string());
  }
  return -1;
}

/// Every refusal must also close the descriptor that came.
void expect_refused(UniqueFd fd, std::uint64_t min_size, ErrorCode code, std::string_view words) {
  const std::size_t before = open_descriptors();
  const auto segment = SealedSegment::adopt(std::move(fd), min_size);
  ASSERT_FALSE(segment.ok());
  EXPECT_EQ(segment.error().code, code) << segment.error().message;
  EXPECT_NE(segment.error().message.find(words), std::string::npos) << segment.error().message;
  EXPECT_EQ(open_descriptors(), before - 1);
}

TEST(Segment, WhatIsWrittenInPlaceIsReadByTheReceiver) {
  auto builder = SegmentBuilder::create(3 * sizeof(double), "in-place");
  ASSERT_TRUE(builder.ok());
  const auto bytes = builder->bytes();
  ASSERT_TRUE(bytes.ok());
  const double values[] = {1.5, -2, 1e300};
  std::memcpy(bytes->data(), values, sizeof values);
  auto segment = std::move(*builder).seal();
  ASSERT_TRUE(segment.ok());
  auto received = SealedSegment::adopt(std::move(*segment).take_fd(), sizeof values);
  ASSERT_TRUE(received.ok()) << received.error().message;
  const auto mapping = received->map();
  ASSERT_TRUE(mapping.ok());
  const auto numbers = numbers_in(*mapping, 0, 3);
  ASSERT_TRUE(numbers.ok());
  EXPECT_EQ((*numbers)[0], 1.5);
  EXPECT_EQ((*numbers)[2], 1e300);
}

TEST(Segment, NumbersKeepTheMappingWhenSegmentAndMappingAreGone) {
  Numbers numbers;
  const std::size_t before = open_descriptors();
  {
    const SealedSegment segment = sealed({1, 2, 3, 4});
    const auto mapping = segment.map();
    ASSERT_TRUE(mapping.ok());
    auto found = numbers_in(*mapping, 8, 3);
    ASSERT_TRUE(found.ok());
    numbers = std::move(*found);
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(numbers[2], 4);
}

TEST(Segment, SealedSegmentCannotBeWrittenResizedOrUnsealed) {
  const SealedSegment segment = sealed({1, 2});
  const int fd = segment.fd().get();
  EXPECT_EQ(::fcntl(fd, F_GET_SEALS) & kAllSeals, kAllSeals);
  EXPECT_EQ(::pwrite(fd, "x", 1, 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(fd, 8), -1);
  EXPECT_EQ(::ftruncate(fd, 1 << 20), -1);
  EXPECT_EQ(::mmap(nullptr, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
  EXPECT_EQ(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 16), -1);
}

TEST(Segment, SealingDetachesTheProducer) {
  auto builder = SegmentBuilder::create(4096);
  ASSERT_TRUE(builder.ok());
  ASSERT_TRUE(builder->bytes().ok());
  const std::byte* address = builder->bytes()->data();
  auto segment = std::move(*builder).seal();
  ASSERT_TRUE(segment.ok());
  // The address is mapped no longer: msync says so without touching it.
  EXPECT_EQ(::msync(const_cast<std::byte*>(address), 4096, MS_ASYNC), -1);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(Segment, SealingFailsWhileSomebodyElseMapsItForWriting) {
  auto builder = SegmentBuilder::create(4096, "mapped-twice");
  ASSERT_TRUE(builder.ok());
  const int builder_fd = descriptor_of_memfd("mapped-twice");
  ASSERT_GE(builder_fd, 0);
  void* other = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, builder_fd, 0);
  ASSERT_NE(other, MAP_FAILED);
  const std::size_t before = open_descriptors();
  const auto segment = std::move(*builder).seal();
  ASSERT_FALSE(segment.ok());
  EXPECT_EQ(segment.error().code, ErrorCode::DatasetNotSealed);
  EXPECT_EQ(open_descriptors(), before - 1);
  ::munmap(other, 4096);
}

TEST(Segment, MovedBuilderKeepsTheMemory) {
  auto builder = SegmentBuilder::create(8);
  ASSERT_TRUE(builder.ok());
  const std::byte* address = builder->bytes()->data();
  SegmentBuilder moved = std::move(*builder);
  EXPECT_EQ(moved.bytes()->data(), address);
  auto other = SegmentBuilder::create(8);
  ASSERT_TRUE(other.ok());
  const std::size_t before = open_descriptors();
  *other = std::move(moved);
  EXPECT_EQ(open_descriptors(), before - 1);
  EXPECT_EQ(other->bytes()->data(), address);
}

TEST(Segment, WritingPastTheEndIsRefused) {
  auto builder = SegmentBuilder::create(16);
  ASSERT_TRUE(builder.ok());
  const std::byte data[8] = {};
  EXPECT_TRUE(builder->write(8, data).ok());
  EXPECT_EQ(builder->write(9, data).error().code, ErrorCode::DatasetSize);
  EXPECT_EQ(builder->write(~std::uint64_t{0}, data).error().code, ErrorCode::DatasetSize);
}

TEST(Segment, MoreMemoryThanAMachineHasIsALimitNotASignal) {
  const std::size_t before = open_descriptors();
  const auto enormous = SegmentBuilder::create(std::uint64_t{1} << 60);
  ASSERT_FALSE(enormous.ok());
  EXPECT_EQ(enormous.error().code, ErrorCode::LimitExceeded);
  EXPECT_NE(enormous.error().message.find("no memory"), std::string::npos);
  EXPECT_FALSE(SegmentBuilder::create(~std::uint64_t{0}).ok());
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Adopt, UnsealedSegmentIsRefused) {
  expect_refused(raw_memfd(4096, true, 0), 8, ErrorCode::DatasetNotSealed, "F_SEAL_WRITE");
}

TEST(Adopt, EverySealIsNeeded) {
  const std::pair<int, const char*> seals[] = {{F_SEAL_SHRINK, "F_SEAL_SHRINK"},
                                               {F_SEAL_GROW, "F_SEAL_GROW"},
                                               {F_SEAL_WRITE, "F_SEAL_WRITE"},
                                               {F_SEAL_SEAL, "F_SEAL_SEAL"}};
  for (const auto& [seal, name] : seals)
    expect_refused(raw_memfd(4096, true, kAllSeals & ~seal), 8, ErrorCode::DatasetNotSealed, name);
}

TEST(Adopt, FurtherSealsDoNotMatter) {
  UniqueFd fd = raw_memfd(4096, true, F_SEAL_FUTURE_WRITE);
  ASSERT_EQ(::fcntl(fd.get(), F_ADD_SEALS, kAllSeals), 0);
  EXPECT_TRUE(SealedSegment::adopt(std::move(fd), 4096).ok());
}

TEST(Adopt, WhatIsNoMemfdIsRefused) {
  char path[] = "/dev/shm/chainsolved-test-XXXXXX";
  UniqueFd file = checked_fd(::mkostemp(path, O_CLOEXEC), "mkostemp");
  ::unlink(path);
  ASSERT_EQ(::fallocate(file.get(), 0, 0, 4096), 0);
  expect_refused(std::move(file), 8, ErrorCode::DatasetNotSealed, "lacks the seals");
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd write_end{AdoptFd{}, ends[1]};
  expect_refused(UniqueFd{AdoptFd{}, ends[0]}, 8, ErrorCode::DatasetNotSealed, "not a memfd");
  expect_refused(checked_fd(::open("/dev/zero", O_RDWR | O_CLOEXEC), "open"),
                 8,
                 ErrorCode::DatasetNotSealed,
                 "not a memfd");
}

TEST(Adopt, ShortAndEmptySegmentsAreRefused) {
  expect_refused(raw_memfd(4096, true, kAllSeals), 4097, ErrorCode::DatasetSize, "4096 bytes");
  expect_refused(
      raw_memfd(4096, true, kAllSeals), ~std::uint64_t{0}, ErrorCode::DatasetSize, "at least");
  expect_refused(raw_memfd(0, false, kAllSeals), 0, ErrorCode::DatasetSize, "0 bytes");
}

TEST(Adopt, SparseGigabyteIsRefusedAndNobodyPaysForIt) {
  UniqueFd fd = raw_memfd(kGigabyte, false, kAllSeals);
  const UniqueFd kept = fd.duplicate();
  expect_refused(std::move(fd), kGigabyte, ErrorCode::DatasetSparse, "fallocate");
  struct stat status {};
  ASSERT_EQ(::fstat(kept.get(), &status), 0);
  EXPECT_EQ(status.st_blocks, 0);
}

TEST(Adopt, OnePageMissingIsSparse) {
  UniqueFd fd = raw_memfd(16 * 4096, true, 0);
  ASSERT_EQ(::fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4 * 4096, 4096), 0);
  ASSERT_EQ(::fcntl(fd.get(), F_ADD_SEALS, kAllSeals), 0);
  expect_refused(std::move(fd), 8, ErrorCode::DatasetSparse, "61440 of");
}

TEST(Adopt, SegmentOpenForWritingOnlyCannotBeMapped) {
  UniqueFd fd = raw_memfd(4096, true, 0);
  const std::string path = "/proc/self/fd/" + std::to_string(fd.get());
  UniqueFd write_only = checked_fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC), "open");
  ASSERT_EQ(::fcntl(fd.get(), F_ADD_SEALS, kAllSeals), 0);
  const auto segment = SealedSegment::adopt(std::move(write_only), 4096);
  ASSERT_TRUE(segment.ok());
  const auto mapping = segment->map();
  ASSERT_FALSE(mapping.ok());
  EXPECT_EQ(mapping.error().code, ErrorCode::DatasetNotSealed);
}

TEST(NumbersIn, RangesThatLieAreRefused) {
  const SealedSegment segment = sealed({1, 2, 3, 4});
  const auto mapping = segment.map();
  ASSERT_TRUE(mapping.ok());
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_TRUE(numbers_in(*mapping, 0, 4).ok());
  EXPECT_TRUE(numbers_in(*mapping, 32, 0).ok());
  EXPECT_FALSE(numbers_in(*mapping, 0, 5).ok());
  EXPECT_FALSE(numbers_in(*mapping, 8, 4).ok());
  EXPECT_FALSE(numbers_in(*mapping, 40, 0).ok());
  EXPECT_FALSE(numbers_in(*mapping, 4, 1).ok());
  EXPECT_FALSE(numbers_in(*mapping, 8, most / 8 + 1).ok());
  EXPECT_FALSE(numbers_in(*mapping, most - 7, 2).ok());
}

}  // namespace
}  // namespace chainsolved
