#pragma once

#include "chainsolved/options.h"
#include "tests/client/scripted_peer.h"

namespace chainsolved::test {

/// How a client connects to a scripted peer, and to nothing else.
inline client::Options options_for(const ScriptedPeer& peer) {
  client::Options options;
  options.socket = peer.path();
  options.spawn = client::Spawn::Never;
  return options;
}

}  // namespace chainsolved::test
