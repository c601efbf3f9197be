#include "tests/support/daemon_fixture.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::test {

namespace {

namespace fs = std::filesystem;

constexpr int kReadyFd = 3;
constexpr std::chrono::seconds kStartLimit{20};

std::string program_path() {
  return std::string(CHAINSOLVED_BINARY_DIR) + "/chainsolved";
}

/// Reads a line, or what came before the end; empty when nothing came in time.
std::string read_line(BorrowedFd from, std::chrono::milliseconds limit) {
  std::string text;
  const auto end = std::chrono::steady_clock::now() + limit;
  while (text.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd wait{from.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) break;
    char buffer[512];
    const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

/// posix_spawn, with `ready` as descriptor 3. Returns -1 with errno set.
pid_t spawn(const std::vector<std::string>& arguments, int ready) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ready, kReadyFd);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  errno = error;
  return error == 0 ? pid : -1;
}

pid_t parent_of(const fs::path& process) {
  std::ifstream file(process / "stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return -1;
  std::istringstream rest(text.substr(name_end + 1));
  char state = 0;
  pid_t parent = -1;
  rest >> state >> parent;
  return parent;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base != nullptr ? base : "/tmp") + "/chainsolved-test-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "mkdtemp " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

bool Daemon::available() {
  return ::access(program_path().c_str(), X_OK) == 0 &&
         ::access((std::string(CHAINSOLVED_BINARY_DIR) + "/chainsolve-engine").c_str(), X_OK) == 0;
}

Daemon Daemon::start(std::vector<std::string> arguments) {
  Daemon daemon{TemporaryDirectory()};
  daemon.socket_ = daemon.directory() + "/engine.sock";
  std::vector<std::string> command{
      program_path(), "--socket", daemon.socket_, "--ready-fd", std::to_string(kReadyFd)};
  command.insert(command.end(), arguments.begin(), arguments.end());

  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) < 0)
    throw std::system_error(errno, std::generic_category(), "pipe2");
  const UniqueFd reader{AdoptFd{}, ends[0]};
  // Above the number it gets in the child: dup2 of a descriptor onto itself keeps close-on-exec.
  UniqueFd writer = checked_fd(::fcntl(ends[1], F_DUPFD_CLOEXEC, kReadyFd + 1), "fcntl");
  ::close(ends[1]);
  daemon.pid_ = spawn(command, writer.get());
  writer.reset();
  if (daemon.pid_ < 0) {
    daemon.said_ = command[0] + " cannot be started: " + std::strerror(errno);
    return daemon;
  }
  daemon.process_ = open_process(daemon.pid_);
  daemon.said_ = read_line(reader.borrow(), kStartLimit);
  daemon.ready_ = daemon.said_ == "ready\n";
  return daemon;
}

Daemon::~Daemon() {
  if (process_.valid()) kill();
}

std::vector<pid_t> Daemon::children() const {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      continue;
    if (parent_of(entry.path()) == pid_) found.push_back(std::stoi(name));
  }
  return found;
}

std::size_t Daemon::descriptor_count() const {
  return test::descriptor_count(pid_);
}

std::string Daemon::stop(std::chrono::milliseconds limit) {
  if (!process_.valid()) return "the daemon was not running: " + said_;
  std::vector<std::pair<pid_t, UniqueFd>> engines;
  for (const pid_t child : children())
    engines.emplace_back(child, open_process(child));
  ::kill(pid_, SIGTERM);
  if (!wait_ended(process_.borrow(), limit)) {
    kill();
    return "the daemon did not end on SIGTERM";
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  process_.reset();
  std::string wrong;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    wrong += "the daemon's wait status is " + std::to_string(status) + "; ";
  for (const auto& [pid, process] : engines) {
    if (process.valid() && !wait_ended(process.borrow(), limit))
      wrong += "process " + std::to_string(pid) + " outlived the daemon; ";
  }
  if (::access(socket_.c_str(), F_OK) == 0) wrong += socket_ + " was left behind; ";
  return wrong;
}

void Daemon::kill() {
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  process_.reset();
  ready_ = false;
}

std::size_t descriptor_count(pid_t pid) {
  std::error_code error;
  const fs::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd", error);
  return error ? 0 : static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

bool wait_ended(BorrowedFd process, std::chrono::milliseconds limit) {
  pollfd wait{process.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, static_cast<int>(limit.count()));
  } while (ready < 0 && errno == EINTR);
  return ready == 1;
}

UniqueFd open_process(pid_t pid) {
  return UniqueFd{AdoptFd{}, static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))};
}

}  // namespace chainsolved::test
