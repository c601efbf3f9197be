#pragma once

#include "daemon/supervisor/configuration.h"
#include "daemon/supervisor/connection.h"
#include "daemon/supervisor/control_service.h"
#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/engine_pool.h"
#include "daemon/supervisor/fd_watch.h"
#include "daemon/supervisor/handed_sockets.h"
#include "daemon/supervisor/listener.h"
#include "daemon/supervisor/listening_socket.h"
#include "daemon/supervisor/service_manager.h"
#include "daemon/supervisor/session_registry.h"
#include "daemon/supervisor/start_probe.h"
#include "daemon/supervisor/start_report.h"
#include "protocol/error.h"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace chainsolved::supervisor {

/// The supervisor: puts the parts together, from the probe at the start to the orderly end. One
/// thread, one loop; nothing else may have been started before it forks engines.
class Daemon final : public RequestHandler {
 public:
  Daemon(const Configuration& configuration, ListeningSocket& socket, StartReport& report);

  /// Serves until it is told to stop; the exit status.
  int run();

 private:
  void on_request(Connection& connection,
                  std::uint64_t id,
                  const RequestReader::Envelope& request) override;
  void on_connection_over(Connection& connection) override;

  void on_probed(Result<void> result);
  void on_open_failed(Joining client, const Error& error);
  void wait_for_signal();
  void check_idle();
  void stop(const std::string& reason);

  const Configuration& configuration_;
  ListeningSocket& socket_;
  StartReport& report_;
  Counters counters_;
  EventLoop loop_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer idle_;
  ServiceManager service_manager_;
  HandedSockets handed_;
  EnginePool engines_;
  SessionRegistry sessions_;
  ControlService control_;
  StartProbe probe_;
  std::unique_ptr<Listener> listener_;  // once the probe has succeeded
  bool stopping_ = false;
  bool stopped_ = false;
  int exit_status_ = 0;
};

}  // namespace chainsolved::supervisor
