#include "shm/status_page.h"

#include "shm/memfd.h"

#include <cerrno>
#include <cstring>
#include <ctime>
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

constexpr std::uint32_t kLayoutVersion = 2;
// The engine must not change the page's size under the supervisor, which would meet SIGBUS.
constexpr int kFixedSize = F_SEAL_SHRINK | F_SEAL_GROW;

Error failed(const char* what) {
  return Error{ErrorCode::EngineStartFailed,
               std::string("the status page cannot be ") + what + ": " +
                   std::system_category().message(errno)};
}

void* map_page(const UniqueFd& fd) noexcept {
  return ::mmap(nullptr, sizeof(StatusPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
}

}  // namespace

Result<SharedStatusPage> SharedStatusPage::create() {
  UniqueFd fd = create_memfd("chainsolve-status");
  if (!fd.valid()) return failed("made");
  if (::fallocate(fd.get(), 0, 0, sizeof(StatusPage)) < 0) return failed("allocated");
  if (::fcntl(fd.get(), F_ADD_SEALS, kFixedSize | F_SEAL_SEAL) < 0) return failed("sealed");
  void* address = map_page(fd);
  if (address == MAP_FAILED) return failed("mapped");
  auto* page = new (address) StatusPage();
  page->magic.store(kStatusMagic, std::memory_order_relaxed);
  page->version.store(kLayoutVersion, std::memory_order_relaxed);
  return SharedStatusPage(std::move(fd), page);
}

Result<SharedStatusPage> SharedStatusPage::open(UniqueFd fd) {
  const int seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (seals < 0 || (seals & kFixedSize) != kFixedSize)
    return Error{ErrorCode::EngineStartFailed, "the status page is not a memfd of sealed size"};
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) return failed("looked at");
  if (status.st_size != static_cast<off_t>(sizeof(StatusPage)))
    return Error{ErrorCode::EngineStartFailed,
                 "the status page has " + std::to_string(status.st_size) + " bytes, not " +
                     std::to_string(sizeof(StatusPage))};
  void* address = map_page(fd);
  if (address == MAP_FAILED) return failed("mapped");
  auto* page = std::launder(static_cast<StatusPage*>(address));
  SharedStatusPage shared(UniqueFd{}, page);
  if (page->magic.load(std::memory_order_relaxed) != kStatusMagic ||
      page->version.load(std::memory_order_relaxed) != kLayoutVersion)
    return Error{ErrorCode::EngineStartFailed,
                 "the status page is of another layout; daemon and engine are not of one version"};
  return {std::move(shared)};
}

SharedStatusPage::SharedStatusPage(SharedStatusPage&& other) noexcept
    : fd_(std::move(other.fd_)), page_(std::exchange(other.page_, nullptr)) {}

SharedStatusPage& SharedStatusPage::operator=(SharedStatusPage&& other) noexcept {
  if (this != &other) {
    if (page_ != nullptr) ::munmap(page_, sizeof(StatusPage));
    fd_ = std::move(other.fd_);
    page_ = std::exchange(other.page_, nullptr);
  }
  return *this;
}

SharedStatusPage::~SharedStatusPage() {
  if (page_ != nullptr) ::munmap(page_, sizeof(StatusPage));
}

std::uint64_t monotonic_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace chainsolved
