#include "daemon/supervisor/client_message.h"

#include "protocol/json_writer.h"
#include "protocol/request.h"
#include "shm/segment.h"

#include <span>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace chainsolved::supervisor {

SocketStatus ClientMessage::send_to(BorrowedFd socket) const noexcept {
  const BorrowedFd fd = segment.borrow();
  return send_message(socket, frame, std::span(&fd, segment.valid() ? 1 : 0));
}

ClientMessage make_message(FrameKind kind,
                           std::uint64_t id,
                           std::uint32_t epoch,
                           std::string_view json,
                           std::uint64_t inline_limit) {
  FrameHeader header;
  header.kind = kind;
  header.id = id;
  header.epoch = epoch;
  ClientMessage message;
  if (frame_size(json.size(), 0) <= inline_limit) {
    encode_frame(header, json, {}, message.frame);
    return message;
  }
  auto builder = SegmentBuilder::create(json.size(), "chainsolved-reply");
  if (!builder.ok()) return make_error(id, epoch, builder.error());
  if (const auto written = builder->write(0, std::as_bytes(std::span(json))); !written.ok())
    return make_error(id, epoch, written.error());
  auto sealed = std::move(*builder).seal();
  if (!sealed.ok()) return make_error(id, epoch, sealed.error());
  header.segments = 1;
  header.flags = kFlagJsonInSegment;
  encode_frame(header, {}, {}, message.frame);
  message.segment = std::move(*sealed).take_fd();
  return message;
}

ClientMessage make_error(std::uint64_t id, std::uint32_t epoch, const Error& error) {
  std::string json;
  write_error(json, error);
  FrameHeader header;
  header.kind = FrameKind::Error;
  header.id = id;
  header.epoch = epoch;
  ClientMessage message;
  encode_frame(header, json, {}, message.frame);
  return message;
}

std::string session_notice_json(std::string_view method,
                                std::string_view session,
                                std::string_view reason,
                                const Error* error) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("method", method).key("params").begin_object();
  json.member("session", session).member("reason", reason);
  if (error != nullptr) {
    json.member("code", info_of(error->code).wire);
    json.member("message", "[" + std::string(info_of(error->code).wire) + "] " + error->message);
  }
  json.end_object().end_object();
  return text;
}

void encode_unsent(const UnsentFrame& frame, std::vector<std::byte>& out) {
  FrameHeader header;
  header.kind = static_cast<FrameKind>(frame.kind);
  header.id = frame.id;
  header.epoch = frame.epoch;
  encode_frame(header, frame.json, {}, out);
}

bool has_room(BorrowedFd socket) noexcept {
  pollfd entry{socket.get(), POLLOUT, 0};
  return ::poll(&entry, 1, 0) == 1 && (entry.revents & (POLLOUT | POLLHUP)) == POLLOUT;
}

void shut_down(BorrowedFd socket) noexcept {
  // Fails only when the client has closed already.
  static_cast<void>(::shutdown(socket.get(), SHUT_RDWR));
}

}  // namespace chainsolved::supervisor
