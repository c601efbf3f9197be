#include "client/cli/text_file.h"

#include "shm/unique_fd.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace chainsolved::cli {

namespace {

Result<std::string> read_all(BorrowedFd fd, const std::string& name) {
  std::string text;
  std::array<char, 1U << 16> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got == 0) return text;
    if (got > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return Error{ErrorCode::InvalidParams,
                   "cannot read " + name + ": " + std::generic_category().message(errno),
                   {}};
    }
  }
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  const UniqueFd fd(AdoptFd{}, ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    return Error{ErrorCode::InvalidParams,
                 "cannot open " + path + ": " + std::generic_category().message(errno),
                 {}};
  }
  return read_all(fd.borrow(), path);
}

Result<std::string> read_standard_input() {
  return read_all(BorrowedFd(STDIN_FILENO), "standard input");
}

}  // namespace chainsolved::cli
