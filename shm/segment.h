#pragma once

#include "protocol/error.h"
#include "protocol/numbers.h"
#include "shm/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace chainsolved {

/// A read-only mapping of a sealed segment. Unmapped with its last shared owner.
class SegmentMapping {
 public:
  SegmentMapping(const SegmentMapping&) = delete;
  SegmentMapping& operator=(const SegmentMapping&) = delete;
  ~SegmentMapping();

  std::span<const std::byte> bytes() const noexcept { return {address_, size_}; }

 private:
  friend class SealedSegment;
  SegmentMapping(const std::byte* address, std::size_t size) noexcept
      : address_(address), size_(size) {}
  const std::byte* address_;
  std::size_t size_;
};

/// Immutable shared memory that may travel: a memfd sealed SHRINK | GROW | WRITE | SEAL.
/// Made by SegmentBuilder::seal() or, on the receiving side, by adopt(), which trusts nothing.
class [[nodiscard]] SealedSegment {
 public:
  /// Takes a received descriptor over and checks it: that it is a memfd (DATASET_NOT_SEALED), its
  /// seals as a mask (DATASET_NOT_SEALED), that it has at least `min_size` bytes (DATASET_SIZE) and
  /// that its pages exist, st_blocks * 512 >= size (DATASET_SPARSE). The descriptor is closed when
  /// a check fails.
  static Result<SealedSegment> adopt(UniqueFd fd, std::uint64_t min_size);

  std::uint64_t size() const noexcept { return size_; }
  BorrowedFd fd() const noexcept { return fd_.borrow(); }

  /// MAP_PRIVATE, PROT_READ: the same pages, nothing copied, allowed on every kernel.
  Result<std::shared_ptr<const SegmentMapping>> map() const;

  /// The descriptor itself, given away.
  UniqueFd take_fd() && noexcept { return std::move(fd_); }

 private:
  friend class SegmentBuilder;
  SealedSegment(UniqueFd fd, std::uint64_t size) noexcept : fd_(std::move(fd)), size_(size) {}
  UniqueFd fd_;
  std::uint64_t size_;
};

/// Writable shared memory, one process, being filled. seal() ends that phase: the memory is
/// unmapped here and becomes a SealedSegment; the spans that bytes() gave are void from then on.
class [[nodiscard]] SegmentBuilder {
 public:
  /// A memfd of exactly `size` bytes (at least 1), allocated at once with fallocate, so that a full
  /// machine says so here and not by a signal later. Not yet mapped.
  /// Errors: LIMIT_EXCEEDED for no memory or no descriptors, in words.
  static Result<SegmentBuilder> create(std::uint64_t size, const char* debug_name = "chainsolved");

  SegmentBuilder(SegmentBuilder&& other) noexcept;
  SegmentBuilder& operator=(SegmentBuilder&& other) noexcept;
  SegmentBuilder(const SegmentBuilder&) = delete;
  SegmentBuilder& operator=(const SegmentBuilder&) = delete;
  ~SegmentBuilder();

  std::uint64_t size() const noexcept { return size_; }

  /// The memory, mapped writable at the first call.
  Result<std::span<std::byte>> bytes();

  /// Copies data that already lies elsewhere, by pwrite: one copy, never mapped for writing.
  Result<void> write(std::uint64_t offset, std::span<const std::byte> data);

  /// Unmaps and seals. On failure the segment is gone and the error says why.
  Result<SealedSegment> seal() &&;

 private:
  SegmentBuilder(UniqueFd fd, std::uint64_t size) noexcept : fd_(std::move(fd)), size_(size) {}
  void unmap() noexcept;
  UniqueFd fd_;
  std::uint64_t size_;
  std::byte* address_ = nullptr;
};

/// `count` doubles at byte `offset` of a mapping, which they keep alive. DATASET_SIZE when they do
/// not lie inside it or are not aligned; additions are checked for overflow here and nowhere else.
Result<Numbers> numbers_in(const std::shared_ptr<const SegmentMapping>& mapping,
                           std::uint64_t offset,
                           std::uint64_t count);

}  // namespace chainsolved
