#include "client/cli/commands.h"
#include "client/cli/failure.h"
#include "client/cli/output.h"
#include "protocol/methods.h"

#include <CLI/CLI.hpp>

#include <exception>
#include <string>

namespace chainsolved::cli {

int run(int argc, char** argv) {
  ExitStatus status = ExitStatus::Fine;
  try {
    CLI::App program("chainsolve: evaluate graphs with the chainsolved engine", "chainsolve");
    program.set_version_flag("--version", "chainsolve " + std::string(kEngineVersion));
    program.require_subcommand(1);
    program.footer("\n" + exit_status_help() +
                   "\nData is written to standard output, everything else to standard error.");
    add_eval(program, status);
    add_rpc(program, status);
    add_serve(program, status);
    add_session(program, status);
    add_status(program, status);
    add_paths(program, status);
    add_doctor(program, status);
    try {
      program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      // --help and --version come this way too, with 0.
      status = program.exit(error) == 0 ? ExitStatus::Fine : ExitStatus::Usage;
    }
  } catch (const Failure& failure) {
    note(failure.what());
    status = failure.status();
  } catch (const std::exception& error) {
    note(error.what());
    status = ExitStatus::EngineDied;
  }
  return static_cast<int>(status);
}

}  // namespace chainsolved::cli
