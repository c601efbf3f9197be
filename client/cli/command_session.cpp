#include "chainsolved/control.h"
#include "client/cli/commands.h"
#include "client/cli/connect.h"
#include "client/cli/failure.h"
#include "client/cli/output.h"
#include "client/cli/session_report.h"
#include "client/cli/session_table.h"
#include "protocol/json_writer.h"

#include <CLI/CLI.hpp>

#include <cstdint>
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

/// By id or, if no session has that id, by name.
const client::SessionRow& find_session(const std::vector<client::SessionRow>& sessions,
                                       const std::string& wanted) {
  for (const client::SessionRow& row : sessions)
    if (row.session_id == wanted) return row;
  for (const client::SessionRow& row : sessions)
    if (row.name == wanted) return row;
  throw Failure("session '" + wanted + "'",
                {ErrorCode::UnknownSession, "there is none of this name or id"});
}

ExitStatus run_show(const SessionOptions& options) {
  client::ControlConnection control = connected(options);
  const std::vector<client::SessionRow> sessions =
      done("listing the sessions", control.list_sessions());
  const client::SessionRow& session = find_session(sessions, options.session);
  print(options.json ? session.json : session_report(session));
  return ExitStatus::Fine;
}

ExitStatus run_restart(const SessionOptions& options) {
  client::ControlConnection control = connected(options);
  const std::uint32_t epoch = done("restarting session '" + options.session + "'",
                                   control.restart_session(options.session));
  if (!options.json) {
    note("session '" + options.session + "' is restarted: epoch " + std::to_string(epoch));
    return ExitStatus::Fine;
  }
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("restarted", options.session)
      .member("epoch", std::uint64_t{epoch})
      .end_object();
  print(out);
  return ExitStatus::Fine;
}

/// A command of `session` that takes one.
void add_one(CLI::App& parent,
             ExitStatus& status,
             const std::string& name,
             const std::string& help,
             const std::string& json_help,
             ExitStatus (*run)(const SessionOptions&)) {
  auto options = std::make_shared<SessionOptions>();
  CLI::App* command = parent.add_subcommand(name, help);
  command->add_option("SESSION", options->session, "Its name or its id")->required();
  options->connect.add_socket(*command);
  command->add_flag("--json", options->json, json_help);
  command->callback([options, run, &status] { status = run(*options); });
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

  add_one(*command,
          status,
          "show",
          "What is known of one: its state, and how its engines ended",
          "Print its row of listSessions",
          run_show);
  add_one(*command,
          status,
          "restart",
          "Replace its engine by a fresh one with the same graph; also revives a failed one",
          "Print {\"restarted\": SESSION, \"epoch\": N}",
          run_restart);
  add_one(*command,
          status,
          "close",
          "End one: its engine and its data go",
          "Print {\"closed\": SESSION}",
          run_close);
}

}  // namespace chainsolved::cli
