#include "client/cli/checks.h"
#include "protocol/error.h"
#include "protocol/limits.h"
#include "shm/message_socket.h"
#include "shm/segment.h"
#include "shm/unique_fd.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace chainsolved::cli {

namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The word in brackets of a kernel setting such as "always [madvise] never".
std::string chosen_word(const std::string& line) {
  const std::size_t open = line.find('[');
  const std::size_t close = line.find(']', open);
  return open == std::string::npos ? line : line.substr(open + 1, close - open - 1);
}

Check check_kernel() {
  struct utsname name {};
  ::uname(&name);
  Check check{"kernel", CheckStatus::Ok, std::string(name.sysname) + " " + name.release, ""};
  const UniqueFd self(AdoptFd{}, static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0U)));
  if (self.valid()) return check;
  check.status = CheckStatus::Fail;
  check.found += ", without pidfd_open";
  check.advice = "Engines are watched through pidfds: use Linux 5.3 or later (Debian 12 has 6.1).";
  return check;
}

Check check_sealing() {
  Check check{
      "memfd and sealing", CheckStatus::Ok, "shared memory can be made, sealed and mapped", ""};
  const auto fail = [&](const Error& error) {
    check.status = CheckStatus::Fail;
    check.found = error.message;
    check.advice =
        "Datasets need memfd_create and its seals: look for a container profile that forbids them, "
        "or a full memory.";
    return check;
  };
  constexpr std::size_t kSize = 1U << 16;
  Result<SegmentBuilder> memory = SegmentBuilder::create(kSize);
  if (!memory.ok()) return fail(memory.error());
  const Result<SealedSegment> sealed = std::move(*memory).seal();
  if (!sealed.ok()) return fail(sealed.error());
  const auto mapped = sealed->map();
  return mapped.ok() ? check : fail(mapped.error());
}

Check check_seccomp() {
  std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
  const bool there = ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0;
  if (there) return {"seccomp", CheckStatus::Ok, "filters can be installed", ""};
  return {
      "seccomp",
      CheckStatus::Fail,
      "the kernel offers no seccomp filters here",
      "Engines run in a seccomp sandbox: use a kernel with CONFIG_SECCOMP_FILTER, or a container "
      "profile that allows the seccomp call."};
}

Check check_pressure() {
  const std::string line = first_line("/proc/pressure/memory");
  if (!line.empty()) return {"memory pressure (PSI)", CheckStatus::Ok, line, ""};
  return {"memory pressure (PSI)",
          CheckStatus::Warn,
          "/proc/pressure/memory cannot be read",
          "Clients will not be told when memory gets scarce: boot with psi=1."};
}

Check check_huge_pages() {
  const std::string line = first_line("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
  const std::string mode = chosen_word(line);
  Check check{"huge pages", CheckStatus::Ok, "for shared memory: " + mode, ""};
  if (line.empty()) {
    check.found = "the kernel has none";
  } else if (mode == "never" || mode == "deny") {
    check.advice =
        "Nothing is wrong. Large datasets would be read a little faster with `echo advise > "
        "/sys/kernel/mm/transparent_hugepage/shmem_enabled`.";
  }
  return check;
}

Check check_descriptors() {
  constexpr rlim_t kEnough = 8192;
  constexpr rlim_t kFew = 1024;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  Check check{
      "open files (RLIMIT_NOFILE)",
      CheckStatus::Ok,
      std::to_string(limit.rlim_cur) + ", can be raised to " + std::to_string(limit.rlim_max),
      ""};
  if (limit.rlim_max >= kEnough) return check;
  check.status = limit.rlim_max < kFew ? CheckStatus::Fail : CheckStatus::Warn;
  check.advice =
      "Each connection, session and dataset takes descriptors: raise the hard limit to 8192 or "
      "more "
      "(LimitNOFILE= in the unit, `* hard nofile` in /etc/security/limits.conf).";
  return check;
}

/// One frame of full size through a socket like the daemon's.
Check check_socket_buffers() {
  Check check{"socket buffers",
              CheckStatus::Ok,
              "net.core.wmem_max is " + first_line("/proc/sys/net/core/wmem_max"),
              ""};
  const std::vector<std::byte> frame(Limits{}.inline_limit);
  Result<SocketPair> pair = make_socket_pair();
  bool fits = pair.ok();
  if (fits) {
    widen_send_buffer(pair->first.borrow());
    fits = send_message(pair->first.borrow(), frame) == SocketStatus::Done;
  }
  if (fits) return check;
  check.status = CheckStatus::Fail;
  check.found += "; a frame of " + std::to_string(frame.size()) + " bytes does not fit";
  check.advice = "Raise it: sysctl net.core.wmem_max=212992 (the kernel's default) or more.";
  return check;
}

}  // namespace

std::string_view name_of(CheckStatus status) noexcept {
  constexpr std::array<std::string_view, 3> kNames{"ok", "warn", "fail"};
  return kNames[static_cast<std::size_t>(status)];
}

std::vector<Check> check_machine() {
  return {check_kernel(),
          check_sealing(),
          check_seccomp(),
          check_pressure(),
          check_huge_pages(),
          check_descriptors(),
          check_socket_buffers()};
}

}  // namespace chainsolved::cli
