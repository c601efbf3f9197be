#include "shm/journal.h"

#include "shm/memfd.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace chainsolved {

namespace {

constexpr std::uint32_t kJournalMagic = 0x314A5343;  // "CSJ1"
constexpr std::uint32_t kJournalLayout = 1;
constexpr std::uint64_t kMaxCapacity =
    std::numeric_limits<std::uint32_t>::max() & ~std::uint64_t{4095};

constexpr int kJournalSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE;

constexpr std::uint64_t padded(std::uint64_t bytes) noexcept {
  return (bytes + 7) & ~std::uint64_t{7};
}

Error not_made(const char* what) {
  return limit_error(
      "memory",
      0,
      std::string("a journal could not be ") + what + ": " + std::system_category().message(errno));
}

Error not_usable(const std::string& why) {
  return {ErrorCode::InvalidParams, "the journal " + why};
}

}  // namespace

JournalMapping::JournalMapping(JournalMapping&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), size_(other.size_) {}

JournalMapping& JournalMapping::operator=(JournalMapping&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(size_, other.size_);
  return *this;
}

JournalMapping::~JournalMapping() {
  if (address_ != nullptr) ::munmap(address_, size_);
}

JournalPage& JournalMapping::page() const noexcept {
  return *std::launder(reinterpret_cast<JournalPage*>(address_));
}

Result<JournalWriter> JournalWriter::create(std::uint32_t generation,
                                            std::uint64_t capacity,
                                            std::uint64_t base_hash) {
  capacity = std::min((capacity + 4095) & ~std::uint64_t{4095}, kMaxCapacity);
  const std::uint64_t size = sizeof(JournalPage) + capacity;
  UniqueFd fd = create_memfd("chainsolve-journal");
  if (!fd.valid()) return not_made("made");
  // At once, so that a full machine says so here and not by a signal at a later store.
  if (::fallocate(fd.get(), 0, 0, static_cast<off_t>(size)) < 0) return not_made("allocated");
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) return not_made("mapped");
  JournalMapping mapping(static_cast<std::byte*>(address), size);
  if (::fcntl(fd.get(), F_ADD_SEALS, kJournalSeals | F_SEAL_SEAL) < 0) return not_made("sealed");
  auto* page = new (address) JournalPage();
  page->magic = kJournalMagic;
  page->version = kJournalLayout;
  page->generation = generation;
  page->capacity = capacity;
  page->base_hash = base_hash;
  return JournalWriter(std::move(fd), std::move(mapping));
}

bool JournalWriter::fits(std::size_t payload) const noexcept {
  return payload <= capacity() &&
         sizeof(JournalRecordHead) + padded(payload) <= capacity() - bytes_;
}

void JournalWriter::append(std::string_view payload, std::uint64_t hash) noexcept {
  std::byte* at = mapping_.records() + bytes_;
  const JournalRecordHead head{static_cast<std::uint32_t>(payload.size()), 0, hash};
  std::memcpy(at, &head, sizeof head);
  std::memcpy(at + sizeof head, payload.data(), payload.size());
  bytes_ += sizeof head + padded(payload.size());
}

void JournalWriter::publish() noexcept {
  mapping_.page().committed.store(word(), std::memory_order_release);
}

Result<JournalReader> JournalReader::adopt(UniqueFd fd, Part part) {
  const int seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (seals < 0) return not_usable("is no memfd");
  if ((seals & kJournalSeals) != kJournalSeals) return not_usable("is not sealed against others");
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) return not_usable("cannot be looked at");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < sizeof(JournalPage) || size - sizeof(JournalPage) > kMaxCapacity)
    return not_usable("has a size of " + std::to_string(size) + " bytes");
  if (static_cast<std::uint64_t>(status.st_blocks) * 512 < size)
    return not_usable("has pages that do not exist");
  const std::size_t mapped = part == Part::Whole ? size : sizeof(JournalPage);
  void* address = ::mmap(nullptr, mapped, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) return not_usable("cannot be mapped");
  JournalMapping mapping(static_cast<std::byte*>(address), mapped);
  const JournalPage& page = mapping.page();
  if (page.magic != kJournalMagic || page.version != kJournalLayout)
    return not_usable("is of another layout");
  const std::uint32_t generation = page.generation;
  if (generation == 0) return not_usable("is of generation 0");
  return JournalReader(std::move(fd), std::move(mapping), generation, size - sizeof(JournalPage));
}

std::uint64_t JournalReader::committed() const noexcept {
  const std::uint64_t word = mapping_.page().committed.load(std::memory_order_acquire);
  return generation_of(word) == generation_ && bytes_of(word) <= capacity_ ? word : 0;
}

Result<void> JournalReader::for_each(
    std::uint64_t bytes, const std::function<Result<void>(const Record&)>& visit) const {
  if (bytes > capacity_) return not_usable("has no " + std::to_string(bytes) + " bytes of records");
  std::uint64_t at = 0;
  while (at < bytes) {
    JournalRecordHead head{};
    if (bytes - at < sizeof head) return not_usable("ends within a record");
    std::memcpy(&head, mapping_.records() + at, sizeof head);
    at += sizeof head;
    if (padded(head.bytes) > bytes - at) return not_usable("ends within a record");
    const auto* payload = reinterpret_cast<const char*>(mapping_.records() + at);
    if (auto visited = visit({std::string_view(payload, head.bytes), head.hash}); !visited.ok())
      return visited;
    at += padded(head.bytes);
  }
  return {};
}

}  // namespace chainsolved
