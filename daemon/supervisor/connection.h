#pragma once

#include "daemon/supervisor/client_message.h"
#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/fd_watch.h"
#include "daemon/supervisor/peer.h"
#include "protocol/error.h"
#include "protocol/limits.h"
#include "protocol/request.h"
#include "shm/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::supervisor {

class Connection;

/// Whoever answers what comes over connections.
class RequestHandler {
 public:
  RequestHandler() = default;
  RequestHandler(const RequestHandler&) = delete;
  RequestHandler& operator=(const RequestHandler&) = delete;
  virtual ~RequestHandler() = default;

  /// Answers through the connection, or takes its socket.
  virtual void on_request(Connection& connection,
                          std::uint64_t id,
                          const RequestReader::Envelope& request) = 0;
  /// The connection is of no more use: its socket was taken, or it has ended. It lives until the
  /// handler has returned.
  virtual void on_connection_over(Connection& connection) = 0;
};

/// What all connections of one thread read into and with.
struct ReadingDesk {
  explicit ReadingDesk(const Limits& limits);

  const Limits& limits;
  std::vector<std::byte> buffer;  // one frame, and the padding that the JSON reader wants
  RequestReader reader;
};

/// A connection that has not opened a session, or never will (a control connection). It reads one
/// request after the other and none while an answer waits for room, so that nothing piles up here.
/// Of the loop's thread only.
class Connection {
 public:
  Connection(EventLoop& loop,
             UniqueFd socket,
             Peer peer,
             RequestHandler& handler,
             ReadingDesk& desk,
             Counters& counters);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() = default;

  const Peer& peer() const noexcept { return peer_; }

  /// A protocol version has been agreed on.
  bool has_said_hello() const noexcept { return said_hello_; }
  void set_said_hello() noexcept { said_hello_ = true; }

  void answer(std::uint64_t id, std::string_view result_json);
  void answer_error(std::uint64_t id, const Error& error);
  /// Answers when whatever was asked for has come to its end, unless the connection has ended
  /// first.
  std::function<void(Result<std::string> result_json)> answer_later(std::uint64_t id);
  /// Tells the peer why and ends: when there is no request to answer.
  void refuse(const Error& error);

  /// The socket, for a session: this connection is over.
  UniqueFd take_socket();

 private:
  void on_readable();
  /// False when nothing more is to be read now.
  bool read_one();
  void read_frame(std::size_t bytes, std::size_t descriptors);
  void bad_frame(std::size_t bytes, const Error& error);
  void send(ClientMessage message);
  void finish();

  Peer peer_;
  RequestHandler& handler_;
  ReadingDesk& desk_;
  Counters& counters_;
  bool said_hello_ = false;
  bool over_ = false;
  std::optional<ClientMessage> unsent_;
  std::shared_ptr<Connection*> self_;  // while it lives, for answers to come
  FdWatch socket_;
};

}  // namespace chainsolved::supervisor
