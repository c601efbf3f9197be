#include "daemon/supervisor/connection.h"

#include "daemon/supervisor/log.h"
#include "protocol/connection_error.h"
#include "protocol/frame.h"
#include "protocol/snapshot.h"
#include "shm/message_socket.h"

#include <span>
#include <string>
#include <utility>

namespace chainsolved::supervisor {

namespace {

/// How many requests of one connection are read before others get their turn.
constexpr int kRequestsAtOnce = 16;

}  // namespace

ReadingDesk::ReadingDesk(const Limits& limits_in_force)
    : limits(limits_in_force), buffer(limits.inline_limit + kJsonPadding) {}

Connection::Connection(EventLoop& loop,
                       UniqueFd socket,
                       Peer peer,
                       RequestHandler& handler,
                       ReadingDesk& desk,
                       Counters& counters)
    : peer_(peer),
      handler_(handler),
      desk_(desk),
      counters_(counters),
      self_(std::make_shared<Connection*>(this)),
      socket_(loop, std::move(socket), [this] { on_readable(); }) {}

void Connection::on_readable() {
  for (int i = 0; i < kRequestsAtOnce; ++i)
    if (over_ || unsent_ || !read_one()) return;
}

bool Connection::read_one() {
  FdList fds;
  const Received received =
      receive_message(socket_.fd(), std::span(desk_.buffer).first(desk_.limits.inline_limit), fds);
  switch (received.status) {
    case SocketStatus::Done:
      read_frame(received.bytes, fds.size());
      return true;
    case SocketStatus::Truncated:
      if (received.bytes == desk_.limits.inline_limit)
        bad_frame(received.bytes,
                  limit_error("inlineLimit", desk_.limits.inline_limit, "the frame is too long"));
      else
        bad_frame(received.bytes,
                  Error{ErrorCode::ProtocolFault,
                        "more descriptors came than a frame may have, or than there was room for"});
      return true;
    case SocketStatus::WouldBlock:
      return false;
    case SocketStatus::Reset:
      return true;
    default:
      finish();
      return false;
  }
}

void Connection::read_frame(std::size_t bytes, std::size_t descriptors) {
  ++counters_.requests;
  const auto frame = decode_frame(std::span(desk_.buffer).first(bytes));
  if (!frame.ok()) return bad_frame(bytes, frame.error());
  const FrameHeader& header = frame->header;
  if (header.segments != descriptors)
    return bad_frame(bytes,
                     Error{ErrorCode::ProtocolFault,
                           "the frame announces " + std::to_string(header.segments) +
                               " descriptors and came with " + std::to_string(descriptors)});
  // Nothing can be notified before a session is open (a cancel that comes too early, say).
  if (header.kind == FrameKind::Notification) return;
  if (header.kind != FrameKind::Request || header.id == 0)
    return bad_frame(bytes, Error{ErrorCode::ProtocolFault, "a request with an id was expected"});
  if (header.json_in_segment())
    return answer_error(header.id,
                        limit_error("inlineLimit",
                                    desk_.limits.inline_limit,
                                    "requests to the supervisor must lie in their frame"));
  const auto request = desk_.reader.read(frame->json, desk_.limits);
  if (!request.ok()) return answer_error(header.id, request.error());
  handler_.on_request(*this, header.id, *request);
}

void Connection::bad_frame(std::size_t bytes, const Error& error) {
  ++counters_.bad_frames;
  std::uint64_t id = 0;
  static_cast<void>(decode_header(std::span(desk_.buffer).first(bytes), &id));
  if (id == 0) return refuse(error);
  answer_error(id, error);
}

void Connection::answer(std::uint64_t id, std::string_view result_json) {
  std::string json = "{\"result\":";
  json.append(result_json).append("}");
  send(make_message(FrameKind::Response, id, 0, json, desk_.limits.inline_limit));
}

void Connection::answer_error(std::uint64_t id, const Error& error) {
  send(make_error(id, 0, error));
}

std::function<void(Result<std::string>)> Connection::answer_later(std::uint64_t id) {
  return [id, self = std::weak_ptr<Connection*>(self_)](const Result<std::string>& result) {
    const auto connection = self.lock();
    if (!connection) return;
    if (result.ok())
      (*connection)->answer(id, *result);
    else
      (*connection)->answer_error(id, result.error());
  };
}

void Connection::refuse(const Error& error) {
  log_event(LogLevel::Warning,
            "connection-refused",
            {{"pid", peer_.pid}, {"uid", peer_.uid}},
            {{"reason", error.message}});
  const std::string json = connection_error_json(error);
  // Whoever does not read it learns from the end alone.
  static_cast<void>(make_message(FrameKind::Notification, 0, 0, json, desk_.limits.inline_limit)
                        .send_to(socket_.fd()));
  shut_down(socket_.fd());
  finish();
}

void Connection::send(ClientMessage message) {
  if (over_) return;
  switch (message.send_to(socket_.fd())) {
    case SocketStatus::Done:
      return;
    case SocketStatus::WouldBlock:
    case SocketStatus::TooManyRefs:
      break;
    default:
      return finish();
  }
  unsent_ = std::move(message);
  socket_.pause();
  socket_.when_writable([this] {
    send(*std::exchange(unsent_, std::nullopt));
    if (!unsent_ && !over_) socket_.resume();
  });
}

UniqueFd Connection::take_socket() {
  UniqueFd socket = socket_.release();
  over_ = true;
  handler_.on_connection_over(*this);
  return socket;
}

void Connection::finish() {
  if (std::exchange(over_, true)) return;
  socket_.pause();
  handler_.on_connection_over(*this);
}

}  // namespace chainsolved::supervisor
