#include "daemon/supervisor/session.h"

#include "daemon/supervisor/client_message.h"
#include "daemon/supervisor/in_flight_report.h"
#include "daemon/supervisor/log.h"

#include <algorithm>
#include <utility>

namespace chainsolved::supervisor {

/// Copied from the engine while it is still there.
struct Session::Death {
  Error reason;       // of sessionFailed, and of opens that were not answered
  std::string ended;  // "was killed by signal 11 (Segmentation fault)"
  std::string node;
  std::vector<InFlightRequest> in_flight;
};

Session::Session(const SessionSurroundings& around, SessionSettings settings)
    : around_(around),
      settings_(std::move(settings)),
      idle_since_(std::chrono::steady_clock::now()),
      linger_(around.loop) {}

Session::~Session() {
  if (ticket_ != 0) around_.engines.cancel(ticket_);
}

void Session::start() {
  unsettled_ = true;
  ticket_ =
      around_.engines.take([this](Result<EngineProcess*> engine) { on_engine(std::move(engine)); });
}

void Session::join(Joining client) {
  Seat seat;
  seat.client = ++last_client_;
  seat.socket = around_.sockets.add(std::move(client.socket),
                                    [this, number = seat.client] { on_hang_up(number); });
  seat.peer = client.peer;
  seat.open_id = client.open_id;
  seat.names = client.names;
  seat.created = seat.client == 1;
  linger_.cancel();
  seats_.push_back(std::move(seat));
  if (engine_ != nullptr) attach(seats_.back());
}

void Session::on_engine(Result<EngineProcess*> engine) {
  ticket_ = 0;
  if (!engine.ok()) {
    death_ = std::make_unique<Death>();
    death_->reason = std::move(engine).error();
    apply(SessionEvent::EngineDied);
    return;
  }
  engine_ = *engine;
  engine_->serve(*this);
  ConfigureMessage configure;
  configure.session_id = settings_.id;
  configure.session_name = settings_.name;
  configure.epoch = epoch_;
  configure.options = settings_.options;
  configure.limits = settings_.limits;
  engine_->send(to_json(configure));
  for (const Seat& seat : seats_)
    attach(seat);
}

void Session::attach(const Seat& seat) {
  AttachMessage message;
  message.client = seat.client;
  message.epoch = epoch_;
  message.open = PendingOpen{seat.open_id, seat.created};
  message.names = seat.names;
  message.pid = static_cast<std::uint32_t>(seat.peer.pid);
  engine_->send(to_json(message), seat.socket->fd());
}

void Session::on_attached(std::uint64_t client) {
  const auto seat = std::find_if(
      seats_.begin(), seats_.end(), [client](const Seat& s) { return s.client == client; });
  if (seat == seats_.end() || seat->attached) return;
  seat->attached = true;
  log_event(LogLevel::Info,
            "attached",
            {{"session", settings_.id}, {"engine", engine_->pid()}},
            {{"client", client}, {"pid", seat->peer.pid}});
  apply(SessionEvent::Attached);
}

void Session::on_detached(std::uint64_t client) {
  log_event(LogLevel::Info,
            "detached",
            {{"session", settings_.id}, {"engine", engine_->pid()}},
            {{"client", client}});
  drop_seat(client);
}

void Session::on_hang_up(std::uint64_t client) {
  // The engine meets the end itself and says `detached` when it has released what was the client's.
  if (engine_ == nullptr) drop_seat(client);
}

void Session::drop_seat(std::uint64_t client) {
  std::erase_if(seats_, [client](const Seat& seat) { return seat.client == client; });
  if (seats_.empty()) on_nobody_left();
}

void Session::on_nobody_left() {
  idle_since_ = std::chrono::steady_clock::now();
  if (settings_.name.empty() || settings_.options.linger_ms == 0) {
    apply(SessionEvent::LastClientLeft);
    return;
  }
  linger_.expires_after(std::chrono::milliseconds(settings_.options.linger_ms));
  linger_.async_wait([this](const boost::system::error_code& error) {
    // A client may have joined while this was on its way.
    if (!error && seats_.empty()) apply(SessionEvent::LastClientLeft);
  });
}

void Session::evict() {
  if (seats_.empty()) apply(SessionEvent::LastClientLeft);
}

void Session::close(std::string_view reason) {
  close_reason_ = reason;
  apply(SessionEvent::CloseRequested);
}

void Session::on_engine_died(const EngineExit& exit) {
  ++around_.counters.engine_deaths;
  death_ = std::make_unique<Death>();
  death_->ended = exit.words;
  death_->node = read_current_node(engine_->page());
  death_->in_flight = read_in_flight(engine_->page(), monotonic_ns());
  const bool served = state() != SessionState::Starting;
  death_->reason =
      Error{served ? ErrorCode::WorkerCrashed : ErrorCode::EngineStartFailed,
            "The engine process " + exit.words + (served ? "" : " before it served the session")};
  log_event(
      LogLevel::Warning,
      "engine-died",
      {{"session", settings_.id}, {"engine", engine_->pid()}},
      {{"reason", exit.words}, {"inFlight", death_->in_flight.size()}, {"node", death_->node}});
  engine_ = nullptr;
  apply(SessionEvent::EngineDied);
}

void Session::apply(SessionEvent event) {
  const SessionState before = state();
  const SessionTransition* row = lifecycle_.apply(event);
  if (row == nullptr) {
    ++around_.counters.unexpected_events;
    log_event(LogLevel::Error,
              "unexpected",
              {{"session", settings_.id}},
              {{"state", name_of(before)}, {"on", name_of(event)}});
    return;
  }
  if (row->to != before)
    log_event(LogLevel::Info,
              "state",
              {{"session", settings_.id}},
              {{"from", name_of(before)}, {"to", name_of(row->to)}, {"on", name_of(event)}});
  perform(row->then);
  if (row->to == SessionState::Closed) {
    settle();
    around_.keeper.on_session_closed(*this);
  }
}

void Session::perform(SessionAction action) {
  switch (action) {
    case SessionAction::None:
      return;
    case SessionAction::ReplaceSpare:
      return settle();
    case SessionAction::FailOpens:
      return fail_opens();
    case SessionAction::AnswerInFlight:
      answer_in_flight();
      // Nothing has kept what a successor would need.
      return apply(SessionEvent::GaveUp);
    case SessionAction::FailClients:
      fail_clients();
      return apply(SessionEvent::LastClientLeft);
    case SessionAction::CloseClients:
      close_clients();
      return end_engine();
    case SessionAction::EndEngine:
      return end_engine();
  }
}

void Session::fail_opens() {
  ++around_.counters.sessions_failed;
  for (Seat& seat : std::exchange(seats_, {})) {
    Joining back{std::move(*seat.socket).release(), seat.peer, seat.open_id, seat.names};
    around_.keeper.on_open_failed(std::move(back), death_->reason);
  }
}

void Session::answer_in_flight() {
  for (const InFlightRequest& request : death_->in_flight) {
    const auto seat = std::find_if(
        seats_.begin(), seats_.end(), [&](const Seat& s) { return s.client == request.client; });
    if (seat == seats_.end()) continue;
    tell(*seat, make_error(request.id, epoch_, crash_error(request, death_->ended, death_->node)));
  }
  for (const Seat& seat : seats_)
    if (!seat.attached) tell(seat, make_error(seat.open_id, epoch_, death_->reason));
}

void Session::fail_clients() {
  ++around_.counters.sessions_failed;
  const ClientMessage notice = make_session_notice(
      "sessionFailed", settings_.id, epoch_, death_->reason.message, &death_->reason);
  for (const Seat& seat : seats_) {
    tell(seat, notice);
    shut_down(seat.socket->fd());
  }
  seats_.clear();
}

void Session::close_clients() {
  // The engine first: what it still sent would follow the notice.
  if (engine_ != nullptr) engine_->end(close_reason_);
  const ClientMessage notice =
      make_session_notice("sessionClosed", settings_.id, epoch_, close_reason_);
  for (const Seat& seat : seats_) {
    tell(seat, notice);
    shut_down(seat.socket->fd());
  }
  seats_.clear();
}

void Session::end_engine() {
  linger_.cancel();
  around_.engines.cancel(std::exchange(ticket_, 0));
  if (engine_ != nullptr) std::exchange(engine_, nullptr)->end("its session is over");
}

void Session::settle() {
  if (std::exchange(unsettled_, false)) around_.engines.settled();
}

void Session::tell(const Seat& seat, const ClientMessage& message) {
  if (message.send_to(seat.socket->fd()) == SocketStatus::Done) return;
  ++around_.counters.notices_dropped;
}

}  // namespace chainsolved::supervisor
