#include "daemon/supervisor/fd_watch.h"

#include "daemon/supervisor/log.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <utility>

namespace chainsolved::supervisor {

namespace asio = boost::asio;

namespace {

/// Nothing escapes into the loop: what could not be handled is one log line.
void call(const FdWatch::Handler& handler) noexcept {
  try {
    handler();
  } catch (const std::exception& error) {
    log_event(LogLevel::Error, "handler-failed", {}, {{"reason", error.what()}});
  }
}

}  // namespace

/// Shared with the handlers that are under way, so that a handler may destroy the watch.
struct FdWatch::State : std::enable_shared_from_this<State> {
  State(EventLoop& loop, UniqueFd fd, Handler handler)
      : descriptor(loop, fd.release()), on_readable(std::move(handler)) {}

  void arm() {
    armed = true;
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            self->armed = false;
                            if (error || !self->alive) return;
                            if (self->reading) call(self->on_readable);
                            if (self->alive && self->reading && !self->armed) self->arm();
                          });
  }

  asio::posix::stream_descriptor descriptor;
  Handler on_readable;
  bool alive = true;
  bool reading = true;
  bool armed = false;
};

FdWatch::FdWatch(EventLoop& loop, UniqueFd fd, Handler on_readable)
    : state_(std::make_shared<State>(loop, std::move(fd), std::move(on_readable))) {
  state_->arm();
}

FdWatch::~FdWatch() {
  state_->alive = false;
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

BorrowedFd FdWatch::fd() const noexcept {
  return BorrowedFd{state_->descriptor.native_handle()};
}

void FdWatch::pause() noexcept {
  state_->reading = false;
}

void FdWatch::resume() {
  state_->reading = true;
  if (!state_->armed) state_->arm();
}

void FdWatch::when_writable(Handler handler) {
  state_->descriptor.async_wait(
      asio::posix::stream_descriptor::wait_write,
      [self = state_, handler = std::move(handler)](const boost::system::error_code& error) {
        if (!error && self->alive) call(handler);
      });
}

UniqueFd FdWatch::release() {
  state_->alive = false;
  return UniqueFd{AdoptFd{}, state_->descriptor.release()};
}

}  // namespace chainsolved::supervisor
