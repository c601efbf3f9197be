#pragma once

#include "daemon/engine/event_loop.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "shm/message_socket.h"
#include "shm/unique_fd.h"

#include <cstddef>
#include <deque>
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

  /// Sends one message, given as the JSON of its frame.
  void send(const std::string& json);

  void on_ready(Readiness ready) noexcept override;

 private:
  void receive();
  Result<void> take(std::span<const std::byte> message, FdList& fds);
  void flush();

  UniqueFd socket_;
  EventLoop& loop_;
  ChannelListener& listener_;
  EventLoop::Token token_;
  std::vector<std::byte> buffer_;
  std::deque<std::vector<std::byte>> waiting_;
};

}  // namespace chainsolved::engine
