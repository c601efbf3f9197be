#include "chainsolved/engine.h"
#include "client/cli/commands.h"
#include "client/cli/connect.h"
#include "client/cli/failure.h"
#include "client/cli/interruption.h"
#include "client/cli/line_reader.h"
#include "client/cli/rpc_session.h"

#include <CLI/CLI.hpp>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace chainsolved::cli {

namespace {

// Input is read on whatever lies in the output, so that a caller may write everything before it
// reads anything; only so much that memory cannot run out.
constexpr std::size_t kMostUnwritten = std::size_t{256} << 20;
// The engine holds 64 requests of a session; more in flight than a few times that gains nothing.
constexpr std::size_t kMostPending = 1024;

/// Standard output that is never waited for: poll() promises room for PIPE_BUF bytes, no more.
class Output {
 public:
  Output() {
    struct stat status {};
    whole_ = ::fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
  }

  bool empty() const noexcept { return written_ == text_.size(); }
  std::size_t size() const noexcept { return text_.size() - written_; }
  void take(std::string& text) {
    if (empty()) {
      text_.clear();
      written_ = 0;
    }
    text_.append(text);
    text.clear();
  }

  /// Writes what fits. False when nobody can read it any more.
  bool write_some() {
    const std::size_t most = whole_ ? size() : std::min<std::size_t>(size(), PIPE_BUF);
    const ssize_t put = ::write(STDOUT_FILENO, text_.data() + written_, most);
    if (put < 0) return errno == EINTR || errno == EAGAIN;
    written_ += static_cast<std::size_t>(put);
    if (written_ > text_.size() / 2) {
      text_.erase(0, written_);
      written_ = 0;
    }
    return true;
  }

 private:
  std::string text_;
  std::size_t written_ = 0;
  bool whole_ = false;
};

/// Waits for standard input, standard output and the engine at once.
class RpcLoop {
 public:
  RpcLoop(client::Engine& engine, RpcSession& session)
      : engine_(engine),
        session_(session),
        longest_line_(static_cast<std::size_t>(engine.daemon().limits.max_line_bytes)) {}

  ExitStatus run() {
    while (input_open_ || lines_waiting_ || session_.pending() > 0 || !output_.empty()) {
      wait();
      if (engine_ready_ && !ended_) take_from_engine();
      if (input_ready_) input_open_ = input_.read_some();
      take_lines();
      output_.take(session_.output());
      if (output_ready_ && !output_.empty() && !output_.write_some()) return ExitStatus::Fine;
    }
    return lost_ ? ExitStatus::NoDaemon : ExitStatus::Fine;
  }

 private:
  bool may_read() const {
    return session_.pending() < kMostPending && output_.size() < kMostUnwritten;
  }

  void wait() {
    const auto wanted = [](bool yes, int events) {
      return static_cast<short>(yes ? events : 0);
    };
    std::array<pollfd, 3> fds{{
        {input_open_ && may_read() ? STDIN_FILENO : -1, POLLIN, 0},
        {output_.empty() ? -1 : STDOUT_FILENO, POLLOUT, 0},
        {ended_ ? -1 : engine_.fd().get(),
         static_cast<short>(POLLIN | wanted(engine_.wants_write(), POLLOUT)),
         0},
    }};
    // Lines that were read before the engine was full wait in the reader.
    const int timeout = lines_waiting_ && may_read() ? 0 : -1;
    if (::poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR)
      throw Failure(ExitStatus::EngineDied, "poll failed on standard input or output");
    input_ready_ = fds[0].revents != 0;
    output_ready_ = fds[1].revents != 0;
    engine_ready_ = fds[2].revents != 0;
  }

  void take_from_engine() {
    const Result<void> taken = engine_.poll();
    if (taken.ok()) return;
    ended_ = true;
    lost_ = !session_.disposed();
    session_.on_end(taken.error());
  }

  void take_lines() {
    std::string_view line;
    lines_waiting_ = true;
    while (may_read()) {
      const LineReader::Next next = input_.next(line);
      if (next == LineReader::Next::Nothing) {
        lines_waiting_ = false;
        return;
      }
      if (next == LineReader::Next::Line) {
        session_.on_line(line);
      } else {
        session_.on_long_line(longest_line_);
      }
      output_.take(session_.output());
    }
  }

  client::Engine& engine_;
  RpcSession& session_;
  std::size_t longest_line_;
  LineReader input_{BorrowedFd(STDIN_FILENO), longest_line_};
  Output output_;
  bool input_open_ = true;
  bool lines_waiting_ = false;
  bool input_ready_ = false;
  bool output_ready_ = false;
  bool engine_ready_ = false;
  bool ended_ = false;
  bool lost_ = false;
};

ExitStatus run_rpc(const ConnectOptions& connect) {
  const Interruption interruption;
  client::Options options = connect.for_session();
  options.names = true;
  client::Engine engine = done("opening a session", client::Engine::create(options));
  RpcSession session(engine, connect);
  engine.handlers().on_raw = [&](const client::RawMessage& message) {
    session.on_message(message);
  };
  return RpcLoop(engine, session).run();
}

}  // namespace

void add_rpc(CLI::App& program, ExitStatus& status) {
  auto options = std::make_shared<ConnectOptions>();
  CLI::App* command = program.add_subcommand(
      "rpc", "JSON-RPC: requests as lines on standard input, answers and notifications as lines");
  options->add_socket(*command);
  options->add_session(*command);
  command->add_flag("--json")->description("Changes nothing: all of this is JSON");
  command->callback([options, &status] { status = run_rpc(*options); });
}

}  // namespace chainsolved::cli
