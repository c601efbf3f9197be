#pragma once

#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/open_request.h"
#include "daemon/supervisor/session.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "protocol/limits.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace chainsolved::supervisor {

/// What openSession does not say.
struct SessionDefaults {
  SessionOptions options;
  RecoveryRules recovery;
};

/// Owns the sessions of one daemon: opens, finds and closes them. Of the loop's thread only.
class SessionRegistry final : public SessionKeeper {
 public:
  /// Gets a client's connection back when no engine could be had.
  using OpenFailed = std::function<void(Joining client, const Error& error)>;

  SessionRegistry(EventLoop& loop,
                  EnginePool& engines,
                  HandedSockets& sockets,
                  Counters& counters,
                  const Limits& limits,
                  SessionDefaults defaults);

  void set_handlers(OpenFailed on_open_failed, std::function<void()> on_changed);

  /// Whether `open` would work: UNKNOWN_SESSION, NOT_ALLOWED, LIMIT_EXCEEDED. Asked first, since a
  /// connection that is refused goes on.
  Result<void> check(const OpenRequest& request, const Peer& peer) const;
  /// Opens a session or joins the named one of this user.
  void open(const OpenRequest& request, Joining client);

  /// By id or name, if `peer` may: its own sessions, all of them for the daemon's user.
  Result<Session*> find(std::string_view session, const Peer& peer) const;
  std::vector<const Session*> visible_to(const Peer& peer) const;

  void close_all(std::string_view reason);
  bool empty() const noexcept { return sessions_.empty(); }

 private:
  void on_open_failed(Joining client, const Error& error) override;
  void on_session_closed(Session& session) override;

  Session* find_named(std::string_view name, uid_t uid) const noexcept;
  /// Lingers, and has been for longest; null when every session has clients.
  Session* find_evictable() const noexcept;
  Session& create(const OpenRequest& request, const Peer& peer);

  EventLoop& loop_;
  Counters& counters_;
  const Limits limits_;
  const SessionDefaults defaults_;
  OutOfMemory memory_;
  PageScan scan_;
  SessionSurroundings around_;
  OpenFailed on_open_failed_;
  std::function<void()> on_changed_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::uint64_t last_id_ = 0;
};

}  // namespace chainsolved::supervisor
