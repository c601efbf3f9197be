#include "daemon/supervisor/death.h"

#include <array>
#include <csignal>
#include <cstddef>
#include <cstring>

namespace chainsolved::supervisor {

namespace {

/// What an engine exits with when its replay did not come out as committed.
constexpr int kReplayMismatchStatus = 3;

constexpr auto kDeathNames = std::to_array<std::string_view>({"hang",
                                                              "stopped",
                                                              "signal",
                                                              "out-of-memory",
                                                              "killed",
                                                              "exit",
                                                              "replay-mismatch",
                                                              "restarted",
                                                              "not-started",
                                                              "unkillable"});
static_assert(kDeathNames.size() == static_cast<std::size_t>(DeathKind::Unkillable) + 1);

/// Signals that people and service managers send; a block's fault raises none of them.
bool comes_from_outside(int signal) noexcept {
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP ||
         signal == SIGQUIT;
}

}  // namespace

std::string_view name_of(DeathKind kind) noexcept {
  return kDeathNames[static_cast<std::size_t>(kind)];
}

ErrorCode code_of(DeathKind kind) noexcept {
  switch (kind) {
    case DeathKind::Hang:
    case DeathKind::Stopped:
      return ErrorCode::WorkerWatchdog;
    case DeathKind::OutOfMemory:
      return ErrorCode::WorkerOom;
    case DeathKind::Restarted:
      return ErrorCode::SessionRestarted;
    default:
      return ErrorCode::WorkerCrashed;
  }
}

std::string words_of_signal(int signal) {
  const char* name = ::sigdescr_np(signal);
  std::string text = "signal " + std::to_string(signal);
  if (name != nullptr) text.append(" (").append(name).append(")");
  return text;
}

Death death_of(const EngineExit& exit, bool grown) {
  Death death;
  death.words = exit.words;
  if (exit.for_what_it_said) {
    death.kind = DeathKind::Exit;
    return death;
  }
  if (exit.signal == 0) {
    death.kind = exit.status == kReplayMismatchStatus ? DeathKind::ReplayMismatch : DeathKind::Exit;
    return death;
  }
  death.signal = words_of_signal(exit.signal);
  death.kind = DeathKind::Signal;
  if (exit.signal == SIGKILL && grown) {
    death.kind = DeathKind::OutOfMemory;
    death.words += " by the kernel, which was out of memory";
  } else if (comes_from_outside(exit.signal)) {
    death.kind = DeathKind::Outside;
  }
  return death;
}

std::string sentence_of(const Death& death) {
  if (code_of(death.kind) == ErrorCode::WorkerWatchdog)
    return std::string(info_of(ErrorCode::WorkerWatchdog).sentence);
  if (death.kind == DeathKind::Restarted) return "The session was restarted.";
  return "The engine process " + death.words;
}

}  // namespace chainsolved::supervisor
