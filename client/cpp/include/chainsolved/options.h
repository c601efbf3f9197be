#pragma once

#include "protocol/error.h"
#include "protocol/limits.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chainsolved::client {

/// What to do when no daemon answers on the socket.
enum class Spawn : std::uint8_t {
  Never,
  OnDemand,         // start one on that socket; it ends by itself when nobody needs it
  PrivateFallback,  // start one on a private socket, for this connection only
  Private,          // always that, even when a daemon runs
};

/// How to connect and which session to open. Members left empty take the daemon's defaults.
struct Options {
  std::string socket;   // empty: --socket's place, as WIRE.md gives the order
  std::string session;  // a name; empty: an unnamed session of one's own
  bool create = true;   // false: only join, UNKNOWN_SESSION when there is none
  bool names = false;   // values by node id instead of slots: simpler to read, slower
  bool mirror = false;  // keep every node's current value: current(id)

  std::optional<std::uint64_t> watchdog_ms;
  std::string watchdog_mode;  // "progress" or "response"
  std::optional<std::uint64_t> max_request_ms;
  std::optional<double> time_budget_ms;
  std::string datasets;  // "drop" or "reattach"
  std::optional<std::uint64_t> linger_ms;

  std::string client_name = "chainsolved-cpp";
  std::string client_version;  // empty: the library's

  Spawn spawn = Spawn::OnDemand;
  /// The program to start: empty for $CHAINSOLVED_DAEMON, then `chainsolved` beside this
  /// executable, then in PATH.
  std::string daemon_program;
  std::vector<std::string> daemon_arguments;  // further ones, for tests and tools
  /// For starting the daemon, connecting, `hello` and `openSession` together.
  std::chrono::milliseconds open_timeout{10'000};
};

/// What `hello` told.
struct DaemonInfo {
  std::string socket;    // the path that was connected to
  bool started = false;  // this connection started the daemon
  std::uint32_t protocol = 0;
  std::string daemon_version;
  std::string engine_version;
  std::uint32_t contract_version = 0;
  std::int64_t pid = 0;
  Limits limits;     // the daemon's; a session may have asked for smaller ones
  std::string json;  // the whole answer
};

/// What `openSession` told.
struct SessionInfo {
  std::string session_id;
  std::string name;
  bool created = false;
  std::uint32_t epoch = 0;
  std::uint64_t client_id = 0;
  std::string engine_version;
  std::uint32_t contract_version = 0;
  std::string catalog_hash;
  std::string json;  // the whole answer
};

/// Why nothing could be connected to: the error's `message` is for people (path, reason, owner and
/// mode, whether a daemon runs, the next command to type). Tells a missing daemon apart from other
/// errors, for exit statuses.
bool is_no_daemon(const Error& error) noexcept;

}  // namespace chainsolved::client
