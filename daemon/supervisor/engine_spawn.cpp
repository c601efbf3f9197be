#include "daemon/supervisor/engine_spawn.h"

#include "shm/message_socket.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::supervisor {

namespace {

constexpr auto kStageWords = std::to_array<std::string_view>({
    "cannot be given a process group of its own",
    "cannot be tied to the daemon's life",
    "lost the daemon while it was started",
    "cannot be kept from dumping core",
    "cannot be given standard streams",
    "cannot be given its channel and status page",
    "cannot be relieved of the daemon's descriptors",
    "cannot be given default signal handling",
    "cannot be executed",
});
static_assert(kStageWords.size() == static_cast<std::size_t>(StartStage::Execute) + 1);

// Everything else that the daemon was started with is none of an engine's business.
constexpr auto kKeptVariables =
    std::to_array<const char*>({"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"});
constexpr const char* kPortableMath = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4";

// A preferred victim when memory runs out: an engine can be had again, the desktop cannot.
constexpr std::string_view kOomScore = "500";

// Descriptors are moved above every number that they are to get, before any of those is taken.
constexpr int kAboveAll = 16;

/// Everything that the child needs, made before fork: it allocates nothing.
struct ChildPlan {
  const char* program;
  char* const* arguments;
  char* const* environment;
  pid_t parent;
  int channel;
  int status_page;
  int report;
};

class ChildSide {
 public:
  explicit ChildSide(const ChildPlan& plan) noexcept : plan_(plan) {}

  [[noreturn]] void run() noexcept {
    require(StartStage::ProcessGroup, ::setpgid(0, 0));
    require(StartStage::DeathSignal, ::prctl(PR_SET_PDEATHSIG, SIGKILL));
    // The daemon may have died before the line above: then there will be no signal.
    if (::getppid() != plan_.parent) fail(StartStage::ParentAlive, ESRCH);
    const rlimit no_core{0, 0};
    require(StartStage::CoreLimit, ::setrlimit(RLIMIT_CORE, &no_core));
    be_a_preferred_victim();
    place_descriptors();
    reset_signals();
    ::execve(plan_.program, plan_.arguments, plan_.environment);
    fail(StartStage::Execute, errno);
  }

 private:
  [[noreturn]] void fail(StartStage stage, int error) noexcept {
    const StartFailure failure{stage, error};
    // The pipe is empty and large enough; if it cannot be written nobody listens.
    const ssize_t written = ::write(report_, &failure, sizeof failure);
    ::_exit(written == sizeof failure ? 126 : 127);
  }

  int require(StartStage stage, int result) noexcept {
    if (result < 0) fail(stage, errno);
    return result;
  }

  static void be_a_preferred_victim() noexcept {
    const UniqueFd file{AdoptFd{}, ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
    // Best effort: a container may forbid it.
    if (file.valid() && ::write(file.get(), kOomScore.data(), kOomScore.size()) < 0) return;
  }

  void place_descriptors() noexcept {
    const auto stage = StartStage::Descriptors;
    report_ = require(stage, ::fcntl(plan_.report, F_DUPFD_CLOEXEC, kAboveAll));
    const int channel = require(stage, ::fcntl(plan_.channel, F_DUPFD_CLOEXEC, kAboveAll));
    const int page = require(stage, ::fcntl(plan_.status_page, F_DUPFD_CLOEXEC, kAboveAll));
    const int null =
        require(StartStage::StandardStreams, ::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (null != STDIN_FILENO) require(StartStage::StandardStreams, ::dup2(null, STDIN_FILENO));
    require(StartStage::StandardStreams, ::dup2(STDERR_FILENO, STDOUT_FILENO));
    require(stage, ::dup2(channel, kEngineChannelFd));
    require(stage, ::dup2(page, kEngineStatusFd));
    // Marked, not closed: the report must live until exec.
    require(StartStage::CloseOthers,
            static_cast<int>(::syscall(SYS_close_range,
                                       static_cast<unsigned>(kEngineStatusFd + 1),
                                       ~0U,
                                       static_cast<unsigned>(CLOSE_RANGE_CLOEXEC))));
  }

  /// Ignored signals stay ignored over exec, and all are blocked since before fork.
  void reset_signals() noexcept {
    for (int number = 1; number < NSIG; ++number) {
      struct sigaction usual {};
      usual.sa_handler = SIG_DFL;
      // Some cannot be set (SIGKILL, glibc's own): those are what they should be.
      if (::sigaction(number, &usual, nullptr) < 0) continue;
    }
    sigset_t none;
    sigemptyset(&none);
    if (const int error = ::pthread_sigmask(SIG_SETMASK, &none, nullptr); error != 0)
      fail(StartStage::Signals, error);
  }

  const ChildPlan& plan_;
  int report_ = plan_.report;
};

/// Blocks every signal while it lives, so that a handler of the daemon never runs in the child,
/// where it would write into the daemon's own pipes.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

std::vector<std::string> environment_of(const EngineCommand& command) {
  std::vector<std::string> environment;
  for (const char* name : kKeptVariables) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    if (value != nullptr) environment.push_back(std::string(name) + "=" + value);
  }
  if (command.portable_math) environment.emplace_back(kPortableMath);
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

Error refused(const char* what) {
  return Error{ErrorCode::EngineStartFailed,
               std::string("no engine can be started: ") + what + ": " +
                   std::system_category().message(errno)};
}

}  // namespace

std::string words_of(const StartFailure& failure, const std::string& program) {
  const auto stage = static_cast<std::size_t>(failure.stage);
  std::string text = "the engine ";
  text += stage < kStageWords.size() ? kStageWords[stage] : "failed in an unknown way";
  text.append(" (").append(program).append("): ").append(
      std::system_category().message(failure.error));
  if (failure.stage == StartStage::Execute)
    text.append("; it belongs beside chainsolved, or --engine names it");
  return text;
}

Result<SpawnedEngine> spawn_engine(const EngineCommand& command) {
  auto page = SharedStatusPage::create();
  if (!page.ok()) return std::move(page).error();
  auto channel = make_socket_pair();
  if (!channel.ok()) return refused("socketpair");
  int report[2] = {-1, -1};
  if (::pipe2(report, O_CLOEXEC | O_NONBLOCK) < 0) return refused("pipe2");
  UniqueFd report_reader{AdoptFd{}, report[0]};
  const UniqueFd report_writer{AdoptFd{}, report[1]};
  widen_send_buffer(channel->first.borrow());
  widen_send_buffer(channel->second.borrow());

  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = environment_of(command);
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const ChildPlan plan{command.program.c_str(),
                       argument_pointers.data(),
                       environment_pointers.data(),
                       ::getpid(),
                       channel->second.get(),
                       page->fd().get(),
                       report_writer.get()};
  pid_t pid = -1;
  {
    const BlockedSignals blocked;
    pid = ::fork();
    if (pid == 0) ChildSide(plan).run();
  }
  if (pid < 0) return refused("fork");
  // The child cannot be reaped before this: nobody else waits for it.
  UniqueFd process{AdoptFd{}, static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))};
  if (!process.valid()) {
    Error error = refused("pidfd_open");
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return error;
  }
  return SpawnedEngine{command.program,
                       pid,
                       std::move(process),
                       std::move(channel->first),
                       std::move(report_reader),
                       std::move(*page)};
}

std::optional<StartFailure> read_start_report(BorrowedFd start_report) noexcept {
  StartFailure failure{};
  if (::read(start_report.get(), &failure, sizeof failure) != sizeof failure) return std::nullopt;
  return failure;
}

}  // namespace chainsolved::supervisor
