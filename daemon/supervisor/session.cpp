#include "daemon/supervisor/session.h"

#include "daemon/supervisor/client_message.h"
#include "daemon/supervisor/log.h"
#include "protocol/json_writer.h"
#include "protocol/methods.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace chainsolved::supervisor {

namespace {

/// The answer to openSession by a session that has no engine to give one.
std::string failed_open_json(const SessionCore& core, const Seat& seat) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("result").begin_object();
  json.member("sessionId", std::string_view(core.settings.id));
  if (!core.settings.name.empty()) json.member("name", std::string_view(core.settings.name));
  json.member("created", seat.created).member("epoch", std::uint64_t{core.epoch});
  json.member("clientId", seat.client);
  json.member("engineVersion", kEngineVersion);
  json.member("contractVersion", std::uint64_t{kContractVersion});
  json.member("state", name_of(SessionState::Failed)).end_object().end_object();
  return text;
}

}  // namespace

Session::Session(const SessionSurroundings& around, SessionSettings settings)
    : core_(around, std::move(settings)),
      idle_since_(std::chrono::steady_clock::now()),
      linger_(around.loop),
      watchdog_(around.loop, around.scan, watch_rules(core_.settings.options), *this) {}

Session::~Session() {
  if (ticket_ != 0) core_.around.engines.cancel(ticket_);
}

void Session::start() {
  ticket_ =
      core_.take_engine([this](Result<EngineProcess*> engine) { on_engine(std::move(engine)); });
}

void Session::join(Joining client) {
  Seat seat;
  seat.client = ++last_client_;
  seat.socket = core_.around.sockets.add(std::move(client.socket),
                                         [this, number = seat.client] { on_hang_up(number); });
  seat.peer = client.peer;
  seat.open_id = client.open_id;
  seat.names = client.names;
  seat.created = seat.client == 1;
  linger_.cancel();
  core_.seats.push_back(std::move(seat));
  watchdog_.start();
  if (state() == SessionState::Failed)
    fail_client(core_.seats.back());
  else if (core_.engine != nullptr && state() != SessionState::Recreating)
    core_.attach(core_.seats.back(), core_.epoch, {});
}

void Session::on_engine(Result<EngineProcess*> engine) {
  ticket_ = 0;
  if (!engine.ok()) {
    failure_ = std::move(engine).error();
    return apply(SessionEvent::EngineDied);
  }
  core_.employ(**engine, *this, core_.epoch);
  for (Seat& seat : core_.seats)
    core_.attach(seat, core_.epoch, {});
}

void Session::on_hang_up(std::uint64_t client) {
  Seat* seat = core_.find_seat(client);
  if (seat == nullptr) return;
  seat->hung_up = true;
  // An engine meets the end itself and says `detached` when it has released what was the client's;
  // so does the one that is on its way.
  if (core_.engine == nullptr && state() != SessionState::Recreating) drop_seat(client);
}

void Session::drop_seat(std::uint64_t client) {
  if (crash_loop_) crash_loop_->drop(client);
  std::erase_if(core_.seats, [client](const Seat& seat) { return seat.client == client; });
  if (core_.seats.empty()) on_nobody_left();
}

void Session::on_nobody_left() {
  watchdog_.stop();
  idle_since_ = std::chrono::steady_clock::now();
  // A recreation ends before its session does.
  if (state() == SessionState::Recreating) return;
  if (core_.settings.name.empty() || core_.settings.options.linger_ms == 0)
    return apply(SessionEvent::LastClientLeft);
  leave_after(std::chrono::milliseconds(core_.settings.options.linger_ms));
}

void Session::leave_after(std::chrono::milliseconds delay) {
  linger_.set_after(delay, [this] {
    if (core_.seats.empty()) apply(SessionEvent::LastClientLeft);
  });
}

void Session::evict() {
  if (core_.seats.empty()) apply(SessionEvent::LastClientLeft);
}

void Session::close(std::string_view reason) {
  close_reason_ = reason;
  apply(SessionEvent::CloseRequested);
}

void Session::restart(RestartDone done) {
  if (state() == SessionState::Starting)
    return done(Error{ErrorCode::NotAllowed, "session " + settings().id + " is only starting"});
  core_.blame.clear_count();
  restarts_.push_back(std::move(done));
  replace_why_ = DeathKind::Restarted;
  apply(SessionEvent::Restarted);
}

// --- What the engine and the watchdog say ---

bool Session::on_engine_message(EngineMessage message, FdList& fds) {
  return std::visit([&](auto& said) { return on_said(said, fds); }, message);
}

bool Session::on_said(const AttachedMessage& message, FdList& /*fds*/) {
  Seat* seat = core_.find_seat(message.client);
  if (seat == nullptr) return true;
  seat->answered.clear();
  seat->hand_over_unsent();
  seat->attached = true;
  seat->is_attaching = false;
  log_event(LogLevel::Info,
            "attached",
            {{"session", settings().id}, {"engine", core_.engine->pid()}},
            {{"client", message.client}, {"pid", seat->peer.pid}});
  apply(SessionEvent::Attached);
  return true;
}

bool Session::on_said(const DetachedMessage& message, FdList& /*fds*/) {
  log_event(LogLevel::Info,
            "detached",
            {{"session", settings().id}, {"engine", core_.engine->pid()}},
            {{"client", message.client}});
  drop_seat(message.client);
  return true;
}

bool Session::accept(const Result<void>& stored) const {
  if (!stored.ok())
    log_event(LogLevel::Error,
              "generation-refused",
              {{"session", settings().id}, {"engine", core_.engine->pid()}},
              {{"reason", stored.error().message}});
  return stored.ok();
}

bool Session::on_said(const GenerationMessage& message, FdList& fds) {
  log_event(LogLevel::Debug,
            "generation",
            {{"session", settings().id}},
            {{"n", message.n}, {"snapshotBytes", message.snapshot_bytes}});
  return accept(core_.generations.store(message, fds));
}

bool Session::on_said(const KeepMessage& message, FdList& fds) {
  return accept(core_.generations.keep(message.n, fds.empty() ? UniqueFd{} : std::move(fds[0])));
}

bool Session::on_said(const ForgetMessage& message, FdList& /*fds*/) {
  core_.generations.forget(message.n);
  return true;
}

bool Session::on_said(ReplayedMessage& message, FdList& /*fds*/) {
  if (state() != SessionState::Recreating || !recreation_->is_replaying()) return false;
  recreation_->on_replayed(std::move(message));
  return true;
}

bool Session::on_said(const RetriedMessage& message, FdList& /*fds*/) {
  core_.blame.on_retried(message.slot);
  return true;
}

bool Session::on_said(const QuarantineEndedMessage& message, FdList& /*fds*/) {
  core_.blame.on_quarantine_ended(message.slot);
  return true;
}

void Session::on_engine_died(const EngineExit& exit) {
  exit_ = exit;
  if (!recreation_ || !recreation_->is_stopping()) ++core_.around.counters.engine_deaths;
  // It served somebody, who may have been answered, though it did not live to tell us.
  if (state() == SessionState::Starting &&
      core_.engine->page().client_count.load(std::memory_order_relaxed) > 0)
    apply(SessionEvent::Attached);
  if (state() == SessionState::Starting) {
    core_.engine = nullptr;
    failure_ = Error{ErrorCode::EngineStartFailed,
                     "The engine process " + exit.words + " before it served the session"};
  }
  apply(SessionEvent::EngineDied);
}

WatchSubject Session::watch_subject() const {
  WatchSubject subject;
  if (core_.engine == nullptr || (recreation_ && recreation_->is_stopping())) return subject;
  subject.page = &core_.engine->page();
  subject.owes_us = core_.engine->has_unread() || (recreation_ && recreation_->is_replaying());
  if (state() == SessionState::Recreating) return subject;
  for (const Seat& seat : core_.seats) {
    subject.owes_us = subject.owes_us || seat.is_attaching;
    if (seat.attached) subject.sockets.emplace_back(seat.client, seat.socket->fd());
  }
  return subject;
}

void Session::on_hang(bool running) {
  ++core_.around.counters.hangs;
  log_event(LogLevel::Warning,
            "hang",
            {{"session", settings().id}, {"engine", core_.engine->pid()}},
            {{"state", name_of(state())}, {"running", running ? "yes" : "no"}});
  replace_why_ = DeathKind::Hang;
  apply(SessionEvent::Hung);
}

// --- What becomes of a recreation ---

void Session::on_recreated() {
  apply(SessionEvent::Recreated);
  finish_restarts(core_.epoch);
  if (!core_.seats.empty()) return;
  // Later: the call comes from inside the recreation.
  const bool lingers = !settings().name.empty();
  leave_after(std::chrono::milliseconds(lingers ? settings().options.linger_ms : 0));
}

void Session::on_gave_up(const Error& reason) {
  failure_ = reason;
  apply(SessionEvent::GaveUp);
  finish_restarts(failure_);
  if (core_.seats.empty()) leave_after(std::chrono::milliseconds(0));
}

void Session::on_unkillable(const Error& reason) {
  failure_ = reason;
  close_reason_ = reason.message;
  apply(SessionEvent::Unkillable);
}

void Session::finish_restarts(const Result<std::uint32_t>& result) {
  for (const RestartDone& done : std::exchange(restarts_, {}))
    done(result);
}

// --- The state machine ---

void Session::apply(SessionEvent event) {
  const SessionState before = state();
  const SessionTransition* row = lifecycle_.apply(event);
  if (row == nullptr) {
    ++core_.around.counters.unexpected_events;
    log_event(LogLevel::Error,
              "unexpected",
              {{"session", settings().id}},
              {{"state", name_of(before)}, {"on", name_of(event)}});
    return;
  }
  if (row->to != before)
    log_event(LogLevel::Info,
              "state",
              {{"session", settings().id}},
              {{"from", name_of(before)}, {"to", name_of(row->to)}, {"on", name_of(event)}});
  perform(row->then);
  if (row->to != SessionState::Closed) return;
  watchdog_.stop();
  core_.settle();
  finish_restarts(Error{ErrorCode::UnknownSession, "session " + settings().id + " was closed"});
  core_.around.keeper.on_session_closed(*this);
}

void Session::perform(SessionAction action) {
  switch (action) {
    case SessionAction::None:
      return;
    case SessionAction::ReplaceSpare:
      return core_.settle();
    case SessionAction::FailOpens:
      return fail_opens();
    case SessionAction::KillAndFailOpens:
      failure_ = Error{ErrorCode::EngineStartFailed,
                       "The engine process did nothing for " +
                           std::to_string(settings().options.watchdog_ms) +
                           " ms, before it served the session"};
      end_engine();
      return fail_opens();
    case SessionAction::Recreate:
      begin_recreation();
      return recreation_->replace_dead(exit_);
    case SessionAction::StopAndRecreate:
      begin_recreation();
      return recreation_->replace_living(replace_why_);
    case SessionAction::GoOn:
      return recreation_->on_engine_died(exit_);
    case SessionAction::StopAndGoOn:
      return recreation_->on_hang();
    case SessionAction::Revive:
      return revive();
    case SessionAction::FailClients:
      return fail_clients();
    case SessionAction::CloseClients:
      return close_clients();
    case SessionAction::EndEngine:
      return end_engine();
  }
}

void Session::begin_recreation() {
  watchdog_.reset();
  recreation_ = std::make_unique<Recreation>(core_, *this, *this);
}

void Session::revive() {
  for (Seat& seat : core_.seats)
    seat.put_back(crash_loop_->drop(seat.client));
  crash_loop_.reset();
  begin_recreation();
  recreation_->revive();
}

void Session::fail_opens() {
  ++core_.around.counters.sessions_failed;
  for (Seat& seat : std::exchange(core_.seats, {})) {
    Joining back{std::move(*seat.socket).release(), seat.peer, seat.open_id, seat.names};
    core_.around.keeper.on_open_failed(std::move(back), failure_);
  }
}

void Session::fail_clients() {
  ++core_.around.counters.sessions_failed;
  crash_loop_ = std::make_unique<CrashLoopService>(core_.around.loop, core_.epoch, failure_);
  // Whoever has left meanwhile waited for an engine to notice.
  std::erase_if(core_.seats, [](const Seat& seat) { return seat.hung_up; });
  const std::string notice =
      session_notice_json("sessionFailed", settings().id, failure_.message, &failure_);
  for (Seat& seat : core_.seats) {
    seat.say(FrameKind::Notification, 0, core_.epoch, notice, core_.around.counters);
    fail_client(seat);
  }
}

/// Its requests are answered here from now on, beginning with openSession.
void Session::fail_client(Seat& seat) {
  if (!std::exchange(seat.attached, true))
    seat.say(FrameKind::Response,
             seat.open_id,
             core_.epoch,
             failed_open_json(core_, seat),
             core_.around.counters);
  crash_loop_->serve(seat.client, seat.socket->fd(), seat.take_unsent());
}

void Session::close_clients() {
  // The engine first: what it still sent would follow the notice.
  end_engine();
  const std::string notice = session_notice_json("sessionClosed", settings().id, close_reason_);
  for (Seat& seat : core_.seats) {
    seat.say(FrameKind::Notification, 0, core_.epoch, notice, core_.around.counters);
    shut_down(seat.socket->fd());
  }
  core_.seats.clear();
}

void Session::end_engine() {
  linger_.cancel();
  crash_loop_.reset();
  core_.around.engines.cancel(std::exchange(ticket_, 0));
  if (recreation_) recreation_->abandon();
  if (core_.engine != nullptr) std::exchange(core_.engine, nullptr)->end("its session is over");
}

}  // namespace chainsolved::supervisor
