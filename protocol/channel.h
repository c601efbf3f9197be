#pragma once

#include "protocol/error.h"
#include "protocol/limits.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chainsolved {

// What supervisor and engine say to each other on their SEQPACKET pair, in native frames of kind
// Notification (WIRE.md, "Engine and supervisor"). A message is `{"method": NAME, "params":
// {...}}`.

/// The options of one session, as `openSession` and the daemon's configuration give them.
struct SessionOptions {
  std::uint64_t watchdog_ms = 5000;
  std::string watchdog_mode = "progress";  // or "response"
  std::uint64_t max_request_ms = 0;        // 0: none
  double time_budget_ms = 0;               // 0: none
  std::string datasets = "drop";           // or "reattach"
  std::uint64_t linger_ms = 0;
  bool value_board = false;
};

/// Supervisor to engine, once, before the first attach: which session this engine now is.
struct ConfigureMessage {
  static constexpr std::string_view kName = "configure";
  std::string session_id;
  std::string session_name;  // empty: unnamed
  std::uint32_t epoch = 1;
  std::uint32_t generation = 1;
  SessionOptions options;
  Limits limits;
};

/// The unanswered `openSession`, which the engine answers itself.
struct PendingOpen {
  std::uint64_t id = 0;
  bool created = false;
};

/// Supervisor to engine, with the client's socket attached.
struct AttachMessage {
  static constexpr std::string_view kName = "attach";
  std::uint64_t client = 0;  // the session-wide client id
  std::uint32_t epoch = 1;
  std::optional<PendingOpen> open;
  bool names = false;  // the client wants ids, not slots
  std::uint32_t pid = 0;
};

/// Engine to supervisor: the client is served from here on.
struct AttachedMessage {
  static constexpr std::string_view kName = "attached";
  std::uint64_t client = 0;
};

/// Engine to supervisor: the engine has released what was the client's; the supervisor drops its
/// duplicate of the socket.
struct DetachedMessage {
  static constexpr std::string_view kName = "detached";
  std::uint64_t client = 0;
};

/// Engine to supervisor: started, sandboxed, waiting to be configured.
struct ReadyMessage {
  static constexpr std::string_view kName = "ready";
};

// Each writes the JSON of its frame, and reads its params back; INVALID_PARAMS names what is wrong.
std::string to_json(const ConfigureMessage& message);
std::string to_json(const AttachMessage& message);
std::string to_json(const AttachedMessage& message);
std::string to_json(const DetachedMessage& message);
std::string to_json(const ReadyMessage& message);

/// The method of a channel message, for dispatch.
Result<std::string> channel_method(std::string_view json);
Result<ConfigureMessage> read_configure(std::string_view json);
Result<AttachMessage> read_attach(std::string_view json);
Result<AttachedMessage> read_attached(std::string_view json);
Result<DetachedMessage> read_detached(std::string_view json);

}  // namespace chainsolved
