#pragma once

#include "client/cli/exit_status.h"

#include <optional>

namespace chainsolved::client {
class Engine;
}

namespace chainsolved::cli {

/// Ctrl-C and --timeout for a command that waits for an engine: the running request is cancelled; a
/// second Ctrl-C, or one more second, gives it up. One at a time, on the main thread: it owns
/// SIGINT, SIGTERM and SIGALRM while it lives.
///
/// Without a Watch there is nothing to cancel, and Ctrl-C ends the program.
class Interruption {
 public:
  /// While it lives, this engine's running call is what gets cancelled.
  class Watch {
   public:
    explicit Watch(client::Engine& engine) noexcept;
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();
  };

  explicit Interruption(std::optional<double> timeout_seconds = std::nullopt);
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  /// Why a request ended before its time: Interrupted, TimedOut, or nothing.
  std::optional<ExitStatus> cause() const noexcept;
};

}  // namespace chainsolved::cli
