#pragma once

#include "chainsolved/options.h"
#include "protocol/error.h"
#include "shm/unique_fd.h"

#include <optional>
#include <string>
#include <vector>

namespace chainsolved::client {

/// Held while a client looks for a daemon and starts one, so that of several clients that come at
/// once only one does. A lock on `start.lock` beside the socket.
class StartLock {
 public:
  /// Makes the socket's directory (0700) if there is none.
  static Result<StartLock> open(const std::string& socket_path);
  /// False: another client is at it.
  bool try_lock();
  /// Waits for it.
  void lock();

 private:
  explicit StartLock(UniqueFd file) noexcept : file_(std::move(file)) {}
  UniqueFd file_;  // the lock ends with it
};

/// A daemon that is being started: not a child of this process, in a session of its own. Its
/// start-up errors come back as text.
class DaemonLaunch {
 public:
  /// On `socket`, ending by itself when nobody needs it.
  static Result<DaemonLaunch> on_demand(const Options& options, const std::string& socket);
  /// On a socket in a fresh 0700 directory under the runtime directory, which is removed when the
  /// daemon has ended.
  static Result<DaemonLaunch> on_private_socket(const Options& options);

  const std::string& socket() const noexcept { return socket_; }
  /// Readable when finish_reading() has something to do.
  BorrowedFd ready_fd() const noexcept { return ready_.borrow(); }
  /// Reads what the daemon said, without blocking. Empty: nothing yet, or not all.
  std::optional<Result<void>> finish_reading();

 private:
  DaemonLaunch(UniqueFd ready, std::string program, std::string socket) noexcept
      : ready_(std::move(ready)), program_(std::move(program)), socket_(std::move(socket)) {}
  static Result<DaemonLaunch> start(std::vector<std::string> command,
                                    std::string program,
                                    std::string socket);

  UniqueFd ready_;
  std::string program_;
  std::string socket_;
  std::string said_;
};

}  // namespace chainsolved::client
