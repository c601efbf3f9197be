#include "daemon/supervisor/daemon.h"

#include "daemon/supervisor/log.h"

#include <boost/asio/post.hpp>

#include <csignal>
#include <cstdlib>
#include <utility>

#include <unistd.h>

namespace chainsolved::supervisor {

namespace {

EngineCommand engine_command(const Configuration& configuration) {
  EngineCommand command{
      configuration.engine, configuration.portable_math, configuration.engine_arguments};
  if (configuration.debug_blocks)
    command.arguments.insert(command.arguments.begin(), "--debug-blocks");
  return command;
}

}  // namespace

Daemon::Daemon(const Configuration& configuration, ListeningSocket& socket, StartReport& report)
    : configuration_(configuration),
      socket_(socket),
      report_(report),
      loop_(1),
      signals_(loop_, SIGTERM, SIGINT, SIGHUP),
      idle_(loop_),
      service_manager_(loop_),
      handed_(loop_, counters_),
      engines_(loop_, engine_command(configuration), configuration.spare_engines, counters_),
      sessions_(loop_,
                engines_,
                handed_,
                counters_,
                configuration.limits,
                SessionDefaults{configuration.session, configuration.recovery}),
      control_(sessions_,
               StatusSources{counters_,
                             engines_,
                             configuration.limits,
                             socket.path(),
                             std::chrono::steady_clock::now()}),
      probe_(loop_, engines_, configuration.limits, [this](Result<void> result) {
        on_probed(std::move(result));
      }) {
  sessions_.set_handlers(
      [this](Joining client, const Error& error) { on_open_failed(std::move(client), error); },
      [this] { check_idle(); });
}

int Daemon::run() {
  wait_for_signal();
  log_event(LogLevel::Info,
            "starting",
            {},
            {{"pid", ::getpid()}, {"socket", socket_.path()}, {"engine", configuration_.engine}});
  probe_.start();
  while (!stopped_) {
    loop_.run_one();
    ++counters_.wakeups;
    loop_.poll();
  }
  log_event(LogLevel::Info, "stopped", {}, {{"status", exit_status_}});
  return exit_status_;
}

void Daemon::on_probed(Result<void> result) {
  if (!result.ok()) {
    log_event(LogLevel::Error, "probe-failed", {}, {{"reason", result.error().message}});
    report_.failed(result.error().message);
    say_failed(result.error().message);
    exit_status_ = EXIT_FAILURE;
    return stop("no engine works");
  }
  listener_ =
      std::make_unique<Listener>(loop_, socket_.take_fd(), *this, configuration_.limits, counters_);
  log_event(LogLevel::Info, "serving", {}, {{"socket", socket_.path()}});
  report_.ready();
  service_manager_.say_ready();
  check_idle();
}

void Daemon::on_request(Connection& connection,
                        std::uint64_t id,
                        const RequestReader::Envelope& request) {
  control_.on_request(connection, id, request, listener_->connection_count());
}

void Daemon::on_connection_over(Connection& connection) {
  // Later: the call comes from inside the connection.
  boost::asio::post(loop_, [this, &connection] {
    if (listener_) listener_->forget(connection);
    check_idle();
  });
}

void Daemon::on_open_failed(Joining client, const Error& error) {
  if (!listener_ || stopping_) return;
  Connection& connection = listener_->adopt(std::move(client.socket), client.peer);
  connection.set_said_hello();
  connection.answer_error(client.open_id, error);
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    // Engines die with this process; whoever asks twice does not want to wait for that.
    if (stopping_) std::_Exit(128 + signal);
    wait_for_signal();
    stop(std::string("signal ") + ::sigdescr_np(signal));
  });
}

void Daemon::check_idle() {
  idle_.cancel();
  const bool is_idle = configuration_.on_demand && listener_ && !stopping_ && sessions_.empty() &&
                       listener_->connection_count() == 0;
  if (!is_idle) return;
  idle_.expires_after(std::chrono::milliseconds(configuration_.idle_exit_ms));
  idle_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopping_ || !sessions_.empty()) return;
    // Somebody may have connected in this very moment.
    if (listener_->is_idle_after_accepting()) stop("nobody is connected");
  });
}

void Daemon::stop(const std::string& reason) {
  stopping_ = true;
  log_event(LogLevel::Info, "stopping", {}, {{"reason", reason}});
  service_manager_.say_stopping();
  idle_.cancel();
  probe_.cancel();
  const std::string words = "the daemon stops: " + reason;
  sessions_.close_all(words);
  if (listener_) listener_->stop(Error{ErrorCode::DaemonLost, words});
  engines_.stop([this] { stopped_ = true; });
}

}  // namespace chainsolved::supervisor
