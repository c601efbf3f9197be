#include "client/cpp/src/session_core.h"

#include "protocol/connection_error.h"
#include "protocol/request.h"

#include <cstring>
#include <utility>

namespace chainsolved::client {

namespace {

constexpr std::size_t kSpareBuffers = 4;
constexpr std::size_t kSpareBytes = 16384;  // larger buffers are given back

}  // namespace

SessionCore::SessionCore(Names names, Mirroring mirroring) : names_mode_(names) {
  if (mirroring == Mirroring::Yes) mirror_.emplace();
}

// --- requests ---

Result<RequestId> SessionCore::call(Request& request, Done done) {
  return enqueue(request, std::move(done), false);
}

Result<RequestId> SessionCore::call_handshake(Request& request, Done done) {
  return enqueue(request, std::move(done), true);
}

Result<RequestId> SessionCore::call_for_event(Request& request) {
  const RequestId id = next_id_;
  return call(request, [this, id](Result<Reply>&& reply) {
    events_.push(reply.ok() ? raw_message(reply->frame) : raw_error(id, reply.error()));
  });
}

Result<RequestId> SessionCore::enqueue(Request& request, Done done, bool handshake) {
  if (state_ == SessionState::Closed) return closed_error();
  const std::uint64_t size = frame_size(request.json.size(), request.data.size());
  if (queued_bytes_ + size > kMaxQueuedBytes)
    return limit_error("maxQueuedBytes", kMaxQueuedBytes, "too many requests wait to be sent");
  const RequestId id = request.notification ? 0 : next_id_++;

  FrameHeader header;
  header.kind = request.notification ? FrameKind::Notification : FrameKind::Request;
  header.segments = static_cast<std::uint8_t>(request.segments.size());
  header.flags = request.json_in_segment ? kFlagJsonInSegment : std::uint16_t{0};
  header.id = id;
  OutgoingFrame& frame = outgoing_.push({});
  if (!spare_buffers_.empty()) {
    frame.bytes = std::move(spare_buffers_.back());
    spare_buffers_.pop_back();
  }
  encode_frame(header, request.json, request.data, frame.bytes);
  frame.segments = std::exchange(request.segments, FdList());
  frame.id = id;
  frame.handshake = handshake;
  queued_bytes_ += frame.bytes.size();
  if (request.notification) return id;

  PendingCall call;
  call.id = id;
  call.done = std::move(done);
  if (request.names != Request::Names::Session && names_mode_ == Names::Slots)
    call.names = std::make_shared<SlotNames>(std::move(request.snapshot));
  call.becomes_session_names = request.names == Request::Names::FromSnapshot;
  call.opens_session = handshake && state_ == SessionState::Opening && request.opens_session;
  call.raw = request.raw;
  call.changes_graph = request.changes_graph;
  call.registration = std::move(request.registration);
  call.releases = std::move(request.releases);
  pending_.add(std::move(call));
  return id;
}

bool SessionCore::wants_to_send() const noexcept {
  if (outgoing_.empty()) return false;
  if (state_ == SessionState::Open || state_ == SessionState::Failed) return true;
  return state_ == SessionState::Opening && outgoing_[0].handshake;
}

OutgoingFrame* SessionCore::next_to_send() {
  if (!wants_to_send()) return nullptr;
  OutgoingFrame& frame = outgoing_.front();
  std::memcpy(frame.bytes.data() + offsetof(FrameHeader, epoch), &epoch_, sizeof epoch_);
  return &frame;
}

void SessionCore::sent() {
  OutgoingFrame frame = outgoing_.pop();
  queued_bytes_ -= frame.bytes.size();
  if (PendingCall* call = pending_.find(frame.id); call != nullptr) call->sent = true;
  if (spare_buffers_.size() < kSpareBuffers && frame.bytes.capacity() <= kSpareBytes)
    spare_buffers_.push_back(std::move(frame.bytes));
}

void SessionCore::on_send_failed(std::string_view why) {
  const OutgoingFrame frame = outgoing_.pop();
  queued_bytes_ -= frame.bytes.size();
  if (auto call = pending_.take(frame.id); call.has_value())
    reject_one(*call,
               {ErrorCode::InternalError, "the request could not be sent: " + std::string(why)});
}

void SessionCore::abandon(RequestId id) {
  if (PendingCall* call = pending_.find(id); call != nullptr)
    call->done = [](Result<Reply>&&) {
    };
}

bool SessionCore::cancel_unsent(RequestId id) {
  for (std::size_t i = 0; i < outgoing_.size(); ++i) {
    if (outgoing_[i].id != id) continue;
    queued_bytes_ -= outgoing_.take(i).bytes.size();
    if (auto call = pending_.take(id); call.has_value())
      reject_one(*call, {ErrorCode::Cancelled, "cancelled before it was sent"});
    return true;
  }
  return false;
}

// --- what comes ---

void SessionCore::on_frame(const FrameRef& frame) {
  if (state_ == SessionState::Closed) return;
  switch (frame->header.kind) {
    case FrameKind::Response:
    case FrameKind::Error:
      on_answer(frame);
      break;
    case FrameKind::Notification:
      on_notification(frame);
      break;
    case FrameKind::Request:
      break;  // nobody asks a client anything
  }
}

void SessionCore::on_answer(const FrameRef& frame) {
  auto call = pending_.take(frame->header.id);
  if (!call.has_value()) return;  // answered before: by the engine and, after its death, for it
  Result<Reply> reply = accept(*call, frame);
  const bool raw = call->raw;
  call->done(std::move(reply));
  if (!raw) frame->drop_segments();
}

Result<Reply> SessionCore::accept(PendingCall& call, const FrameRef& frame) {
  if (frame->header.kind == FrameKind::Error) {
    if (call.raw) return Reply{frame, names_};
    Error error = reader_.error(frame);
    // The supervisor, which answers for a failed session, does not read what is asked of it.
    if (error.code == ErrorCode::WorkerCrashLoop && error.applied == Applied::NotSaid &&
        call.changes_graph)
      error.applied = Applied::No;
    // It was done, though its engine could not say so.
    if (error.applied == Applied::Yes) settle_datasets(call);
    return error;
  }
  settle_datasets(call);
  if (call.opens_session) {
    epoch_ = frame->header.epoch;
    apply(SessionInput::Opened, {});
  }
  if (call.becomes_session_names && call.names != nullptr) names_ = call.names;
  Reply reply{frame, call.names != nullptr ? call.names : names_};
  if (call.raw && names_mode_ == Names::Slots) reader_.learn_slots(reply);
  return reply;
}

bool SessionCore::on_bad_frame(RequestId id, const Error& error) {
  auto call = id == 0 ? std::nullopt : pending_.take(id);
  if (!call.has_value()) return false;
  Error told = error;
  told.applied = call->changes_graph ? Applied::Unknown : Applied::NotSaid;
  call->done(std::move(told));
  return true;
}

void SessionCore::on_notification(const FrameRef& frame) {
  auto read = reader_.notification(frame);
  // One that cannot be read has nobody to be told of it, but whoever looks at all of them.
  if (raw_wanted_) events_.push(raw_message(frame));
  if (!read.ok()) return;
  const std::string_view method = read->method;
  if (method == "valuesChanged") {
    on_values_changed(frame, read->params);
  } else if (method == "progress") {
    if (auto progress = reader_.progress(read->params); progress.ok())
      events_.push(std::move(*progress));
  } else if (method == "datasetReleased") {
    on_dataset_released(read->params);
  } else if (method == "memoryPressure") {
    events_.push(MemoryPressureEvent{std::string(read->params)});
  } else if (method == kConnectionError) {
    last_words_ = reader_.connection_error(read->params);
  } else {
    on_session_notification(method, read->params);
  }
}

void SessionCore::on_values_changed(const FrameRef& frame, std::string_view params) {
  Reply reply{frame, names_};
  auto changed = reader_.values_changed(reply, params);
  if (!changed.ok()) return;
  names_ = reply.names;
  if (mirror_.has_value()) {
    if (changed->full)
      mirror_->replace(changed->changed, names_);
    else
      mirror_->update(changed->changed);
  }
  if (!raw_wanted_) frame->drop_segments();
  events_.push(std::move(*changed));
}

// --- ends ---

void SessionCore::on_ended(std::string_view why) {
  if (state_ == SessionState::Closed) return;
  Error cause{ErrorCode::DaemonLost, "the connection to the daemon ended"};
  if (last_words_.has_value() && state_ == SessionState::Opening) {
    cause = *last_words_;  // it did not want this client, and said why
  } else if (last_words_.has_value()) {
    cause.message.append(": [").append(info_of(last_words_->code).wire).append("] ");
    cause.message += last_words_->message;
  } else if (!why.empty()) {
    cause.message.append(": ").append(why);
  }
  SessionEvent event;
  event.epoch = epoch_;
  event.reason = info_of(ErrorCode::DaemonLost).wire;
  events_.push(LifecycleEvent{LifecycleEvent::Kind::Closed, std::move(event)});
  apply(SessionInput::Ended, cause);
}

void SessionCore::dispose() {
  apply(SessionInput::Disposed, {ErrorCode::EngineDisposed, "the engine object was disposed"});
}

Error SessionCore::closed_error() const {
  return {ErrorCode::DaemonLost,
          "the connection is closed (" + closed_because_ + "); open another",
          {},
          Applied::No};
}

void SessionCore::apply(SessionInput input, const Error& cause) {
  const SessionTransition& row = transition(state_, input);
  if (row.to == SessionState::Closed && state_ != SessionState::Closed)
    closed_because_ = cause.message;
  state_ = row.to;
  switch (row.then) {
    case SessionAction::None:
    case SessionAction::SendHeld:  // next_to_send() shows it now
      break;
    case SessionAction::RejectHeld:
      reject(cause, false);
      break;
    case SessionAction::RejectAll:
      reject(cause, true);
      break;
  }
}

void SessionCore::reject(const Error& cause, bool sent_too) {
  while (!outgoing_.empty()) {
    const OutgoingFrame frame = outgoing_.pop();
    if (auto call = pending_.take(frame.id); call.has_value()) reject_one(*call, cause);
  }
  queued_bytes_ = 0;
  if (!sent_too) return;
  while (auto call = pending_.take_oldest())
    reject_one(*call, cause);
}

void SessionCore::reject_one(const PendingCall& call, const Error& cause) {
  Error error = cause;
  if (call.changes_graph) error.applied = call.sent ? Applied::Unknown : Applied::No;
  call.done(std::move(error));
}

// --- events ---

std::optional<Event> SessionCore::next_event() {
  if (events_.empty()) return std::nullopt;
  return events_.pop();
}

RawMessage raw_message(const FrameRef& frame) {
  RawMessage message;
  message.kind = frame->header.kind == FrameKind::Response ? RawMessage::Kind::Response
                 : frame->header.kind == FrameKind::Error  ? RawMessage::Kind::Error
                                                           : RawMessage::Kind::Notification;
  message.id = frame->header.id;
  message.epoch = frame->header.epoch;
  message.frame = frame;
  return message;
}

RawMessage raw_error(RequestId id, const Error& error) {
  std::string json;
  write_error(json, error);
  FrameHeader header;
  header.kind = FrameKind::Error;
  header.id = id;
  std::vector<std::byte> bytes;
  encode_frame(header, json, {}, bytes);
  const FrameRef frame = Frame::make(bytes.size());
  std::memcpy(frame->buffer.get(), bytes.data(), bytes.size());
  FdList none;
  static_cast<void>(frame->decode(bytes.size(), none));  // just encoded
  return raw_message(frame);
}

void deliver(const Event& event, const Handlers& handlers) {
  const auto tell = [](const auto& handler, const auto& what) {
    if (handler) handler(what);
  };
  if (const auto* progress = std::get_if<Progress>(&event)) {
    tell(handlers.on_progress, *progress);
  } else if (const auto* changed = std::get_if<ValuesChanged>(&event)) {
    tell(handlers.on_values_changed, *changed);
  } else if (const auto* released = std::get_if<DatasetReleasedEvent>(&event)) {
    tell(handlers.on_dataset_released, released->dataset_id);
  } else if (const auto* pressure = std::get_if<MemoryPressureEvent>(&event)) {
    tell(handlers.on_memory_pressure, pressure->params);
  } else if (const auto* raw = std::get_if<RawMessage>(&event)) {
    tell(handlers.on_raw, *raw);
  } else if (const auto* recreating = std::get_if<RecreatingEvent>(&event)) {
    tell(handlers.on_recreating, *recreating);
  } else if (const auto* recreated = std::get_if<RecreatedEvent>(&event)) {
    tell(handlers.on_recreated, *recreated);
  } else if (const auto* life = std::get_if<LifecycleEvent>(&event)) {
    switch (life->kind) {
      case LifecycleEvent::Kind::Failed:
        return tell(handlers.on_session_failed, life->event);
      case LifecycleEvent::Kind::Closed:
        return tell(handlers.on_session_closed, life->event);
    }
  }
}

}  // namespace chainsolved::client
