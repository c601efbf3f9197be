#include "client/cli/commands.h"
#include "client/cli/failure.h"
#include "client/cli/output.h"
#include "client/cli/programs.h"
#include "protocol/json_writer.h"
#include "protocol/socket_path.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>

#include <unistd.h>

namespace chainsolved::cli {

namespace {

struct PathsOptions {
  std::string socket;
  bool json = false;
};

struct Programs {
  std::string daemon = program_beside("chainsolved");
  std::string engine = program_beside("chainsolve-engine");
};

std::string paths_json(const SocketPath& socket, const Programs& programs) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("socket", socket.path).key("candidates").begin_array();
  for (const SocketCandidate& candidate : socket.candidates) {
    json.begin_object().member("source", candidate.source).member("path", candidate.path);
    json.member("verdict", candidate.verdict).member("chosen", candidate.chosen).end_object();
  }
  json.end_array().key("programs").begin_object();
  json.member("chainsolved", programs.daemon).member("chainsolve-engine", programs.engine);
  json.end_object().end_object();
  return out;
}

std::string paths_text(const SocketPath& socket, const Programs& programs) {
  TextTable candidates({{""}, {"FROM"}, {"SOCKET"}, {"WHY"}});
  for (const SocketCandidate& candidate : socket.candidates) {
    candidates.row(
        {candidate.chosen ? "*" : " ", candidate.source, candidate.path, candidate.verdict});
  }
  TextTable found({{"PROGRAM"}, {"PATH"}});
  for (const std::string& path : {programs.daemon, programs.engine})
    found.row({path.substr(path.rfind('/') + 1), can_run(path) ? path : path + " (missing)"});
  return candidates.text() + "\n" + found.text();
}

ExitStatus run_paths(const PathsOptions& options) {
  const auto option =
      options.socket.empty() ? std::nullopt : std::optional<std::string>(options.socket);
  const SocketPath socket = usable(socket_path(
      SocketEnvironment::current(option), SocketUse::Connect, [](const std::string& path) {
        return ::access(path.c_str(), F_OK) == 0;
      }));
  const Programs programs;
  print(options.json ? paths_json(socket, programs) : paths_text(socket, programs));
  return ExitStatus::Fine;
}

}  // namespace

void add_paths(CLI::App& program, ExitStatus& status) {
  auto options = std::make_shared<PathsOptions>();
  CLI::App* command =
      program.add_subcommand("paths", "Which socket and programs are used, and why");
  command->add_option("--socket", options->socket, "As other commands would be given it")
      ->type_name("PATH");
  command->add_flag("--json", options->json, "Print them as JSON");
  command->callback([options, &status] { status = run_paths(*options); });
}

}  // namespace chainsolved::cli
