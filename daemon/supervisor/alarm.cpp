#include "daemon/supervisor/alarm.h"

#include "daemon/supervisor/log.h"

#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <utility>

namespace chainsolved::supervisor {

struct Alarm::State : std::enable_shared_from_this<State> {
  explicit State(EventLoop& loop) : timer(loop) {}

  void start(Handler next) {
    handler = std::move(next);
    // A wait that was due already comes all the same, after the one that took its place.
    timer.async_wait(
        [self = shared_from_this(), mine = ++round](const boost::system::error_code& error) {
          if (!error && self->round == mine && self->handler) self->call();
        });
  }

  void call() noexcept {
    try {
      std::exchange(handler, nullptr)();
    } catch (const std::exception& error) {
      log_event(LogLevel::Error, "handler-failed", {}, {{"reason", error.what()}});
    }
  }

  boost::asio::steady_timer timer;
  std::uint64_t round = 0;
  Handler handler;  // while it is set
};

Alarm::Alarm(EventLoop& loop) : state_(std::make_shared<State>(loop)) {}

Alarm::~Alarm() {
  cancel();
}

void Alarm::set_after(std::chrono::nanoseconds delay, Handler handler) {
  state_->timer.expires_after(delay);
  state_->start(std::move(handler));
}

void Alarm::set_at(std::uint64_t at_ns, Handler handler) {
  // steady_clock is CLOCK_MONOTONIC.
  state_->timer.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::nanoseconds(static_cast<std::int64_t>(at_ns))));
  state_->start(std::move(handler));
}

void Alarm::cancel() noexcept {
  ++state_->round;
  state_->handler = nullptr;
  boost::system::error_code ignored;
  state_->timer.cancel(ignored);
}

bool Alarm::is_set() const noexcept {
  return state_->handler != nullptr;
}

}  // namespace chainsolved::supervisor
