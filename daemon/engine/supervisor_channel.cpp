#include "daemon/engine/supervisor_channel.h"

#include "daemon/engine/log.h"
#include "protocol/frame.h"
#include "protocol/snapshot.h"

#include <span>
#include <string>
#include <utility>

namespace chainsolved::engine {

namespace {

// An attach with what a full socket did not take is the longest; a socket takes no more.
constexpr std::size_t kMaxChannelMessage = 208U << 10;

// How soon a message is tried again that found too many descriptors in flight.
constexpr int kRefsRetryMs = 5;

std::vector<std::byte> encode_message(const std::string& text, std::size_t segments) {
  FrameHeader header;
  header.kind = FrameKind::Notification;
  header.segments = static_cast<std::uint8_t>(segments);
  std::vector<std::byte> message;
  encode_frame(header, text, {}, message);
  return message;
}

}  // namespace

SupervisorChannel::SupervisorChannel(UniqueFd socket, EventLoop& loop, ChannelListener& listener)
    : socket_(std::move(socket)),
      loop_(loop),
      listener_(listener),
      token_(loop_.add(socket_.borrow(), {true, false}, *this)),
      buffer_(kMaxChannelMessage + kJsonPadding) {}

SupervisorChannel::~SupervisorChannel() {
  loop_.remove(token_);
}

void SupervisorChannel::send(const std::string& json) {
  std::vector<std::byte> message = encode_message(json, 0);
  if (waiting_.empty() && send_message(socket_.borrow(), message) != SocketStatus::WouldBlock)
    return;  // sent, or there is nobody any more, which reading will tell
  waiting_.push_back(std::move(message));
  loop_.change(token_, {true, true});
}

void SupervisorChannel::deliver(const std::string& json, std::span<const BorrowedFd> fds) {
  const std::vector<std::byte> message = encode_message(json, fds.size());
  while (!closed_) {
    const SocketStatus sent =
        waiting_.empty() ? send_message(socket_.borrow(), message, fds) : SocketStatus::WouldBlock;
    if (sent != SocketStatus::WouldBlock && sent != SocketStatus::TooManyRefs) return;
    const bool full = sent == SocketStatus::WouldBlock;
    loop_.change(token_, {true, full});
    loop_.wait(full ? -1 : kRefsRetryMs);
  }
}

void SupervisorChannel::flush() {
  while (!waiting_.empty()) {
    if (send_message(socket_.borrow(), waiting_.front()) == SocketStatus::WouldBlock) return;
    waiting_.pop_front();
  }
  loop_.change(token_, {true, false});
}

void SupervisorChannel::on_ready(Readiness ready) noexcept {
  try {
    if (ready.writable) flush();
    // All of it: what a recreation says belongs together.
    while ((ready.readable || ready.hung_up) && !closed_ && receive()) {}
  } catch (const std::exception& fault) {
    log_line(std::string("channel: ") + fault.what());
  }
}

bool SupervisorChannel::receive() {
  FdList fds;
  const auto usable = std::span(buffer_).first(kMaxChannelMessage);
  const Received got = receive_message(socket_.borrow(), usable, fds);
  switch (got.status) {
    case SocketStatus::Done:
      break;
    case SocketStatus::Truncated:
      log_line("channel: a message was too long and is dropped");
      return true;
    case SocketStatus::Reset:  // read on until Closed
      return true;
    case SocketStatus::WouldBlock:
      return false;
    case SocketStatus::Closed:
    case SocketStatus::TooManyRefs:
    case SocketStatus::Failed:
      closed_ = true;
      listener_.on_channel_closed();
      return false;
  }
  const auto taken = take(usable.first(got.bytes), fds);
  if (!taken.ok()) log_line("channel: " + taken.error().message);
  return true;
}

Result<void> SupervisorChannel::take(std::span<const std::byte> message, FdList& fds) {
  const auto frame = decode_frame(message);
  if (!frame.ok()) return frame.error();
  const auto method = channel_method(frame->json);
  if (!method.ok()) return method.error();
  if (*method == ConfigureMessage::kName) {
    auto configure = read_configure(frame->json);
    if (!configure.ok()) return std::move(configure).error();
    listener_.on_configure(std::move(*configure));
    return {};
  }
  if (*method == AttachMessage::kName) {
    auto attach = read_attach(frame->json);
    if (!attach.ok()) return std::move(attach).error();
    if (fds.size() != 1)
      return Error{ErrorCode::ProtocolFault, "attach came without the client's socket"};
    listener_.on_attach(std::move(*attach), std::move(fds[0]));
    return {};
  }
  if (*method == KeepMessage::kName) {
    const auto keep = read_keep(frame->json);
    if (!keep.ok()) return keep.error();
    if (fds.size() != 1) return Error{ErrorCode::ProtocolFault, "keep came without its segment"};
    listener_.on_keep(*keep, std::move(fds[0]));
    return {};
  }
  if (*method == ReplayMessage::kName) {
    auto replay = read_replay(frame->json);
    if (!replay.ok()) return std::move(replay).error();
    const std::size_t expected = replay->has_snapshot ? 2 : 1;
    if (fds.size() != expected)
      return Error{ErrorCode::ProtocolFault, "replay came without what is to be replayed"};
    UniqueFd snapshot = replay->has_snapshot ? std::move(fds[0]) : UniqueFd{};
    listener_.on_replay(std::move(*replay), std::move(snapshot), std::move(fds[expected - 1]));
    return {};
  }
  return Error{ErrorCode::MethodNotFound, "the supervisor said \"" + *method + "\""};
}

}  // namespace chainsolved::engine
