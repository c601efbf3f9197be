#include "daemon/supervisor/engine_stop.h"

#include "daemon/supervisor/process_tasks.h"
#include "shm/status_page.h"

#include <algorithm>
#include <utility>

namespace chainsolved::supervisor {

namespace {

constexpr std::chrono::microseconds kFirstLook{20};
constexpr std::chrono::microseconds kLongestWait{1000};

}  // namespace

void EngineStop::begin(EngineProcess& engine, std::chrono::milliseconds limit, Done done) {
  engine_ = &engine;
  give_up_ns_ = monotonic_ns() + static_cast<std::uint64_t>(limit.count()) * kNsPerMs;
  done_ = std::move(done);
  pause_ = kFirstLook;
  engine.kill();
  wait();
}

void EngineStop::cancel() noexcept {
  alarm_.cancel();
  engine_ = nullptr;
  done_ = nullptr;
}

void EngineStop::wait() {
  alarm_.set_after(pause_, [this] { look(); });
}

void EngineStop::look() {
  const bool stopped = !can_still_run(engine_->pid());
  if (!stopped && monotonic_ns() < give_up_ns_) {
    pause_ = std::min(pause_ * 3 / 2, kLongestWait);
    return wait();
  }
  engine_ = nullptr;
  std::exchange(done_, nullptr)(stopped);
}

}  // namespace chainsolved::supervisor
