#pragma once

#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/fd_watch.h"
#include "shm/unique_fd.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace chainsolved::supervisor {

class HandedSockets;

/// The supervisor's duplicate of a client's socket that an engine serves. It is never read here,
/// and only closing or hanging up is told.
class HandedSocket {
 public:
  HandedSocket(HandedSockets& set, UniqueFd fd, std::uint64_t token) noexcept
      : set_(set), fd_(std::move(fd)), token_(token) {}
  HandedSocket(const HandedSocket&) = delete;
  HandedSocket& operator=(const HandedSocket&) = delete;
  ~HandedSocket();

  BorrowedFd fd() const noexcept { return fd_.borrow(); }
  /// Takes the socket out of the set, to be read again.
  UniqueFd release() &&;

 private:
  HandedSockets& set_;
  UniqueFd fd_;
  std::uint64_t token_;
};

/// The one epoll set of all handed sockets. Asio would watch each for EPOLLIN and so be woken by
/// every request that a client sends to its engine; in this set they are watched for EPOLLRDHUP
/// only, edge-triggered, and Asio watches the set.
class HandedSockets {
 public:
  using Handler = std::function<void()>;

  /// Throws std::system_error at start-up.
  HandedSockets(EventLoop& loop, Counters& counters);

  /// `on_hang_up` is called once, when the client has closed.
  std::unique_ptr<HandedSocket> add(UniqueFd fd, Handler on_hang_up);

 private:
  friend class HandedSocket;
  void remove(BorrowedFd fd, std::uint64_t token) noexcept;
  void on_ready();

  Counters& counters_;
  std::unordered_map<std::uint64_t, Handler> handlers_;
  std::uint64_t last_token_ = 0;
  FdWatch set_;
};

}  // namespace chainsolved::supervisor
