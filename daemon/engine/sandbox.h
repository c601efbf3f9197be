#pragma once

namespace chainsolved::engine {

/// Closes the sandbox around this process, for good (DESIGN §8): no new privileges, no core dumps,
/// and a seccomp filter that allows what an engine needs once it has started. It cannot open a
/// file or a socket, start a process, change the flags of a socket that it shares with the
/// supervisor, map code, or signal anybody but itself. What is not allowed answers ENOSYS, since
/// glibc takes that for an old kernel and EPERM for a fault.
///
/// Builds with sanitizers are allowed a few calls more. LeakSanitizer's check at exit would need
/// to start and trace a process: main.cpp turns it off.
///
/// Throws std::system_error when the kernel refuses.
void enter_sandbox();

}  // namespace chainsolved::engine
