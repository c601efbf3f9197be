#pragma once

#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/death.h"
#include "daemon/supervisor/engine_lifecycle.h"
#include "daemon/supervisor/engine_spawn.h"
#include "daemon/supervisor/fd_watch.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "shm/message_socket.h"
#include "shm/status_page.h"
#include "shm/unique_fd.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sys/types.h>

namespace chainsolved::supervisor {

/// What an engine says about its session once it serves one.
using EngineMessage = std::variant<AttachedMessage,
                                   DetachedMessage,
                                   GenerationMessage,
                                   KeepMessage,
                                   ForgetMessage,
                                   ReplayedMessage,
                                   RetriedMessage,
                                   QuarantineEndedMessage>;

class EngineProcess;

/// Whoever an engine serves: a session, or the probe at start-up.
class EngineUser {
 public:
  EngineUser() = default;
  EngineUser(const EngineUser&) = delete;
  EngineUser& operator=(const EngineUser&) = delete;
  virtual ~EngineUser() = default;

  /// `fds` came with the message; what is not taken out of it is closed. False: this cannot be, and
  /// the engine is to be killed.
  virtual bool on_engine_message(EngineMessage message, FdList& fds) = 0;
  /// It was not ended by us, or was being stopped; what it said before has been heard. The engine
  /// lives until the handler has returned.
  virtual void on_engine_died(const EngineExit& exit) = 0;
};

/// Whoever keeps engines.
class EngineKeeper {
 public:
  EngineKeeper() = default;
  EngineKeeper(const EngineKeeper&) = delete;
  EngineKeeper& operator=(const EngineKeeper&) = delete;
  virtual ~EngineKeeper() = default;

  virtual void on_spare_ready(EngineProcess& engine) = 0;
  virtual void on_start_failed(EngineProcess& engine, const std::string& reason) = 0;
  virtual void on_spare_lost(EngineProcess& engine, const EngineExit& exit) = 0;
  /// Last of all calls, whatever happened: it is reaped.
  virtual void on_engine_gone(EngineProcess& engine) = 0;
};

/// One engine process as the supervisor sees it: a pidfd, a channel and a status page. Of the
/// loop's thread only. Nothing here waits for the engine.
class EngineProcess {
 public:
  EngineProcess(EventLoop& loop, SpawnedEngine spawned, EngineKeeper& keeper, Counters& counters);
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;
  ~EngineProcess();

  pid_t pid() const noexcept { return pid_; }
  EngineState state() const noexcept { return lifecycle_.state(); }
  const StatusPage& page() const noexcept { return page_.page(); }

  /// From Spare to Serving: `user` hears from it until it is ended.
  void serve(EngineUser& user);

  /// Sends one channel message with up to kMaxFrameSegments descriptors (the caller keeps them).
  /// What the channel does not take now waits here and is sent in order; an engine that lets too
  /// much pile up is killed, as one that hangs.
  void send(const std::string& json, std::span<const BorrowedFd> fds = {});
  void send(const std::string& json, BorrowedFd fd) { send(json, std::span(&fd, 1)); }
  /// It has not read everything that was sent.
  bool has_unread() const noexcept;

  /// SIGKILL, to hear its last words: drain(), then end().
  void kill();
  /// Once it cannot run any more: hears everything that it said.
  void drain();

  /// SIGKILL. Its user hears nothing more; it is reaped later.
  void end(std::string_view reason);

 private:
  struct Outgoing {
    std::vector<std::byte> frame;
    std::vector<UniqueFd> fds;
  };

  void apply(EngineEvent event);
  void perform(EngineAction action);
  void kill_process() noexcept;
  /// Likewise, and nobody will take it for a kill from outside. `why`: "was killed since ...".
  void condemn(std::string_view why);
  /// False when there is nothing more to read.
  bool read_channel();
  void on_channel_gone();
  void on_channel_message(std::string_view json, FdList& fds);
  void on_start_report();
  void on_process_ended();
  bool try_send(const std::vector<std::byte>& frame, std::span<const BorrowedFd> fds);
  void flush();
  void flush_later(bool room_is_missing);

  const std::string program_;
  const pid_t pid_;
  EngineKeeper& keeper_;
  Counters& counters_;
  EngineUser* user_ = nullptr;
  EngineLifecycle lifecycle_;
  SharedStatusPage page_;
  EngineExit exit_;
  std::string condemned_;  // why; empty: it was not
  std::string start_failure_;
  std::deque<Outgoing> outgoing_;
  bool flush_is_planned_ = false;
  FdWatch process_;
  std::unique_ptr<FdWatch> channel_;       // until the engine closes it
  std::unique_ptr<FdWatch> start_report_;  // until exec
  boost::asio::steady_timer start_limit_;
  boost::asio::steady_timer retry_;
};

}  // namespace chainsolved::supervisor
