#pragma once

#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/engine_pool.h"
#include "daemon/supervisor/engine_process.h"
#include "daemon/supervisor/handed_sockets.h"
#include "daemon/supervisor/peer.h"
#include "daemon/supervisor/session_lifecycle.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "protocol/limits.h"
#include "shm/unique_fd.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace chainsolved::supervisor {

struct ClientMessage;
class Session;

/// What a session was opened with.
struct SessionSettings {
  std::string id;    // "s1"
  std::string name;  // empty: unnamed
  uid_t uid = 0;
  SessionOptions options;
  Limits limits;
};

/// A client on its way into a session: its connection and the openSession that the engine answers.
struct Joining {
  UniqueFd socket;
  Peer peer;
  std::uint64_t open_id = 0;
  bool names = false;
};

/// Whoever keeps sessions.
class SessionKeeper {
 public:
  SessionKeeper() = default;
  SessionKeeper(const SessionKeeper&) = delete;
  SessionKeeper& operator=(const SessionKeeper&) = delete;
  virtual ~SessionKeeper() = default;

  /// No engine could be had: the client has its connection back, and is to be told why.
  virtual void on_open_failed(Joining client, const Error& error) = 0;
  /// Last of all calls. The session lives until the handler has returned.
  virtual void on_session_closed(Session& session) = 0;
};

/// What a session needs from the daemon around it. Outlives every session.
struct SessionSurroundings {
  EventLoop& loop;
  EnginePool& engines;
  HandedSockets& sockets;
  SessionKeeper& keeper;
  Counters& counters;
};

/// One session: its clients' sockets, its engine, and where it stands. It reads nothing that its
/// clients say. Of the loop's thread only.
class Session final : public EngineUser {
 public:
  /// Takes an engine as soon as there is one; the first client joins before `start`.
  Session(const SessionSurroundings& around, SessionSettings settings);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() override;
  void start();

  /// Attaches a client; whoever calls has looked at maxClients.
  void join(Joining client);

  /// Tells every client why and ends the session.
  void close(std::string_view reason);
  /// Ends it if nobody is there: what lingers makes room for a new session.
  void evict();

  const SessionSettings& settings() const noexcept { return settings_; }
  SessionState state() const noexcept { return lifecycle_.state(); }
  std::size_t client_count() const noexcept { return seats_.size(); }
  std::uint32_t epoch() const noexcept { return epoch_; }
  std::chrono::steady_clock::time_point idle_since() const noexcept { return idle_since_; }
  /// Null while it has none.
  const EngineProcess* engine() const noexcept { return engine_; }

 private:
  struct Seat {
    std::uint64_t client = 0;
    std::unique_ptr<HandedSocket> socket;
    Peer peer;
    std::uint64_t open_id = 0;
    bool names = false;
    bool created = false;
    bool attached = false;
  };
  /// What is known of an engine that died.
  struct Death;

  void on_attached(std::uint64_t client) override;
  void on_detached(std::uint64_t client) override;
  void on_engine_died(const EngineExit& exit) override;

  void on_engine(Result<EngineProcess*> engine);
  void on_hang_up(std::uint64_t client);
  void attach(const Seat& seat);
  void drop_seat(std::uint64_t client);
  void on_nobody_left();

  void apply(SessionEvent event);
  void perform(SessionAction action);
  void fail_opens();
  void answer_in_flight();
  void fail_clients();
  void close_clients();
  void end_engine();
  void settle();
  void tell(const Seat& seat, const ClientMessage& message);

  SessionSurroundings around_;
  SessionSettings settings_;
  SessionLifecycle lifecycle_;
  std::vector<Seat> seats_;
  std::uint64_t last_client_ = 0;
  std::uint32_t epoch_ = 1;
  EngineProcess* engine_ = nullptr;  // the pool's
  EnginePool::Ticket ticket_ = 0;
  bool unsettled_ = false;
  std::unique_ptr<Death> death_;
  std::string close_reason_;
  std::chrono::steady_clock::time_point idle_since_;
  boost::asio::steady_timer linger_;
};

}  // namespace chainsolved::supervisor
