#include "daemon/engine/event_loop.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <sys/epoll.h>

namespace chainsolved::engine {

namespace {

constexpr std::size_t kBatch = 32;

epoll_event event_of(Interest interest, EventLoop::Token token) noexcept {
  epoll_event event{};
  event.events = (interest.readable ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
                 (interest.writable ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  event.data.u32 = token;
  return event;
}

void control(BorrowedFd epoll, int operation, int fd, epoll_event event) {
  if (::epoll_ctl(epoll.get(), operation, fd, &event) < 0)
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
}

}  // namespace

EventLoop::EventLoop() : epoll_(checked_fd(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  watches_.reserve(kBatch);
  free_.reserve(kBatch);
  freed_in_batch_.reserve(kBatch);
}

EventLoop::Token EventLoop::add(BorrowedFd fd, Interest interest, EventHandler& handler) {
  if (free_.empty()) {
    free_.push_back(static_cast<Token>(watches_.size()));
    watches_.emplace_back();
  }
  const Token token = free_.back();
  control(epoll_.borrow(), EPOLL_CTL_ADD, fd.get(), event_of(interest, token));
  free_.pop_back();
  watches_[token] = {&handler, fd.get(), false};
  return token;
}

void EventLoop::change(Token token, Interest interest) {
  Watch& watch = watches_[token];
  control(epoll_.borrow(),
          watch.muted ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
          watch.fd,
          event_of(interest, token));
  watch.muted = false;
}

void EventLoop::mute(Token token) {
  Watch& watch = watches_[token];
  if (watch.muted) return;
  control(epoll_.borrow(), EPOLL_CTL_DEL, watch.fd, {});
  watch.muted = true;
}

void EventLoop::remove(Token token) noexcept {
  Watch& watch = watches_[token];
  epoll_event none{};
  // A descriptor that is not in the set any more is what was wanted.
  if (!watch.muted) static_cast<void>(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watch.fd, &none));
  watch = {};
  (depth_ > 0 ? freed_in_batch_ : free_).push_back(token);
}

void EventLoop::dispatch(int timeout_ms) {
  std::array<epoll_event, kBatch> events{};
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  if (count < 0 && errno != EINTR)
    throw std::system_error(errno, std::system_category(), "epoll_wait");
  ++depth_;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    EventHandler* handler = watches_[event.data.u32].handler;
    if (handler == nullptr) continue;  // removed by a handler before it
    handler->on_ready({(event.events & EPOLLIN) != 0,
                       (event.events & EPOLLOUT) != 0,
                       (event.events & (EPOLLHUP | EPOLLERR)) != 0});
  }
  if (--depth_ == 0 && !freed_in_batch_.empty()) {
    free_.insert(free_.end(), freed_in_batch_.begin(), freed_in_batch_.end());
    freed_in_batch_.clear();
  }
}

}  // namespace chainsolved::engine
