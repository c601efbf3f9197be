#pragma once

#include "tests/integration/raw_client.h"
#include "tests/support/daemon_fixture.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace chainsolved::test {

/// A directory with the fake engine in it, and a file that says how it starts.
class FakeEngines {
 public:
  FakeEngines();
  const std::string& program() const noexcept { return program_; }
  /// "exit 3", "mute", "deaf", "wrong-sum", "die-on-attach"; empty: as it should.
  void set_mode(const std::string& mode) const;
  /// An engine in mode "deaf" has been given a client.
  bool has_attached() const;

 private:
  TemporaryDirectory directory_;
  std::string program_;
};

/// A real daemon whose engines are fake.
class FakeDaemon {
 public:
  explicit FakeDaemon(std::vector<std::string> arguments = {}, const std::string& mode = "");

  Daemon& daemon() noexcept { return daemon_; }
  const FakeEngines& engines() const noexcept { return engines_; }
  const std::string& socket() const noexcept { return daemon_.socket(); }

  /// A connection that has said hello.
  RawClient control() const;
  nlohmann::json status() const;
  /// Asks for the status until `holds` of it; false after some seconds.
  template <class Condition>
  bool eventually(Condition holds) const {
    RawClient client = control();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < end)
      if (holds(client.call("status").json.at("result"))) return true;
    return false;
  }

 private:
  FakeEngines engines_;
  Daemon daemon_;
};

}  // namespace chainsolved::test
