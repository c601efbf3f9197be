#pragma once

#include "daemon/supervisor/transition_table.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace chainsolved::supervisor {

// The life of a session, as DESIGN §2 draws it. Pure: no descriptor, no clock, no log. `Session`
// feeds it events and does what it answers.
//
// Busy is not a state here. Requests pass from the client straight to the engine and the supervisor
// is not woken by them; whoever asks for a session's state is told Busy when the status page says
// so at that moment.
//
// A session that has lost its engine, by the watchdog, by death or by restartSession, goes through
// Recreating in every case. Whether it comes back (Recreated) or not (GaveUp) is decided there, by
// Recreation; what happens to the engines it tries meanwhile (EngineDied, Hung) is Recreation's own
// business, and clients may join (their turn comes when it is done) and leave (the successor, or
// Failed, finds out). A client sees `sessionFailed` only after every request in flight has been
// answered.
//
// restartSession during a recreation has nothing to do but to wait for it.
//
// Failed sessions keep their clients, whose requests the supervisor answers until restartSession.
//
// Closed is final: a name that is opened again is a new session with a new id.

enum class SessionState : std::uint8_t { Starting, Ready, Recreating, Failed, Closed };

enum class SessionEvent : std::uint8_t {
  Attached,        // the engine serves a client
  EngineDied,      // or none could be had
  Hung,            // the watchdog says so
  Recreated,       // a successor holds the graph
  GaveUp,          // there will be no successor
  Unkillable,      // nor can there be one
  Restarted,       // restartSession
  LastClientLeft,  // and the time to linger is over
  CloseRequested,  // closeSession, or the daemon stops
};

enum class SessionAction : std::uint8_t {
  None,
  ReplaceSpare,  // the spare that was taken may be started anew
  FailOpens,     // answer every waiting openSession with ENGINE_START_FAILED
  KillAndFailOpens,
  Recreate,         // from the engine that died
  StopAndRecreate,  // from the engine that lives
  GoOn,             // with the recreation under way: the engine that it tried died
  StopAndGoOn,      // likewise: it hangs
  Revive,           // recreate once more
  FailClients,      // notify sessionFailed; the supervisor answers from here on
  CloseClients,     // notify sessionClosed, shut the clients down, end the engine
  EndEngine,        // nobody is left to tell
};

using SessionTransition = Transition<SessionState, SessionEvent, SessionAction>;

inline constexpr auto kSessionTransitions = std::to_array<SessionTransition>({
    // clang-format off
    // from                    on                            to                        then
    {SessionState::Starting,   SessionEvent::Attached,       SessionState::Ready,      SessionAction::ReplaceSpare},
    {SessionState::Starting,   SessionEvent::EngineDied,     SessionState::Closed,     SessionAction::FailOpens},
    {SessionState::Starting,   SessionEvent::Hung,           SessionState::Closed,     SessionAction::KillAndFailOpens},
    {SessionState::Starting,   SessionEvent::LastClientLeft, SessionState::Closed,     SessionAction::EndEngine},
    {SessionState::Starting,   SessionEvent::CloseRequested, SessionState::Closed,     SessionAction::CloseClients},
    {SessionState::Ready,      SessionEvent::Attached,       SessionState::Ready,      SessionAction::None},
    {SessionState::Ready,      SessionEvent::EngineDied,     SessionState::Recreating, SessionAction::Recreate},
    {SessionState::Ready,      SessionEvent::Hung,           SessionState::Recreating, SessionAction::StopAndRecreate},
    {SessionState::Ready,      SessionEvent::Restarted,      SessionState::Recreating, SessionAction::StopAndRecreate},
    {SessionState::Ready,      SessionEvent::LastClientLeft, SessionState::Closed,     SessionAction::EndEngine},
    {SessionState::Ready,      SessionEvent::CloseRequested, SessionState::Closed,     SessionAction::CloseClients},
    {SessionState::Recreating, SessionEvent::Attached,       SessionState::Recreating, SessionAction::None},
    {SessionState::Recreating, SessionEvent::EngineDied,     SessionState::Recreating, SessionAction::GoOn},
    {SessionState::Recreating, SessionEvent::Hung,           SessionState::Recreating, SessionAction::StopAndGoOn},
    {SessionState::Recreating, SessionEvent::Restarted,      SessionState::Recreating, SessionAction::None},
    {SessionState::Recreating, SessionEvent::Recreated,      SessionState::Ready,      SessionAction::ReplaceSpare},
    {SessionState::Recreating, SessionEvent::GaveUp,         SessionState::Failed,     SessionAction::FailClients},
    {SessionState::Recreating, SessionEvent::Unkillable,     SessionState::Closed,     SessionAction::CloseClients},
    {SessionState::Recreating, SessionEvent::LastClientLeft, SessionState::Closed,     SessionAction::EndEngine},
    {SessionState::Recreating, SessionEvent::CloseRequested, SessionState::Closed,     SessionAction::CloseClients},
    {SessionState::Failed,     SessionEvent::Restarted,      SessionState::Recreating, SessionAction::Revive},
    {SessionState::Failed,     SessionEvent::LastClientLeft, SessionState::Closed,     SessionAction::EndEngine},
    {SessionState::Failed,     SessionEvent::CloseRequested, SessionState::Closed,     SessionAction::CloseClients},
    // clang-format on
});

inline constexpr auto kSessionStateNames =
    std::to_array<std::string_view>({"starting", "ready", "recreating", "failed", "closed"});
inline constexpr auto kSessionEventNames = std::to_array<std::string_view>({"Attached",
                                                                            "EngineDied",
                                                                            "Hung",
                                                                            "Recreated",
                                                                            "GaveUp",
                                                                            "Unkillable",
                                                                            "Restarted",
                                                                            "LastClientLeft",
                                                                            "CloseRequested"});

constexpr std::string_view name_of(SessionState state) noexcept {
  return kSessionStateNames[static_cast<std::size_t>(state)];
}
constexpr std::string_view name_of(SessionEvent event) noexcept {
  return kSessionEventNames[static_cast<std::size_t>(event)];
}

static_assert(kSessionStateNames.size() == static_cast<std::size_t>(SessionState::Closed) + 1);
static_assert(kSessionEventNames.size() ==
              static_cast<std::size_t>(SessionEvent::CloseRequested) + 1);
static_assert(every_pair_is_unique(kSessionTransitions));
static_assert(is_final(kSessionTransitions, SessionState::Closed));
static_assert(can_end(kSessionTransitions, SessionState::Starting, SessionState::Closed) &&
              can_end(kSessionTransitions, SessionState::Ready, SessionState::Closed) &&
              can_end(kSessionTransitions, SessionState::Recreating, SessionState::Closed) &&
              can_end(kSessionTransitions, SessionState::Failed, SessionState::Closed));

/// Where one session stands. `apply` is the only writer.
class SessionLifecycle {
 public:
  SessionState state() const noexcept { return state_; }

  /// The row that was followed; nullptr, and nothing has changed, when there is none.
  const SessionTransition* apply(SessionEvent event) noexcept {
    const SessionTransition* row = find_transition(kSessionTransitions, state_, event);
    if (row != nullptr) state_ = row->to;
    return row;
  }

 private:
  SessionState state_ = SessionState::Starting;
};

}  // namespace chainsolved::supervisor
