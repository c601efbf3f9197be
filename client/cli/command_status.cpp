#include "chainsolved/control.h"
#include "client/cli/commands.h"
#include "client/cli/connect.h"
#include "client/cli/failure.h"
#include "client/cli/output.h"
#include "client/cli/session_report.h"
#include "client/cli/session_table.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace chainsolved::cli {

namespace {

struct StatusOptions {
  ConnectOptions connect;
  bool json = false;
};

std::string plain(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// The members of an object as lines `name  value`.
std::string listing(const nlohmann::json& object) {
  TextTable table({{""}, {"", Align::Right}});
  for (const auto& [name, value] : object.items())
    table.row({name, plain(value)});
  std::string text = table.text();
  return text.substr(text.find('\n') + 1);
}

std::string status_text(const nlohmann::json& status,
                        const client::DaemonInfo& daemon,
                        const std::vector<client::SessionRow>& sessions) {
  std::string text = "chainsolved " + daemon.daemon_version + " (engine " + daemon.engine_version +
                     ", contract " + std::to_string(daemon.contract_version) + ", protocol " +
                     std::to_string(daemon.protocol) + ")\n";
  text.append("process ").append(std::to_string(daemon.pid));
  text.append(", up for ").append(duration(status.value("uptimeMs", 0.0)));
  text.append(", serving ").append(daemon.socket).append("\n\n");
  text.append(session_table(sessions));
  if (const std::string deaths = death_table(sessions); !deaths.empty())
    text.append("\nHow engines ended\n").append(deaths);
  if (status.contains("counters") && status.at("counters").is_object())
    text.append("\nCounters\n").append(listing(status.at("counters")));
  return text;
}

ExitStatus run_status(const StatusOptions& options) {
  client::ControlConnection control =
      done("connecting", client::ControlConnection::open(options.connect.for_control()));
  const std::string status = done("status", control.status());
  if (options.json) {
    print(status);
    return ExitStatus::Fine;
  }
  const std::vector<client::SessionRow> sessions =
      done("listing the sessions", control.list_sessions());
  const nlohmann::json tree = nlohmann::json::parse(status, nullptr, false);
  print(status_text(tree.is_object() ? tree : nlohmann::json::object(), control.hello(), sessions));
  return ExitStatus::Fine;
}

}  // namespace

void add_status(CLI::App& program, ExitStatus& status) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = program.add_subcommand("status", "What the daemon is, and what it is doing");
  options->connect.add_socket(*command);
  command->add_flag("--json", options->json, "Print the daemon's whole answer as JSON");
  command->callback([options, &status] { status = run_status(*options); });
}

}  // namespace chainsolved::cli
