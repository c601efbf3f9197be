#pragma once

#include "protocol/error.h"
#include "shm/unique_fd.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace chainsolved {

// The journal of one generation of a session (DESIGN §3): the requests that changed its definition
// since the snapshot of that generation, as they came, in memory that the engine writes and the
// supervisor keeps. A record counts from the moment that `committed` covers it.

/// First page of a journal. The records follow at byte 4096.
///
///   offset  size  field
///        0     4  magic ("CSJ1")
///        4     4  layout version (1)
///        8     4  generation, counting from 1
///       12     4  reserved, zero
///       16     8  capacity: bytes for records after this page
///       24     8  hash of the definition when the generation began, before any record
///       32    32  reserved, zero
///       64     8  committed: generation << 32 | bytes of records; 0 until the generation begins
///       72  4024  reserved, zero
struct JournalPage {
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  std::uint32_t generation = 0;
  std::uint32_t reserved = 0;
  std::uint64_t capacity = 0;
  std::uint64_t base_hash = 0;
  std::array<std::uint64_t, 4> reserved_words{};
  std::atomic<std::uint64_t> committed{0};
  std::array<std::uint64_t, 503> reserved_tail{};
};
static_assert(sizeof(JournalPage) == 4096 && offsetof(JournalPage, committed) == 64);

/// Before each record, both at multiples of 8; the payload is padded with zeros.
///
///   offset  size  field
///        0     4  bytes of the payload
///        4     4  reserved, zero
///        8     8  hash of the definition after the record
struct JournalRecordHead {
  std::uint32_t bytes;
  std::uint32_t reserved;
  std::uint64_t hash;
};
static_assert(sizeof(JournalRecordHead) == 16);

constexpr std::uint64_t commit_word(std::uint32_t generation, std::uint64_t bytes) noexcept {
  return std::uint64_t{generation} << 32 | bytes;
}
constexpr std::uint32_t generation_of(std::uint64_t commit_word) noexcept {
  return static_cast<std::uint32_t>(commit_word >> 32);
}
constexpr std::uint64_t bytes_of(std::uint64_t commit_word) noexcept {
  return commit_word & 0xffff'ffffU;
}

/// The whole of a journal, mapped by whoever writes or replays it, or its first page alone, which
/// is all that the supervisor ever looks at.
class JournalMapping {
 public:
  JournalMapping() noexcept = default;
  JournalMapping(std::byte* address, std::size_t size) noexcept : address_(address), size_(size) {}
  JournalMapping(JournalMapping&& other) noexcept;
  JournalMapping& operator=(JournalMapping&& other) noexcept;
  JournalMapping(const JournalMapping&) = delete;
  JournalMapping& operator=(const JournalMapping&) = delete;
  ~JournalMapping();

  JournalPage& page() const noexcept;
  std::byte* records() const noexcept { return address_ + sizeof(JournalPage); }

 private:
  std::byte* address_ = nullptr;
  std::size_t size_ = 0;
};

/// The engine's side: it makes the journal, and is the only one that can ever write it.
class [[nodiscard]] JournalWriter {
 public:
  /// A memfd of full size, allocated, mapped, then sealed SHRINK | GROW | FUTURE_WRITE | SEAL.
  /// `capacity` is rounded up to a page and is at most 4 GiB. LIMIT_EXCEEDED for no memory or no
  /// descriptors, in words.
  static Result<JournalWriter> create(std::uint32_t generation,
                                      std::uint64_t capacity,
                                      std::uint64_t base_hash);

  /// To be sent to the supervisor before begin().
  BorrowedFd fd() const noexcept { return fd_.borrow(); }
  std::uint32_t generation() const noexcept { return mapping_.page().generation; }
  std::uint64_t capacity() const noexcept { return mapping_.page().capacity; }
  std::uint64_t bytes() const noexcept { return bytes_; }

  bool fits(std::size_t payload) const noexcept;
  /// Writes a record behind the others, to be committed with publish(). It must fit. `hash` is that
  /// of the definition with what the record says.
  void append(std::string_view payload, std::uint64_t hash) noexcept;

  /// The value of `committed` that publish() will store: what an in-flight entry names first.
  std::uint64_t word() const noexcept { return commit_word(generation(), bytes_); }
  /// The one store that commits what was appended; with nothing appended it begins the generation.
  void publish() noexcept;

 private:
  JournalWriter(UniqueFd fd, JournalMapping mapping) noexcept
      : fd_(std::move(fd)), mapping_(std::move(mapping)) {}
  UniqueFd fd_;
  JournalMapping mapping_;
  std::uint64_t bytes_ = 0;
};

/// A journal that another process wrote: nothing in it is trusted.
class [[nodiscard]] JournalReader {
 public:
  /// The supervisor maps the first page, a replaying engine all of it.
  enum class Part : std::uint8_t { FirstPage, Whole };
  /// Takes a received descriptor over; INVALID_PARAMS says what is wrong with it (no memfd, seals,
  /// size, pages that do not exist, another layout).
  static Result<JournalReader> adopt(UniqueFd fd, Part part);

  BorrowedFd fd() const noexcept { return fd_.borrow(); }
  std::uint32_t generation() const noexcept { return generation_; }
  std::uint64_t capacity() const noexcept { return capacity_; }
  std::uint64_t base_hash() const noexcept { return mapping_.page().base_hash; }
  /// As it stands at this moment; 0 too when it names another generation or more than there is.
  std::uint64_t committed() const noexcept;

  struct Record {
    std::string_view payload;
    std::uint64_t hash = 0;
  };
  /// Calls `visit` for each record in the first `bytes`, in order, until it returns an error. Needs
  /// Part::Whole. INVALID_PARAMS when the records do not add up to exactly `bytes`.
  Result<void> for_each(std::uint64_t bytes,
                        const std::function<Result<void>(const Record&)>& visit) const;

 private:
  JournalReader(UniqueFd fd,
                JournalMapping mapping,
                std::uint32_t generation,
                std::uint64_t capacity) noexcept
      : fd_(std::move(fd)),
        mapping_(std::move(mapping)),
        generation_(generation),
        capacity_(capacity) {}
  UniqueFd fd_;
  JournalMapping mapping_;
  std::uint32_t generation_;  // read once: the page is another process's to write
  std::uint64_t capacity_;
};

}  // namespace chainsolved
