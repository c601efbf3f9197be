#include "daemon/supervisor/service_manager.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/socket.h>

namespace chainsolved::supervisor {

std::optional<UniqueFd> activated_socket() {
  const int count = ::sd_listen_fds(1);
  if (count == 0) return std::nullopt;
  if (count < 0)
    throw std::runtime_error(std::string("systemd's sockets cannot be taken over: ") +
                             std::system_category().message(-count));
  UniqueFd socket{AdoptFd{}, SD_LISTEN_FDS_START};
  if (count > 1 || ::sd_is_socket(socket.get(), AF_UNIX, SOCK_SEQPACKET, 1) <= 0)
    throw std::runtime_error(
        "systemd passed something else than one listening socket of type SOCK_SEQPACKET; the "
        "socket unit needs ListenSequentialPacket=");
  return socket;
}

void say_failed(const std::string& reason) {
  static_cast<void>(::sd_notify(0, ("STATUS=" + reason).c_str()));
}

ServiceManager::ServiceManager(EventLoop& loop) : timer_(loop) {}

void ServiceManager::say_ready() {
  // Without $NOTIFY_SOCKET nothing is sent; a manager that has gone away is no reason to fail.
  static_cast<void>(::sd_notify(0, "READY=1\nSTATUS=serving"));
  std::uint64_t limit = 0;
  if (::sd_watchdog_enabled(0, &limit) <= 0) return;
  watchdog_period_ = std::chrono::microseconds(limit / 2);
  feed_watchdog();
}

void ServiceManager::say_stopping() {
  static_cast<void>(::sd_notify(0, "STOPPING=1\nSTATUS=stopping"));
}

void ServiceManager::feed_watchdog() {
  static_cast<void>(::sd_notify(0, "WATCHDOG=1"));
  timer_.expires_after(watchdog_period_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) feed_watchdog();
  });
}

}  // namespace chainsolved::supervisor
