#include "client/cpp/src/socket_finder.h"

#include "protocol/json_writer.h"
#include "protocol/socket_path.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace chainsolved::client {

namespace {

constexpr const char* kNoDaemonMark = "\"noDaemon\":true";

std::string owner_name(uid_t uid) {
  char buffer[1024];
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr)
    return found->pw_name;
  return "uid " + std::to_string(uid);
}

std::string kind_of(mode_t mode) {
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISDIR(mode)) return "a directory";
  return S_ISREG(mode) ? "a file" : "something that is no socket";
}

std::string describe(const char* what, const struct stat& status) {
  char mode[8];
  static_cast<void>(std::snprintf(mode, sizeof mode, "%04o", status.st_mode & 07777U));
  return std::string(what) + " is " + kind_of(status.st_mode) + ", owner " +
         owner_name(status.st_uid) + ", mode " + mode;
}

/// What is at the path: the socket, or the deepest directory above it that exists.
std::string what_is_there(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return describe("it", status);
  if (errno == EACCES) {
    const std::string directory = std::filesystem::path(path).parent_path();
    if (::stat(directory.c_str(), &status) == 0)
      return describe(("its directory " + directory).c_str(), status);
    return "its directory may not be entered";
  }
  return "nothing is there";
}

/// The process that holds a lock on the daemon's lock file, from the kernel's own list.
std::optional<pid_t> lock_holder(const std::string& path) {
  struct stat status {};
  if (::stat((path + ".lock").c_str(), &status) != 0) return std::nullopt;
  std::ostringstream wanted;
  wanted << std::hex;
  wanted.width(2);
  wanted.fill('0');
  wanted << major(status.st_dev) << ':';
  wanted.width(2);
  wanted << minor(status.st_dev) << ':' << std::dec << status.st_ino;
  std::ifstream locks("/proc/locks");
  std::string line;
  while (std::getline(locks, line)) {
    std::istringstream fields(line);
    std::string number;
    std::string kind;
    std::string advisory;
    std::string access;
    std::string file;
    pid_t pid = 0;
    fields >> number >> kind >> advisory >> access >> pid >> file;
    if (fields && file == wanted.str() && pid > 0) return pid;
  }
  return std::nullopt;
}

std::string reason(int error) {
  switch (error) {
    case ENOENT:
      return "there is no socket";
    case ECONNREFUSED:
      return "nobody listens on it (it was left behind by a daemon that is gone)";
    case EACCES:
    case EPERM:
      return "you may not open it";
    case ENOTSOCK:
      return "it is not a socket";
    case EPROTOTYPE:
      return "it is a socket of another kind (a SOCK_SEQPACKET one is needed)";
    case EAGAIN:
      return "the daemon does not accept connections (its queue is full)";
    default:
      return std::generic_category().message(error);
  }
}

std::string next_command(const std::string& path, int error, bool daemon_runs) {
  if (error == EACCES || error == EPERM)
    return "run `id` and ask its owner for access, or use a daemon of your own: `chainsolve "
           "serve`";
  if (daemon_runs) return "look at it with `chainsolve doctor`";
  return "start one with `chainsolve serve --socket " + path + "`";
}

}  // namespace

bool is_no_daemon(const Error& error) noexcept {
  return error.detail.find(kNoDaemonMark) != std::string::npos;
}

Result<std::string> find_socket(const Options& options) {
  const auto environment = SocketEnvironment::current(
      options.socket.empty() ? std::nullopt : std::optional(options.socket));
  auto chosen = socket_path(environment, SocketUse::Connect, [](const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
  });
  if (!chosen.ok()) return std::move(chosen).error();
  std::error_code error;
  auto absolute = std::filesystem::absolute(chosen->path, error);
  return error ? chosen->path : absolute.string();
}

bool ConnectAttempt::nobody_listens() const noexcept {
  return error == ENOENT || error == ECONNREFUSED;
}

bool ConnectAttempt::queue_full() const noexcept {
  return error == EAGAIN;
}

ConnectAttempt connect_to(const std::string& path, std::chrono::milliseconds wait) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {UniqueFd(), ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  const int nonblocking = wait.count() > 0 ? 0 : SOCK_NONBLOCK;
  UniqueFd socket{AdoptFd{}, ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | nonblocking, 0)};
  if (!socket.valid()) return {UniqueFd(), errno};
  if (wait.count() > 0) {
    timeval limit{};
    limit.tv_sec = wait.count() / 1000;
    limit.tv_usec = wait.count() % 1000 * 1000;
    static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
  }
  int result = 0;
  do {
    result = ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return {UniqueFd(), errno};
  return {std::move(socket), 0};
}

Error explain_failure(const std::string& path, int error) {
  const auto holder = lock_holder(path);
  std::string message =
      "cannot connect to " + path + ": " + reason(error) + "; " + what_is_there(path) + "; " +
      (holder.has_value()
           ? "a daemon runs (process " + std::to_string(*holder) + " holds " + path + ".lock)"
           : "no daemon runs there") +
      "; " + next_command(path, error, holder.has_value());
  std::string detail = std::string(kNoDaemonMark) + ",\"socket\":";
  append_json_string(detail, path);
  return {ErrorCode::DaemonLost, std::move(message), std::move(detail), Applied::NotSaid};
}

}  // namespace chainsolved::client
