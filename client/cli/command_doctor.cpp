#include "client/cli/checks.h"
#include "client/cli/commands.h"
#include "client/cli/output.h"
#include "protocol/json_writer.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace chainsolved::cli {

namespace {

struct DoctorOptions {
  std::string socket;
  bool json = false;
};

std::string report_json(const std::vector<Check>& checks, bool healthy) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("ok", healthy).key("checks").begin_array();
  for (const Check& check : checks) {
    json.begin_object().member("name", check.name).member("status", name_of(check.status));
    json.member("found", check.found).member("advice", check.advice).end_object();
  }
  json.end_array().end_object();
  return out;
}

std::string report_text(const std::vector<Check>& checks) {
  TextTable table({{"STATUS"}, {"CHECK"}, {"FOUND"}});
  for (const Check& check : checks) {
    table.row({std::string(name_of(check.status)), check.name, check.found});
    if (!check.advice.empty()) table.row({"", "", "-> " + check.advice});
  }
  return table.text();
}

ExitStatus run_doctor(const DoctorOptions& options) {
  std::vector<Check> checks = check_machine();
  for (Check& check : check_installation(options.socket))
    checks.push_back(std::move(check));
  const bool healthy = std::none_of(checks.begin(), checks.end(), [](const Check& check) {
    return check.status == CheckStatus::Fail;
  });
  print(options.json ? report_json(checks, healthy) : report_text(checks));
  return healthy ? ExitStatus::Fine : ExitStatus::ErrorValue;
}

}  // namespace

void add_doctor(CLI::App& program, ExitStatus& status) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      program.add_subcommand("doctor", "Check what this machine and installation offer");
  command->add_option("--socket", options->socket, "As other commands would be given it")
      ->type_name("PATH");
  command->add_flag("--json", options->json, "Print {\"ok\": ..., \"checks\": [...]}");
  command->callback([options, &status] { status = run_doctor(*options); });
}

}  // namespace chainsolved::cli
