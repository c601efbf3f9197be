#include "tests/supervisor/fake_daemon.h"

#include <filesystem>
#include <fstream>
#include <utility>

namespace chainsolved::test {

namespace {

Daemon start_with(const FakeEngines& engines,
                  std::vector<std::string> arguments,
                  const std::string& mode) {
  engines.set_mode(mode);
  arguments.insert(arguments.end(), {"--engine", engines.program()});
  return Daemon::start(std::move(arguments));
}

}  // namespace

FakeEngines::FakeEngines() : program_(directory_.path() + "/chainsolve-engine") {
  std::filesystem::create_symlink(std::string(CHAINSOLVED_BINARY_DIR) + "/chainsolved-fake-engine",
                                  program_);
}

void FakeEngines::set_mode(const std::string& mode) const {
  // Replaced as a whole: an engine may be reading it.
  std::ofstream(directory_.path() + "/new-mode") << mode << '\n';
  std::filesystem::rename(directory_.path() + "/new-mode", directory_.path() + "/mode");
}

bool FakeEngines::has_attached() const {
  return std::filesystem::exists(directory_.path() + "/attached");
}

FakeDaemon::FakeDaemon(std::vector<std::string> arguments, const std::string& mode)
    : daemon_(start_with(engines_, std::move(arguments), mode)) {}

RawClient FakeDaemon::control() const {
  RawClient client(socket());
  client.hello();
  return client;
}

nlohmann::json FakeDaemon::status() const {
  return control().call("status").json.at("result");
}

}  // namespace chainsolved::test
