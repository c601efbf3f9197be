#include "shm/segment.h"

#include "shm/memfd.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace chainsolved {

namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

// Segments below this are made without asking how much memory there is.
constexpr std::uint64_t kUnquestioned = 16ULL << 20;

/// What the kernel believes it could give without killing anybody, as /proc/meminfo says; without
/// bound where that cannot be read (an engine's sandbox opens no files).
std::uint64_t available_memory() noexcept {
  const UniqueFd file{AdoptFd{}, ::open("/proc/meminfo", O_RDONLY | O_CLOEXEC)};
  std::array<char, 4096> text{};
  if (!file.valid() || ::read(file.get(), text.data(), text.size() - 1) <= 0) return UINT64_MAX;
  std::uint64_t kilobytes = 0;
  for (const char* name : {"MemAvailable:", "SwapFree:"}) {
    const char* line = std::strstr(text.data(), name);
    if (line == nullptr) return UINT64_MAX;
    kilobytes += std::strtoull(line + std::strlen(name), nullptr, 10);
  }
  return kilobytes * 1024;
}

int allocate(int fd, std::uint64_t size) noexcept {
  int result = 0;
  do {
    result = ::fallocate(fd, 0, 0, static_cast<off_t>(size));
  } while (result < 0 && errno == EINTR);
  return result;
}

std::string reason(const char* what, int error) {
  return std::string(what) + ": " + std::system_category().message(error);
}

/// What the system answers when a machine or a process has run out of something.
Error exhausted(std::uint64_t size, int error) {
  if (error == EMFILE || error == ENFILE)
    return limit_error("descriptors",
                       static_cast<std::uint64_t>(::sysconf(_SC_OPEN_MAX)),
                       reason("no descriptor is left for a segment", error));
  Error result{ErrorCode::LimitExceeded,
               "no memory for a segment of " + std::to_string(size) +
                   " bytes: " + std::system_category().message(error) +
                   "; release datasets, or give /dev/shm and the memory cgroup more room",
               "\"limit\":\"memory\"",
               Applied::NotSaid};
  return result;
}

std::string missing_seals(int seals) {
  std::string names;
  const auto add = [&](int seal, const char* name) {
    if ((seals & seal) == 0) names.append(names.empty() ? "" : ", ").append(name);
  };
  add(F_SEAL_SHRINK, "F_SEAL_SHRINK");
  add(F_SEAL_GROW, "F_SEAL_GROW");
  add(F_SEAL_WRITE, "F_SEAL_WRITE");
  add(F_SEAL_SEAL, "F_SEAL_SEAL");
  return names;
}

}  // namespace

SegmentMapping::~SegmentMapping() {
  // munmap wants a pointer that is not const; nothing is written through it.
  ::munmap(const_cast<std::byte*>(address_), size_);
}

Result<SealedSegment> SealedSegment::adopt(UniqueFd fd, std::uint64_t min_size) {
  const int seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (seals < 0)
    return Error{ErrorCode::DatasetNotSealed,
                 "the descriptor is not a memfd that can be sealed; create it with memfd_create "
                 "and MFD_ALLOW_SEALING"};
  if ((seals & kSeals) != kSeals)
    return Error{ErrorCode::DatasetNotSealed,
                 "the segment lacks the seals " + missing_seals(seals)};
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0)
    return Error{ErrorCode::DatasetNotSealed, reason("the segment cannot be looked at", errno)};
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0 || size < min_size)
    return Error{ErrorCode::DatasetSize,
                 "the segment has " + std::to_string(size) + " bytes where at least " +
                     std::to_string(min_size == 0 ? 1 : min_size) + " are needed"};
  const auto present = static_cast<std::uint64_t>(status.st_blocks) * 512;
  if (present < size)
    return Error{ErrorCode::DatasetSparse,
                 "only " + std::to_string(present) + " of the segment's " + std::to_string(size) +
                     " bytes exist; allocate it with fallocate before it is sealed"};
  return SealedSegment(std::move(fd), size);
}

Result<std::shared_ptr<const SegmentMapping>> SealedSegment::map() const {
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd_.get(), 0);
  if (address == MAP_FAILED) {
    const int error = errno;
    if (error == EACCES)
      return Error{ErrorCode::DatasetNotSealed, "the segment's descriptor is not open for reading"};
    return exhausted(size_, error);
  }
  return std::shared_ptr<const SegmentMapping>(
      new SegmentMapping(static_cast<const std::byte*>(address), size_));
}

Result<SegmentBuilder> SegmentBuilder::create(std::uint64_t size, const char* debug_name) {
  if (size == 0) size = 1;
  // fallocate of a memfd knows no limit: asked for more than there is it does not fail, it wakes
  // the out-of-memory killer, which ends whichever process it likes.
  if (size > kUnquestioned && size > available_memory()) return exhausted(size, ENOMEM);
  if (size > static_cast<std::uint64_t>(INT64_MAX)) return exhausted(size, EFBIG);
  UniqueFd fd = create_memfd(debug_name);
  if (!fd.valid()) return exhausted(size, errno);
  if (allocate(fd.get(), size) < 0) return exhausted(size, errno);
  return SegmentBuilder(std::move(fd), size);
}

SegmentBuilder::SegmentBuilder(SegmentBuilder&& other) noexcept
    : fd_(std::move(other.fd_)),
      size_(other.size_),
      address_(std::exchange(other.address_, nullptr)) {}

SegmentBuilder& SegmentBuilder::operator=(SegmentBuilder&& other) noexcept {
  if (this != &other) {
    unmap();
    fd_ = std::move(other.fd_);
    size_ = other.size_;
    address_ = std::exchange(other.address_, nullptr);
  }
  return *this;
}

SegmentBuilder::~SegmentBuilder() {
  unmap();
}

void SegmentBuilder::unmap() noexcept {
  if (address_ != nullptr) ::munmap(std::exchange(address_, nullptr), size_);
}

Result<std::span<std::byte>> SegmentBuilder::bytes() {
  if (address_ == nullptr) {
    void* address = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (address == MAP_FAILED) return exhausted(size_, errno);
    address_ = static_cast<std::byte*>(address);
  }
  return std::span<std::byte>{address_, size_};
}

Result<void> SegmentBuilder::write(std::uint64_t offset, std::span<const std::byte> data) {
  if (offset > size_ || data.size() > size_ - offset)
    return Error{ErrorCode::DatasetSize,
                 std::to_string(data.size()) + " bytes at offset " + std::to_string(offset) +
                     " do not fit a segment of " + std::to_string(size_) + " bytes"};
  while (!data.empty()) {
    const ssize_t written =
        ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return exhausted(size_, errno);
    data = data.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<SealedSegment> SegmentBuilder::seal() && {
  unmap();
  UniqueFd fd = std::move(fd_);
  if (::fcntl(fd.get(), F_ADD_SEALS, kSeals) < 0) {
    const int error = errno;
    if (error == EBUSY)
      return Error{ErrorCode::DatasetNotSealed,
                   "the segment is still mapped for writing elsewhere (in a forked process?)"};
    return Error{ErrorCode::DatasetNotSealed, reason("the segment cannot be sealed", error)};
  }
  return SealedSegment(std::move(fd), size_);
}

Result<Numbers> numbers_in(const std::shared_ptr<const SegmentMapping>& mapping,
                           std::uint64_t offset,
                           std::uint64_t count) {
  const std::uint64_t size = mapping->bytes().size();
  if (offset % alignof(double) != 0)
    return Error{ErrorCode::DatasetSize,
                 "offset " + std::to_string(offset) + " in the segment is not a multiple of 8"};
  if (offset > size || count > (size - offset) / sizeof(double))
    return Error{ErrorCode::DatasetSize,
                 std::to_string(count) + " numbers at offset " + std::to_string(offset) +
                     " do not lie inside a segment of " + std::to_string(size) + " bytes"};
  // The pages hold whatever the producer wrote; every bit pattern is a double.
  const auto* first = reinterpret_cast<const double*>(mapping->bytes().data() + offset);
  return Numbers(std::shared_ptr<const double>(mapping, first), count);
}

}  // namespace chainsolved
