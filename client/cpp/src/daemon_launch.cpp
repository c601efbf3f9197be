#include "client/cpp/src/daemon_launch.h"

#include "protocol/socket_path.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::client {

namespace {

namespace fs = std::filesystem;

constexpr int kReadyFd = 3;  // in the daemon
constexpr std::size_t kMostSaid = 64 << 10;

Error start_error(std::string message) {
  return {ErrorCode::EngineStartFailed, std::move(message), {}, Applied::NotSaid};
}

std::string errno_text(const std::string& what) {
  return what + ": " + std::generic_category().message(errno);
}

bool can_run(const fs::path& path) {
  return ::access(path.c_str(), X_OK) == 0;
}

/// Options, $CHAINSOLVED_DAEMON, beside this executable, PATH.
Result<std::string> find_program(const Options& options) {
  constexpr const char* kName = "chainsolved";
  if (!options.daemon_program.empty()) return options.daemon_program;
  if (const char* variable = ::secure_getenv("CHAINSOLVED_DAEMON"); variable != nullptr)
    return std::string(variable);
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error && can_run(self.parent_path() / kName)) return (self.parent_path() / kName).string();
  const char* variable = ::secure_getenv("PATH");
  std::string path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const fs::path candidate = fs::path(path.substr(begin, end - begin)) / kName;
    if (end > begin && can_run(candidate)) return candidate.string();
    begin = end + 1;
  }
  return start_error(
      "no daemon program was found: not beside this program, not in PATH; install chainsolved, or "
      "name it in $CHAINSOLVED_DAEMON");
}

Result<void> make_private_directory(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error)) return {};
  fs::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return start_error(errno_text("the directory " + directory.string() + " cannot be made"));
}

/// What is done between fork and exec: async-signal-safe calls only, since other threads may have
/// held any lock at the fork.
[[noreturn]] void become_daemon(char* const* argv, int ready) noexcept {
  ::setsid();
  const pid_t daemon = ::fork();
  // The one in between ends at once: the daemon's parent is then init, and nobody has to reap it.
  if (daemon != 0) ::_exit(daemon < 0 ? 1 : 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2})
    static_cast<void>(::signal(number, SIG_DFL));
  if (::chdir("/") < 0) ::_exit(1);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < kReadyFd; ++fd)
    ::dup2(null, fd);
  ::dup2(ready, kReadyFd);  // made above 3, so that this clears close-on-exec
  ::syscall(SYS_close_range, kReadyFd + 1, ~0U, 0);
  ::execv(argv[0], argv);
  const char* reason = ::strerrordesc_np(errno);  // unlike strerror: no locale, no lock
  static_cast<void>(::write(kReadyFd, reason, std::strlen(reason)));
  ::_exit(127);
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_ready_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
    return start_error(errno_text("no pipe can be made to hear from the daemon"));
  Pipe pipe{UniqueFd{AdoptFd{}, ends[0]}, UniqueFd()};
  const UniqueFd low{AdoptFd{}, ends[1]};
  pipe.write_end = UniqueFd{AdoptFd{}, ::fcntl(low.get(), F_DUPFD_CLOEXEC, kReadyFd + 1)};
  if (!pipe.write_end.valid()) return start_error(errno_text("no descriptor is left"));
  return pipe;
}

/// Where private sockets' directories are made: beside the public socket of this user.
Result<std::string> runtime_directory() {
  SocketEnvironment environment = SocketEnvironment::current();
  environment.variable.reset();
  auto place = socket_path(environment, SocketUse::Serve);
  if (!place.ok()) return std::move(place).error();
  const fs::path directory = fs::path(place->path).parent_path();
  if (auto made = make_private_directory(directory); !made.ok()) return std::move(made).error();
  return directory.string();
}

}  // namespace

// --- StartLock ---

Result<StartLock> StartLock::open(const std::string& socket_path) {
  const fs::path directory = fs::path(socket_path).parent_path();
  if (auto made = make_private_directory(directory); !made.ok()) return std::move(made).error();
  const std::string path = directory / "start.lock";
  UniqueFd file{AdoptFd{}, ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.valid()) return start_error(errno_text("the lock " + path + " cannot be opened"));
  return StartLock(std::move(file));
}

bool StartLock::try_lock() {
  return ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0;
}

void StartLock::lock() {
  while (::flock(file_.get(), LOCK_EX) < 0 && errno == EINTR) {}
}

// --- DaemonLaunch ---

Result<DaemonLaunch> DaemonLaunch::on_demand(const Options& options, const std::string& socket) {
  auto program = find_program(options);
  if (!program.ok()) return std::move(program).error();
  std::vector<std::string> command{
      *program, "--on-demand", "--socket", socket, "--ready-fd", std::to_string(kReadyFd)};
  command.insert(command.end(), options.daemon_arguments.begin(), options.daemon_arguments.end());
  return start(std::move(command), *program, socket);
}

Result<DaemonLaunch> DaemonLaunch::on_private_socket(const Options& options) {
  auto program = find_program(options);
  if (!program.ok()) return std::move(program).error();
  auto base = runtime_directory();
  if (!base.ok()) return std::move(base).error();
  std::string directory = *base + "/private-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr)
    return start_error(errno_text("no directory can be made under " + *base));
  const std::string socket = directory + "/engine.sock";
  // The shell waits for the daemon, whatever its end, and removes the directory.
  std::vector<std::string> command{"/bin/sh",
                                   "-c",
                                   R"(d=$1; shift; "$@"; rm -rf -- "$d")",
                                   "chainsolved-private",
                                   directory,
                                   *program,
                                   "--on-demand",
                                   "--socket",
                                   socket,
                                   "--ready-fd",
                                   std::to_string(kReadyFd)};
  command.insert(command.end(), options.daemon_arguments.begin(), options.daemon_arguments.end());
  auto launch = start(std::move(command), *program, socket);
  if (!launch.ok()) ::rmdir(directory.c_str());
  return launch;
}

Result<DaemonLaunch> DaemonLaunch::start(std::vector<std::string> command,
                                         std::string program,
                                         std::string socket) {
  if (!can_run(program))
    return start_error(errno_text("the daemon program " + program + " cannot be run"));
  auto pipe = make_ready_pipe();
  if (!pipe.ok()) return std::move(pipe).error();
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (std::string& argument : command)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t between = ::fork();
  if (between == 0) become_daemon(argv.data(), pipe->write_end.get());
  if (between < 0) return start_error(errno_text("no process can be made for the daemon"));
  int status = 0;
  while (::waitpid(between, &status, 0) < 0 && errno == EINTR) {}
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return start_error("no process can be made for the daemon");
  return DaemonLaunch(std::move(pipe->read_end), std::move(program), std::move(socket));
}

std::optional<Result<void>> DaemonLaunch::finish_reading() {
  std::array<char, 1024> buffer{};
  while (said_.size() < kMostSaid) {
    const ssize_t got = ::read(ready_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    if (got <= 0) break;
    said_.append(buffer.data(), static_cast<std::size_t>(got));
    if (said_ == "ready\n") return Result<void>();
    if (said_.ends_with('\n')) break;
  }
  if (said_.ends_with('\n')) said_.pop_back();
  if (constexpr std::string_view kMark = "error: "; said_.starts_with(kMark))
    said_.erase(0, kMark.size());
  return Result<void>(start_error(
      program_ + " did not start: " + (said_.empty() ? "it ended without a word" : said_)));
}

}  // namespace chainsolved::client
