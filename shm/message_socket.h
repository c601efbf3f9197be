#pragma once

#include "protocol/error.h"
#include "protocol/frame.h"
#include "shm/unique_fd.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chainsolved {

/// Up to kMaxFrameSegments descriptors that came with or go with one message, each owned.
class FdList {
 public:
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  UniqueFd& operator[](std::size_t i) noexcept { return fds_[i]; }
  const UniqueFd& operator[](std::size_t i) const noexcept { return fds_[i]; }
  /// False (and the descriptor is closed) when the list is full.
  bool push(UniqueFd fd) noexcept;
  void clear() noexcept;

 private:
  std::array<UniqueFd, kMaxFrameSegments> fds_;
  std::size_t count_ = 0;
};

/// What a send or receive on a SEQPACKET socket came to. All calls carry MSG_DONTWAIT |
/// MSG_NOSIGNAL (and MSG_CMSG_CLOEXEC): they never block, whatever the socket's flags are, since a
/// handed socket shares its flags with other processes.
enum class SocketStatus : std::uint8_t {
  Done,
  WouldBlock,   // nothing to read, or no room to write
  Closed,       // end of file, or the peer is gone (EPIPE)
  Reset,        // ECONNRESET: the peer closed with unread data; read on until Closed
  TooManyRefs,  // ETOOMANYREFS: too many descriptors in flight for this uid; retry later
  Truncated,    // message or control data did not fit; what came of it was closed
  Failed,       // anything else; errno says what
};

struct Received {
  SocketStatus status = SocketStatus::Failed;
  std::size_t bytes = 0;  // 0 with Done: an empty message, which is a protocol error
};

/// Sends one message whole or not at all. `fds` stay the caller's.
SocketStatus send_message(BorrowedFd socket,
                          std::span<const std::byte> message,
                          std::span<const BorrowedFd> fds = {}) noexcept;

/// Receives one message into `buffer` and its descriptors into `fds` (cleared first). More
/// descriptors than kMaxFrameSegments, or a truncated control message, close all of them:
/// Truncated.
Received receive_message(BorrowedFd socket, std::span<std::byte> buffer, FdList& fds) noexcept;

/// Looks at the first bytes of the next message without taking it, and without a control buffer, so
/// that no descriptor is installed.
Received peek_message(BorrowedFd socket, std::span<std::byte> buffer) noexcept;

/// A connected SEQPACKET pair, close-on-exec.
struct SocketPair {
  UniqueFd first;
  UniqueFd second;
};
Result<SocketPair> make_socket_pair();

/// Raises SO_SNDBUF so that one full frame (inlineLimit) and some more fit; harmless when refused.
void widen_send_buffer(BorrowedFd socket) noexcept;

}  // namespace chainsolved
