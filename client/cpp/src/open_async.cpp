// Opening a session without blocking: what open_blocking.cpp does, with waits instead of waiting.
#include "client/cpp/src/async_session.h"
#include "client/cpp/src/daemon_launch.h"
#include "client/cpp/src/socket_finder.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include <fcntl.h>

namespace chainsolved::client::detail {

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;

/// Between two tries for what another process holds: the start lock, a full queue.
constexpr std::chrono::milliseconds kTryAgainAfter{5};

struct Connected {
  UniqueFd socket;
  std::string path;
  bool started = false;
};

Error too_late(const char* what) {
  return {ErrorCode::DaemonLost, what};
}

/// One opening; its members live as long as the coroutine.
class AsyncOpener {
 public:
  AsyncOpener(Strand strand, Options options, Handlers handlers)
      : strand_(std::move(strand)),
        options_(std::move(options)),
        handlers_(std::move(handlers)),
        timer_(strand_),
        deadline_(std::chrono::steady_clock::now() + options_.open_timeout) {}

  awaitable<Result<OpenedSession>> run();

 private:
  bool over() const { return std::chrono::steady_clock::now() >= deadline_; }
  awaitable<void> pause();
  awaitable<ConnectAttempt> try_connect(const std::string& path);
  awaitable<Result<void>> wait_ready(DaemonLaunch& launch);
  awaitable<Result<Connected>> start_daemon(Result<DaemonLaunch> launch);
  awaitable<Result<Connected>> start_on_demand(const std::string& path);
  awaitable<Result<Connected>> connect();
  template <class T>
  awaitable<Result<T>> handshake(const std::shared_ptr<AsyncSession>& session,
                                 Request& request,
                                 Decode<T> decode);
  awaitable<Result<void>> introduce(const std::shared_ptr<AsyncSession>& session);
  awaitable<Result<void>> fill_mirror(const std::shared_ptr<AsyncSession>& session);

  Strand strand_;
  Options options_;
  Handlers handlers_;
  asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_;
};

awaitable<void> AsyncOpener::pause() {
  timer_.expires_after(kTryAgainAfter);
  boost::system::error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(use_awaitable, ignored));
}

awaitable<ConnectAttempt> AsyncOpener::try_connect(const std::string& path) {
  ConnectAttempt attempt = connect_to(path, std::chrono::milliseconds(0));
  while (attempt.queue_full() && !over()) {
    co_await pause();
    attempt = connect_to(path, std::chrono::milliseconds(0));
  }
  co_return attempt;
}

awaitable<Result<void>> AsyncOpener::wait_ready(DaemonLaunch& launch) {
  // Watched through a duplicate, which the descriptor object may close.
  asio::posix::stream_descriptor watch(strand_);
  boost::system::error_code error;
  watch.assign(::fcntl(launch.ready_fd().get(), F_DUPFD_CLOEXEC, 0), error);
  timer_.expires_at(deadline_);
  timer_.async_wait([&watch](const boost::system::error_code& stopped) {
    boost::system::error_code ignored;
    if (!stopped) watch.cancel(ignored);
  });
  while (!error) {
    if (auto finished = launch.finish_reading()) {
      timer_.cancel();
      co_return *std::move(finished);
    }
    co_await watch.async_wait(asio::posix::stream_descriptor::wait_read,
                              asio::redirect_error(use_awaitable, error));
  }
  timer_.cancel();
  co_return Error{ErrorCode::EngineStartFailed, "the daemon did not get ready in time"};
}

awaitable<Result<Connected>> AsyncOpener::start_daemon(Result<DaemonLaunch> launch) {
  if (!launch.ok()) co_return std::move(launch).error();
  if (auto ready = co_await wait_ready(*launch); !ready.ok()) co_return std::move(ready).error();
  ConnectAttempt attempt = co_await try_connect(launch->socket());
  if (!attempt.connected()) co_return explain_failure(launch->socket(), attempt.error);
  co_return Connected{std::move(attempt.socket), launch->socket(), true};
}

awaitable<Result<Connected>> AsyncOpener::start_on_demand(const std::string& path) {
  auto lock = StartLock::open(path);
  if (!lock.ok()) co_return std::move(lock).error();
  while (!lock->try_lock()) {
    if (over()) co_return too_late("another client has been starting the daemon for too long");
    co_await pause();
  }
  ConnectAttempt again = co_await try_connect(path);
  if (again.connected()) co_return Connected{std::move(again.socket), path, false};
  co_return co_await start_daemon(DaemonLaunch::on_demand(options_, path));
}

awaitable<Result<Connected>> AsyncOpener::connect() {
  if (options_.spawn == Spawn::Private)
    co_return co_await start_daemon(DaemonLaunch::on_private_socket(options_));
  auto path = find_socket(options_);
  if (!path.ok()) co_return std::move(path).error();
  ConnectAttempt attempt = co_await try_connect(*path);
  if (attempt.connected()) co_return Connected{std::move(attempt.socket), *path, false};
  if (attempt.nobody_listens() && options_.spawn == Spawn::OnDemand)
    co_return co_await start_on_demand(*path);
  if (attempt.nobody_listens() && options_.spawn == Spawn::PrivateFallback)
    co_return co_await start_daemon(DaemonLaunch::on_private_socket(options_));
  co_return explain_failure(*path, attempt.error);
}

template <class T>
awaitable<Result<T>> AsyncOpener::handshake(const std::shared_ptr<AsyncSession>& session,
                                            Request& request,
                                            Decode<T> decode) {
  std::optional<Result<T>> result;
  asio::steady_timer answered(strand_, asio::steady_timer::time_point::max());
  AsyncSession* const its = session.get();
  // Called on this strand, after this coroutine has begun to wait; it goes on in its own turn.
  auto id = session->call_handshake(request, [&, its](Result<Reply>&& reply) {
    result.emplace(reply.ok() ? decode(its->core(), *reply) : Result<T>(std::move(reply).error()));
    answered.cancel();
  });
  if (!id.ok()) co_return std::move(id).error();
  boost::system::error_code cancelled;
  co_await answered.async_wait(asio::redirect_error(use_awaitable, cancelled));
  if (!result.has_value()) co_return too_late("the connection was given up");
  co_return *std::move(result);
}

awaitable<Result<void>> AsyncOpener::introduce(const std::shared_ptr<AsyncSession>& session) {
  Request request;
  if (auto written = session->encoder.hello(request, options_); !written.ok()) co_return written;
  auto hello = co_await handshake<DaemonInfo>(session, request, decode_hello);
  if (!hello.ok()) co_return std::move(hello).error();
  session->encoder = RequestEncoder(hello->limits.inline_limit);
  session->set_frame_limit(hello->limits.inline_limit);
  hello->socket = std::move(session->daemon.socket);
  hello->started = session->daemon.started;
  session->daemon = std::move(*hello);
  request.clear();
  if (auto written = session->encoder.open_session(request, options_); !written.ok())
    co_return written;
  auto opened = co_await handshake<SessionInfo>(session, request, decode_session);
  if (!opened.ok()) co_return std::move(opened).error();
  session->session = std::move(*opened);
  co_return Result<void>();
}

awaitable<Result<void>> AsyncOpener::fill_mirror(const std::shared_ptr<AsyncSession>& session) {
  if (!options_.mirror || session->session.created) co_return Result<void>();
  Request request;
  if (auto written = session->encoder.get_values(request, {}); !written.ok()) co_return written;
  auto values = co_await handshake<Values>(session, request, decode_all_values);
  // When the engine died over it, its successor tells all values by itself.
  if (!values.ok() && info_of(values.error().code).blame != Blame::Engine)
    co_return std::move(values).error();
  co_return Result<void>();
}

awaitable<Result<OpenedSession>> AsyncOpener::run() {
  auto connected = co_await connect();
  if (!connected.ok()) co_return std::move(connected).error();
  auto session = std::make_shared<AsyncSession>(
      strand_, options_, std::move(handlers_), std::move(connected->socket));
  session->daemon.socket = std::move(connected->path);
  session->daemon.started = connected->started;
  if (auto begun = session->begin(); !begun.ok()) co_return std::move(begun).error();
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = std::weak_ptr(session)](const boost::system::error_code& stopped) {
    const auto alive = weak.lock();
    if (!stopped && alive != nullptr) alive->end(too_late("the daemon did not answer in time"));
  });
  Result<void> introduced = co_await introduce(session);
  if (introduced.ok()) introduced = co_await fill_mirror(session);
  timer_.cancel();
  if (introduced.ok()) co_return OpenedSession{std::move(session)};
  session->close();
  co_return std::move(introduced).error();
}

}  // namespace

void open(const boost::asio::any_io_executor& executor,
          Options options,
          Handlers handlers,
          Callback<OpenedSession> done) {
  if (!executor) throw asio::execution::bad_executor();
  const Strand strand = asio::make_strand(executor);
  auto opener = std::make_shared<AsyncOpener>(strand, std::move(options), std::move(handlers));
  asio::co_spawn(
      strand,
      [opener, done = std::move(done)]() -> awaitable<void> { done(co_await opener->run()); },
      [](const std::exception_ptr& thrown) {
        // Out of memory: whoever runs the executor is told, as by any handler.
        if (thrown != nullptr) std::rethrow_exception(thrown);
      });
}

}  // namespace chainsolved::client::detail
