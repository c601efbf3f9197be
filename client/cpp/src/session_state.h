#pragma once

#include <cstdint>
#include <string_view>

namespace chainsolved::client {

/// What a connection may do now. Calls made in Opening and Recreating are held.
enum class SessionState : std::uint8_t {
  Opening,     // before the answer to openSession: nothing but hello and openSession is sent
  Open,        // the engine serves
  Recreating,  // between `recreating` and `recreated`
  Failed,      // too many deaths: the supervisor answers every call with WORKER_CRASH_LOOP
  Closed,      // nothing more will come
};

enum class SessionInput : std::uint8_t {
  Opened,         // openSession was answered
  Recreating,     // notification
  Recreated,      // notification
  SessionFailed,  // notification
  SessionClosed,  // notification
  Disposed,       // by this client
  Ended,          // the connection
};

/// What follows from a change, beside the change.
enum class SessionAction : std::uint8_t {
  None,
  SendHeld,    // with the epoch known now
  RejectHeld,  // what was not sent
  RejectAll,   // what was sent, too
};

struct SessionTransition {
  SessionState from;
  SessionInput on;
  SessionState to;
  SessionAction then;
};

/// The row for a state and an input. Every pair has one.
const SessionTransition& transition(SessionState from, SessionInput on) noexcept;

std::string_view name_of(SessionState state) noexcept;

}  // namespace chainsolved::client
