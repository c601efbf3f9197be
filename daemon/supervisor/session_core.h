#pragma once

#include "daemon/supervisor/blame.h"
#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/engine_pool.h"
#include "daemon/supervisor/generation_store.h"
#include "daemon/supervisor/handed_sockets.h"
#include "daemon/supervisor/out_of_memory.h"
#include "daemon/supervisor/peer.h"
#include "daemon/supervisor/seat.h"
#include "daemon/supervisor/watchdog.h"
#include "protocol/channel.h"
#include "protocol/limits.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <sys/types.h>

namespace chainsolved::supervisor {

class SessionKeeper;

/// What the daemon's command line says of every session.
struct RecoveryRules {
  Blame::Rules blame;
  std::chrono::milliseconds kill_timeout{1000};
};

/// What a session was opened with.
struct SessionSettings {
  std::string id;    // "s1"
  std::string name;  // empty: unnamed
  uid_t uid = 0;
  SessionOptions options;
  Limits limits;
  RecoveryRules recovery;
};

/// What a session needs from the daemon around it. Outlives every session.
struct SessionSurroundings {
  EventLoop& loop;
  EnginePool& engines;
  HandedSockets& sockets;
  SessionKeeper& keeper;
  Counters& counters;
  PageScan& scan;
  OutOfMemory& memory;
};

/// One of the last deaths, for listSessions.
struct DeathRecord {
  Death death;
  double lost_ms = 0;  // until the session served again; 0: not yet
  std::uint64_t at_unix_ms = 0;
};

/// What a session is made of: shared by what leads it through its life (Session) and what brings it
/// back (Recreation).
struct SessionCore {
  SessionCore(const SessionSurroundings& surroundings, SessionSettings opened_with);

  SessionSurroundings around;
  const SessionSettings settings;
  std::vector<Seat> seats;
  std::uint32_t epoch = 1;          // that the clients know
  EngineProcess* engine = nullptr;  // the pool's
  GenerationStore generations;
  Blame blame;
  std::deque<DeathRecord> deaths;

  Seat* find_seat(std::uint64_t client) noexcept;
  /// Takes an engine into service and configures it.
  void employ(EngineProcess& taken, EngineUser& user, std::uint32_t with_epoch);
  void attach(Seat& seat, std::uint32_t at_epoch, const std::string& error);
  void note_death(const Death& death);
  /// Asks the pool; whoever took an engine before needs it no more.
  EnginePool::Ticket take_engine(EnginePool::Taker taker);
  /// The session needs no other engine soon.
  void settle();

 private:
  bool unsettled_ = false;
};

}  // namespace chainsolved::supervisor
