#include "client/cpp/src/session_state.h"

#include <array>
#include <cstddef>

namespace chainsolved::client {

namespace {

using enum SessionState;
using In = SessionInput;
using Do = SessionAction;

constexpr std::size_t kStates = 5;
constexpr std::size_t kInputs = 7;

// In Opening the session that is being joined may be recreated under way: its engine answers
// openSession when it is back, with the epoch of then, so that nothing is to be done.
// A closed connection hears nothing any more; the rows say so.
constexpr auto kTransitions = std::to_array<SessionTransition>({
    {Opening, In::Opened, Open, Do::SendHeld},
    {Opening, In::Recreating, Opening, Do::None},
    {Opening, In::Recreated, Opening, Do::None},
    {Opening, In::SessionFailed, Opening, Do::None},
    {Opening, In::SessionClosed, Closed, Do::RejectAll},
    {Opening, In::Disposed, Closed, Do::RejectAll},
    {Opening, In::Ended, Closed, Do::RejectAll},
    {Open, In::Opened, Open, Do::None},
    {Open, In::Recreating, Recreating, Do::None},
    {Open, In::Recreated, Open, Do::None},
    {Open, In::SessionFailed, Failed, Do::RejectHeld},
    {Open, In::SessionClosed, Closed, Do::RejectAll},
    {Open, In::Disposed, Closed, Do::RejectAll},
    {Open, In::Ended, Closed, Do::RejectAll},
    {Recreating, In::Opened, Recreating, Do::None},
    {Recreating, In::Recreating, Recreating, Do::None},
    {Recreating, In::Recreated, Open, Do::SendHeld},
    {Recreating, In::SessionFailed, Failed, Do::RejectHeld},
    {Recreating, In::SessionClosed, Closed, Do::RejectAll},
    {Recreating, In::Disposed, Closed, Do::RejectAll},
    {Recreating, In::Ended, Closed, Do::RejectAll},
    {Failed, In::Opened, Failed, Do::None},
    {Failed, In::Recreating, Recreating, Do::None},
    {Failed, In::Recreated, Open, Do::SendHeld},
    {Failed, In::SessionFailed, Failed, Do::None},
    {Failed, In::SessionClosed, Closed, Do::RejectAll},
    {Failed, In::Disposed, Closed, Do::RejectAll},
    {Failed, In::Ended, Closed, Do::RejectAll},
    {Closed, In::Opened, Closed, Do::None},
    {Closed, In::Recreating, Closed, Do::None},
    {Closed, In::Recreated, Closed, Do::None},
    {Closed, In::SessionFailed, Closed, Do::None},
    {Closed, In::SessionClosed, Closed, Do::None},
    {Closed, In::Disposed, Closed, Do::None},
    {Closed, In::Ended, Closed, Do::None},
});

constexpr bool every_pair_has_its_row() {
  if (kTransitions.size() != kStates * kInputs) return false;
  for (std::size_t i = 0; i < kTransitions.size(); ++i) {
    if (static_cast<std::size_t>(kTransitions[i].from) != i / kInputs) return false;
    if (static_cast<std::size_t>(kTransitions[i].on) != i % kInputs) return false;
  }
  return true;
}
static_assert(every_pair_has_its_row());

constexpr bool closed_is_final_and_always_reached() {
  for (const SessionTransition& row : kTransitions) {
    if (row.from == Closed && (row.to != Closed || row.then != Do::None)) return false;
    const bool ends = row.on == In::Ended || row.on == In::Disposed || row.on == In::SessionClosed;
    if (ends && row.to != Closed) return false;
    if (ends && row.from != Closed && row.then != Do::RejectAll) return false;
  }
  return true;
}
static_assert(closed_is_final_and_always_reached());

}  // namespace

const SessionTransition& transition(SessionState from, SessionInput on) noexcept {
  return kTransitions[static_cast<std::size_t>(from) * kInputs + static_cast<std::size_t>(on)];
}

std::string_view name_of(SessionState state) noexcept {
  static constexpr std::array<std::string_view, kStates> kNames{
      "opening", "open", "recreating", "failed", "closed"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace chainsolved::client
