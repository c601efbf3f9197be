#pragma once

#include "daemon/supervisor/alarm.h"
#include "daemon/supervisor/engine_process.h"

#include <chrono>
#include <cstdint>
#include <functional>

namespace chainsolved::supervisor {

/// Kills an engine and tells when it can no longer run, long before it can be reaped: a process
/// that has a gigabyte takes the kernel a while to take apart. Looks between short waits, never in
/// a spin, which would keep the victim from dying. Of the loop's thread only.
class EngineStop {
 public:
  /// False: it can still run after all the time that it was given.
  using Done = std::function<void(bool stopped)>;

  explicit EngineStop(EventLoop& loop) : alarm_(loop) {}

  /// `engine` must live until `done` is called, later, or cancel().
  void begin(EngineProcess& engine, std::chrono::milliseconds limit, Done done);
  void cancel() noexcept;

 private:
  void look();
  void wait();

  EngineProcess* engine_ = nullptr;
  std::uint64_t give_up_ns_ = 0;
  std::chrono::microseconds pause_{0};
  Done done_;
  Alarm alarm_;
};

}  // namespace chainsolved::supervisor
