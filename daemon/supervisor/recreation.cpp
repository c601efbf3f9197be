#include "daemon/supervisor/recreation.h"

#include "daemon/supervisor/log.h"
#include "daemon/supervisor/process_tasks.h"
#include "protocol/json_writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <span>
#include <utility>

namespace chainsolved::supervisor {

namespace {

constexpr std::uint64_t kNsPerUs = 1000;
constexpr std::chrono::milliseconds kStartPause{100};

double milliseconds(std::uint64_t ns) noexcept {
  // Thousandths are all that anybody can make use of.
  return std::floor(static_cast<double>(ns) / kNsPerUs) / 1000;
}

/// What became of an engine that was stopped from here.
std::string words_of_stop(DeathKind kind) {
  if (kind == DeathKind::Unkillable) return "cannot be killed";
  if (kind == DeathKind::Restarted) return "was replaced, since the session was restarted";
  return "made no progress and was killed";
}

void write_ids(JsonWriter& json, std::string_view name, const std::vector<BlamedNode>& nodes) {
  json.key(name).begin_array();
  for (const BlamedNode& node : nodes)
    json.string(node.id);
  json.end_array();
}

}  // namespace

Recreation::Recreation(SessionCore& core, EngineUser& engine_user, RecreationUser& user)
    : core_(core),
      engine_user_(engine_user),
      user_(user),
      began_ns_(monotonic_ns()),
      stop_(core.around.loop),
      pause_(core.around.loop) {}

Recreation::~Recreation() {
  abandon();
}

void Recreation::abandon() noexcept {
  stop_.cancel();
  pause_.cancel();
  stopping_ = replaying_ = false;
  core_.around.engines.cancel(std::exchange(ticket_, 0));
}

void Recreation::replace_living(DeathKind why) {
  why_ = why;
  stop();
}

void Recreation::replace_dead(const EngineExit& exit) {
  inspect(death_of(exit, exit.signal == SIGKILL && core_.around.memory.has_grown()));
}

void Recreation::revive() {
  cause_.kind = DeathKind::Restarted;
  cause_.words = "had failed, and the session was restarted";
  stopped_ns_ = answered_ns_ = began_ns_;
  answered_ = true;
  for (Seat& seat : core_.seats)
    seat.is_told = false;
  tell_recreating();
  take_spare();
}

void Recreation::on_hang() {
  replace_living(DeathKind::Hang);
}

void Recreation::on_engine_died(const EngineExit& exit) {
  if (!std::exchange(stopping_, false)) return replace_dead(exit);
  // It was reaped before it was looked at again.
  stop_.cancel();
  on_stopped(true);
}

// --- 1. Kill it, and wait until it cannot run any more ---

void Recreation::stop() {
  if (why_ == DeathKind::Hang && is_stopped(core_.engine->pid())) why_ = DeathKind::Stopped;
  stopping_ = true;
  stop_.begin(*core_.engine, core_.settings.recovery.kill_timeout, [this](bool stopped) {
    stopping_ = false;
    on_stopped(stopped);
  });
}

void Recreation::on_stopped(bool stopped) {
  Death death;
  death.kind = stopped ? why_ : DeathKind::Unkillable;
  death.words = words_of_stop(death.kind);
  inspect(std::move(death));
}

// --- 2. What it still said, its commit word and its table ---

void Recreation::inspect(Death death) {
  EngineProcess& engine = *core_.engine;
  engine.drain();
  replaying_ = false;
  death.node = read_current_node(engine.page());
  death.own_node = read_own_node(engine.page());
  if (!answered_) in_flight_ = read_in_flight(engine.page(), monotonic_ns());
  if (death.kind != DeathKind::Unkillable) core_.generations.settle();
  core_.engine = nullptr;
  engine.end(name_of(death.kind));
  core_.note_death(death);
  log_event(LogLevel::Warning,
            "engine-died",
            {{"session", core_.settings.id}, {"engine", engine.pid()}},
            {{"kind", name_of(death.kind)},
             {"reason", death.words},
             {"inFlight", in_flight_.size()},
             {"node", death.node}});
  if (answered_) return again(death);
  stopped_ns_ = monotonic_ns();
  log_step("stopped", began_ns_);
  cause_ = std::move(death);
  answer();
}

// --- 3. Tell every client, and answer what was in flight ---

void Recreation::answer() {
  tell_recreating();
  const std::uint64_t committed = core_.generations.committed();
  for (const InFlightRequest& request : in_flight_) {
    Seat* seat = core_.find_seat(request.client);
    if (seat == nullptr) continue;
    seat->say_error(
        request.id, core_.epoch, death_error(request, cause_, committed), core_.around.counters);
    seat->answered.push_back(request.id);
  }
  answered_ = true;
  answered_ns_ = monotonic_ns();
  log_step("answered", stopped_ns_);
  if (cause_.kind == DeathKind::Unkillable)
    return user_.on_unkillable(Error{ErrorCode::WorkerCrashed, sentence_of(cause_)});
  const bool in_replay = false;
  const Blame::Verdict verdict =
      core_.blame.on_death(cause_, in_replay, std::chrono::steady_clock::now());
  if (verdict.give_up) return give_up();
  take_spare_after(verdict.pause);
}

void Recreation::tell_recreating() {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("method", "recreating").key("params").begin_object();
  json.member("session", std::string_view(core_.settings.id));
  json.member("code", info_of(code_of(cause_.kind)).wire);
  json.member("reason", std::string_view(cause_.words));
  if (!cause_.node.empty()) json.member("node", std::string_view(cause_.node));
  json.end_object().end_object();
  for (Seat& seat : core_.seats) {
    seat.is_told = true;
    seat.say(FrameKind::Notification, 0, core_.epoch, text, core_.around.counters);
  }
}

// --- 4. A successor, and what it begins with ---

void Recreation::take_spare() {
  ticket_ = 0;
  ticket_ = core_.take_engine([this](Result<EngineProcess*> engine) {
    ticket_ = 0;
    if (engine.ok()) return replay(**engine);
    Death death;
    death.kind = DeathKind::NotStarted;
    death.words = "could not be started: " + engine.error().message;
    core_.note_death(death);
    again(death);
  });
}

void Recreation::replay(EngineProcess& spare) {
  employed_ns_ = monotonic_ns();
  replayed_ = {};
  core_.employ(spare, engine_user_, next_epoch());
  const Generation* generation = core_.generations.current();
  // Nothing was ever committed: an engine that is configured is all there is to it.
  if (generation == nullptr) return on_replayed({});
  send_generation(*generation);
}

void Recreation::send_generation(const Generation& generation) {
  for (const auto& [number, segment] : core_.generations.kept())
    core_.engine->send(to_json(KeepMessage{number}), segment.borrow());
  ReplayMessage message;
  message.has_snapshot = generation.snapshot.valid();
  message.committed = core_.generations.committed();
  message.suspects = core_.blame.suspects();
  message.quarantined = core_.blame.quarantined();
  const std::array<BorrowedFd, 2> fds{generation.snapshot.borrow(), generation.journal.fd()};
  core_.engine->send(to_json(message), std::span(fds).subspan(message.has_snapshot ? 0 : 1));
  replaying_ = true;
}

/// Same epoch, and nothing is said again: the clients wait already.
void Recreation::again(const Death& death) {
  const bool in_replay = true;
  const Blame::Verdict verdict =
      core_.blame.on_death(death, in_replay, std::chrono::steady_clock::now());
  if (verdict.set_aside) set_aside(death);
  if (verdict.give_up || death.kind == DeathKind::Unkillable) return give_up();
  // The pool, too, waits before it tries again.
  const auto pause =
      death.kind == DeathKind::NotStarted ? std::max(verdict.pause, kStartPause) : verdict.pause;
  take_spare_after(pause);
}

void Recreation::take_spare_after(std::chrono::milliseconds pause) {
  if (pause.count() == 0) return take_spare();
  pause_.set_after(pause, [this] { take_spare(); });
}

void Recreation::set_aside(const Death& death) {
  set_aside_ = true;
  core_.generations.set_aside("The engine process that replayed it " + death.words);
  core_.blame.forget_nodes();
  log_event(LogLevel::Error,
            "snapshot-set-aside",
            {{"session", core_.settings.id}},
            {{"reason", death.words}});
}

void Recreation::give_up() {
  core_.settle();
  user_.on_gave_up(Error{ErrorCode::WorkerCrashLoop,
                         "The engine died too often within " +
                             std::to_string(core_.settings.recovery.blame.window.count()) +
                             " ms, the last time since it " + core_.deaths.back().death.words +
                             "; restartSession tries again"});
}

void Recreation::on_replayed(ReplayedMessage message) {
  replaying_ = false;
  replayed_ns_ = monotonic_ns();
  core_.blame.on_replayed(message.suspects);
  replayed_ = std::move(message);
  log_step("replayed", answered_ns_);
  announce();
}

// --- 5. Tell every client that the session is back ---

void Recreation::announce() {
  core_.epoch = next_epoch();
  ++core_.around.counters.recreations;
  const std::string text = recreated_json();
  for (Seat& seat : core_.seats)
    if (std::exchange(seat.is_told, false))
      seat.say(FrameKind::Notification, 0, core_.epoch, text, core_.around.counters);
  for (DeathRecord& record : core_.deaths)
    if (record.lost_ms == 0) record.lost_ms = milliseconds(replayed_ns_ - began_ns_);
  attach();
}

std::string Recreation::recreated_json() const {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("method", "recreated").key("params").begin_object();
  json.member("session", std::string_view(core_.settings.id));
  json.member("epoch", std::uint64_t{core_.epoch});
  json.member("code", info_of(code_of(cause_.kind)).wire);
  json.member("reason", std::string_view(cause_.words));
  std::string node = cause_.node;
  for (const BlamedNode& suspect : replayed_.suspects)
    if (node.empty() && cause_.own_node && suspect.slot == cause_.own_node->slot) node = suspect.id;
  if (!node.empty()) json.member("node", std::string_view(node));
  json.member("elapsedMs", milliseconds(replayed_ns_ - began_ns_));
  json.member("replayed", replayed_.records).member("evaluated", replayed_.evaluated);
  json.key("lostDatasets").begin_array();
  for (const std::string& dataset : replayed_.lost_datasets)
    json.string(dataset);
  json.end_array();
  write_ids(json, "suspects", replayed_.suspects);
  write_ids(json, "quarantined", core_.blame.quarantined());
  json.member("snapshotSetAside", set_aside_);
  if (const auto& aside = core_.generations.aside(); set_aside_ && aside) {
    json.key("snapshotQuarantined").begin_object();
    json.member("code", "SNAPSHOT_QUARANTINED");
    json.member("generation", std::uint64_t{aside->generation.number});
    json.member("snapshotBytes", aside->generation.snapshot_bytes);
    json.member("reason", std::string_view(aside->reason)).end_object();
  }
  json.key("timing").begin_object();
  json.member("stopUs", (stopped_ns_ - began_ns_) / kNsPerUs);
  json.member("answerUs", (answered_ns_ - stopped_ns_) / kNsPerUs);
  json.member("spareUs", (employed_ns_ - answered_ns_) / kNsPerUs);
  json.member("replayUs", (replayed_ns_ - employed_ns_) / kNsPerUs);
  json.end_object().end_object().end_object();
  return text;
}

// --- 6. Give the clients to the successor ---

void Recreation::attach() {
  const std::string error(info_of(code_of(cause_.kind)).wire);
  for (Seat& seat : core_.seats)
    core_.attach(seat, core_.epoch, error);
  log_step("attached", replayed_ns_);
  log_event(LogLevel::Info,
            "recreated",
            {{"session", core_.settings.id}, {"engine", core_.engine->pid()}},
            {{"epoch", core_.epoch},
             {"reason", name_of(cause_.kind)},
             {"us", (monotonic_ns() - began_ns_) / kNsPerUs}});
  user_.on_recreated();
}

void Recreation::log_step(std::string_view step, std::uint64_t since_ns) const {
  log_event(LogLevel::Info,
            step,
            {{"session", core_.settings.id}},
            {{"us", (monotonic_ns() - since_ns) / kNsPerUs}});
}

}  // namespace chainsolved::supervisor
