#pragma once

#include "shm/unique_fd.h"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace chainsolved::supervisor {

using EventLoop = boost::asio::io_context;

/// Owns a descriptor and calls a handler whenever it is readable, again and again while it is. The
/// handler may destroy the watch. Of the loop's thread only.
class FdWatch {
 public:
  using Handler = std::function<void()>;

  FdWatch(EventLoop& loop, UniqueFd fd, Handler on_readable);
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;
  ~FdWatch();

  BorrowedFd fd() const noexcept;

  /// Stops and goes on calling the handler.
  void pause() noexcept;
  void resume();

  /// Calls `handler` once, when there is room to write.
  void when_writable(Handler handler);

  /// Takes the descriptor out of the loop: it is watched by nobody then.
  UniqueFd release();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace chainsolved::supervisor
