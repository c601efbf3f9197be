#include "chainsolved/control.h"
#include "client/cli/commands.h"
#include "client/cli/connect.h"
#include "client/cli/failure.h"
#include "client/cli/output.h"
#include "client/cli/session_table.h"
#include "protocol/json_writer.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace chainsolved::cli {

namespace {

struct SessionOptions {
  ConnectOptions connect;
  std::string session;
  bool json = false;
};

client::ControlConnection connected(const SessionOptions& options) {
  return done("connecting", client::ControlConnection::open(options.connect.for_control()));
}

ExitStatus run_list(const SessionOptions& options) {
  client::ControlConnection control = connected(options);
  const std::vector<client::SessionRow> sessions =
      done("listing the sessions", control.list_sessions());
  if (!options.json) {
    print(session_table(sessions));
    return ExitStatus::Fine;
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("sessions").begin_array();
  for (const client::SessionRow& row : sessions)
    json.raw(row.json);
  json.end_array().end_object();
  print(out);
  return ExitStatus::Fine;
}

ExitStatus run_close(const SessionOptions& options) {
  client::ControlConnection control = connected(options);
  done("closing session '" + options.session + "'", control.close_session(options.session));
  if (!options.json) {
    note("session '" + options.session + "' is closed");
    return ExitStatus::Fine;
  }
  std::string out;
  JsonWriter(out).begin_object().member("closed", options.session).end_object();
  print(out);
  return ExitStatus::Fine;
}

}  // namespace

void add_session(CLI::App& program, ExitStatus& status) {
  CLI::App* command = program.add_subcommand("session", "The daemon's sessions");
  command->require_subcommand(1);

  auto list_options = std::make_shared<SessionOptions>();
  CLI::App* list = command->add_subcommand("list", "List them");
  list_options->connect.add_socket(*list);
  list->add_flag("--json", list_options->json, "Print {\"sessions\": [...]}");
  list->callback([list_options, &status] { status = run_list(*list_options); });

  auto close_options = std::make_shared<SessionOptions>();
  CLI::App* close = command->add_subcommand("close", "End one: its engine and its data go");
  close->add_option("SESSION", close_options->session, "Its name or its id")->required();
  close_options->connect.add_socket(*close);
  close->add_flag("--json", close_options->json, "Print {\"closed\": SESSION}");
  close->callback([close_options, &status] { status = run_close(*close_options); });
}

}  // namespace chainsolved::cli
