#pragma once

#include "chainsolved/engine.h"
#include "examples/expectation.h"

#include <string>
#include <vector>

namespace chainsolved::examples {

/// What was checked while an engine was taken away, and what was not as it should be.
struct RecoveryVerdict {
  int checked = 0;
  std::vector<std::string> wrong;
};

/// Freezes the engine of `engine`'s session (SIGSTOP), then kills its successor (SIGKILL), and
/// prints what a client sees of it. Both times every value of `example` must come back as it was,
/// bit for bit. `input` is one of its nodes, which is moved while the engine is frozen. The session
/// must have been opened with a short watchdog.
RecoveryVerdict freeze_and_kill(client::Engine& engine,
                                const Example& example,
                                const std::string& input);

}  // namespace chainsolved::examples
