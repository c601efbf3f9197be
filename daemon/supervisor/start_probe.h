#pragma once

#include "daemon/supervisor/engine_pool.h"
#include "daemon/supervisor/engine_process.h"
#include "daemon/supervisor/fd_watch.h"
#include "protocol/error.h"
#include "protocol/limits.h"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace chainsolved::supervisor {

/// Proves at start-up that this installation works: takes an engine, attaches a client of its own
/// over a socket pair and has 2 + 3 evaluated, on the way that every client's request goes. The
/// engine is not used again.
class StartProbe final : public EngineUser {
 public:
  using Done = std::function<void(Result<void>)>;

  StartProbe(EventLoop& loop, EnginePool& engines, const Limits& limits, Done done);
  StartProbe(const StartProbe&) = delete;
  StartProbe& operator=(const StartProbe&) = delete;
  ~StartProbe() override = default;

  /// `done` is called once, from the loop or from here.
  void start();
  /// Gives up; `done` is not called any more.
  void cancel();

 private:
  bool on_engine_message(EngineMessage message, FdList& fds) override;
  void on_engine_died(const EngineExit& exit) override;

  void on_engine(Result<EngineProcess*> engine);
  void on_readable();
  void on_frame(std::span<const std::byte> message);
  void send_evaluate();
  void finish(Result<void> result);

  EventLoop& loop_;
  EnginePool& engines_;
  const Limits& limits_;
  Done done_;
  EnginePool::Ticket ticket_ = 0;
  EngineProcess* engine_ = nullptr;
  std::unique_ptr<FdWatch> client_;
  boost::asio::steady_timer limit_;
};

}  // namespace chainsolved::supervisor
