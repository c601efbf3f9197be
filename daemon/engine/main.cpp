// chainsolve-engine: the process that holds one session's graph. The supervisor starts it with the
// channel as descriptor 3 and the status page as descriptor 4; it is of no use to anybody else.

#include "daemon/engine/die_at.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/log.h"
#include "daemon/engine/ops/catalog_json.h"
#include "daemon/engine/ops/debug.h"
#include "daemon/engine/sandbox.h"
#include "protocol/methods.h"
#include "shm/status_page.h"
#include "shm/unique_fd.h"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>

#ifdef CHAINSOLVED_SANITIZED
// LeakSanitizer looks for leaks at exit from a process of its own, which the sandbox forbids.
extern "C" const char* __asan_default_options();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "detect_leaks=0";
}
#endif

namespace {

using namespace chainsolved;  // NOLINT(google-build-using-namespace)

constexpr int kChannelFd = 3;
constexpr int kStatusFd = 4;

UniqueFd inherited(int fd, const char* what) {
  if (::fcntl(fd, F_GETFD) < 0)
    throw std::runtime_error(std::string("descriptor ") + std::to_string(fd) + ", the " + what +
                             ", is not open; chainsolve-engine is started by chainsolved");
  return UniqueFd{AdoptFd{}, fd};
}

/// Every dataset and every client is a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  // With fewer than it could have, the engine still works.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

struct Options {
  bool debug_blocks = false;
};

/// False for what is no option, which is told.
bool read_options(std::span<char* const> arguments, Options& options) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--debug-blocks") {
      options.debug_blocks = true;
    } else if (argument != "--die-at" || i + 1 == arguments.size() ||
               !engine::arm_death(arguments[++i])) {
      std::cerr << "chainsolve-engine: unknown argument " << argument << '\n';
      return false;
    }
  }
  return true;
}

void serve(const Options& options) {
  UniqueFd channel = inherited(kChannelFd, "channel to the supervisor");
  auto page = SharedStatusPage::open(inherited(kStatusFd, "status page"));
  if (!page.ok()) throw std::runtime_error("status page: " + page.error().message);
  raise_descriptor_limit();
  // The supervisor's log may be closed before the engine is.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  // Made before the sandbox closes and before the first client waits for it.
  static_cast<void>(ops::catalog_hash());
  if (options.debug_blocks) ops::enable_debug_blocks();
  engine::Engine engine(std::move(channel), page->page());
  engine::enter_sandbox();
  engine.announce_ready();
  engine.run();
  // Its graph goes with the process; taking it apart first would only delay the kernel.
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view argument = argc > 1 ? argv[1] : "";
  if (argument == "--version") {
    std::cout << "chainsolve-engine " << kEngineVersion << '\n';
    return EXIT_SUCCESS;
  }
  if (argument == "--help") {
    std::cout << "chainsolve-engine holds one session of chainsolved, which starts it with its "
                 "channel as descriptor 3\nand its status page as descriptor 4. It is not started "
                 "by hand: see chainsolved --help.\n";
    return EXIT_SUCCESS;
  }
  Options options;
  if (!read_options(std::span(argv, static_cast<std::size_t>(argc)).subspan(1), options)) return 2;
  try {
    serve(options);
  } catch (const std::exception& fault) {
    engine::log_line(fault.what());
    return EXIT_FAILURE;
  }
}
