// Each test enters the sandbox in a child of its own and reports by its exit status.
#include "daemon/engine/sandbox.h"

#include "shm/message_socket.h"
#include "shm/segment.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::engine {
namespace {

constexpr int kYes = 0;
constexpr int kNo = 1;
constexpr int kNotEntered = 2;

/// Whether `claim` holds inside the sandbox.
bool holds_inside(const std::function<bool()>& claim) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      enter_sandbox();
    } catch (...) {
      ::_exit(kNotEntered);
    }
    ::_exit(claim() ? kYes : kNo);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) && WEXITSTATUS(status) == kYes;
}

/// Forbidden is answered ENOSYS, whatever the arguments.
bool forbidden(long result) {
  return result == -1 && errno == ENOSYS;
}

TEST(Sandbox, OpensNoFile) {
  EXPECT_TRUE(
      holds_inside([] { return forbidden(::open("/etc/hostname", O_RDONLY | O_CLOEXEC)); }));
  EXPECT_TRUE(
      holds_inside([] { return forbidden(::syscall(SYS_open, "/etc/hostname", O_RDONLY)); }));
  EXPECT_TRUE(holds_inside([] { return forbidden(::creat("/tmp/x", 0600)); }));
  EXPECT_TRUE(holds_inside([] { return forbidden(::unlink("/tmp/x")); }));
}

TEST(Sandbox, OpensNoSocket) {
  EXPECT_TRUE(holds_inside([] { return forbidden(::socket(AF_UNIX, SOCK_STREAM, 0)); }));
  EXPECT_TRUE(holds_inside([] { return forbidden(::socket(AF_INET, SOCK_STREAM, 0)); }));
  EXPECT_TRUE(holds_inside([] {
    int pair[2];
    return forbidden(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  }));
}

TEST(Sandbox, StartsNoProcess) {
  EXPECT_TRUE(holds_inside([] { return forbidden(::syscall(SYS_fork)); }));
  EXPECT_TRUE(holds_inside([] { return forbidden(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }));
  EXPECT_TRUE(holds_inside(
      [] { return forbidden(::execl("/bin/true", "true", static_cast<char*>(nullptr))); }));
  EXPECT_TRUE(holds_inside([] { return forbidden(::ptrace(PTRACE_TRACEME, 0, 0, 0)); }));
}

TEST(Sandbox, LeavesTheFlagsOfASharedSocketAlone) {
  const auto pair = make_socket_pair();
  ASSERT_TRUE(pair.ok());
  const int fd = pair->first.get();
  EXPECT_TRUE(holds_inside([fd] { return forbidden(::fcntl(fd, F_SETFL, O_NONBLOCK)); }));
  EXPECT_TRUE(holds_inside([fd] { return forbidden(::fcntl(fd, F_SETOWN, ::getpid())); }));
  EXPECT_TRUE(holds_inside([fd] {
    int on = 1;
    return forbidden(::ioctl(fd, FIONBIO, &on));
  }));
  EXPECT_TRUE(holds_inside([fd] {
    const int size = 4096;
    return forbidden(::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  }));
}

TEST(Sandbox, ReadsFlagsAndDuplicates) {
  const auto pair = make_socket_pair();
  ASSERT_TRUE(pair.ok());
  const int fd = pair->first.get();
  EXPECT_TRUE(holds_inside([fd] {
    int waiting = -1;
    return ::fcntl(fd, F_GETFD) == FD_CLOEXEC && ::fcntl(fd, F_GETFL) >= 0 &&
           ::fcntl(fd, F_DUPFD_CLOEXEC, 0) >= 0 && ::ioctl(fd, FIONREAD, &waiting) == 0;
  }));
}

TEST(Sandbox, SignalsNobodyButItself) {
  const pid_t parent = ::getpid();
  EXPECT_TRUE(holds_inside([parent] { return forbidden(::kill(parent, 0)); }));
  EXPECT_TRUE(
      holds_inside([parent] { return forbidden(::syscall(SYS_tgkill, parent, parent, 0)); }));
  EXPECT_TRUE(holds_inside([] { return forbidden(::kill(0, 0)); }));
  // kill(self) is what abort needs. The filter knows the process that entered it.
  EXPECT_TRUE(holds_inside([] { return ::kill(::getpid(), 0) == 0; }));
}

TEST(Sandbox, MapsNoCode) {
  EXPECT_TRUE(holds_inside([] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED &&
           errno == ENOSYS;
  }));
  EXPECT_TRUE(holds_inside([] {
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && forbidden(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
  }));
}

TEST(Sandbox, RaisesNoLimitAndNoPrivilege) {
  EXPECT_TRUE(holds_inside([] {
    const rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    return forbidden(::setrlimit(RLIMIT_CORE, &limit));
  }));
  EXPECT_TRUE(holds_inside([] { return forbidden(::prctl(PR_SET_DUMPABLE, 1)); }));
}

TEST(Sandbox, LetsSegmentsBeMadeSealedAndRead) {
  EXPECT_TRUE(holds_inside([] {
    auto builder = SegmentBuilder::create(1 << 20);
    if (!builder.ok()) return false;
    const double number = 6.25;
    if (!builder->write(8, std::as_bytes(std::span(&number, 1))).ok()) return false;
    auto sealed = std::move(*builder).seal();
    if (!sealed.ok()) return false;
    auto adopted = SealedSegment::adopt(std::move(*sealed).take_fd(), 1 << 20);
    if (!adopted.ok()) return false;
    const auto mapping = adopted->map();
    if (!mapping.ok()) return false;
    const auto numbers = numbers_in(*mapping, 8, 1);
    return numbers.ok() && (*numbers)[0] == number;
  }));
}

TEST(Sandbox, LetsMemoryGrowAndShrink) {
  EXPECT_TRUE(holds_inside([] {
    for (std::size_t size : {std::size_t{1} << 10, std::size_t{1} << 26}) {
      std::vector<char> memory(size, 'x');
      memory.resize(size * 2);
      if (memory[0] != 'x') return false;
    }
    return true;
  }));
}

TEST(Sandbox, AbortStillKills) {
  const pid_t child = ::fork();
  if (child == 0) {
    enter_sandbox();
    static_cast<void>(std::signal(SIGABRT, SIG_DFL));
    std::abort();
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
  EXPECT_FALSE(WCOREDUMP(status));
}

}  // namespace
}  // namespace chainsolved::engine
