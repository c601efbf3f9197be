#include "shm/unique_fd.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace chainsolved {

void UniqueFd::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

UniqueFd UniqueFd::duplicate() const noexcept {
  return UniqueFd{AdoptFd{}, ::fcntl(fd_, F_DUPFD_CLOEXEC, 0)};
}

UniqueFd checked_fd(int fd, const char* call) {
  if (fd < 0) throw std::system_error(errno, std::system_category(), call);
  return UniqueFd{AdoptFd{}, fd};
}

}  // namespace chainsolved
