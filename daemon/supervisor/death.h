#pragma once

#include "protocol/channel.h"
#include "protocol/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chainsolved::supervisor {

/// Why a session lost its engine. It decides what callers are told and who is to blame.
enum class DeathKind : std::uint8_t {
  Hang,            // the watchdog's doing
  Stopped,         // likewise, but somebody had stopped the process: no node's fault
  Signal,          // a fatal signal of its own making
  OutOfMemory,     // killed by the kernel for want of memory
  Outside,         // SIGKILL, or another signal that people send
  Exit,            // it ended itself
  ReplayMismatch,  // likewise, since the graph that came back was not the one that was committed
  Restarted,       // restartSession
  NotStarted,      // there was no engine to be had
  Unkillable,      // hung, and the kernel did not end it either
};

/// "hang", "out-of-memory", ...: for logs and listSessions.
std::string_view name_of(DeathKind kind) noexcept;
/// The code that requests in flight are answered with.
ErrorCode code_of(DeathKind kind) noexcept;

/// How an engine process ended.
struct EngineExit {
  int signal = 0;                 // 0: it exited by itself
  int status = 0;                 // of exit, if signal is 0
  std::string words;              // "was killed by signal 11 (Segmentation fault)"
  bool for_what_it_said = false;  // killed by us, since it broke the rules of the channel
};

/// "signal 11 (Segmentation fault)".
std::string words_of_signal(int signal);

struct Death {
  DeathKind kind = DeathKind::Outside;
  std::string words;                   // what became of "The engine process", as in EngineExit
  std::string signal;                  // in words; empty: none of its own
  std::string node;                    // under evaluation, for people; empty: none, or not known
  std::optional<BlamedNode> own_node;  // likewise, if it is one of the session's own graph
};

/// `grown`: the kernel has killed somebody for want of memory lately.
Death death_of(const EngineExit& exit, bool grown);

/// The sentence that a caller reads: of a hang the one that MEMORY.md has, else what happened to
/// the engine process.
std::string sentence_of(const Death& death);

}  // namespace chainsolved::supervisor
