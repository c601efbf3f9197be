#pragma once

#include "chainsolved/control.h"
#include "tests/support/daemon_fixture.h"

#include <cstddef>

namespace chainsolved::test {

/// Asks the daemon, which answers between its other events, until no session and no process but the
/// spare is left and it has at most `descriptors` open. False after many answers without that.
bool settles(const Daemon& daemon, client::ControlConnection& control, std::size_t descriptors);

}  // namespace chainsolved::test
