// What an engine does that takes another's place: replay, the first words to each client, suspects.

#include "daemon/engine/engine.h"
#include "daemon/engine/log.h"
#include "protocol/frame.h"
#include "shm/status_page.h"

#include <cstdlib>
#include <functional>
#include <string>
#include <utility>

namespace chainsolved::engine {

namespace {

// A replay that cannot be proved: nobody is to blame but the record.
constexpr int kReplayFailed = 3;

}  // namespace

void Engine::on_keep(KeepMessage message, UniqueFd segment) {
  auto sealed = SealedSegment::adopt(std::move(segment), 1);
  if (!sealed.ok())
    return log_line("segment " + std::to_string(message.n) +
                    " is not kept: " + sealed.error().message);
  session_.inherit(message.n, std::move(*sealed));
}

void Engine::on_replay(ReplayMessage message, UniqueFd snapshot, UniqueFd journal) {
  // Between events: a replay is long, and looks at the channel itself.
  inheritance_.emplace(Inheritance{std::move(message), std::move(snapshot), std::move(journal)});
}

void Engine::replay() {
  Inheritance inheritance = std::move(*inheritance_);
  inheritance_.reset();
  suspects_left_ = !inheritance.message.suspects.empty();
  own_work_ = true;
  const auto entry = table_.acquire_own();
  status_.set_activity(EngineActivity::Replaying);
  const std::function<void()> advanced = [this] {
    status_.evaluating(0, 0);
  };
  auto replayed = Replay(session_, advanced).run(std::move(inheritance), *this);
  if (!replayed.ok()) {
    log_line("replay: " + replayed.error().message);
    std::_Exit(kReplayFailed);
  }
  status_.evaluation_ended();
  table_.release(entry);
  own_work_ = false;
  status_.set_activity(EngineActivity::Idle);
  if (!channel_closed_) channel_.send(to_json(*replayed));
}

void Engine::retry_suspects() {
  suspects_left_ = false;
  own_work_ = true;
  const auto entry = table_.acquire_own();
  status_.set_activity(EngineActivity::Busy);
  for (;;) {
    table_.set_phase(entry, RequestPhase::Running, monotonic_ns());
    const auto suspect = session_.try_suspect(*this);
    if (!suspect || channel_closed_) break;
    channel_.send(to_json(RetriedMessage{*suspect}));
    tell_retried();
    session_.evaluate_released(*this);
    tell_retried();
  }
  table_.release(entry);
  own_work_ = false;
  status_.set_activity(EngineActivity::Idle);
}

void Engine::tell_retried() {
  status_.evaluation_ended();
  tell_others(nullptr, session_.anything_changed() ? News::Changes : News::None);
}

/// The client has been through a recreation: what it has been told before is void.
void Engine::greet(ClientConnection& client, AttachMessage& attach) {
  if (!attach.error.empty()) client.refusal = error_code_named(attach.error);
  client.answered.insert(attach.answered.begin(), attach.answered.end());
  for (const UnsentFrame& unsent : attach.unsent) {
    FrameHeader header;
    header.kind = static_cast<FrameKind>(unsent.kind);
    header.id = unsent.id;
    header.epoch = unsent.epoch;
    encode_frame(header, unsent.json, {}, aside_.out.message);
    aside_.out.release_segments();
    client.send(aside_.out, std::nullopt);
  }
  if (attach.open) return;
  // Told between requests, and before any of this client's is served.
  client.needs_full = true;
  client.knows_nothing = true;
  on_client_settled(client);
}

/// Requests that have an answer may still lie in the socket: they are taken and forgotten.
bool Engine::drop_answered(ClientConnection& client, std::uint64_t id) {
  if (client.answered.erase(id) == 0) return false;
  FdList fds;
  std::vector<std::byte>& buffer = buffers_[running_ ? 1 : 0];
  static_cast<void>(receive_message(client.socket(), buffer, fds));
  return true;
}

Error Engine::refuse_epoch(const ClientConnection& client, std::uint32_t epoch) const {
  if (client.refusal != ErrorCode::SessionRestarted)
    return {client.refusal, std::string(info_of(client.refusal).sentence), {}, Applied::No};
  return {ErrorCode::SessionRestarted,
          "The request is meant for epoch " + std::to_string(epoch) +
              " of the session, which is at epoch " + std::to_string(session_.epoch()) +
              "; look at the values again and send it anew.",
          {},
          Applied::No};
}

}  // namespace chainsolved::engine
