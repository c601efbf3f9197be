#pragma once

#include "protocol/error.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace chainsolved {

/// The longest path that fits a sockaddr_un with its closing zero.
inline constexpr std::size_t kMaxSocketPath = 107;

/// What the choice of a socket depends on; a test gives its own, a program takes current().
struct SocketEnvironment {
  std::optional<std::string> option;       // --socket
  std::optional<std::string> variable;     // $CHAINSOLVED_SOCKET
  std::optional<std::string> runtime_dir;  // $XDG_RUNTIME_DIR
  std::optional<std::string> home;         // $HOME

  /// The process's own environment, and the command line's option if one was given.
  static SocketEnvironment current(std::optional<std::string> option = std::nullopt);
};

/// One place where the socket could lie, in WIRE.md's order, and what became of it.
struct SocketCandidate {
  std::string source;   // "--socket", "$XDG_RUNTIME_DIR", ...
  std::string path;     // empty when the source names none
  std::string verdict;  // "chosen: ...", "passed over: ..."
  bool chosen = false;
};

struct SocketPath {
  std::string path;
  std::vector<SocketCandidate> candidates;  // for `chainsolve paths`; exactly one is chosen
};

enum class SocketUse : unsigned char {
  Serve,    // a daemon: the first place that is named
  Connect,  // a client: the first place where a socket lies, else the first that is named
};

/// Where the socket is, and why: `--socket`, $CHAINSOLVED_SOCKET (each alone when given), then the
/// user's runtime directory (without one `~/.local/state/chainsolved/run`), then
/// /run/chainsolved. Never /tmp. `exists` tells whether something lies at a path; it is asked for
/// Connect only.
/// Errors: LIMIT_EXCEEDED for a path over 107 bytes, with its length.
Result<SocketPath> socket_path(const SocketEnvironment& environment,
                               SocketUse use,
                               const std::function<bool(const std::string&)>& exists = {});

}  // namespace chainsolved
