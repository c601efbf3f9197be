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
  std::uint32_t generation = 1;  // the first that this engine may begin
  SessionOptions options;
  Limits limits;
};

/// The unanswered `openSession`, which the engine answers itself.
struct PendingOpen {
  std::uint64_t id = 0;
  bool created = false;
};

/// A frame without columns or segments that a full socket did not take.
struct UnsentFrame {
  std::uint32_t kind = 0;  // FrameKind
  std::uint64_t id = 0;
  std::uint32_t epoch = 0;
  std::string json;
};

/// Supervisor to engine, with the client's socket attached.
struct AttachMessage {
  static constexpr std::string_view kName = "attach";
  std::uint64_t client = 0;  // the session-wide client id
  std::uint32_t epoch = 1;
  std::optional<PendingOpen> open;
  bool names = false;  // the client wants ids, not slots
  std::uint32_t pid = 0;
  // Of a recreation; empty otherwise.
  std::string error;                    // the code that requests of an older epoch are refused with
  std::vector<std::uint64_t> answered;  // requests that may still lie in the socket: dropped unseen
  std::vector<UnsentFrame> unsent;      // to be sent before anything else
};

/// A node that its engine died at. The slot is what counts; the id is for people, and may be cut or
/// empty when the engine had no time to write it down.
struct BlamedNode {
  std::uint32_t slot = 0;
  std::string id;
};

/// Supervisor to engine, after `configure`, for each segment that journal records refer to; its
/// descriptor is attached. Engine to supervisor: keep this one, before the record is committed.
struct KeepMessage {
  static constexpr std::string_view kName = "keep";
  std::uint32_t n = 0;  // what records call it; counts from 1 in each session, never used again
};

/// Engine to supervisor: no committed record refers to it any more.
struct ForgetMessage {
  static constexpr std::string_view kName = "forget";
  std::uint32_t n = 0;
};

/// Supervisor to engine, after `configure` and every `keep`: begin with this. Attached are the
/// snapshot's segment, if there is one, and the journal.
struct ReplayMessage {
  static constexpr std::string_view kName = "replay";
  bool has_snapshot = false;
  std::uint64_t committed = 0;  // the commit word of that journal
  std::vector<BlamedNode> suspects;
  std::vector<BlamedNode> quarantined;
};

/// Engine to supervisor: the session's state from here on is this snapshot, if there is one, and
/// this journal, both attached. Sent before the journal's commit word is stored.
struct GenerationMessage {
  static constexpr std::string_view kName = "generation";
  std::uint32_t n = 0;
  bool has_snapshot = false;
  std::uint64_t snapshot_bytes = 0;
};

/// Engine to supervisor: everything committed is in the graph and, but for the suspects and what
/// depends on them, evaluated.
struct ReplayedMessage {
  static constexpr std::string_view kName = "replayed";
  std::uint64_t hash = 0;
  std::uint64_t records = 0;
  std::uint64_t evaluated = 0;
  std::vector<BlamedNode> suspects;        // with their ids, those that no longer exist left out
  std::vector<std::string> lost_datasets;  // referred to by nodes and not there
};

/// Engine to supervisor: a suspect was tried again and ended; it is a suspect no more.
struct RetriedMessage {
  static constexpr std::string_view kName = "retried";
  std::uint32_t slot = 0;
};

/// Engine to supervisor: a quarantined node was edited and may run again.
struct QuarantineEndedMessage {
  static constexpr std::string_view kName = "quarantineEnded";
  std::uint32_t slot = 0;
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
std::string to_json(const KeepMessage& message);
std::string to_json(const ForgetMessage& message);
std::string to_json(const ReplayMessage& message);
std::string to_json(const GenerationMessage& message);
std::string to_json(const ReplayedMessage& message);
std::string to_json(const RetriedMessage& message);
std::string to_json(const QuarantineEndedMessage& message);

/// The method of a channel message, for dispatch.
Result<std::string> channel_method(std::string_view json);
Result<ConfigureMessage> read_configure(std::string_view json);
Result<AttachMessage> read_attach(std::string_view json);
Result<AttachedMessage> read_attached(std::string_view json);
Result<DetachedMessage> read_detached(std::string_view json);
Result<KeepMessage> read_keep(std::string_view json);
Result<ForgetMessage> read_forget(std::string_view json);
Result<ReplayMessage> read_replay(std::string_view json);
Result<GenerationMessage> read_generation(std::string_view json);
Result<ReplayedMessage> read_replayed(std::string_view json);
Result<RetriedMessage> read_retried(std::string_view json);
Result<QuarantineEndedMessage> read_quarantine_ended(std::string_view json);

}  // namespace chainsolved
