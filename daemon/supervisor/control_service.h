#pragma once

#include "daemon/supervisor/connection.h"
#include "daemon/supervisor/peer.h"
#include "daemon/supervisor/session_registry.h"
#include "daemon/supervisor/status_report.h"
#include "protocol/error.h"
#include "protocol/limits.h"
#include "protocol/request.h"

#include <cstdint>
#include <string>

namespace chainsolved::supervisor {

/// Answers the methods that the supervisor serves itself: hello, openSession, listSessions, status,
/// restartSession, closeSession. Everything else needs a session.
class ControlService {
 public:
  ControlService(SessionRegistry& sessions, StatusSources sources);

  void on_request(Connection& connection,
                  std::uint64_t id,
                  const RequestReader::Envelope& request,
                  std::size_t connections);

 private:
  /// The JSON of the result.
  Result<std::string> hello(Connection& connection, std::string_view params) const;
  Result<std::string> list_sessions(const Peer& peer) const;
  Result<std::string> status(const Peer& peer, std::size_t connections) const;
  Result<std::string> close_session(const Peer& peer, std::string_view params);
  /// Answered when the session serves again, or cannot.
  void restart_session(Connection& connection, std::uint64_t id, std::string_view params);
  /// Nothing is answered here when it works: the engine does.
  void open_session(Connection& connection, std::uint64_t id, std::string_view params);

  SessionRegistry& sessions_;
  const StatusSources sources_;
};

}  // namespace chainsolved::supervisor
