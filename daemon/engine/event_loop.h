#pragma once

#include "shm/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace chainsolved::engine {

/// What a descriptor is watched for. End and error (EPOLLHUP, EPOLLERR) are always told.
struct Interest {
  bool readable = false;
  bool writable = false;
  bool operator==(const Interest&) const = default;
};

/// What epoll said about a descriptor.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool hung_up = false;  // both directions are closed: nobody will read what is sent
};

/// Reacts to one descriptor. Nothing may escape into the loop.
class EventHandler {
 public:
  EventHandler() = default;
  EventHandler(const EventHandler&) = delete;
  EventHandler& operator=(const EventHandler&) = delete;
  virtual ~EventHandler() = default;
  virtual void on_ready(Readiness ready) noexcept = 0;
};

/// The engine's loop: one thread, one epoll set, level-triggered.
///
/// Asio is not used here, for three reasons. It switches a handed socket to O_NONBLOCK, through an
/// ioctl that the sandbox forbids and on a file description that the supervisor shares. It re-arms
/// with system calls of its own, where a request at idle should cost epoll_wait, peek, recvmsg,
/// sendmsg and nothing else. And an evaluation has to look up in the middle of its work: poll() may
/// be called from inside a handler, and handles what is ready there and then.
///
/// Watching a descriptor is not owning it. A watch must be ended before its descriptor is closed:
/// the supervisor holds duplicates of the clients' sockets, so that close alone does not take them
/// out of the set.
class EventLoop {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() = default;

  /// Names a watch until remove() is called.
  using Token = std::uint32_t;

  Token add(BorrowedFd fd, Interest interest, EventHandler& handler);
  void change(Token token, Interest interest);
  /// Takes the descriptor out of the set but keeps the token: what has hung up would be reported
  /// for ever. change() brings it back.
  void mute(Token token);
  void remove(Token token) noexcept;

  /// Waits up to `timeout_ms` (-1: for ever) and handles what is ready.
  void wait(int timeout_ms) { dispatch(timeout_ms); }
  /// Handles what is ready now. May be called from a handler.
  void poll() { dispatch(0); }

 private:
  struct Watch {
    EventHandler* handler = nullptr;
    int fd = -1;
    bool muted = false;
  };

  void dispatch(int timeout_ms);

  UniqueFd epoll_;
  std::vector<Watch> watches_;
  std::vector<Token> free_;
  // Tokens given back while events are being handled: an event of the same batch may still carry
  // one, so that they are used again only after the outermost batch.
  std::vector<Token> freed_in_batch_;
  std::size_t depth_ = 0;
};

}  // namespace chainsolved::engine
