#include "daemon/supervisor/listener.h"

#include "daemon/supervisor/log.h"
#include "shm/message_socket.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace chainsolved::supervisor {

namespace {

/// How many connections are accepted before others get their turn.
constexpr int kAcceptsAtOnce = 64;
/// Without a descriptor to accept with, trying again at once would only spin.
constexpr std::chrono::milliseconds kRest{100};

}  // namespace

Listener::Listener(EventLoop& loop,
                   UniqueFd listening,
                   RequestHandler& handler,
                   const Limits& limits,
                   Counters& counters)
    : loop_(loop),
      handler_(handler),
      limits_(limits),
      counters_(counters),
      desk_(limits),
      rest_(loop),
      listening_(std::make_unique<FdWatch>(loop, std::move(listening), [this] { accept_all(); })) {}

void Listener::accept_all() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    // The listening socket is non-blocking: Asio made it so when it was first waited for.
    UniqueFd socket{AdoptFd{}, ::accept4(listening_->fd().get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (socket.valid()) {
      admit(std::move(socket));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno != EAGAIN) rest();
    return;
  }
}

void Listener::rest() {
  log_event(
      LogLevel::Error, "accept-failed", {}, {{"reason", std::system_category().message(errno)}});
  listening_->pause();
  rest_.expires_after(kRest);
  rest_.async_wait([this](const boost::system::error_code& error) {
    if (!error && listening_) listening_->resume();
  });
}

void Listener::admit(UniqueFd socket) {
  ++counters_.connections;
  const auto peer = peer_of(socket.borrow());
  if (!peer) return;
  // The engine that it may go to cannot: its sandbox forbids it.
  widen_send_buffer(socket.borrow());
  Connection& connection = adopt(std::move(socket), *peer);
  if (peer->uid != ::geteuid() && peer->uid != 0) {
    ++counters_.refused;
    connection.refuse(Error{ErrorCode::NotAllowed,
                            "this daemon serves user " + std::to_string(::geteuid()) +
                                " only; you are user " + std::to_string(peer->uid)});
  } else if (connections_.size() > limits_.max_connections) {
    ++counters_.refused;
    connection.refuse(limit_error("maxConnections",
                                  limits_.max_connections,
                                  "too many connections that have not opened a session"));
  }
}

Connection& Listener::adopt(UniqueFd socket, const Peer& peer) {
  connections_.push_back(
      std::make_unique<Connection>(loop_, std::move(socket), peer, handler_, desk_, counters_));
  return *connections_.back();
}

void Listener::forget(const Connection& connection) {
  std::erase_if(connections_, [&](const auto& owned) { return owned.get() == &connection; });
}

bool Listener::is_idle_after_accepting() {
  if (listening_) accept_all();
  return connections_.empty();
}

void Listener::stop(const Error& reason) {
  listening_.reset();
  rest_.cancel();
  for (const auto& connection : connections_)
    connection->refuse(reason);
}

}  // namespace chainsolved::supervisor
