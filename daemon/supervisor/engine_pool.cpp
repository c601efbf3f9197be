#include "daemon/supervisor/engine_pool.h"

#include "daemon/supervisor/log.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace chainsolved::supervisor {

namespace {

/// How many engines may be starting at the same time: more only make each of them slower.
constexpr std::size_t kMaxStarting = 8;
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{30'000};

}  // namespace

EnginePool::EnginePool(EventLoop& loop,
                       EngineCommand command,
                       std::size_t spares,
                       Counters& counters)
    : loop_(loop),
      command_(std::move(command)),
      spares_(spares),
      counters_(counters),
      retry_(loop) {}

void EnginePool::start() {
  fill_up();
}

std::size_t EnginePool::count(EngineState state) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      engines_.begin(), engines_.end(), [state](const auto& e) { return e->state() == state; }));
}

EnginePool::Ticket EnginePool::take(Taker taker) {
  ++unsettled_;
  const auto spare = std::find_if(engines_.begin(), engines_.end(), [](const auto& engine) {
    return engine->state() == EngineState::Spare;
  });
  if (spare != engines_.end()) {
    pause_ = std::chrono::milliseconds{0};
    taker(spare->get());
    return 0;
  }
  if (is_backing_off() || all_gone_) {
    taker(Error{ErrorCode::EngineStartFailed,
                all_gone_ ? "the daemon is stopping" : last_failure_ + "; it is tried again soon"});
    return 0;
  }
  const Ticket ticket = ++last_ticket_;
  waiting_.push_back({ticket, std::move(taker)});
  fill_up();
  // A start that is refused at once has called the taker already.
  return !waiting_.empty() && waiting_.back().ticket == ticket ? ticket : 0;
}

void EnginePool::cancel(Ticket ticket) {
  std::erase_if(waiting_, [ticket](const Waiting& waiting) { return waiting.ticket == ticket; });
}

void EnginePool::settled() {
  if (unsettled_ > 0) --unsettled_;
  fill_up();
}

void EnginePool::fill_up() {
  const std::size_t idle = spares_ - std::min(spares_, unsettled_);
  while (!is_backing_off() && !all_gone_) {
    const std::size_t starting = count(EngineState::Starting);
    const std::size_t coming = starting + count(EngineState::Spare);
    if (coming >= idle + waiting_.size() || starting >= kMaxStarting) return;
    start_one();
  }
}

void EnginePool::start_one() {
  auto spawned = spawn_engine(command_);
  if (!spawned.ok()) {
    back_off(spawned.error().message);
    return;
  }
  ++counters_.engines_started;
  log_event(LogLevel::Info, "started", {{"engine", spawned->pid}});
  engines_.push_back(std::make_unique<EngineProcess>(loop_, std::move(*spawned), *this, counters_));
}

void EnginePool::on_spare_ready(EngineProcess& engine) {
  log_event(LogLevel::Info, "ready", {{"engine", engine.pid()}});
  if (waiting_.empty()) return;
  pause_ = std::chrono::milliseconds{0};
  const Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  next.taker(&engine);
}

void EnginePool::on_start_failed(EngineProcess& engine, const std::string& reason) {
  log_event(LogLevel::Error, "start-failed", {{"engine", engine.pid()}}, {{"reason", reason}});
  back_off(reason);
}

void EnginePool::on_spare_lost(EngineProcess& engine, const EngineExit& exit) {
  ++counters_.engine_deaths;
  log_event(LogLevel::Warning, "spare-lost", {{"engine", engine.pid()}}, {{"reason", exit.words}});
  // It had started well, but one that dies idle again and again must not become a busy loop.
  back_off("the spare engine " + exit.words);
}

void EnginePool::back_off(const std::string& reason) {
  ++counters_.engine_start_failures;
  last_failure_ = reason;
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  // Whoever waits is told now: a caller can do something about it, waiting does nothing.
  for (auto& waiting : std::exchange(waiting_, {}))
    waiting.taker(Error{ErrorCode::EngineStartFailed, reason});
  if (all_gone_) return;
  retry_.expires_after(pause_);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    last_failure_.clear();
    fill_up();
  });
}

void EnginePool::on_engine_gone(EngineProcess& engine) {
  // Later: the call comes from inside the engine.
  boost::asio::post(loop_, [this, &engine] { forget(engine); });
}

void EnginePool::forget(const EngineProcess& engine) {
  std::erase_if(engines_, [&engine](const auto& owned) { return owned.get() == &engine; });
  if (all_gone_ && engines_.empty()) std::exchange(all_gone_, [] {})();
  fill_up();
}

void EnginePool::stop(std::function<void()> all_gone) {
  all_gone_ = std::move(all_gone);
  retry_.cancel();
  for (const auto& engine : engines_)
    engine->end("the daemon stops");
  if (engines_.empty()) boost::asio::post(loop_, [this] { std::exchange(all_gone_, [] {})(); });
}

}  // namespace chainsolved::supervisor
