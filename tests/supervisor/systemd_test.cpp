// Under systemd: socket activation, readiness, stopping, the watchdog. The manager is played by
// systemd-socket-activate and by a datagram socket that listens to what the daemon says.
#include "shm/unique_fd.h"
#include "tests/supervisor/fake_daemon.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::test {
namespace {

constexpr std::chrono::seconds kLimit{20};
constexpr const char* kAnalyze = "/usr/bin/systemd-analyze";
constexpr const char* kActivate = "/usr/bin/systemd-socket-activate";

/// What NOTIFY_SOCKET names.
class NotifySocket {
 public:
  explicit NotifySocket(std::string path) : path_(std::move(path)) {
    socket_ = checked_fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
      throw std::system_error(errno, std::system_category(), "bind");
  }
  const std::string& path() const noexcept { return path_; }

  /// The next message that contains `words`; empty when none came in time.
  std::string wait_for(std::string_view words) {
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (std::chrono::steady_clock::now() < end) {
      pollfd entry{socket_.get(), POLLIN, 0};
      if (::poll(&entry, 1, 1000) <= 0) continue;
      std::array<char, 512> text{};
      const ssize_t length = ::recv(socket_.get(), text.data(), text.size(), 0);
      const std::string message(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
      if (message.find(words) != std::string::npos) return message;
    }
    return {};
  }

 private:
  std::string path_;
  UniqueFd socket_;
};

/// A process of ours, killed at the end of the test if it still runs.
class Process {
 public:
  Process(std::vector<std::string> command, std::vector<std::string> variables) {
    std::vector<char*> arguments;
    for (std::string& word : command)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::vector<char*> environment;
    for (char** variable = environ; *variable != nullptr; ++variable)
      environment.push_back(*variable);
    for (std::string& variable : variables)
      environment.push_back(variable.data());
    environment.push_back(nullptr);
    const int error =
        ::posix_spawn(&pid_, arguments[0], nullptr, nullptr, arguments.data(), environment.data());
    if (error != 0) throw std::system_error(error, std::system_category(), command[0]);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const noexcept { return pid_; }
  /// SIGTERM, and the exit status; -1 when it did not end.
  int terminate() {
    ::kill(pid_, SIGTERM);
    return exit_status();
  }
  int exit_status() {
    const UniqueFd process = open_process(pid_);
    if (!wait_ended(process.borrow(), kLimit)) return -1;
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
};

class Systemd : public ::testing::Test {
 protected:
  std::string daemon_program() const {
    return std::string(CHAINSOLVED_BINARY_DIR) + "/chainsolved";
  }

  TemporaryDirectory directory_;
  FakeEngines engines_;
  NotifySocket notify_{directory_.path() + "/notify"};
  std::string socket_ = directory_.path() + "/engine.sock";
};

TEST_F(Systemd, ReadyIsSaidAfterTheProbeAndStoppingBeforeTheEnd) {
  Process daemon({daemon_program(), "--socket", socket_, "--engine", engines_.program()},
                 {"NOTIFY_SOCKET=" + notify_.path()});
  EXPECT_NE(notify_.wait_for("READY=1"), "");
  RawClient client(socket_);
  client.open();
  EXPECT_EQ(daemon.terminate(), 0);
  EXPECT_NE(notify_.wait_for("STOPPING=1"), "");
}

TEST_F(Systemd, NothingIsReadyWhileTheProbeFails) {
  engines_.set_mode("wrong-sum");
  Process daemon({daemon_program(), "--socket", socket_, "--engine", engines_.program()},
                 {"NOTIFY_SOCKET=" + notify_.path()});
  EXPECT_EQ(notify_.wait_for("=1").find("READY"), std::string::npos);
}

TEST_F(Systemd, StoppingDuringTheProbeEndsItInOrder) {
  engines_.set_mode("deaf");
  Process daemon({daemon_program(), "--socket", socket_, "--engine", engines_.program()},
                 {"NOTIFY_SOCKET=" + notify_.path()});
  const auto end = std::chrono::steady_clock::now() + kLimit;
  while (!engines_.has_attached() && std::chrono::steady_clock::now() < end) {}
  EXPECT_EQ(daemon.terminate(), 0);
  EXPECT_FALSE(std::filesystem::exists(socket_));
}

TEST_F(Systemd, WatchdogIsFed) {
  Process daemon({daemon_program(), "--socket", socket_, "--engine", engines_.program()},
                 {"NOTIFY_SOCKET=" + notify_.path(), "WATCHDOG_USEC=100000"});
  EXPECT_NE(notify_.wait_for("READY=1"), "");
  for (int i = 0; i < 3; ++i)
    EXPECT_NE(notify_.wait_for("WATCHDOG=1"), "");
}

TEST_F(Systemd, PassedSocketIsServedAndLeftInPlace) {
  if (::access(kActivate, X_OK) != 0) GTEST_SKIP() << kActivate << " is not installed";
  Process daemon({kActivate,
                  "--seqpacket",
                  "--listen=" + socket_,
                  "--setenv=NOTIFY_SOCKET=" + notify_.path(),
                  daemon_program(),
                  "--engine",
                  engines_.program()},
                 {});
  // It listens at once and starts the daemon with the first connection.
  const auto end = std::chrono::steady_clock::now() + kLimit;
  while (!std::filesystem::exists(socket_) && std::chrono::steady_clock::now() < end) {}
  RawClient client = [&] {
    for (;;) {
      try {
        return RawClient(socket_);
      } catch (const std::system_error&) {
        // Bound, and not yet listening.
        if (std::chrono::steady_clock::now() > end) throw;
      }
    }
  }();
  EXPECT_NE(notify_.wait_for("READY=1"), "");
  EXPECT_TRUE(client.open().json.contains("result"));
  // systemd-socket-activate becomes the daemon.
  EXPECT_EQ(RawClient(socket_).call("status").json["result"]["pid"], daemon.pid());
  EXPECT_EQ(daemon.terminate(), 0);
  EXPECT_TRUE(std::filesystem::exists(socket_));
  EXPECT_FALSE(std::filesystem::exists(socket_ + ".lock"));
}

TEST_F(Systemd, UnitsAreWhatSystemdUnderstands) {
  if (::access(kAnalyze, X_OK) != 0) GTEST_SKIP() << kAnalyze << " is not installed";
  const std::filesystem::path units = std::string(CHAINSOLVED_SOURCE_DIR) + "/systemd";
  const std::string service = directory_.path() + "/chainsolved.service";
  const std::string socket = directory_.path() + "/chainsolved.socket";
  std::filesystem::copy_file(units / "chainsolved.socket", socket);
  std::ifstream in(units / "chainsolved.service.in");
  std::ofstream out(service);
  for (std::string line; std::getline(in, line);) {
    // What the build fills in for the place of installation, filled in for the build's own.
    const std::string placeholder = "@CMAKE_INSTALL_FULL_BINDIR@";
    if (const auto place = line.find(placeholder); place != std::string::npos)
      line.replace(place, placeholder.size(), CHAINSOLVED_BINARY_DIR);
    out << line << '\n';
  }
  out.close();
  // It warns on standard error and may still exit with 0: both must be clean.
  const std::string warnings = directory_.path() + "/warnings";
  Process analyze({"/bin/sh",
                   "-c",
                   std::string(kAnalyze) + " verify --user --man=no " + socket + " " + service +
                       " 2>" + warnings},
                  {"XDG_RUNTIME_DIR=" + directory_.path()});
  EXPECT_EQ(analyze.exit_status(), 0);
  std::ifstream said(warnings);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(said), {}), "");
}

TEST_F(Systemd, SocketOfAnotherTypeIsRefused) {
  if (::access(kActivate, X_OK) != 0) GTEST_SKIP() << kActivate << " is not installed";
  Process daemon({kActivate,
                  "--listen=" + socket_,
                  "--setenv=NOTIFY_SOCKET=" + notify_.path(),
                  daemon_program(),
                  "--engine",
                  engines_.program()},
                 {});
  const auto end = std::chrono::steady_clock::now() + kLimit;
  const UniqueFd client = checked_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.c_str(), socket_.size() + 1);
  while (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 &&
         std::chrono::steady_clock::now() < end) {}
  EXPECT_NE(notify_.wait_for("ListenSequentialPacket="), "");
  EXPECT_EQ(daemon.exit_status(), EXIT_FAILURE);
}

}  // namespace
}  // namespace chainsolved::test
