#include "client/cli/connect.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>

namespace chainsolved::cli {

void ConnectOptions::add_socket(CLI::App& command) {
  command.add_option("--socket", socket, "The daemon's socket (default: `chainsolve paths` tells)")
      ->type_name("PATH");
}

void ConnectOptions::add_session(CLI::App& command) {
  command
      .add_option("--session",
                  session,
                  "Join this session, or create it (default: an unnamed one that ends with the "
                  "command)")
      ->type_name("NAME");
  command.add_flag("--no-spawn", no_spawn, "Do not start a private daemon when none runs");
}

client::Options ConnectOptions::for_control() const {
  client::Options options;
  options.socket = socket;
  options.client_name = "chainsolve";
  options.spawn = client::Spawn::Never;
  return options;
}

client::Options ConnectOptions::for_session(std::optional<double> timeout_seconds) const {
  client::Options options = for_control();
  options.session = session;
  options.spawn = no_spawn ? client::Spawn::Never : client::Spawn::PrivateFallback;
  if (timeout_seconds) {
    const auto timeout =
        std::chrono::milliseconds(static_cast<std::int64_t>(*timeout_seconds * 1000) + 1);
    options.open_timeout = std::min(options.open_timeout, timeout);
  }
  return options;
}

}  // namespace chainsolved::cli
