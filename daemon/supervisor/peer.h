#pragma once

#include "shm/unique_fd.h"

#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace chainsolved::supervisor {

/// Who is at the other end of a connection, as the kernel says.
struct Peer {
  uid_t uid = 0;
  pid_t pid = 0;  // when it connected; only for people to read
};

/// SO_PEERCRED; empty when the kernel does not say.
std::optional<Peer> peer_of(BorrowedFd socket) noexcept;

}  // namespace chainsolved::supervisor
