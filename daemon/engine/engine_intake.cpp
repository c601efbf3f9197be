// How requests come in: peeked at, entered, received, and let through or made to wait.

#include "daemon/engine/die_at.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/log.h"
#include "protocol/frame.h"
#include "shm/message_socket.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <utility>

namespace chainsolved::engine {

namespace {

// During an evaluation one client's messages are taken in bunches, so that a cancel is found behind
// the requests that were sent before it.
constexpr int kTakenAtOnce = 16;

Error not_a_request(FrameKind kind) {
  return {ErrorCode::ProtocolFault,
          kind == FrameKind::Request ? "A request needs an id that is not 0."
                                     : "Clients send requests and notifications, nothing else."};
}

bool is_request(const FrameHeader& header) noexcept {
  return header.kind == FrameKind::Request && header.id != 0;
}

/// Why a message did not fit where a message fits.
Error too_much(const FrameHeader& header, const Limits& limits) {
  const std::size_t size =
      frame_size(header.json_in_segment() ? 0 : header.json_bytes, header.data_bytes);
  if (size > limits.inline_limit)
    return limit_error("inlineLimit",
                       limits.inline_limit,
                       "the frame has " + std::to_string(size) +
                           " bytes; put its JSON or its columns into a segment");
  return {ErrorCode::ProtocolFault,
          "The message has more bytes or descriptors than its header says."};
}

}  // namespace

void Engine::on_client_readable(ClientConnection& client) noexcept {
  try {
    // At idle one message is one look at the socket; the loop comes back for the next.
    const int at_once = running_ || own_work_ ? kTakenAtOnce : 1;
    for (int i = 0; i < at_once && take(client); ++i) {}
  } catch (const std::exception& fault) {
    log_line("client " + std::to_string(client.id()) + ": " + fault.what());
    client.expel({ErrorCode::InternalError, fault.what()}, ClientConnection::Queue::Keep);
  }
}

bool Engine::take(ClientConnection& client) {
  if (client.reading_ended()) return false;  // what follows a dispose is not done
  if (!table_.has_room(client.id())) {
    client.pause();
    return false;
  }
  std::array<std::byte, sizeof(FrameHeader)> head{};
  const Received peeked = peek_message(client.socket(), head);
  if (peeked.status == SocketStatus::WouldBlock || peeked.status == SocketStatus::Reset)
    return false;  // after a reset the end will be told
  if (peeked.status != SocketStatus::Done) {
    client.end_reading();
    return false;
  }
  if (peeked.bytes == 0) {
    client.expel({ErrorCode::ProtocolFault, "An empty message is no frame."},
                 ClientConnection::Queue::Keep);
    return false;
  }

  IncomingRequest request;
  request.client = client.id();
  const auto header = decode_header(std::span(head).first(peeked.bytes), &request.header.id);
  if (header.ok()) request.header = *header;
  if (!client.answered.empty() && drop_answered(client, request.header.id)) return true;
  if (request.header.id != 0 && !(header.ok() && header->kind == FrameKind::Notification))
    request.entry = table_.acquire(client.id(), request.header.id);
  if (request.entry) die_at(Step::Peeked);

  std::vector<std::byte>& buffer = buffers_[running_ ? 1 : 0];
  const auto usable =
      std::span(buffer).first(static_cast<std::size_t>(session_.limits().inline_limit));
  const Received got = receive_message(client.socket(), usable, request.fds);
  if (got.status != SocketStatus::Done && got.status != SocketStatus::Truncated) {
    if (request.entry) table_.release(*request.entry);
    return false;
  }
  status_.count_taken();
  if (!header.ok()) {
    request.refused = header.error();
  } else if (got.status == SocketStatus::Truncated) {
    request.refused = too_much(*header, session_.limits());
  } else if (header->kind != FrameKind::Notification && !is_request(*header)) {
    request.refused = not_a_request(header->kind);
  } else {
    auto opened = request.open(usable.first(got.bytes), session_.limits());
    if (!opened.ok()) request.refused = std::move(opened).error();
  }
  accept(client, request);
  return true;
}

void Engine::accept(ClientConnection& client, IncomingRequest& request) {
  if (!request.entry) {
    // Nobody can be answered: a notification, or a frame that cannot be right.
    if (request.refused)
      client.expel(*request.refused, ClientConnection::Queue::Keep);
    else
      take_notification(client, request);
    return;
  }
  if (!running_ && !own_work_ && waiting_.empty()) return serve(client, request);
  if (overtake(client, request)) return;
  request.keep();
  waiting_.push_back(std::move(request));
  ++client.waiting;
}

void Engine::take_notification(ClientConnection& client, const IncomingRequest& request) {
  const auto envelope = aside_reader_.read(request.json(), session_.limits());
  if (!envelope.ok())
    return client.expel({ErrorCode::ProtocolFault, "A notification: " + envelope.error().message},
                        ClientConnection::Queue::Keep);
  // JSON-RPC: a notification that is not known is passed over.
  if (envelope->method != nullptr && envelope->method->method == Method::Cancel)
    cancel(client, envelope->params);
}

bool Engine::overtake(ClientConnection& client, IncomingRequest& request) {
  const std::uint32_t epoch = request.header.epoch;
  // What lies in a segment is too large to be any of those that overtake.
  if (request.refused || request.header.json_in_segment()) return false;
  if (epoch != 0 && epoch != session_.epoch()) return false;
  const auto envelope = aside_reader_.read(request.json(), session_.limits());
  if (!envelope.ok() || envelope->method == nullptr) return false;
  const MethodInfo& method = *envelope->method;
  table_.set_method(*request.entry, method.method);
  const Reply reply{request.header.id, request.entry};
  switch (method.turn) {
    case Turn::Ordered:
      return false;
    case Turn::WhenIdle:
      if (client.waiting > 0) return false;
      answer_stats(client, reply);
      return true;
    case Turn::Immediate:
      break;
  }
  if (method.method == Method::Dispose) {
    dispose(client, reply);
  } else {
    cancel(client, envelope->params);
    answer_nothing(client, reply);
  }
  return true;
}

void Engine::cancel(ClientConnection& client, std::string_view params) {
  const auto parsed = nlohmann::json::parse(params, nullptr, false);
  const auto wanted = parsed.find("requestId");
  if (wanted == parsed.end() || !wanted->is_number_unsigned()) return;
  const auto id = wanted->get<std::uint64_t>();
  if (running_ && running_->client.id() == client.id() && running_->id == id) {
    if (!running_->stop) running_->stop = ErrorCode::Cancelled;
    return;
  }
  refuse_waiting(
      client,
      {ErrorCode::Cancelled, "The request was cancelled before it began.", {}, Applied::No},
      id);
}

void Engine::dispose(ClientConnection& client, Reply reply) {
  client.end_reading();
  refuse_disposed(client);
  if (running_ && running_->client.id() == client.id()) {
    running_->stop = ErrorCode::EngineDisposed;
    running_->dispose = reply;
    return;
  }
  answer_nothing(client, reply);
  client.close_after_flush();
}

void Engine::refuse_disposed(ClientConnection& client) {
  refuse_waiting(client,
                 {ErrorCode::EngineDisposed,
                  "The client disposed of the engine before this request began.",
                  {},
                  Applied::No},
                 std::nullopt);
}

void Engine::refuse_waiting(ClientConnection& client,
                            const Error& error,
                            std::optional<std::uint64_t> id) {
  const auto refused = [&](const IncomingRequest& request) {
    return request.client == client.id() && (!id || request.header.id == *id);
  };
  for (const IncomingRequest& request : waiting_) {
    if (!refused(request)) continue;
    answer_error(client, {request.header.id, request.entry}, error);
    --client.waiting;
  }
  std::erase_if(waiting_, refused);
}

}  // namespace chainsolved::engine
