#pragma once

#include "daemon/supervisor/session_core.h"
#include "protocol/channel.h"
#include "protocol/limits.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace chainsolved::supervisor {

/// What the command line says.
struct Configuration {
  std::optional<std::string> socket;
  std::string engine;  // program; empty: chainsolve-engine beside this one
  bool on_demand = false;
  std::uint64_t idle_exit_ms = 2000;  // with on_demand
  int ready_fd = -1;                  // -1: none
  std::uint64_t spare_engines = 1;
  bool portable_math = false;
  std::string log_level = "info";
  Limits limits;
  SessionOptions session;  // what openSession does not say
  RecoveryRules recovery;
  bool debug_blocks = false;
  std::vector<std::string> engine_arguments;
};

/// Either the configuration, or the exit status of a program that has printed its help, its version
/// or what is wrong with its arguments.
std::variant<Configuration, int> read_command_line(int argc, char** argv);

/// `chainsolve-engine` in the folder of the running program, wherever it was started from.
std::string engine_beside_this_program();

}  // namespace chainsolved::supervisor
