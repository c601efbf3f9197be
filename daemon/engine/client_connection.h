#pragma once

#include "daemon/engine/event_loop.h"
#include "daemon/engine/in_flight_table.h"
#include "daemon/engine/naming.h"
#include "daemon/engine/outgoing_frame.h"
#include "daemon/engine/status_writer.h"
#include "protocol/error.h"
#include "protocol/limits.h"
#include "shm/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_set>

namespace chainsolved::engine {

class ClientConnection;

/// What a connection tells the engine.
class ClientListener {
 public:
  ClientListener() = default;
  ClientListener(const ClientListener&) = delete;
  ClientListener& operator=(const ClientListener&) = delete;
  virtual ~ClientListener() = default;

  virtual void on_client_readable(ClientConnection& client) noexcept = 0;
  /// Its queue is empty now, or nothing more will come from it, or nothing more can go.
  virtual void on_client_settled(ClientConnection& client) noexcept = 0;
  /// It is not being read; resume() has to be tried when there is room again.
  virtual void on_client_paused(ClientConnection& client) noexcept = 0;
  /// It is to be shut down, but has not taken what is queued; cut() ends the patience.
  virtual void on_client_lingering(ClientConnection& client) noexcept = 0;
  /// The kernel has too many descriptors in flight; call flush() a little later.
  virtual void on_client_retry(ClientConnection& client) noexcept = 0;
};

/// What connections share with the engine that they belong to.
struct ConnectionContext {
  EventLoop& loop;
  InFlightTable& table;
  StatusWriter& status;
  const Limits& limits;
  ClientListener& listener;
};

/// One client's socket and what waits to be sent on it. The socket is shared with the supervisor,
/// so that nothing here relies on its flags, and the end is said by shutdown.
///
/// A client that does not read its replies is stopped being read first (pause), and is shut down
/// with SLOW_CONSUMER when a reply would take its queue over maxQueuedBytes.
class ClientConnection final : public EventHandler {
 public:
  struct Identity {
    std::uint64_t id = 0;
    Naming naming = Naming::Slots;
    std::uint32_t epoch = 0;
  };

  ClientConnection(UniqueFd socket, Identity identity, ConnectionContext context);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;
  ~ClientConnection() override;

  std::uint64_t id() const noexcept { return identity_.id; }
  Naming naming() const noexcept { return identity_.naming; }
  BorrowedFd socket() const noexcept { return socket_.borrow(); }

  /// Sends now, or queues behind what waits. The entry is given back when the kernel has the
  /// message; at once if nobody will read it.
  void send(const OutgoingFrame& frame, std::optional<InFlightTable::Entry> entry);
  /// Whether everything sent so far has left; what may be dropped is not sent otherwise.
  bool drained() const noexcept { return queue_.empty(); }
  void flush();

  /// Stops reading while the client may take no more; resume() looks whether it may again.
  void pause();
  bool resume();

  /// No more requests will come (end of file): what was taken is still answered.
  void end_reading();
  /// After what is queued has left, the connection is shut down.
  void close_after_flush();
  /// Shuts down at once.
  void cut() noexcept;
  /// Tells why and shuts down. `forget` drops the queue: nobody has been reading it.
  enum class Queue : std::uint8_t { Keep, Forget };
  void expel(const Error& error, Queue queue);

  /// Both directions are closed: nobody will read an answer.
  bool left() const noexcept { return left_; }
  /// The same, or it is being shut down.
  bool gone() const noexcept { return left_ || closing_; }
  bool reading_ended() const noexcept { return reading_ended_; }
  /// Nothing more will come and nothing more can go.
  bool over() const noexcept { return left_ ? reading_ended_ : reading_ended_ && drained(); }

  // Kept for the engine: requests of this client in the waiting queue, and whether a change could
  // not be told, so that the next message has to be a full one.
  std::size_t waiting = 0;
  bool needs_full = false;
  bool knows_nothing = false;  // of this epoch: told in full before anything else
  // Of a recreation: what requests of an older epoch are refused with, and requests that have an
  // answer already though they may still lie in the socket.
  ErrorCode refusal = ErrorCode::SessionRestarted;
  std::unordered_set<std::uint64_t> answered;

  void on_ready(Readiness ready) noexcept override;

 private:
  struct Queued {
    std::shared_ptr<const OutgoingFrame> frame;
    std::optional<InFlightTable::Entry> entry;
  };
  enum class Sent : std::uint8_t { Yes, Later, Never };

  Sent try_send(const OutgoingFrame& frame);
  void give_back(std::optional<InFlightTable::Entry> entry) noexcept;
  void drop_queue() noexcept;
  void hang_up() noexcept;
  void update_interest();

  UniqueFd socket_;
  Identity identity_;
  ConnectionContext context_;
  Interest interest_{true, false};  // before the token, which is made with it
  EventLoop::Token token_;
  std::deque<Queued> queue_;
  std::uint64_t queued_bytes_ = 0;
  bool paused_ = false;
  bool reading_ended_ = false;
  bool closing_ = false;  // shut down as soon as the queue is empty
  bool left_ = false;
  bool refs_blocked_ = false;  // waits for the kernel, not for the client
};

}  // namespace chainsolved::engine
