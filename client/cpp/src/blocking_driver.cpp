#include "client/cpp/src/blocking_driver.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace chainsolved::client {

namespace {

/// How long descriptors in flight are given to arrive before the next try.
constexpr std::chrono::milliseconds kRetryAfter{2};

int poll_timeout(std::optional<Deadline> deadline, bool retry) {
  if (!deadline.has_value()) return retry ? static_cast<int>(kRetryAfter.count()) : -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
  const auto wait = retry ? std::min(left, kRetryAfter) : left;
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 1 << 30));
}

}  // namespace

BlockingDriver::BlockingDriver(UniqueFd socket,
                               SessionCore::Names names,
                               SessionCore::Mirroring mirroring,
                               Handlers its_handlers)
    : core(names, mirroring),
      handlers(std::move(its_handlers)),
      transport_(std::move(socket), core),
      wake_(AdoptFd{}, ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void BlockingDriver::flush() {
  static_cast<void>(transport_.send());
}

BlockingDriver::Step BlockingDriver::step(std::optional<Deadline> deadline) {
  core.want_raw(static_cast<bool>(handlers.on_raw));
  const Transport::Sent sent = transport_.send();
  if (!transport_.open()) return Step::Ended;
  const bool full = sent == Transport::Sent::Full;
  pollfd waits[2] = {
      {transport_.fd().get(), static_cast<short>(full ? POLLIN | POLLOUT : POLLIN), 0},
      {wake_.get(), POLLIN, 0}};
  const bool retry = sent == Transport::Sent::Later;
  const int ready = ::poll(waits, 2, poll_timeout(deadline, retry));
  if (ready < 0 && errno != EINTR) return Step::Interrupted;
  if (ready <= 0) {
    const bool over = deadline.has_value() && std::chrono::steady_clock::now() >= *deadline;
    return over ? Step::TimedOut : Step::Went;
  }
  // POLLHUP counts as readable: what was sent before the end is still there.
  if ((waits[0].revents & ~POLLOUT) != 0 && transport_.receive() == Transport::Took::End) {
    transport_.close();
    return Step::Ended;
  }
  if (waits[1].revents == 0) return Step::Went;
  std::uint64_t count = 0;
  static_cast<void>(::read(wake_.get(), &count, sizeof count));
  return interrupted_.exchange(false, std::memory_order_acquire) ? Step::Interrupted : Step::Went;
}

// A call that goes with the epoch of an engine that has been replaced meanwhile would be refused.
void BlockingDriver::take_waiting() {
  core.want_raw(static_cast<bool>(handlers.on_raw));
  while (transport_.open()) {
    switch (transport_.receive()) {
      case Transport::Took::Message:
        break;
      case Transport::Took::Nothing:
        return;
      case Transport::Took::End:
        transport_.close();
        return;
    }
  }
}

bool BlockingDriver::poll() {
  core.want_raw(static_cast<bool>(handlers.on_raw));
  flush();
  while (transport_.open() && transport_.receive() == Transport::Took::Message)
    dispatch_events();
  dispatch_events();
  if (transport_.open()) {
    flush();  // what was held until now
    return true;
  }
  transport_.close();
  return false;
}

void BlockingDriver::interrupt() noexcept {
  interrupted_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  const int error = errno;  // a signal handler leaves errno as it was
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
  errno = error;
}

std::optional<Error> BlockingDriver::on_interrupted(RequestId id, int& times) {
  Error given_up{ErrorCode::Cancelled, "the call was interrupted", {}, Applied::Unknown};
  if (core.cancel_unsent(id)) return std::nullopt;  // it has its answer
  if (++times > 1 || core.state() == SessionState::Opening) return given_up;
  Request cancel;
  if (encoder.cancel(cancel, id).ok()) static_cast<void>(core.call(cancel, {}));
  return std::nullopt;
}

void BlockingDriver::dispatch_events() {
  while (auto event = core.next_event())
    deliver(*event, handlers);
}

}  // namespace chainsolved::client
