#include "daemon/supervisor/handed_sockets.h"

#include <array>
#include <cstddef>
#include <utility>

#include <sys/epoll.h>

namespace chainsolved::supervisor {

HandedSocket::~HandedSocket() {
  if (fd_.valid()) set_.remove(fd_.borrow(), token_);
}

UniqueFd HandedSocket::release() && {
  set_.remove(fd_.borrow(), token_);
  return std::move(fd_);
}

HandedSockets::HandedSockets(EventLoop& loop, Counters& counters)
    : counters_(counters),
      set_(loop, checked_fd(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"), [this] {
        on_ready();
      }) {}

std::unique_ptr<HandedSocket> HandedSockets::add(UniqueFd fd, Handler on_hang_up) {
  const std::uint64_t token = ++last_token_;
  epoll_event event{};
  event.events = EPOLLRDHUP | EPOLLET;
  event.data.u64 = token;
  // A socket that the set does not take (no memory for it) is only not told to have hung up: its
  // engine meets the end all the same.
  static_cast<void>(::epoll_ctl(set_.fd().get(), EPOLL_CTL_ADD, fd.get(), &event));
  handlers_.emplace(token, std::move(on_hang_up));
  return std::make_unique<HandedSocket>(*this, std::move(fd), token);
}

void HandedSockets::remove(BorrowedFd fd, std::uint64_t token) noexcept {
  // The engine may hold a duplicate: closing ours alone would leave it in the set.
  static_cast<void>(::epoll_ctl(set_.fd().get(), EPOLL_CTL_DEL, fd.get(), nullptr));
  handlers_.erase(token);
}

void HandedSockets::on_ready() {
  ++counters_.handed_wakeups;
  std::array<epoll_event, 64> events{};
  const int count =
      ::epoll_wait(set_.fd().get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    // A handler before this one may have removed it.
    const auto found = handlers_.find(events[static_cast<std::size_t>(i)].data.u64);
    if (found == handlers_.end()) continue;
    ++counters_.hang_ups;
    const Handler handler = std::exchange(found->second, [] {});
    handler();
  }
}

}  // namespace chainsolved::supervisor
