#pragma once

#include "client/cli/exit_status.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 is called so
class App;
}

namespace chainsolved::cli {

// Each adds one command to the program and runs it when it was chosen; what it came to is left in
// `status`. A command that cannot go on throws Failure. Data goes to standard output, everything
// else to standard error.

void add_eval(CLI::App& program, ExitStatus& status);
void add_rpc(CLI::App& program, ExitStatus& status);
void add_serve(CLI::App& program, ExitStatus& status);
void add_session(CLI::App& program, ExitStatus& status);
void add_status(CLI::App& program, ExitStatus& status);
void add_paths(CLI::App& program, ExitStatus& status);
void add_doctor(CLI::App& program, ExitStatus& status);

/// The whole program: parses the command line, runs the command, returns the exit status.
int run(int argc, char** argv);

}  // namespace chainsolved::cli
