#include "shm/memfd.h"

#include <cerrno>

#include <sys/mman.h>

namespace chainsolved {

namespace {

// Linux 6.3 and newer warn about memfds that do not say whether they may be executed; older ones
// answer EINVAL to the flag, and Debian 12's headers do not name it.
constexpr unsigned kNoExecSeal = 0x0008U;

}  // namespace

UniqueFd create_memfd(const char* name) noexcept {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd fd{AdoptFd{}, ::memfd_create(name, kFlags | kNoExecSeal)};
  if (fd.valid() || errno != EINVAL) return fd;
  return UniqueFd{AdoptFd{}, ::memfd_create(name, kFlags)};
}

}  // namespace chainsolved
