#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace chainsolved {

/// Whose fault an error is: it decides the command line's exit status and what a log line says.
enum class Blame : std::uint8_t { Caller, Peer, Limit, Engine, Daemon };

// Every error that travels, declared once:
//   X(enumerator, JSON-RPC code, data.code on the wire, blame, sentence used when none better is
//   known)
// The standard codes of JSON-RPC have no data.code of their own. Append only.
#define CHAINSOLVED_ERRORS(X)                                                                     \
  X(ParseError, -32700, "PARSE_ERROR", Caller, "The text is not valid JSON.")                     \
  X(InvalidRequest, -32600, "INVALID_REQUEST", Caller, "The message is not a JSON-RPC request.")  \
  X(MethodNotFound, -32601, "METHOD_NOT_FOUND", Caller, "There is no method of this name.")       \
  X(InvalidParams, -32602, "INVALID_PARAMS", Caller, "The parameters do not fit the method.")     \
  X(InternalError, -32603, "INTERNAL_ERROR", Daemon, "The daemon met an error of its own.")       \
  X(WorkerWatchdog, -32000, "WORKER_WATCHDOG", Engine, "Worker unresponsive — recreating")        \
  X(WorkerCrashed, -32000, "WORKER_CRASHED", Engine, "The engine process ended unexpectedly.")    \
  X(WorkerOom, -32000, "WORKER_OOM", Engine, "The engine ran out of memory.")                     \
  X(WorkerCrashLoop, -32000, "WORKER_CRASH_LOOP", Engine, "The engine died too often.")           \
  X(SessionRestarted, -32000, "SESSION_RESTARTED", Engine, "The session was restarted.")          \
  X(EngineDisposed, -32000, "ENGINE_DISPOSED", Caller, "The engine was disposed.")                \
  X(EngineStartFailed, -32000, "ENGINE_START_FAILED", Daemon, "The engine could not be started.") \
  X(DaemonLost, -32000, "DAEMON_LOST", Daemon, "The connection to the daemon ended.")             \
  X(Cancelled, -32000, "CANCELLED", Caller, "The request was cancelled.")                         \
  X(InvalidSnapshot, -32000, "INVALID_SNAPSHOT", Caller, "The snapshot or patch cannot be read.") \
  X(UnsupportedVersion,                                                                           \
    -32000,                                                                                       \
    "UNSUPPORTED_VERSION",                                                                        \
    Caller,                                                                                       \
    "The snapshot's version is unknown.")                                                         \
  X(UnknownNode, -32000, "UNKNOWN_NODE", Caller, "The graph has no such node.")                   \
  X(UnknownEdge, -32000, "UNKNOWN_EDGE", Caller, "The graph has no such edge.")                   \
  X(UnknownPort, -32000, "UNKNOWN_PORT", Caller, "The block has no such port.")                   \
  X(DatasetNotSealed, -32000, "DATASET_NOT_SEALED", Caller, "The segment is not a sealed memfd.") \
  X(DatasetSize, -32000, "DATASET_SIZE", Caller, "The segment's size does not fit its shape.")    \
  X(DatasetSparse, -32000, "DATASET_SPARSE", Caller, "The segment has pages that do not exist.")  \
  X(DatasetQuotaExceeded, -32000, "DATASET_QUOTA_EXCEEDED", Limit, "The dataset quota is spent.") \
  X(UnknownDataset, -32000, "UNKNOWN_DATASET", Caller, "The session has no such dataset.")        \
  X(LimitExceeded, -32000, "LIMIT_EXCEEDED", Limit, "The request is over a limit.")               \
  X(VersionMismatch, -32000, "VERSION_MISMATCH", Peer, "The protocol versions do not overlap.")   \
  X(ProtocolFault, -32000, "PROTOCOL_ERROR", Peer, "The frame cannot be right.")                  \
  X(NotAllowed, -32000, "NOT_ALLOWED", Caller, "This is not allowed here.")                       \
  X(UnknownSession, -32000, "UNKNOWN_SESSION", Caller, "There is no such session.")               \
  X(SlowConsumer, -32000, "SLOW_CONSUMER", Peer, "The client did not read its replies.")

enum class ErrorCode : std::uint8_t {
#define X(name, rpc, wire, blame, text) name,
  CHAINSOLVED_ERRORS(X)
#undef X
};

/// JSON-RPC's number, the string in `data.code`, the blame and the default sentence.
struct ErrorInfo {
  std::int32_t rpc_code;
  std::string_view wire;
  Blame blame;
  std::string_view sentence;
};

const ErrorInfo& info_of(ErrorCode code) noexcept;

/// The code whose wire name is `wire`; InternalError when there is none.
ErrorCode error_code_named(std::string_view wire) noexcept;

/// Whether the graph contains what a failed request would have changed.
enum class Applied : std::uint8_t { NotSaid, No, Yes, Unknown };

/// An error on its way to a caller. `message` is without the bracketed code that the wire puts in
/// front; `detail` is further members of `data`, as JSON text without braces
/// ("\"limit\":\"nodes\"").
struct Error {
  ErrorCode code = ErrorCode::InternalError;
  std::string message;
  std::string detail = {};  // with an initialiser, so that Error{code, text} does not warn
  Applied applied = Applied::NotSaid;
};

/// LIMIT_EXCEEDED that names the limit and its value, as every one of them must.
Error limit_error(std::string_view limit, std::uint64_t max, std::string_view what);

/// Either a value or an Error. What a caller may not overlook is not thrown: see docs/hacking.md.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(*-explicit-*)
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return v_.index() == 0; }
  T& value() & noexcept { return *std::get_if<0>(&v_); }
  const T& value() const& noexcept { return *std::get_if<0>(&v_); }
  T&& value() && noexcept { return std::move(*std::get_if<0>(&v_)); }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T* operator->() noexcept { return std::get_if<0>(&v_); }
  const T* operator->() const noexcept { return std::get_if<0>(&v_); }
  Error& error() & noexcept { return *std::get_if<1>(&v_); }
  const Error& error() const& noexcept { return *std::get_if<1>(&v_); }
  Error&& error() && noexcept { return std::move(*std::get_if<1>(&v_)); }

 private:
  std::variant<T, Error> v_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() noexcept = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool ok() const noexcept { return ok_; }
  Error& error() & noexcept { return error_; }
  const Error& error() const& noexcept { return error_; }
  Error&& error() && noexcept { return std::move(error_); }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace chainsolved
