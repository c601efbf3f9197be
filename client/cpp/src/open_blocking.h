#pragma once

#include "chainsolved/options.h"
#include "client/cpp/src/blocking_driver.h"
#include "protocol/error.h"
#include "shm/unique_fd.h"

#include <memory>
#include <string>

namespace chainsolved::client {

/// A connection that has said hello.
struct Greeted {
  std::unique_ptr<BlockingDriver> driver;
  DaemonInfo daemon;
};

/// Finds or starts the daemon, connects and says hello. A control connection is open then.
enum class Purpose : std::uint8_t { Session, Control };
Result<Greeted> greet(const Options& options,
                      Handlers handlers,
                      Purpose purpose,
                      Deadline deadline);

}  // namespace chainsolved::client
