#include "daemon/supervisor/configuration.h"

#include "daemon/supervisor/start_report.h"
#include "protocol/methods.h"

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace chainsolved::supervisor {

namespace {

constexpr std::string_view kEngineProgram = "chainsolve-engine";
constexpr std::size_t kMaxSpares = 64;
constexpr std::uint64_t kMaxRestarts = 1'000'000;
constexpr std::uint64_t kMaxMilliseconds = 7ULL * 24 * 3600 * 1000;

/// NAME=VALUE; throws what CLI11 prints.
void set_limit(Limits& limits, const std::string& text) {
  const std::size_t sign = text.find('=');
  const std::string name = text.substr(0, sign);
  const LimitInfo* info = find_limit(name);
  if (info == nullptr)
    throw CLI::ValidationError("--limit",
                               "there is no limit \"" + name + "\"; `hello` lists them all");
  std::uint64_t value = 0;
  const std::string_view digits =
      sign == std::string::npos ? std::string_view() : std::string_view(text).substr(sign + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value == 0)
    throw CLI::ValidationError("--limit", name + "=VALUE wants a whole number above 0");
  limits.*(info->member) = value;
}

void add_milliseconds(CLI::App& app,
                      const char* name,
                      std::chrono::milliseconds& out,
                      const char* what) {
  app.add_option_function<std::uint64_t>(
         name, [&out](const std::uint64_t& value) { out = std::chrono::milliseconds(value); }, what)
      ->check(CLI::Range(std::uint64_t{1}, kMaxMilliseconds));
}

/// When an engine counts as hung, and what is done about those that die (DESIGN §4).
void add_recovery_options(CLI::App& app, Configuration& configuration) {
  app.add_option("--watchdog-ms",
                 configuration.session.watchdog_ms,
                 "How long an engine may make no progress, unless openSession says otherwise")
      ->check(CLI::Range(std::uint64_t{1}, kMaxMilliseconds));
  app.add_option("--watchdog-mode",
                 configuration.session.watchdog_mode,
                 "Counted from the last \"progress\", or from when the request began: \"response\"")
      ->check(CLI::IsMember({"progress", "response"}));
  app.add_option("--max-request-ms",
                 configuration.session.max_request_ms,
                 "How long a request may run in either mode (0: as long as it makes progress)")
      ->check(CLI::Range(std::uint64_t{0}, kMaxMilliseconds));
  app.add_option("--max-restarts",
                 configuration.recovery.blame.max_restarts,
                 "How many engines of a session may die within --restart-window-ms")
      ->check(CLI::Range(std::uint64_t{0}, kMaxRestarts));
  add_milliseconds(app,
                   "--restart-window-ms",
                   configuration.recovery.blame.window,
                   "The time in which deaths are counted");
  add_milliseconds(app,
                   "--kill-timeout-ms",
                   configuration.recovery.kill_timeout,
                   "How long a killed engine may take to stop running");
}

/// What engines are started with.
void add_engine_options(CLI::App& app, Configuration& configuration) {
  app.add_option("--engine", configuration.engine, "The engine program (else beside this one)");
  app.add_option("--spare-engines", configuration.spare_engines, "Engines kept started and idle")
      ->check(CLI::Range(std::size_t{0}, kMaxSpares));
  app.add_flag("--portable-math",
               configuration.portable_math,
               "The same bits on every machine: engines without fused multiply-add in libm");
  app.add_flag("--debug-blocks",
               configuration.debug_blocks,
               "Offer blocks that hang, crash and eat memory, to test what callers make of it");
  // For tests of the supervisor: not shown.
  app.add_option("--engine-arg", configuration.engine_arguments)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("");
}

}  // namespace

std::variant<Configuration, int> read_command_line(int argc, char** argv) {
  Configuration configuration;
  std::string socket;
  std::vector<std::string> limits;
  CLI::App app("chainsolved, the supervisor of the chainsolve engines", "chainsolved");
  // A script's own option comes after the one it was given.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.set_version_flag("--version", std::string(kEngineVersion));
  app.add_option("--socket",
                 socket,
                 "Where to listen (else $CHAINSOLVED_SOCKET, the user's run"
                 "time directory, /run/chainsolved)");
  app.add_flag("--on-demand", configuration.on_demand, "Exit when nobody is connected any more");
  app.add_option("--idle-exit-ms", configuration.idle_exit_ms, "How long after, with --on-demand")
      ->check(CLI::Range(std::uint64_t{0}, kMaxMilliseconds));
  app.add_option("--ready-fd",
                 configuration.ready_fd,
                 "Write \"ready\" or \"error: TEXT\" as one line to this descriptor, then close it")
      ->check(CLI::NonNegativeNumber);
  add_engine_options(app, configuration);
  add_recovery_options(app, configuration);
  app.add_option(
         "--max-sessions", configuration.limits.max_sessions, "Short for --limit maxSessions")
      ->check(CLI::PositiveNumber);
  app.add_option("--limit", limits, "NAME=VALUE, repeatable")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--log-level", configuration.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  try {
    app.parse(argc, argv);
    for (const std::string& limit : limits)
      set_limit(configuration.limits, limit);
  } catch (const CLI::ParseError& error) {
    const bool helped = app.exit(error) == 0;
    if (!helped) StartReport(configuration.ready_fd).failed(error.what());
    return helped ? 0 : 2;
  }
  if (!socket.empty()) configuration.socket = socket;
  if (configuration.engine.empty()) configuration.engine = engine_beside_this_program();
  return configuration;
}

std::string engine_beside_this_program() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  std::string program(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  program.resize(program.rfind('/') == std::string::npos ? 0 : program.rfind('/') + 1);
  return program.append(kEngineProgram);
}

}  // namespace chainsolved::supervisor
