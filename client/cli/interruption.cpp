#include "client/cli/interruption.h"

#include "chainsolved/engine.h"

#include <atomic>
#include <cmath>
#include <csignal>

#include <sys/time.h>
#include <unistd.h>

namespace chainsolved::cli {

namespace {

// What a signal handler may touch: lock-free atomics, nothing else.
std::atomic<client::Engine*> watched{nullptr};
std::atomic<int> first_signal{0};
static_assert(std::atomic<client::Engine*>::is_always_lock_free);

void on_signal(int signal) {
  int none = 0;
  first_signal.compare_exchange_strong(none, signal);
  if (client::Engine* engine = watched.load()) {
    engine->interrupt();
  } else if (signal != SIGALRM) {
    ::_exit(static_cast<int>(ExitStatus::Interrupted));
  }
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

timeval seconds(double duration) {
  timeval time{};
  time.tv_sec = static_cast<time_t>(duration);
  time.tv_usec = static_cast<suseconds_t>((duration - std::floor(duration)) * 1e6);
  return time;
}

}  // namespace

Interruption::Interruption(std::optional<double> timeout_seconds) {
  first_signal = 0;
  for (const int signal : {SIGINT, SIGTERM, SIGALRM})
    handle(signal, on_signal);
  if (!timeout_seconds) return;
  itimerval timer{};
  timer.it_value = seconds(*timeout_seconds);
  timer.it_interval = seconds(1);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

Interruption::~Interruption() {
  const itimerval off{};
  ::setitimer(ITIMER_REAL, &off, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGALRM})
    handle(signal, SIG_DFL);
}

Interruption::Watch::~Watch() {
  watched = nullptr;
}

Interruption::Watch::Watch(client::Engine& engine) noexcept {
  watched = &engine;
  // A signal that came while the connection was made had nothing to cancel then.
  if (first_signal != 0) engine.interrupt();
}

std::optional<ExitStatus> Interruption::cause() const noexcept {
  const int signal = first_signal;
  if (signal == 0) return std::nullopt;
  return signal == SIGALRM ? ExitStatus::TimedOut : ExitStatus::Interrupted;
}

}  // namespace chainsolved::cli
