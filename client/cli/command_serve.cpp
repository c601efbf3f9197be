#include "client/cli/commands.h"
#include "client/cli/failure.h"
#include "client/cli/output.h"
#include "client/cli/programs.h"
#include "protocol/json_writer.h"
#include "protocol/socket_path.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace chainsolved::cli {

namespace {

struct ServeOptions {
  std::string socket;
  bool json = false;
  std::vector<std::string> rest;  // chainsolved's own, passed on as they are
};

/// Where it will serve, for whoever starts it and wants to connect: the process stays the same.
std::string announcement(const std::string& socket) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("socket", socket);
  json.member("pid", static_cast<std::int64_t>(::getpid())).end_object();
  return out;
}

/// Becomes chainsolved. Returns only by throwing.
ExitStatus run_serve(const ServeOptions& options) {
  const std::string program = program_beside("chainsolved");
  if (!can_run(program)) {
    throw Failure(ExitStatus::NoDaemon,
                  "the daemon is not installed: there is no program " + program +
                      " (it belongs beside chainsolve)");
  }
  std::vector<std::string> words{program};
  if (!options.socket.empty()) {
    words.emplace_back("--socket");
    words.push_back(options.socket);
  }
  words.insert(words.end(), options.rest.begin(), options.rest.end());
  if (options.json) {
    const auto option =
        options.socket.empty() ? std::nullopt : std::optional<std::string>(options.socket);
    print(announcement(
        usable(socket_path(SocketEnvironment::current(option), SocketUse::Serve)).path));
  }

  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  throw Failure(ExitStatus::NoDaemon,
                "cannot start " + program + ": " + std::generic_category().message(errno));
}

}  // namespace

void add_serve(CLI::App& program, ExitStatus& status) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = program.add_subcommand(
      "serve", "Run a daemon in the foreground; further options are chainsolved's");
  command->add_option("--socket", options->socket, "Where to listen (default: `chainsolve paths`)")
      ->type_name("PATH");
  command->add_flag("--json", options->json, "First print {\"socket\": ..., \"pid\": ...}");
  command->allow_extras();
  command->footer("\nThe daemon's own options: chainsolved --help");
  command->callback([options, command, &status] {
    options->rest = command->remaining();
    status = run_serve(*options);
  });
}

}  // namespace chainsolved::cli
