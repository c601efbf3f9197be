#pragma once

#include "shm/unique_fd.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace chainsolved::test {

/// A fresh 0700 directory under TMPDIR or /tmp, removed with what is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept
      : path_(std::exchange(other.path_, std::string())) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// A real daemon on a private socket, the one that this build made. Tests hold it by value: the
/// destructor stops it.
///
///     auto daemon = Daemon::start();
///     ASSERT_TRUE(daemon.running()) << daemon.said();
///     Options options;
///     options.socket = daemon.socket();
class Daemon {
 public:
  /// Starts `chainsolved --socket PATH --ready-fd N arguments...` and waits for its ready line.
  static Daemon start(std::vector<std::string> arguments = {});

  Daemon(Daemon&&) noexcept = default;
  Daemon& operator=(Daemon&&) = delete;
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// The programs have been built: tests that need them skip loudly without.
  static bool available();

  bool running() const noexcept { return ready_; }
  /// What came over ready-fd: the reason when it is not running.
  const std::string& said() const noexcept { return said_; }
  const std::string& socket() const noexcept { return socket_; }
  const std::string& directory() const noexcept { return directory_.path(); }
  pid_t pid() const noexcept { return pid_; }

  /// Processes whose parent is the daemon: its engines.
  std::vector<pid_t> children() const;
  /// Descriptors that the daemon has open.
  std::size_t descriptor_count() const;

  /// SIGTERM, then waits for the daemon and for every engine that it had. Empty when all went well:
  /// exit status 0, no process left, no socket left; otherwise what is wrong, in words.
  std::string stop(std::chrono::milliseconds limit = std::chrono::seconds(10));
  /// SIGKILL, as a crash; waits for the daemon only.
  void kill();

 private:
  explicit Daemon(TemporaryDirectory directory) noexcept : directory_(std::move(directory)) {}

  TemporaryDirectory directory_;
  std::string socket_;
  std::string said_;
  bool ready_ = false;
  pid_t pid_ = -1;
  UniqueFd process_;  // pidfd
};

/// How many entries /proc/PID/fd has.
std::size_t descriptor_count(pid_t pid);
/// Waits until the process behind the pidfd has ended; false when `limit` is over.
bool wait_ended(BorrowedFd process, std::chrono::milliseconds limit);
/// A pidfd, close-on-exec; invalid when there is no such process.
UniqueFd open_process(pid_t pid);

}  // namespace chainsolved::test
