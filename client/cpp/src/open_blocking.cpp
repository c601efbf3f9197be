#include "client/cpp/src/open_blocking.h"

#include "client/cpp/src/daemon_launch.h"
#include "client/cpp/src/socket_finder.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <poll.h>

namespace chainsolved::client {

namespace {

struct Connected {
  UniqueFd socket;
  std::string path;
  bool started = false;
};

std::chrono::milliseconds left_until(Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

Result<void> wait_ready(DaemonLaunch& launch, Deadline deadline) {
  while (true) {
    if (auto finished = launch.finish_reading()) return *std::move(finished);
    pollfd wait{launch.ready_fd().get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left_until(deadline).count()));
    if (ready == 0 || (ready < 0 && errno != EINTR))
      return Error{ErrorCode::EngineStartFailed, "the daemon did not get ready in time"};
  }
}

Result<Connected> start_daemon(Result<DaemonLaunch> launch, Deadline deadline) {
  if (!launch.ok()) return std::move(launch).error();
  if (auto ready = wait_ready(*launch, deadline); !ready.ok()) return std::move(ready).error();
  ConnectAttempt attempt = connect_to(launch->socket(), left_until(deadline));
  if (!attempt.connected()) return explain_failure(launch->socket(), attempt.error);
  return Connected{std::move(attempt.socket), launch->socket(), true};
}

Result<Connected> start_on_demand(const Options& options,
                                  const std::string& path,
                                  Deadline deadline) {
  auto lock = StartLock::open(path);
  if (!lock.ok()) return std::move(lock).error();
  lock->lock();
  // Another client may have started it while this one waited for the lock.
  ConnectAttempt again = connect_to(path, left_until(deadline));
  if (again.connected()) return Connected{std::move(again.socket), path, false};
  return start_daemon(DaemonLaunch::on_demand(options, path), deadline);
}

Result<Connected> connect(const Options& options, Deadline deadline) {
  if (options.spawn == Spawn::Private)
    return start_daemon(DaemonLaunch::on_private_socket(options), deadline);
  auto path = find_socket(options);
  if (!path.ok()) return std::move(path).error();
  ConnectAttempt attempt = connect_to(*path, left_until(deadline));
  if (attempt.connected()) return Connected{std::move(attempt.socket), *path, false};
  if (attempt.nobody_listens() && options.spawn == Spawn::OnDemand)
    return start_on_demand(options, *path, deadline);
  if (attempt.nobody_listens() && options.spawn == Spawn::PrivateFallback)
    return start_daemon(DaemonLaunch::on_private_socket(options), deadline);
  return explain_failure(*path, attempt.error);
}

}  // namespace

Result<Greeted> greet(const Options& options,
                      Handlers handlers,
                      Purpose purpose,
                      Deadline deadline) {
  auto connected = connect(options, deadline);
  if (!connected.ok()) return std::move(connected).error();
  auto driver = std::make_unique<BlockingDriver>(
      std::move(connected->socket),
      options.names ? SessionCore::Names::Ids : SessionCore::Names::Slots,
      options.mirror ? SessionCore::Mirroring::Yes : SessionCore::Mirroring::No,
      std::move(handlers));
  Request& request = fresh(*driver);
  auto written = driver->encoder.hello(request, options);
  request.opens_session = purpose == Purpose::Control;
  auto hello = driver->call_handshake(std::move(written), decode_hello, deadline);
  if (!hello.ok()) return std::move(hello).error();
  driver->encoder = RequestEncoder(hello->limits.inline_limit);
  driver->transport().set_frame_limit(hello->limits.inline_limit);
  hello->socket = std::move(connected->path);
  hello->started = connected->started;
  return Greeted{std::move(driver), std::move(*hello)};
}

}  // namespace chainsolved::client
