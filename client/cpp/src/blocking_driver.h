#pragma once

#include "chainsolved/events.h"
#include "chainsolved/options.h"
#include "client/cpp/src/calls.h"
#include "client/cpp/src/request.h"
#include "client/cpp/src/session_core.h"
#include "client/cpp/src/transport.h"
#include "protocol/error.h"
#include "shm/unique_fd.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace chainsolved::client {

using Deadline = std::chrono::steady_clock::time_point;

/// Drives a core with the calling thread: send, wait, receive, until the answer is there. One
/// thread at a time, but for interrupt().
class BlockingDriver {
 public:
  BlockingDriver(UniqueFd socket,
                 SessionCore::Names names,
                 SessionCore::Mirroring mirroring,
                 Handlers handlers);
  BlockingDriver(const BlockingDriver&) = delete;
  BlockingDriver& operator=(const BlockingDriver&) = delete;
  ~BlockingDriver() = default;

  SessionCore core;
  Handlers handlers;
  RequestEncoder encoder{Limits().inline_limit};
  Request request;  // used again by every call

  Transport& transport() noexcept { return transport_; }

  /// Sends `request` (which was written with `written`) and waits for its answer.
  template <class T>
  Result<T> call(Result<void> written, Decode<T> decode);
  /// The same for the handshake, with a limit.
  template <class T>
  Result<T> call_handshake(Result<void> written, Decode<T> decode, Deadline deadline);
  /// The same as call(), with a limit.
  template <class T>
  Result<T> call_until(Result<void> written, Decode<T> decode, Deadline deadline);

  /// Sends what can be sent now.
  void flush();
  /// Takes what is there. False when the connection has ended.
  bool poll();
  /// Waits for something until the deadline, then takes it.
  enum class Step : std::uint8_t { Went, TimedOut, Interrupted, Ended };
  Step step(std::optional<Deadline> deadline);
  void interrupt() noexcept;
  /// Tells the handlers what has come.
  void dispatch_events();

 private:
  /// An answer under way: what becomes of it whether it comes, is given up, or an exception of a
  /// handler passes through.
  template <class T>
  struct Waiting {
    SessionCore& core;
    Decode<T> decode;
    RequestId id = 0;
    std::optional<Result<T>> result;

    Waiting(SessionCore& its_core, Decode<T> its_decode) noexcept
        : core(its_core), decode(its_decode) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() {
      if (id != 0 && !result.has_value()) core.abandon(id);
    }
    // One pointer: a std::function holds it without allocating.
    Done done() {
      return [this](Result<Reply>&& reply) {
        if (reply.ok())
          result.emplace(decode(core, *reply));
        else
          result.emplace(std::move(reply).error());
      };
    }
  };

  template <class T>
  Result<T> wait_for(Waiting<T>& waiting,
                     const Result<RequestId>& sent,
                     std::optional<Deadline> deadline);
  /// Feeds the core with what is there; the handlers are told later, since they may call.
  void take_waiting();
  /// What an interruption or the deadline does to a call; an error ends the waiting.
  std::optional<Error> on_interrupted(RequestId id, int& times);

  Transport transport_;
  UniqueFd wake_;  // eventfd: interrupt() from anywhere
  std::atomic<bool> interrupted_{false};
};

template <class T>
Result<T> BlockingDriver::call(Result<void> written, Decode<T> decode) {
  if (!written.ok()) return std::move(written).error();
  take_waiting();
  Waiting<T> waiting(core, decode);
  return wait_for(waiting, core.call(request, waiting.done()), std::nullopt);
}

template <class T>
Result<T> BlockingDriver::call_until(Result<void> written, Decode<T> decode, Deadline deadline) {
  if (!written.ok()) return std::move(written).error();
  take_waiting();
  Waiting<T> waiting(core, decode);
  return wait_for(waiting, core.call(request, waiting.done()), deadline);
}

template <class T>
Result<T> BlockingDriver::call_handshake(Result<void> written,
                                         Decode<T> decode,
                                         Deadline deadline) {
  if (!written.ok()) return std::move(written).error();
  Waiting<T> waiting(core, decode);
  return wait_for(waiting, core.call_handshake(request, waiting.done()), deadline);
}

template <class T>
Result<T> BlockingDriver::wait_for(Waiting<T>& waiting,
                                   const Result<RequestId>& sent,
                                   std::optional<Deadline> deadline) {
  if (!sent.ok()) {
    dispatch_events();
    return sent.error();
  }
  waiting.id = *sent;
  int interruptions = 0;
  while (!waiting.result.has_value()) {
    switch (step(deadline)) {
      case Step::Went:
      case Step::Ended:  // then the core has rejected the call
        break;
      case Step::TimedOut:
        return Error{ErrorCode::DaemonLost, "the daemon did not answer in time"};
      case Step::Interrupted:
        if (auto given_up = on_interrupted(waiting.id, interruptions)) return *given_up;
        break;
    }
    dispatch_events();
  }
  return std::move(*waiting.result);
}

/// The request, emptied, for writing the next one.
inline Request& fresh(BlockingDriver& driver) {
  driver.request.clear();
  return driver.request;
}

}  // namespace chainsolved::client
