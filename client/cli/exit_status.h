#pragma once

#include "protocol/error.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved::cli {

// What the program's exit status says, declared once: X(enumerator, number, meaning). `--help` and
// docs/command-line.md print these rows (a test compares the page with them).
#define CHAINSOLVED_EXIT_STATUSES(X)                                                              \
  X(Fine, 0, "everything went well")                                                              \
  X(ErrorValue, 1, "a value of kind error, a diagnostic of level error, or a failed check")       \
  X(Usage, 2, "usage: a wrong option, or an input (graph, CSV, request) that cannot be accepted") \
  X(NoDaemon, 3, "no daemon could be reached or started, or it went away")                        \
  X(VersionMismatch, 4, "client and daemon do not speak the same protocol version")               \
  X(TimedOut, 5, "the time given with --timeout was spent")                                       \
  X(Cancelled, 6, "the request was cancelled, or its session closed, by someone else")            \
  X(NotAllowed, 7, "the daemon does not allow this")                                              \
  X(Limit, 8, "a limit was met; the message names it")                                            \
  X(EngineDied, 9, "the engine died, hung, or could not be started")                              \
  X(Interrupted, 130, "interrupted with Ctrl-C")

enum class ExitStatus : std::uint8_t {
#define X(name, number, meaning) name = number,
  CHAINSOLVED_EXIT_STATUSES(X)
#undef X
};

struct ExitStatusInfo {
  ExitStatus status;
  std::string_view meaning;
};

inline constexpr auto kExitStatuses = std::to_array<ExitStatusInfo>({
#define X(name, number, meaning) {ExitStatus::name, meaning},
    CHAINSOLVED_EXIT_STATUSES(X)
#undef X
});

/// The status that tells a caller what kind of failure this was.
ExitStatus exit_status_of(const Error& error) noexcept;

/// The table as `--help` shows it, one line per status.
std::string exit_status_help();

}  // namespace chainsolved::cli
