#pragma once

#include "chainsolved/options.h"
#include "tests/support/daemon_fixture.h"

namespace chainsolved::test {

/// Options that connect to this daemon and start no other.
inline client::Options options_on(const Daemon& daemon) {
  client::Options options;
  options.socket = daemon.socket();
  options.spawn = client::Spawn::Never;
  return options;
}

}  // namespace chainsolved::test
