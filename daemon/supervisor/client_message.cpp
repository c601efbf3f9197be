#include "daemon/supervisor/client_message.h"

#include "protocol/json_writer.h"
#include "protocol/request.h"
#include "shm/segment.h"

#include <span>
#include <utility>

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

ClientMessage make_session_notice(std::string_view method,
                                  std::string_view session,
                                  std::uint32_t epoch,
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
  FrameHeader header;
  header.kind = FrameKind::Notification;
  header.epoch = epoch;
  ClientMessage message;
  encode_frame(header, text, {}, message.frame);
  return message;
}

void shut_down(BorrowedFd socket) noexcept {
  // Fails only when the client has closed already.
  static_cast<void>(::shutdown(socket.get(), SHUT_RDWR));
}

}  // namespace chainsolved::supervisor
