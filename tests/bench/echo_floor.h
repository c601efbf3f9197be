#pragma once

#include "shm/unique_fd.h"

#include <cstddef>
#include <vector>

#include <sys/types.h>

namespace chainsolved::bench {

/// The floor of every round trip: a second process that waits in epoll on a SEQPACKET socket and
/// sends each message back, as an engine would with nothing to do.
class EchoProcess {
 public:
  EchoProcess();
  EchoProcess(const EchoProcess&) = delete;
  EchoProcess& operator=(const EchoProcess&) = delete;
  ~EchoProcess();

  /// Sends `bytes` bytes and waits, in epoll, until they are back.
  void round_trip(std::size_t bytes);

  /// The same with a descriptor on the way there.
  void round_trip_with_fd(std::size_t bytes, BorrowedFd fd);

 private:
  void wait_for_echo();

  UniqueFd socket_;
  UniqueFd epoll_;
  pid_t child_ = -1;
  std::vector<std::byte> buffer_;
};

}  // namespace chainsolved::bench
