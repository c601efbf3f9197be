#pragma once

#include "daemon/supervisor/transition_table.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace chainsolved::supervisor {

// The life of one engine process. Pure, as session_lifecycle.h is. Dead is final: a new process is
// a new engine. An engine that is being ended is heard no more: what it still says belongs to a
// session that is gone. One that is being stopped is: its session goes on, and wants to know what
// it had come to.

enum class EngineState : std::uint8_t { Starting, Spare, Serving, Stopping, Ending, Dead };

enum class EngineEvent : std::uint8_t {
  SaidReady,
  Taken,      // by a session, or by the probe
  StopBegun,  // by us: SIGKILL is on its way, and its user still listens
  Killed,     // by us, and nobody listens any more
  Exited,
};

enum class EngineAction : std::uint8_t {
  None,
  OfferSpare,          // to a session that waits, or keep it
  ReportStartFailure,  // and try again later
  ReplaceSpare,
  TellSession,
};

using EngineTransition = Transition<EngineState, EngineEvent, EngineAction>;

inline constexpr auto kEngineTransitions = std::to_array<EngineTransition>({
    // clang-format off
    // from                  on                      to                    then
    {EngineState::Starting,  EngineEvent::SaidReady, EngineState::Spare,   EngineAction::OfferSpare},
    {EngineState::Starting,  EngineEvent::Killed,    EngineState::Ending,  EngineAction::None},
    {EngineState::Starting,  EngineEvent::Exited,    EngineState::Dead,    EngineAction::ReportStartFailure},
    {EngineState::Spare,     EngineEvent::Taken,     EngineState::Serving, EngineAction::None},
    {EngineState::Spare,     EngineEvent::Killed,    EngineState::Ending,  EngineAction::None},
    {EngineState::Spare,     EngineEvent::Exited,    EngineState::Dead,    EngineAction::ReplaceSpare},
    {EngineState::Serving,   EngineEvent::StopBegun, EngineState::Stopping, EngineAction::None},
    {EngineState::Serving,   EngineEvent::Killed,    EngineState::Ending,  EngineAction::None},
    {EngineState::Serving,   EngineEvent::Exited,    EngineState::Dead,    EngineAction::TellSession},
    {EngineState::Stopping,  EngineEvent::Killed,    EngineState::Ending,  EngineAction::None},
    {EngineState::Stopping,  EngineEvent::Exited,    EngineState::Dead,    EngineAction::TellSession},
    {EngineState::Ending,    EngineEvent::Exited,    EngineState::Dead,    EngineAction::None},
    // clang-format on
});

inline constexpr auto kEngineStateNames =
    std::to_array<std::string_view>({"starting", "spare", "serving", "stopping", "ending", "dead"});
inline constexpr auto kEngineEventNames =
    std::to_array<std::string_view>({"SaidReady", "Taken", "StopBegun", "Killed", "Exited"});

constexpr std::string_view name_of(EngineState state) noexcept {
  return kEngineStateNames[static_cast<std::size_t>(state)];
}
constexpr std::string_view name_of(EngineEvent event) noexcept {
  return kEngineEventNames[static_cast<std::size_t>(event)];
}

static_assert(kEngineStateNames.size() == static_cast<std::size_t>(EngineState::Dead) + 1);
static_assert(kEngineEventNames.size() == static_cast<std::size_t>(EngineEvent::Exited) + 1);
static_assert(every_pair_is_unique(kEngineTransitions));
static_assert(is_final(kEngineTransitions, EngineState::Dead));
static_assert(can_end(kEngineTransitions, EngineState::Starting, EngineState::Dead) &&
              can_end(kEngineTransitions, EngineState::Spare, EngineState::Dead) &&
              can_end(kEngineTransitions, EngineState::Serving, EngineState::Dead) &&
              can_end(kEngineTransitions, EngineState::Stopping, EngineState::Dead) &&
              can_end(kEngineTransitions, EngineState::Ending, EngineState::Dead));

/// Where one engine stands. `apply` is the only writer.
class EngineLifecycle {
 public:
  EngineState state() const noexcept { return state_; }

  /// The row that was followed; nullptr, and nothing has changed, when there is none.
  const EngineTransition* apply(EngineEvent event) noexcept {
    const EngineTransition* row = find_transition(kEngineTransitions, state_, event);
    if (row != nullptr) state_ = row->to;
    return row;
  }

 private:
  EngineState state_ = EngineState::Starting;
};

}  // namespace chainsolved::supervisor
