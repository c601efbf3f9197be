#pragma once

#include "daemon/supervisor/fd_watch.h"
#include "shm/unique_fd.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace chainsolved::supervisor {

/// The socket that systemd passed to this process, if it did. Throws std::runtime_error when what
/// it passed is not a listening SEQPACKET socket.
std::optional<UniqueFd> activated_socket();

/// STATUS=: why the daemon does not start, for `systemctl status`.
void say_failed(const std::string& reason);

/// Tells systemd how the daemon is, where it wants to know ($NOTIFY_SOCKET); otherwise nothing.
class ServiceManager {
 public:
  explicit ServiceManager(EventLoop& loop);

  /// READY=1; from here on its watchdog is fed from the loop, so that a stuck loop is noticed.
  void say_ready();
  void say_stopping();

 private:
  void feed_watchdog();

  std::chrono::microseconds watchdog_period_{0};
  boost::asio::steady_timer timer_;
};

}  // namespace chainsolved::supervisor
