#pragma once

#include "shm/unique_fd.h"

#include <optional>
#include <string>

namespace chainsolved::supervisor {

/// The one daemon of a socket: holds a lock file beside it for as long as it lives. Another one
/// that finds the lock held refuses; one that finds it free knows that the socket is stale.
class InstanceLock {
 public:
  /// Throws std::runtime_error naming the holder.
  explicit InstanceLock(const std::string& socket);
  InstanceLock(const InstanceLock&) = delete;
  InstanceLock& operator=(const InstanceLock&) = delete;
  ~InstanceLock();

 private:
  std::string path_;
  UniqueFd file_;
};

/// The SEQPACKET socket that clients connect to. Removes it, and then the lock, at its end.
class ListeningSocket {
 public:
  /// Makes the directory (0700) if it is missing, checks whose it is, takes a stale socket's place,
  /// binds and listens. Throws std::runtime_error that says what to do.
  explicit ListeningSocket(const std::string& path);
  /// Takes over the socket that systemd listens on; it stays when this ends.
  explicit ListeningSocket(UniqueFd activated);
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;
  ~ListeningSocket();

  const std::string& path() const noexcept { return path_; }
  UniqueFd take_fd() noexcept { return std::move(fd_); }

 private:
  std::string path_;
  bool is_ours_;
  std::optional<InstanceLock> lock_;
  UniqueFd fd_;
};

}  // namespace chainsolved::supervisor
