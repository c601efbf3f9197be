#include "tests/bench/echo_floor.h"

#include "shm/message_socket.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::bench {

namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 18;

UniqueFd epoll_on(int fd) {
  UniqueFd epoll = checked_fd(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) < 0)
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  return epoll;
}

[[noreturn]] void echo_until_closed(UniqueFd socket) {
  const UniqueFd epoll = epoll_on(socket.get());
  std::vector<std::byte> buffer(kBufferSize);
  FdList fds;
  for (;;) {
    epoll_event event{};
    if (::epoll_wait(epoll.get(), &event, 1, -1) < 0 && errno != EINTR) ::_exit(1);
    const Received got = receive_message(socket.borrow(), buffer, fds);
    if (got.status == SocketStatus::WouldBlock) continue;
    if (got.status != SocketStatus::Done) ::_exit(0);
    if (send_message(socket.borrow(), std::span(buffer).first(got.bytes)) != SocketStatus::Done)
      ::_exit(1);
  }
}

}  // namespace

EchoProcess::EchoProcess() : buffer_(kBufferSize) {
  auto pair = make_socket_pair();
  if (!pair.ok()) throw std::runtime_error(pair.error().message);
  child_ = ::fork();
  if (child_ < 0) throw std::system_error(errno, std::system_category(), "fork");
  if (child_ == 0) {
    pair->first.reset();
    echo_until_closed(std::move(pair->second));
  }
  socket_ = std::move(pair->first);
  epoll_ = epoll_on(socket_.get());
}

EchoProcess::~EchoProcess() {
  socket_.reset();
  int status = 0;
  ::waitpid(child_, &status, 0);
}

void EchoProcess::round_trip(std::size_t bytes) {
  if (send_message(socket_.borrow(), std::span(buffer_).first(bytes)) != SocketStatus::Done)
    throw std::system_error(errno, std::system_category(), "send");
  wait_for_echo();
}

void EchoProcess::round_trip_with_fd(std::size_t bytes, BorrowedFd fd) {
  if (send_message(socket_.borrow(), std::span(buffer_).first(bytes), std::span(&fd, 1)) !=
      SocketStatus::Done)
    throw std::system_error(errno, std::system_category(), "send");
  wait_for_echo();
}

void EchoProcess::wait_for_echo() {
  FdList fds;
  for (;;) {
    epoll_event event{};
    if (::epoll_wait(epoll_.get(), &event, 1, -1) < 0 && errno != EINTR)
      throw std::system_error(errno, std::system_category(), "epoll_wait");
    const Received got = receive_message(socket_.borrow(), buffer_, fds);
    if (got.status == SocketStatus::Done) return;
    if (got.status != SocketStatus::WouldBlock) throw std::runtime_error("the echo process ended");
  }
}

}  // namespace chainsolved::bench
