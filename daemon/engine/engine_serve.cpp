// How one request is served, and what an evaluation looks at meanwhile.

#include "daemon/engine/engine.h"
#include "daemon/engine/log.h"
#include "protocol/frame.h"
#include "shm/status_page.h"

#include <exception>
#include <new>
#include <string>
#include <utility>

namespace chainsolved::engine {

namespace {

// WIRE.md: progress is told at most this often, and only of requests that take longer.
constexpr std::uint64_t kProgressNs = 16 * kNsPerMs;

}  // namespace

FrameHeader Engine::header_of(FrameKind kind, std::uint64_t id) const noexcept {
  FrameHeader header;
  header.kind = kind;
  header.id = id;
  header.epoch = session_.epoch();
  return header;
}

void Engine::serve(ClientConnection& client, IncomingRequest& request) {
  const std::uint64_t now = monotonic_ns();
  running_.emplace(Running{client, request.header.id, nullptr, now, now, false, false, {}, {}});
  status_.set_activity(EngineActivity::Busy);
  table_.set_phase(*request.entry, RequestPhase::Running, now);
  const auto served = attempt(request);
  // An evaluation that ended because the supervisor is gone is not an answer: the entry stays in
  // the table, and the client learns from its connection what happened.
  if (channel_closed_) return running_.reset();
  status_.evaluation_ended();
  status_.set_activity(EngineActivity::Idle);
  table_.set_phase(*request.entry, RequestPhase::Sending, monotonic_ns());

  const Reply reply{request.header.id, request.entry};
  if (served.ok()) {
    client.send(composer_.out, reply.entry);
    status_.count_answered();
  } else {
    answer_error(client, reply, completed(served.error()));
  }
  composer_.out.release_segments();
  const Running ended = *running_;
  running_.reset();
  finish_serving(ended, !served.ok());
}

void Engine::finish_serving(const Running& ended, bool failed) {
  ClientConnection& client = ended.client;
  News news = session_.take_news();
  if (failed && ended.committed) {
    // Who changed the graph and got an error does not know what became of it: told like the others.
    news = News::Full;
    client.needs_full = true;
    on_client_settled(client);
  }
  tell_others(&client, news);
  if (ended.dispose) answer_nothing(client, *ended.dispose);
  if (ended.dispose || ended.closes) client.close_after_flush();
  if (client.over()) on_client_settled(client);
}

/// An error of the request that ran, with what only the engine knows of it.
Error Engine::completed(Error error) const {
  const MethodInfo* method = running_->method;
  if (error.code == ErrorCode::Cancelled && running_->stop == ErrorCode::EngineDisposed) {
    error.code = ErrorCode::EngineDisposed;
    error.message = "The client disposed of the engine while this request ran.";
  }
  if (method != nullptr && method->effect == Effect::Changes)
    error.applied = running_->committed ? Applied::Yes : Applied::No;
  return error;
}

Result<void> Engine::attempt(IncomingRequest& request) {
  if (request.refused) return std::move(*request.refused);
  const std::uint32_t epoch = request.header.epoch;
  if (epoch != 0 && epoch != session_.epoch()) return refuse_epoch(running_->client, epoch);
  const auto envelope = reader_.read(request.json(), session_.limits());
  if (!envelope.ok()) return envelope.error();
  if (envelope->method == nullptr)
    return Error{ErrorCode::MethodNotFound,
                 "There is no method \"" + std::string(envelope->method_name) + "\"."};
  running_->method = envelope->method;
  table_.set_method(*request.entry, envelope->method->method);
  if (running_->client.gone() && envelope->method->effect == Effect::Reads)
    return Error{ErrorCode::Cancelled, "The client left."};
  try {
    return attempt_method(request, *envelope);
  } catch (const std::bad_alloc&) {
    return limit_error("memory", 0, "the engine found no memory for this request");
  } catch (const std::exception& fault) {
    log_line("request " + std::to_string(request.header.id) + ": " + fault.what());
    return Error{ErrorCode::InternalError, fault.what()};
  }
}

Result<void> Engine::attempt_method(IncomingRequest& request,
                                    const RequestReader::Envelope& envelope) {
  ClientConnection& client = running_->client;
  composer_.start(session_.limits());
  JsonWriter& json = composer_.frame.json();
  json.begin_object().key("result").begin_object();
  switch (envelope.method->method) {
    case Method::Dispose:
      client.end_reading();
      refuse_disposed(client);
      running_->closes = true;
      break;
    case Method::Cancel:
      cancel(client, envelope.params);
      break;
    default: {
      session_.set_counters({clients_.size(), dropped_});
      Service service{envelope,
                      reader_,
                      request,
                      client.naming(),
                      *this,
                      composer_.frame,
                      composer_.encoder,
                      running_->committed};
      auto served = session_.serve(service);
      if (!served.ok()) return served;
      // A block that was stopped returns anything.
      if (running_->stop && envelope.method->effect == Effect::Reads)
        return Error{ErrorCode::Cancelled, "The evaluation was stopped."};
    }
  }
  json.end_object().end_object();
  return composer_.frame.finish(header_of(FrameKind::Response, request.header.id), composer_.out);
}

bool Engine::keep_going(graph::Slot node, std::size_t done, std::size_t total) {
  entering(node);
  status_.evaluating(done, total);
  loop_.poll();
  if (!running_) return !channel_closed_;
  const std::uint64_t now = monotonic_ns();
  if (now - running_->began_ns >= kProgressNs && now - running_->told_ns >= kProgressNs) {
    running_->told_ns = now;
    tell_progress(done, total);
  }
  // Nobody waits for what a client that left only wanted to know; what it changed is finished.
  if (running_->client.gone() && running_->method->effect == Effect::Reads && !running_->stop)
    running_->stop = ErrorCode::Cancelled;
  return !running_->stop && !channel_closed_;
}

void Engine::answer_stats(ClientConnection& client, Reply reply) {
  aside_.start(session_.limits());
  JsonWriter& json = aside_.frame.json();
  json.begin_object().key("result").begin_object();
  session_.set_counters({clients_.size(), dropped_});
  session_.write_stats(json);
  json.end_object().end_object();
  const auto built = aside_.frame.finish(header_of(FrameKind::Response, reply.id), aside_.out);
  if (!built.ok()) return answer_error(client, reply, built.error());
  client.send(aside_.out, reply.entry);
  status_.count_answered();
}

void Engine::answer_nothing(ClientConnection& client, Reply reply) {
  encode_frame(
      header_of(FrameKind::Response, reply.id), R"({"result":{}})", {}, aside_.out.message);
  aside_.out.release_segments();
  client.send(aside_.out, reply.entry);
  status_.count_answered();
}

void Engine::answer_error(ClientConnection& client, Reply reply, const Error& error) {
  std::string json;
  write_error(json, error);
  encode_frame(header_of(FrameKind::Error, reply.id), json, {}, aside_.out.message);
  aside_.out.release_segments();
  client.send(aside_.out, reply.entry);
  status_.count_answered();
}

}  // namespace chainsolved::engine
