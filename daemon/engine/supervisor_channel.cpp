#include "daemon/engine/supervisor_channel.h"

#include "daemon/engine/log.h"
#include "protocol/frame.h"
#include "protocol/snapshot.h"

#include <span>
#include <string>
#include <utility>

namespace chainsolved::engine {

namespace {

// Configure and attach are a few kilobytes at most.
constexpr std::size_t kMaxChannelMessage = 64U << 10;

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
  FrameHeader header;
  header.kind = FrameKind::Notification;
  std::vector<std::byte> message;
  encode_frame(header, json, {}, message);
  if (waiting_.empty() && send_message(socket_.borrow(), message) != SocketStatus::WouldBlock)
    return;  // sent, or there is nobody any more, which reading will tell
  waiting_.push_back(std::move(message));
  loop_.change(token_, {true, true});
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
    if (ready.writable && !waiting_.empty()) flush();
    if (ready.readable || ready.hung_up) receive();
  } catch (const std::exception& fault) {
    log_line(std::string("channel: ") + fault.what());
  }
}

void SupervisorChannel::receive() {
  FdList fds;
  const auto usable = std::span(buffer_).first(kMaxChannelMessage);
  const Received got = receive_message(socket_.borrow(), usable, fds);
  switch (got.status) {
    case SocketStatus::Done:
      break;
    case SocketStatus::Truncated:
      return log_line("channel: a message was too long and is dropped");
    case SocketStatus::WouldBlock:
    case SocketStatus::Reset:  // read on until Closed
      return;
    case SocketStatus::Closed:
    case SocketStatus::TooManyRefs:
    case SocketStatus::Failed:
      return listener_.on_channel_closed();
  }
  const auto taken = take(usable.first(got.bytes), fds);
  if (!taken.ok()) log_line("channel: " + taken.error().message);
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
  return Error{ErrorCode::MethodNotFound, "the supervisor said \"" + *method + "\""};
}

}  // namespace chainsolved::engine
