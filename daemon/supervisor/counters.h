#pragma once

#include <cstdint>

namespace chainsolved::supervisor {

// What the daemon counts and tells in `status.counters`: X(member, name on the wire).
#define CHAINSOLVED_COUNTERS(X)                                               \
  X(wakeups, "wakeups")              /* of the event loop */                  \
  X(handed_wakeups, "handedWakeups") /* of the handed sockets' set */         \
  X(connections, "connections")      /* accepted */                           \
  X(refused, "refused")              /* not our user, or too many */          \
  X(requests, "requests")            /* read by the supervisor */             \
  X(bad_frames, "badFrames")                                                  \
  X(sessions_opened, "sessionsOpened")                                        \
  X(sessions_failed, "sessionsFailed")                                        \
  X(handovers, "handovers") /* sockets sent to engines */                     \
  X(hang_ups, "hangUps")                                                      \
  X(engines_started, "enginesStarted")                                        \
  X(engine_start_failures, "engineStartFailures")                             \
  X(engine_deaths, "engineDeaths")         /* unexpected ones */              \
  X(too_many_refs, "tooManyRefs")          /* ETOOMANYREFS, tried again */    \
  X(hangs, "hangs")                        /* the watchdog's decisions */     \
  X(recreations, "recreations")            /* sessions that came back */      \
  X(notices_delayed, "noticesDelayed")     /* the client's socket was full */ \
  X(notices_dropped, "noticesDropped")     /* likewise, and for good */       \
  X(unexpected_events, "unexpectedEvents") /* a pair without a row: a bug */

/// Plain numbers: one thread owns the daemon.
struct Counters {
#define X(member, name) std::uint64_t member = 0;
  CHAINSOLVED_COUNTERS(X)
#undef X
};

}  // namespace chainsolved::supervisor
