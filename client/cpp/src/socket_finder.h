#pragma once

#include "chainsolved/options.h"
#include "protocol/error.h"
#include "shm/unique_fd.h"

#include <chrono>
#include <string>

namespace chainsolved::client {

/// The socket that the options and the environment name, as an absolute path.
Result<std::string> find_socket(const Options& options);

/// What connecting came to.
struct ConnectAttempt {
  UniqueFd socket;  // valid: connected
  int error = 0;    // else errno

  bool connected() const noexcept { return socket.valid(); }
  /// Nobody listens: starting a daemon would help.
  bool nobody_listens() const noexcept;
  /// The daemon's queue of connections is full: trying again would help.
  bool queue_full() const noexcept;
};

/// Connects. With a wait of 0 it never blocks; else for so long while the daemon's queue is full.
ConnectAttempt connect_to(const std::string& path, std::chrono::milliseconds wait);

/// Why it failed, for people: the path, the reason in words, owner and mode of what is there,
/// whether a daemon runs, and the next command to type.
Error explain_failure(const std::string& path, int error);

}  // namespace chainsolved::client
