// chainsolved: listens, opens sessions, starts engines and watches them (DESIGN §1).
#include "daemon/supervisor/configuration.h"
#include "daemon/supervisor/daemon.h"
#include "daemon/supervisor/listening_socket.h"
#include "daemon/supervisor/log.h"
#include "daemon/supervisor/service_manager.h"
#include "daemon/supervisor/start_report.h"
#include "protocol/socket_path.h"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace chainsolved;
using namespace chainsolved::supervisor;

/// 0, 1 and 2 are open from here on, so that nothing else gets their numbers.
void open_standard_streams() {
  int fd = -1;
  do {
    fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

/// Each session needs some ten descriptors here.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) < 0)
    log_event(LogLevel::Warning, "descriptor-limit-kept", {});
}

std::unique_ptr<ListeningSocket> listen(const Configuration& configuration) {
  if (auto activated = activated_socket())
    return std::make_unique<ListeningSocket>(std::move(*activated));
  const auto path = socket_path(SocketEnvironment::current(configuration.socket), SocketUse::Serve);
  if (!path.ok()) throw std::runtime_error(path.error().message);
  return std::make_unique<ListeningSocket>(path->path);
}

int serve(const Configuration& configuration) {
  StartReport report(configuration.ready_fd);
  try {
    set_log_level(configuration.log_level);
    // A daemon that a client starts outlives it, and the keyboard's signals are not for it.
    if (configuration.on_demand) ::setsid();
    ::umask(0077);
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    raise_descriptor_limit();
    const auto socket = listen(configuration);
    return Daemon(configuration, *socket, report).run();
  } catch (const std::exception& error) {
    log_event(LogLevel::Error, "start-failed", {}, {{"reason", error.what()}});
    report.failed(error.what());
    say_failed(error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  const auto read = read_command_line(argc, argv);
  if (const int* status = std::get_if<int>(&read)) return *status;
  return serve(std::get<Configuration>(read));
}
