#include "shm/message_socket.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

namespace chainsolved {

namespace {

constexpr int kNoWait = MSG_DONTWAIT | MSG_NOSIGNAL;

/// Room for exactly kMaxFrameSegments descriptors: of one more, the kernel installs none beyond
/// them and says MSG_CTRUNC.
struct alignas(cmsghdr) ControlBuffer {
  std::byte bytes[CMSG_SPACE(kMaxFrameSegments * sizeof(int))];
};

SocketStatus status_of(int error) noexcept {
  switch (error) {
    case EAGAIN:
      return SocketStatus::WouldBlock;
    case EPIPE:
    case ENOTCONN:
    case ECONNREFUSED:
      return SocketStatus::Closed;
    case ECONNRESET:
      return SocketStatus::Reset;
    case ETOOMANYREFS:
      return SocketStatus::TooManyRefs;
    default:
      return SocketStatus::Failed;
  }
}

ssize_t receive(int socket, msghdr& message, int flags) noexcept {
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, flags | kNoWait | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  return got;
}

/// A receive of 0 bytes is an empty message or the end: only what comes next tells. At the end
/// there is nothing but the end.
SocketStatus after_nothing(int socket) noexcept {
  std::byte one{};
  iovec part{&one, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return receive(socket, message, MSG_PEEK) == 0 ? SocketStatus::Closed : SocketStatus::Done;
}

/// Owns every descriptor of the control data. False when there were more than fit.
bool take_descriptors(msghdr& message, FdList& fds) noexcept {
  bool fitted = true;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      fitted = fds.push(UniqueFd{AdoptFd{}, fd}) && fitted;
    }
  }
  return fitted;
}

}  // namespace

bool FdList::push(UniqueFd fd) noexcept {
  if (count_ == kMaxFrameSegments) return false;
  fds_[count_++] = std::move(fd);
  return true;
}

void FdList::clear() noexcept {
  while (count_ > 0)
    fds_[--count_].reset();
}

SocketStatus send_message(BorrowedFd socket,
                          std::span<const std::byte> message,
                          std::span<const BorrowedFd> fds) noexcept {
  if (fds.size() > kMaxFrameSegments) {
    errno = EINVAL;
    return SocketStatus::Failed;
  }
  // sendmsg reads through this pointer only.
  iovec part{const_cast<std::byte*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlBuffer control{};
  if (!fds.empty()) {
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    for (std::size_t i = 0; i < fds.size(); ++i) {
      const int fd = fds[i].get();
      std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &fd, sizeof fd);
    }
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket.get(), &header, kNoWait);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? status_of(errno) : SocketStatus::Done;
}

Received receive_message(BorrowedFd socket, std::span<std::byte> buffer, FdList& fds) noexcept {
  fds.clear();
  iovec part{buffer.data(), buffer.size()};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  const ssize_t got = receive(socket.get(), message, 0);
  if (got < 0) return {status_of(errno), 0};
  const auto bytes = static_cast<std::size_t>(got);
  const bool fitted = take_descriptors(message, fds);
  if (!fitted || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    fds.clear();
    return {SocketStatus::Truncated, bytes};
  }
  // Descriptors come with a message only, so it was one.
  if (bytes == 0 && fds.empty()) return {after_nothing(socket.get()), 0};
  return {SocketStatus::Done, bytes};
}

Received peek_message(BorrowedFd socket, std::span<std::byte> buffer) noexcept {
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const ssize_t got = receive(socket.get(), message, MSG_PEEK);
  if (got < 0) return {status_of(errno), 0};
  if (got > 0) return {SocketStatus::Done, static_cast<std::size_t>(got)};
  // Nothing of worth is lost by taking an empty message, and only then can it be told from the end.
  FdList none;
  return receive_message(socket, buffer, none);
}

Result<SocketPair> make_socket_pair() {
  int fds[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
    return Error{
        ErrorCode::LimitExceeded,
        std::string("no socket pair can be made: ") + std::system_category().message(errno),
        "\"limit\":\"descriptors\""};
  return SocketPair{UniqueFd{AdoptFd{}, fds[0]}, UniqueFd{AdoptFd{}, fds[1]}};
}

void widen_send_buffer(BorrowedFd socket) noexcept {
  // The kernel takes the lesser of this and net.core.wmem_max, doubled for its own overhead.
  const int wanted = 1 << 20;
  static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted));
}

}  // namespace chainsolved
