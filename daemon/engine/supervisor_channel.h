#pragma once

#include "daemon/engine/event_loop.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "shm/message_socket.h"
#include "shm/unique_fd.h"

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace chainsolved::engine {

/// What the supervisor tells an engine.
class ChannelListener {
 public:
  ChannelListener() = default;
  ChannelListener(const ChannelListener&) = delete;
  ChannelListener& operator=(const ChannelListener&) = delete;
  virtual ~ChannelListener() = default;

  virtual void on_configure(ConfigureMessage message) = 0;
  virtual void on_attach(AttachMessage message, UniqueFd socket) = 0;
  virtual void on_keep(KeepMessage message, UniqueFd segment) = 0;
  /// `snapshot` is empty when there is none.
  virtual void on_replay(ReplayMessage message, UniqueFd snapshot, UniqueFd journal) = 0;
  /// The supervisor has gone: the engine has nothing to live for.
  virtual void on_channel_closed() noexcept = 0;
};

/// The engine's end of the pair that it shares with the supervisor. Messages that do not fit the
/// socket wait in order.
class SupervisorChannel final : public EventHandler {
 public:
  SupervisorChannel(UniqueFd socket, EventLoop& loop, ChannelListener& listener);
  SupervisorChannel(const SupervisorChannel&) = delete;
  SupervisorChannel& operator=(const SupervisorChannel&) = delete;
  ~SupervisorChannel() override;

  /// Sends one message, given as the JSON of its frame; what does not fit waits.
  void send(const std::string& json);
  /// Sends one message and comes back when the kernel has it, or the supervisor is gone. While it
  /// waits the loop runs: the caller sees to it that nothing is served meanwhile.
  void deliver(const std::string& json, std::span<const BorrowedFd> fds);

  void on_ready(Readiness ready) noexcept override;

 private:
  /// False when there is nothing more to read now.
  bool receive();
  Result<void> take(std::span<const std::byte> message, FdList& fds);
  void flush();

  UniqueFd socket_;
  EventLoop& loop_;
  ChannelListener& listener_;
  EventLoop::Token token_;
  std::vector<std::byte> buffer_;
  std::deque<std::vector<std::byte>> waiting_;
  bool closed_ = false;
};

}  // namespace chainsolved::engine
