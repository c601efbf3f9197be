#include "client/cpp/src/transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace chainsolved::client {

Transport::Transport(UniqueFd socket, SessionCore& core) : socket_(std::move(socket)), core_(core) {
  widen_send_buffer(socket_.borrow());
}

void Transport::set_frame_limit(std::uint64_t bytes) noexcept {
  frames_.set_capacity(std::max<std::uint64_t>(bytes, Limits().inline_limit));
}

Transport::Sent Transport::send() {
  if (!open() || peer_takes_nothing_) return Sent::All;
  while (OutgoingFrame* frame = core_.next_to_send()) {
    std::array<BorrowedFd, kMaxFrameSegments> fds{
        BorrowedFd(-1), BorrowedFd(-1), BorrowedFd(-1), BorrowedFd(-1)};
    for (std::size_t i = 0; i < frame->segments.size(); ++i)
      fds[i] = frame->segments[i].borrow();
    switch (send_message(
        socket_.borrow(), frame->bytes, std::span(fds).first(frame->segments.size()))) {
      case SocketStatus::Done:
        core_.sent();
        break;
      case SocketStatus::WouldBlock:
        return Sent::Full;
      case SocketStatus::TooManyRefs:
        return Sent::Later;
      case SocketStatus::Closed:
      case SocketStatus::Reset:
        peer_takes_nothing_ = true;
        return Sent::All;
      case SocketStatus::Truncated:
      case SocketStatus::Failed:
        core_.on_send_failed(std::generic_category().message(errno));
        break;
    }
  }
  return Sent::All;
}

Transport::Took Transport::receive() {
  if (!open()) return Took::End;
  const FrameRef frame = frames_.take();
  while (true) {
    const Received got = receive_message(socket_.borrow(), frame->room(), received_);
    switch (got.status) {
      case SocketStatus::Done:
        return got.bytes == 0 ? end("it sent an empty message") : take(frame, got.bytes);
      case SocketStatus::WouldBlock:
        return Took::Nothing;
      case SocketStatus::Reset:
        // It closed without reading all that was sent; what it had said before is still here.
        peer_takes_nothing_ = true;
        break;
      case SocketStatus::Closed:
        return end("");
      case SocketStatus::Truncated:
        return end("it sent a message larger than its own limit");
      case SocketStatus::TooManyRefs:
      case SocketStatus::Failed:
        return end(std::generic_category().message(errno));
    }
  }
}

Transport::Took Transport::take(const FrameRef& frame, std::size_t bytes) {
  if (!received_.empty()) frames_.forget(frame);
  const Result<void> decoded = frame->decode(bytes, received_);
  if (decoded.ok()) {
    core_.on_frame(frame);
    return Took::Message;
  }
  std::uint64_t id = 0;
  static_cast<void>(decode_header(frame->room().first(bytes), &id));
  if (core_.on_bad_frame(id, decoded.error())) return Took::Message;
  return end(decoded.error().message);
}

Transport::Took Transport::end(std::string_view why) {
  ended_ = true;
  core_.on_ended(why);
  return Took::End;
}

void Transport::close() noexcept {
  if (!socket_.valid()) return;
  ::shutdown(socket_.get(), SHUT_RDWR);  // whoever holds a duplicate sees the end, too
  socket_.reset();
}

}  // namespace chainsolved::client
