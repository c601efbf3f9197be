// The part of SessionCore that sees an engine go and its successor come.
#include "client/cpp/src/session_core.h"
#include "protocol/json_writer.h"
#include "protocol/methods.h"

#include <utility>

namespace chainsolved::client {

void SessionCore::on_session_notification(std::string_view method, std::string_view params) {
  if (method == "recreating") {
    if (auto event = reader_.recreating(params); event.ok()) on_recreating(std::move(*event));
  } else if (method == "recreated") {
    if (auto event = reader_.recreated(params); event.ok()) on_recreated(std::move(*event));
  } else if (method == "sessionFailed" || method == "sessionClosed") {
    auto event = reader_.session_event(params);
    if (event.ok())
      on_session_ends(
          method == "sessionFailed" ? SessionInput::SessionFailed : SessionInput::SessionClosed,
          *event);
  }
}

void SessionCore::on_recreating(RecreatingEvent event) {
  if (mirror_.has_value()) mirror_->clear();
  events_.push(std::move(event));
  apply(SessionInput::Recreating, {});
}

void SessionCore::on_recreated(RecreatedEvent event) {
  // Slots are named anew by the full valuesChanged that comes first of the successor's messages.
  if (mirror_.has_value()) mirror_->clear();
  if (event.epoch != 0) epoch_ = event.epoch;
  retained_.on_lost(event.lost_datasets);
  event.registering_again = register_lost_again();
  events_.push(std::move(event));
  apply(SessionInput::Recreated, {});
}

void SessionCore::on_session_ends(SessionInput input, const SessionEvent& event) {
  const bool failed = input == SessionInput::SessionFailed;
  events_.push(
      LifecycleEvent{failed ? LifecycleEvent::Kind::Failed : LifecycleEvent::Kind::Closed, event});
  const ErrorCode code = failed ? ErrorCode::WorkerCrashLoop : ErrorCode::EngineDisposed;
  std::string message(failed ? info_of(code).sentence : "the session was closed");
  if (!event.reason.empty()) message += ": " + event.reason;
  apply(input, {code, std::move(message)});
}

// --- datasets ---

void SessionCore::settle_datasets(PendingCall& call) {
  if (call.registration != nullptr) retained_.keep(std::move(call.registration));
  if (!call.releases.empty()) retained_.forget(call.releases);
}

void SessionCore::on_dataset_released(std::string_view params) {
  auto id = reader_.dataset_id(params);
  if (!id.ok()) return;
  retained_.on_released(*id);
  events_.push(DatasetReleasedEvent{std::move(*id)});
}

std::vector<std::string> SessionCore::register_lost_again() {
  std::vector<std::string> ids;
  const std::size_t held = outgoing_.size();
  for (const auto& registration : retained_.missing()) {
    if (register_again(registration)) ids.push_back(registration->dataset_id);
  }
  if (ids.empty()) return ids;
  evaluate_readers();
  outgoing_.bring_forward(outgoing_.size() - held);
  return ids;
}

bool SessionCore::register_again(const std::shared_ptr<const Registration>& registration) {
  Request request;
  Result<void> written = write_registration(request, *registration);
  if (written.ok()) {
    auto sent = enqueue(
        request,
        [this, registration](Result<Reply>&& reply) { on_registered_again(registration, reply); },
        false);
    if (sent.ok()) return true;
  }
  on_registered_again(registration, Error{ErrorCode::LimitExceeded, "it could not be sent"});
  return false;
}

void SessionCore::on_registered_again(const std::shared_ptr<const Registration>& registration,
                                      const Result<Reply>& reply) {
  const std::string& id = registration->dataset_id;
  if (reply.ok() || reply.error().applied == Applied::Yes) return retained_.on_registered_again(id);
  // When that engine died, too, the next one is asked.
  if (info_of(reply.error().code).blame == Blame::Engine || state_ == SessionState::Closed) return;
  retained_.forget(id);
  events_.push(DatasetReleasedEvent{id});
}

void SessionCore::evaluate_readers() {
  Request request;
  JsonWriter json(request.json);
  json.begin_object().member("method", info_of(Method::ApplyPatch).name).key("params");
  json.begin_object().key("ops").begin_array().end_array().end_object().end_object();
  // Nobody asked for it, so its result is news.
  const auto told = [this](Result<Reply>&& reply) {
    if (!reply.ok()) return;
    auto result = reader_.incremental(*reply);
    if (!result.ok()) return;
    if (mirror_.has_value()) mirror_->update(result->changed);
    events_.push(ValuesChanged{std::move(result->changed), false});
  };
  static_cast<void>(enqueue(request, told, false));
}

}  // namespace chainsolved::client
