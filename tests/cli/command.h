#pragma once

#include "shm/unique_fd.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace chainsolved::test {

/// `chainsolve` as this build made it, run with pipes for its three standard descriptors.
///
///     Command command({"eval", "beam.json"});
///     const Outcome outcome = command.finish();
class Command {
 public:
  /// Further environment variables, NAME=VALUE. CHAINSOLVED_SOCKET and XDG_RUNTIME_DIR are not
  /// inherited: a test must not meet the machine's own daemon.
  explicit Command(std::vector<std::string> arguments, std::vector<std::string> environment = {});
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();

  /// False: the program has not been built, and the test should skip.
  static bool available();

  /// Writes to its standard input, reading its outputs meanwhile.
  void write(const std::string& text);
  void close_input();
  /// Waits for one more line on its standard output; empty when it ended or `limit` is over.
  std::string read_line(std::chrono::milliseconds limit = std::chrono::seconds(30));
  void signal(int number);
  pid_t pid() const noexcept { return pid_; }

  struct Outcome {
    int status = -1;  // exit status; 128 + n when signal n ended it, -1 when it had to be killed
    std::string out;  // what read_line() did not take
    std::string err;
  };
  /// Closes its input, reads to the end and waits.
  Outcome finish(std::chrono::milliseconds limit = std::chrono::seconds(60));

 private:
  /// Waits until something moves; false when `until` is over.
  bool exchange(std::chrono::steady_clock::time_point until, const std::string* input);
  void take(UniqueFd& from, std::string& into);

  pid_t pid_ = -1;
  UniqueFd in_;
  UniqueFd out_;
  UniqueFd err_;
  std::size_t input_written_ = 0;
  std::string output_;
  std::string errors_;
};

/// Runs it to the end with this standard input.
Command::Outcome run(std::vector<std::string> arguments,
                     const std::string& input = {},
                     std::vector<std::string> environment = {});

/// A file that is removed with its object.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& suffix, const std::string& content);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace chainsolved::test
