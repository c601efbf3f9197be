#pragma once

#include "chainsolved/options.h"
#include "chainsolved/results.h"
#include "protocol/error.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::client {

/// How an engine of a session ended.
struct SessionDeath {
  std::string kind;    // "hang", "killed", "signal", ...
  std::string reason;  // in words
  std::string code;    // what its callers were told
  std::string signal;  // in words; empty: none
  std::string node;    // id of the node that it was at; empty: none
  double lost_ms = 0;  // from the daemon's decision until its successor served
  double at_ms = 0;    // when, in milliseconds since 1970
};

/// One row of `listSessions`; `json` is all of it.
struct SessionRow {
  std::string session_id;
  std::string name;
  std::string state;
  std::uint32_t epoch = 0;
  std::int64_t pid = 0;
  std::uint64_t clients = 0;
  std::uint64_t nodes = 0;
  std::uint64_t datasets = 0;
  std::uint64_t dataset_bytes = 0;
  std::uint64_t resident_bytes = 0;
  double busy_ms = 0;
  std::uint64_t restarts = 0;
  std::vector<SessionDeath> deaths;      // the newest last; the daemon keeps only some
  std::vector<std::string> suspects;     // ids of nodes that an engine died at
  std::vector<std::string> quarantined;  // ids of those that it died at twice
  bool snapshot_set_aside = false;
  std::string json;
};

/// A connection to the supervisor that opens no session. Blocking, one thread at a time.
class ControlConnection {
 public:
  /// Of the options socket, client, spawn and open_timeout count.
  static Result<ControlConnection> open(const Options& options = {});

  ControlConnection(ControlConnection&&) noexcept;
  ControlConnection& operator=(ControlConnection&&) noexcept;
  ControlConnection(const ControlConnection&) = delete;
  ControlConnection& operator=(const ControlConnection&) = delete;
  ~ControlConnection();

  /// What `hello` answered when the connection was opened.
  const DaemonInfo& hello() const noexcept;
  Result<std::vector<SessionRow>> list_sessions();
  Result<std::string> status();  // JSON
  /// By id or name.
  Result<void> close_session(std::string_view session);
  /// Replaces the session's engine and gives the new epoch; also revives one that has failed.
  Result<std::uint32_t> restart_session(std::string_view session);
  Result<RawMessage> call_raw(RawRequest request);

 private:
  struct Impl;
  explicit ControlConnection(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chainsolved::client
