#pragma once

#include "daemon/supervisor/fd_watch.h"

#include <chrono>
#include <functional>
#include <memory>

namespace chainsolved::supervisor {

/// Calls a handler once, later. Unlike a bare timer it may be set again, cancelled or destroyed at
/// any time, in its own handler too: what was set before is never called then, even if it was due.
/// Of the loop's thread only.
class Alarm {
 public:
  using Handler = std::function<void()>;

  explicit Alarm(EventLoop& loop);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm();

  void set_after(std::chrono::nanoseconds delay, Handler handler);
  /// `at_ns` is of CLOCK_MONOTONIC, as the times of a status page are.
  void set_at(std::uint64_t at_ns, Handler handler);
  void cancel() noexcept;
  bool is_set() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace chainsolved::supervisor
