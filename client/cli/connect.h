#pragma once

#include "chainsolved/options.h"

#include <optional>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 is called so
class App;
}

namespace chainsolved::cli {

/// The options of every command that talks to a daemon.
struct ConnectOptions {
  std::string socket;
  std::string session;
  bool no_spawn = false;

  void add_socket(CLI::App& command);
  /// --session and --no-spawn, of commands that use a session and start a daemon when none runs.
  void add_session(CLI::App& command);

  /// For commands that only ask a running daemon.
  client::Options for_control() const;
  /// For commands that work in a session: without a daemon a private one is started, unless
  /// forbidden. `timeout_seconds` bounds the connecting too.
  client::Options for_session(std::optional<double> timeout_seconds = std::nullopt) const;
};

}  // namespace chainsolved::cli
