#include "daemon/engine/sandbox.h"

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace chainsolved::engine {

namespace {

void check(int result, const char* what) {
  if (result < 0) throw std::system_error(-result, std::system_category(), what);
}

/// A filter while it is being made.
class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &::seccomp_release) {
    if (!context_) throw std::system_error(ENOMEM, std::system_category(), "seccomp_init");
    // A binary tree: the rules with argument checks come late, and every request pays for them.
    check(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "seccomp_attr_set");
  }

  void allow(std::initializer_list<int> calls) {
    for (const int call : calls)
      check(::seccomp_rule_add(context_.get(), SCMP_ACT_ALLOW, call, 0), "seccomp_rule_add");
  }

  /// Allows a call whose arguments are such.
  void allow_if(int call, std::initializer_list<scmp_arg_cmp> arguments) {
    const std::vector<scmp_arg_cmp> list(arguments);
    check(
        ::seccomp_rule_add_array(
            context_.get(), SCMP_ACT_ALLOW, call, static_cast<unsigned>(list.size()), list.data()),
        "seccomp_rule_add_array");
  }

  void load() { check(::seccomp_load(context_.get()), "seccomp_load"); }

 private:
  std::unique_ptr<void, decltype(&::seccomp_release)> context_;
};

scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) noexcept {
  return {argument, SCMP_CMP_EQ, value, 0};
}

/// None of these bits.
scmp_arg_cmp lacks(unsigned argument, scmp_datum_t bits) noexcept {
  return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}

void allow_messages(Filter& filter) {
  filter.allow({SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl)});
  filter.allow({SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(shutdown)});
  filter.allow({SCMP_SYS(close)});
  // A handed socket shares its flags with the supervisor: O_NONBLOCK or O_ASYNC set here would be
  // set there, F_SETOWN would send signals there.
  for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_ADD_SEALS, F_GET_SEALS})
    filter.allow_if(SCMP_SYS(fcntl), {equals(1, static_cast<scmp_datum_t>(command))});
  filter.allow_if(SCMP_SYS(ioctl), {equals(1, FIONREAD)});
  for (const int call : {SCMP_SYS(write), SCMP_SYS(writev)})
    filter.allow_if(call, {equals(0, STDERR_FILENO)});
}

void allow_memory(Filter& filter) {
  filter.allow({SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(fallocate)});
  filter.allow({SCMP_SYS(pwrite64), SCMP_SYS(fstat)});
  filter.allow({SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk)});
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
    filter.allow_if(call, {lacks(2, PROT_EXEC)});
  // glibc's fstat. The path cannot be looked at, but stat alone opens nothing.
  filter.allow_if(SCMP_SYS(newfstatat), {equals(3, AT_EMPTY_PATH)});
}

void allow_process(Filter& filter) {
  filter.allow({SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom)});
  filter.allow({SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(restart_syscall)});
  filter.allow({SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn)});
  filter.allow({SCMP_SYS(exit), SCMP_SYS(exit_group)});
  const auto self = static_cast<scmp_datum_t>(::getpid());
  for (const int call : {SCMP_SYS(kill), SCMP_SYS(tgkill)})
    filter.allow_if(call, {equals(0, self)});  // abort
  // Reading its own limits, not setting them.
  filter.allow_if(SCMP_SYS(prlimit64), {equals(0, 0), equals(2, 0)});
}

#ifdef CHAINSOLVED_SANITIZED
void allow_sanitizers(Filter& filter) {
  filter.allow({SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity)});
  filter.allow({SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(getrusage)});
  filter.allow({SCMP_SYS(set_robust_list), SCMP_SYS(rseq)});
  // UBSan asks whether an object's memory can be read by writing it to a pipe; refused, it takes
  // every object for none.
  filter.allow({SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(write), SCMP_SYS(readlink)});
}
#endif

}  // namespace

void enter_sandbox() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    throw std::system_error(errno, std::system_category(), "prctl(PR_SET_NO_NEW_PRIVS)");
  // A core of an engine would hold whole datasets, and writing it would delay its successor.
  const rlimit no_core{0, 0};
  if (::setrlimit(RLIMIT_CORE, &no_core) < 0)
    throw std::system_error(errno, std::system_category(), "setrlimit(RLIMIT_CORE)");
  Filter filter;
  allow_messages(filter);
  allow_memory(filter);
  allow_process(filter);
#ifdef CHAINSOLVED_SANITIZED
  allow_sanitizers(filter);
#endif
  filter.load();
}

}  // namespace chainsolved::engine
