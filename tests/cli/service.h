#pragma once

#include "tests/cli/command.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chainsolved::test {

/// Tests of commands with a daemon of their own, or with none.
class WithDaemon : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Daemon::available() && Command::available()) << "the programs are not built";
    ASSERT_TRUE(daemon_.running()) << daemon_.said();
  }

  Command::Outcome run(std::vector<std::string> arguments, const std::string& input = {}) {
    return test::run(std::move(arguments), input, environment());
  }
  std::vector<std::string> environment() const {
    return {"CHAINSOLVED_SOCKET=" + daemon_.socket()};
  }

  Daemon daemon_ = Daemon::start();
};

class WithoutDaemon : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Daemon::available() && Command::available()) << "the programs are not built";
  }

  Command::Outcome run(std::vector<std::string> arguments, const std::string& input = {}) {
    return test::run(std::move(arguments), input, environment());
  }
  /// A runtime directory of its own, so that nothing of this machine is met.
  std::vector<std::string> environment() const { return {"XDG_RUNTIME_DIR=" + directory_.path()}; }

  TemporaryDirectory directory_;
};

/// A graph that takes minutes: thousands of sorted vectors. Tests cancel it.
std::string slow_graph();

}  // namespace chainsolved::test
