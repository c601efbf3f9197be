#pragma once

#include "daemon/supervisor/alarm.h"
#include "daemon/supervisor/blame.h"
#include "daemon/supervisor/death.h"
#include "daemon/supervisor/engine_stop.h"
#include "daemon/supervisor/in_flight_report.h"
#include "daemon/supervisor/session_core.h"
#include "protocol/channel.h"
#include "protocol/error.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::supervisor {

/// Whoever leads the session through its life.
class RecreationUser {
 public:
  RecreationUser() = default;
  RecreationUser(const RecreationUser&) = delete;
  RecreationUser& operator=(const RecreationUser&) = delete;
  virtual ~RecreationUser() = default;

  /// A successor holds the graph, and every client has been attached to it.
  virtual void on_recreated() = 0;
  /// There will be no successor: WORKER_CRASH_LOOP, with the reason.
  virtual void on_gave_up(const Error& reason) = 0;
  /// The engine can still run after everything: its clients cannot be given to another.
  virtual void on_unkillable(const Error& reason) = 0;
};

/// Brings a session back after the death of its engine: the sequence of DESIGN §4, each step under
/// the design's name. Nothing here waits; each step ends in a call of the next, now or when the
/// kernel, the pool or the successor has done its part.
///
///     stop ─▶ inspect ─▶ answer ─▶ take_spare ─▶ replay ─▶ announce ─▶ attach
///                │                    ▲             │
///                └──── again ─────────┘◀── death ───┘   same epoch, nothing said twice
///
/// Of the loop's thread only. Used once per recreation.
class Recreation {
 public:
  Recreation(SessionCore& core, EngineUser& engine_user, RecreationUser& user);
  Recreation(const Recreation&) = delete;
  Recreation& operator=(const Recreation&) = delete;
  ~Recreation();

  /// The engine is alive: it hangs, or the session is to be restarted.
  void replace_living(DeathKind why);
  /// The engine has ended, and has been heard to its end.
  void replace_dead(const EngineExit& exit);
  /// A failed session is to come back: nothing is in flight, and the clients know of the deaths.
  void revive();

  // What happens meanwhile.
  void on_replayed(ReplayedMessage message);
  void on_engine_died(const EngineExit& exit);
  void on_hang();

  /// The session is over: nothing more happens.
  void abandon() noexcept;

  /// An engine was given what it has to replay, and has not said that it has.
  bool is_replaying() const noexcept { return replaying_; }
  /// An engine is being stopped: it is not to be watched.
  bool is_stopping() const noexcept { return stopping_; }

 private:
  // The steps.
  void stop();
  void inspect(Death death);
  void answer();
  void take_spare();
  void replay(EngineProcess& spare);
  void announce();
  void attach();

  void again(const Death& death);
  void take_spare_after(std::chrono::milliseconds pause);
  void on_stopped(bool stopped);
  void give_up();
  void set_aside(const Death& death);
  void tell_recreating();
  void send_generation(const Generation& generation);
  std::string recreated_json() const;
  std::uint32_t next_epoch() const noexcept { return core_.epoch + 1; }
  void log_step(std::string_view step, std::uint64_t since_ns) const;

  SessionCore& core_;
  EngineUser& engine_user_;
  RecreationUser& user_;
  DeathKind why_ = DeathKind::Hang;  // while an engine is being stopped
  Death cause_;                      // of the first death: what callers are told
  std::vector<InFlightRequest> in_flight_;
  bool answered_ = false;  // the clients know; from here on a death is one in replay
  bool stopping_ = false;
  bool replaying_ = false;
  bool set_aside_ = false;
  ReplayedMessage replayed_;
  std::uint64_t began_ns_;
  std::uint64_t stopped_ns_ = 0;
  std::uint64_t answered_ns_ = 0;
  std::uint64_t employed_ns_ = 0;
  std::uint64_t replayed_ns_ = 0;
  EnginePool::Ticket ticket_ = 0;
  EngineStop stop_;
  Alarm pause_;
};

}  // namespace chainsolved::supervisor
