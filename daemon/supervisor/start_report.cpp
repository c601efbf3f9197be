#include "daemon/supervisor/start_report.h"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

namespace chainsolved::supervisor {

StartReport::StartReport(int fd) noexcept : fd_(AdoptFd{}, fd) {
  // Engines must not keep it open.
  if (fd_.valid()) static_cast<void>(::fcntl(fd_.get(), F_SETFD, FD_CLOEXEC));
}

void StartReport::failed(const std::string& reason) {
  std::string line = "error: " + reason;
  std::replace(line.begin(), line.end(), '\n', ' ');
  write_line(std::move(line));
}

void StartReport::write_line(std::string line) noexcept {
  if (!fd_.valid()) return;
  line += '\n';
  // Shorter than a pipe holds; who no longer listens does not want to know.
  static_cast<void>(::write(fd_.get(), line.data(), line.size()) < 0);
  fd_.reset();
}

}  // namespace chainsolved::supervisor
