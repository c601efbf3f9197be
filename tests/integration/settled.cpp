#include "tests/integration/settled.h"

#include <chrono>

namespace chainsolved::test {

bool settles(const Daemon& daemon, client::ControlConnection& control, std::size_t descriptors) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < until) {
    const auto sessions = control.list_sessions();
    if (!sessions.ok()) return false;
    if (sessions->empty() && daemon.children().size() == 1 &&
        daemon.descriptor_count() <= descriptors)
      return true;
  }
  return false;
}

}  // namespace chainsolved::test
