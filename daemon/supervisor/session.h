#pragma once

#include "daemon/supervisor/alarm.h"
#include "daemon/supervisor/crash_loop_service.h"
#include "daemon/supervisor/engine_process.h"
#include "daemon/supervisor/peer.h"
#include "daemon/supervisor/recreation.h"
#include "daemon/supervisor/session_core.h"
#include "daemon/supervisor/session_lifecycle.h"
#include "daemon/supervisor/watchdog.h"
#include "protocol/error.h"
#include "shm/unique_fd.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::supervisor {

class Session;

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

/// One session: its clients' sockets, its engine, and where it stands. It reads nothing that its
/// clients say, but for the headers of what they ask of a session that has failed. Of the loop's
/// thread only.
class Session final : public EngineUser, public RecreationUser, public Watched {
 public:
  /// Gets the new epoch, or why there is none.
  using RestartDone = std::function<void(Result<std::uint32_t> epoch)>;

  /// Takes an engine as soon as there is one; the first client joins before `start`.
  Session(const SessionSurroundings& around, SessionSettings settings);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() override;
  void start();

  /// Attaches a client; whoever calls has looked at maxClients.
  void join(Joining client);

  /// Gives it a new engine with the same graph; `done` is called when it serves again, or cannot.
  void restart(RestartDone done);
  /// Tells every client why and ends the session.
  void close(std::string_view reason);
  /// Ends it if nobody is there: what lingers makes room for a new session.
  void evict();

  const SessionSettings& settings() const noexcept { return core_.settings; }
  SessionState state() const noexcept { return lifecycle_.state(); }
  std::size_t client_count() const noexcept { return core_.seats.size(); }
  std::uint32_t epoch() const noexcept { return core_.epoch; }
  std::chrono::steady_clock::time_point idle_since() const noexcept { return idle_since_; }
  /// Null while it has none.
  const EngineProcess* engine() const noexcept { return core_.engine; }
  /// What died, who is suspected, what was set aside: for reports.
  const SessionCore& core() const noexcept { return core_; }

 private:
  bool on_engine_message(EngineMessage message, FdList& fds) override;
  void on_engine_died(const EngineExit& exit) override;
  void on_recreated() override;
  void on_gave_up(const Error& reason) override;
  void on_unkillable(const Error& reason) override;
  WatchSubject watch_subject() const override;
  void on_hang(bool running) override;

  // One for each message of an engine; false: it cannot be.
  bool on_said(const AttachedMessage& message, FdList& fds);
  bool on_said(const DetachedMessage& message, FdList& fds);
  bool on_said(const GenerationMessage& message, FdList& fds);
  bool on_said(const KeepMessage& message, FdList& fds);
  bool on_said(const ForgetMessage& message, FdList& fds);
  bool on_said(ReplayedMessage& message, FdList& fds);
  bool on_said(const RetriedMessage& message, FdList& fds);
  bool on_said(const QuarantineEndedMessage& message, FdList& fds);
  bool accept(const Result<void>& stored) const;

  void on_engine(Result<EngineProcess*> engine);
  void on_hang_up(std::uint64_t client);
  void drop_seat(std::uint64_t client);
  void on_nobody_left();
  void leave_after(std::chrono::milliseconds delay);

  void apply(SessionEvent event);
  void perform(SessionAction action);
  void begin_recreation();
  void revive();
  void fail_opens();
  void fail_clients();
  void fail_client(Seat& seat);
  void close_clients();
  void end_engine();
  void finish_restarts(const Result<std::uint32_t>& result);

  SessionCore core_;
  SessionLifecycle lifecycle_;
  std::uint64_t last_client_ = 0;
  EnginePool::Ticket ticket_ = 0;
  EngineExit exit_;                          // of the engine that died last
  DeathKind replace_why_ = DeathKind::Hang;  // of the engine that lives
  Error failure_;                            // why there is no engine
  std::string close_reason_;
  std::vector<RestartDone> restarts_;
  std::unique_ptr<Recreation> recreation_;        // the last
  std::unique_ptr<CrashLoopService> crash_loop_;  // while it has failed
  std::chrono::steady_clock::time_point idle_since_;
  Alarm linger_;
  Watchdog watchdog_;
};

}  // namespace chainsolved::supervisor
