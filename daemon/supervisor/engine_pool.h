#pragma once

#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/engine_process.h"
#include "daemon/supervisor/engine_spawn.h"
#include "protocol/error.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace chainsolved::supervisor {

/// Owns every engine process from fork to reaping, and keeps some started and idle, so that opening
/// a session never pays for process start. Of the loop's thread only.
///
/// A spare that was taken is replaced when whoever took it says `settled`: until then the machine
/// has better things to do. Sessions that found no spare wait, and for each of them an engine is
/// started at once. After a failed start nothing is started for a while (twice as long each time),
/// and who asks meanwhile is told why.
class EnginePool final : public EngineKeeper {
 public:
  /// Gives the engine, or ENGINE_START_FAILED with the reason.
  using Taker = std::function<void(Result<EngineProcess*>)>;

  /// Names a taker that waits; 0 is none.
  using Ticket = std::uint64_t;

  EnginePool(EventLoop& loop, EngineCommand command, std::size_t spares, Counters& counters);

  /// Starts the spares.
  void start();

  /// Gives an engine to `taker`, which is called before this returns when there is a spare, or none
  /// can be had; then the ticket is 0.
  Ticket take(Taker taker);
  void cancel(Ticket ticket);
  /// Who took an engine, or tried to, needs no other soon.
  void settled();

  /// Ends every engine and starts none any more; `all_gone` is called when the last is reaped.
  void stop(std::function<void()> all_gone);

  std::size_t count(EngineState state) const noexcept;

 private:
  struct Waiting {
    Ticket ticket;
    Taker taker;
  };

  void on_spare_ready(EngineProcess& engine) override;
  void on_start_failed(EngineProcess& engine, const std::string& reason) override;
  void on_spare_lost(EngineProcess& engine, const EngineExit& exit) override;
  void on_engine_gone(EngineProcess& engine) override;

  bool is_backing_off() const noexcept { return !last_failure_.empty(); }
  void fill_up();
  void start_one();
  void back_off(const std::string& reason);
  void forget(const EngineProcess& engine);

  EventLoop& loop_;
  const EngineCommand command_;
  const std::size_t spares_;
  Counters& counters_;
  std::vector<std::unique_ptr<EngineProcess>> engines_;
  std::deque<Waiting> waiting_;
  Ticket last_ticket_ = 0;
  std::size_t unsettled_ = 0;
  std::string last_failure_;  // while backing off
  std::chrono::milliseconds pause_{0};
  boost::asio::steady_timer retry_;
  std::function<void()> all_gone_;  // while stopping
};

}  // namespace chainsolved::supervisor
