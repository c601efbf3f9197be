#pragma once

#include "daemon/supervisor/connection.h"
#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/fd_watch.h"
#include "daemon/supervisor/peer.h"
#include "protocol/limits.h"
#include "shm/unique_fd.h"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace chainsolved::supervisor {

/// Accepts connections, checks whose they are, and owns them until they open a session or end. Of
/// the loop's thread only.
class Listener {
 public:
  Listener(EventLoop& loop,
           UniqueFd listening,
           RequestHandler& handler,
           const Limits& limits,
           Counters& counters);

  /// A connection that was accepted before: it came back from a session that could not be opened.
  Connection& adopt(UniqueFd socket, const Peer& peer);
  void forget(const Connection& connection);

  /// Accepts what has connected meanwhile. Idle: nobody is connected.
  bool is_idle_after_accepting();
  std::size_t connection_count() const noexcept { return connections_.size(); }

  /// Accepts no more, and ends every connection.
  void stop(const Error& reason);

 private:
  void accept_all();
  void admit(UniqueFd socket);
  void rest();

  EventLoop& loop_;
  RequestHandler& handler_;
  const Limits& limits_;
  Counters& counters_;
  ReadingDesk desk_;
  std::vector<std::unique_ptr<Connection>> connections_;
  boost::asio::steady_timer rest_;
  std::unique_ptr<FdWatch> listening_;  // until it is stopped
};

}  // namespace chainsolved::supervisor
