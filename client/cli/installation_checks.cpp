#include "chainsolved/control.h"
#include "client/cli/checks.h"
#include "client/cli/connect.h"
#include "client/cli/programs.h"
#include "protocol/error.h"
#include "protocol/methods.h"
#include "protocol/socket_path.h"

#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace chainsolved::cli {

namespace {

Check check_programs() {
  Check check{"programs", CheckStatus::Ok, "", ""};
  for (const char* name : {"chainsolved", "chainsolve-engine"}) {
    const std::string path = program_beside(name);
    if (!check.found.empty()) check.found += ", ";
    check.found += path;
    if (can_run(path)) continue;
    check.found += " (missing)";
    check.status = CheckStatus::Fail;
    check.advice =
        "chainsolved and chainsolve-engine belong beside chainsolve: install them there.";
  }
  return check;
}

std::string octal(mode_t mode) {
  constexpr mode_t kPermissions = 0777;
  std::string digits = "0";
  for (const unsigned shift : {6U, 3U, 0U})
    digits.push_back(static_cast<char>('0' + (((mode & kPermissions) >> shift) & 7U)));
  return digits;
}

Check check_socket_directory(const std::string& socket) {
  const std::string directory = socket.substr(0, socket.rfind('/'));
  Check check{"socket directory", CheckStatus::Ok, directory, ""};
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    check.found += " does not exist yet";
    check.advice = "Nothing to do: the daemon makes it.";
    return check;
  }
  check.found += ", owner uid " + std::to_string(status.st_uid) + ", mode " + octal(status.st_mode);
  const bool ours = status.st_uid == ::geteuid() || status.st_uid == 0;
  const bool others_may_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (ours && !others_may_write) return check;
  check.status = CheckStatus::Fail;
  check.advice = ours ? "Others could put a socket of theirs there: chmod 700 " + directory
                      : "It belongs to somebody else: use a directory of your own with --socket or "
                        "$CHAINSOLVED_SOCKET.";
  return check;
}

std::string version_text(const std::string& daemon, const std::string& engine) {
  return "daemon " + daemon + ", engine " + engine + ", client " + std::string(kEngineVersion);
}

std::vector<Check> check_daemon(const std::string& socket) {
  ConnectOptions connect;
  connect.socket = socket;
  const Result<client::ControlConnection> control =
      client::ControlConnection::open(connect.for_control());
  if (!control.ok()) {
    const bool absent = client::is_no_daemon(control.error());
    return {{"daemon",
             absent ? CheckStatus::Warn : CheckStatus::Fail,
             control.error().message,
             absent ? "Start one with `chainsolve serve`; `eval` and `rpc` start a private one by "
                      "themselves."
                    : "Look at the daemon's log, and whether its version is this client's."}};
  }
  const client::DaemonInfo& hello = control->hello();
  Check running{"daemon",
                CheckStatus::Ok,
                "process " + std::to_string(hello.pid) + " answers on " + hello.socket,
                ""};
  Check versions{
      "versions", CheckStatus::Ok, version_text(hello.daemon_version, hello.engine_version), ""};
  const bool contract = hello.contract_version == kContractVersion;
  if (!contract || hello.engine_version != kEngineVersion) {
    versions.status = contract ? CheckStatus::Warn : CheckStatus::Fail;
    versions.found += ", contract " + std::to_string(hello.contract_version) + " and " +
                      std::to_string(kContractVersion);
    versions.advice = "The daemon runs an older or newer installation: restart it.";
  }
  return {running, versions};
}

}  // namespace

std::vector<Check> check_installation(const std::string& socket) {
  std::vector<Check> checks{check_programs()};
  const auto option = socket.empty() ? std::nullopt : std::optional<std::string>(socket);
  const Result<SocketPath> path =
      socket_path(SocketEnvironment::current(option), SocketUse::Connect, [](const auto& place) {
        return ::access(place.c_str(), F_OK) == 0;
      });
  if (!path.ok()) {
    checks.push_back({"socket directory",
                      CheckStatus::Fail,
                      path.error().message,
                      "Choose a shorter path with --socket or $CHAINSOLVED_SOCKET."});
    return checks;
  }
  checks.push_back(check_socket_directory(path->path));
  for (Check& check : check_daemon(path->path))
    checks.push_back(std::move(check));
  return checks;
}

}  // namespace chainsolved::cli
