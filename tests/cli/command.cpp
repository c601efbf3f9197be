#include "tests/cli/command.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::test {

namespace {

using Clock = std::chrono::steady_clock;

std::string program() {
  return std::string(CHAINSOLVED_BINARY_DIR) + "/chainsolve";
}

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Pipe make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0)
    throw std::system_error(errno, std::generic_category(), "pipe2");
  return {UniqueFd(AdoptFd{}, ends[0]), UniqueFd(AdoptFd{}, ends[1])};
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (std::string& word : words)
    out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_of(std::vector<std::string> extra) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("CHAINSOLVED_SOCKET=") && !text.starts_with("XDG_RUNTIME_DIR="))
      extra.emplace_back(text);
  }
  return extra;
}

}  // namespace

Command::Command(std::vector<std::string> arguments, std::vector<std::string> environment) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  arguments.insert(arguments.begin(), program());
  environment = environment_of(std::move(environment));

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.reader.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.writer.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.writer.get(), STDERR_FILENO);
  // A program that ends before it has read all must not end the test with it; the program itself
  // starts as from a shell.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawn(&pid_,
                                  arguments[0].c_str(),
                                  &actions,
                                  &attributes,
                                  pointers(arguments).data(),
                                  pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), arguments[0]);
  in_ = std::move(in.writer);
  out_ = std::move(out.reader);
  err_ = std::move(err.reader);
  // A test that writes more than the pipe holds must go on reading.
  ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
}

Command::~Command() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Command::available() {
  return ::access(program().c_str(), X_OK) == 0;
}

void Command::take(UniqueFd& from, std::string& into) {
  std::array<char, 1U << 16> buffer;
  const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
  if (got > 0) {
    into.append(buffer.data(), static_cast<std::size_t>(got));
  } else if (got == 0 || errno != EINTR) {
    from.reset();
  }
}

bool Command::exchange(Clock::time_point until, const std::string* input) {
  std::array<pollfd, 3> fds{{{out_.get(), POLLIN, 0},
                             {err_.get(), POLLIN, 0},
                             {input != nullptr ? in_.get() : -1, POLLOUT, 0}}};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
  if (left.count() <= 0 || ::poll(fds.data(), fds.size(), static_cast<int>(left.count())) <= 0)
    return false;
  if (fds[0].revents != 0) take(out_, output_);
  if (fds[1].revents != 0) take(err_, errors_);
  if (fds[2].revents == 0) return true;
  const ssize_t put =
      ::write(in_.get(), input->data() + input_written_, input->size() - input_written_);
  if (put > 0) input_written_ += static_cast<std::size_t>(put);
  if (put < 0 && errno != EAGAIN) in_.reset();  // it ended without reading all
  return true;
}

void Command::write(const std::string& text) {
  const auto until = Clock::now() + std::chrono::seconds(60);
  input_written_ = 0;
  while (in_.valid() && input_written_ < text.size())
    if (!exchange(until, &text)) throw std::runtime_error("chainsolve does not take its input");
}

void Command::close_input() {
  in_.reset();
}

std::string Command::read_line(std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  std::size_t end = 0;
  while ((end = output_.find('\n')) == std::string::npos)
    if (!out_.valid() || !exchange(until, nullptr)) return {};
  std::string line = output_.substr(0, end);
  output_.erase(0, end + 1);
  return line;
}

void Command::signal(int number) {
  ::kill(pid_, number);
}

Command::Outcome Command::finish(std::chrono::milliseconds limit) {
  close_input();
  const auto until = Clock::now() + limit;
  bool in_time = true;
  while (in_time && (out_.valid() || err_.valid()))
    in_time = exchange(until, nullptr);
  if (!in_time) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  Outcome outcome{-1, std::move(output_), std::move(errors_)};
  if (!in_time) return outcome;
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

Command::Outcome run(std::vector<std::string> arguments,
                     const std::string& input,
                     std::vector<std::string> environment) {
  Command command(std::move(arguments), std::move(environment));
  command.write(input);
  return command.finish();
}

TemporaryFile::TemporaryFile(const std::string& suffix, const std::string& content) {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base != nullptr ? base : "/tmp") + "/chainsolved-test-XXXXXX" + suffix;
  const UniqueFd fd(AdoptFd{},
                    ::mkostemps(path_.data(), static_cast<int>(suffix.size()), O_CLOEXEC));
  if (!fd.valid()) throw std::system_error(errno, std::generic_category(), "mkostemps " + path_);
  std::ofstream(path_, std::ios::binary) << content;
}

TemporaryFile::~TemporaryFile() {
  ::unlink(path_.c_str());
}

}  // namespace chainsolved::test
