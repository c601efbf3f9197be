#pragma once

#include "client/cpp/src/frame.h"
#include "client/cpp/src/session_core.h"
#include "protocol/limits.h"
#include "shm/message_socket.h"
#include "shm/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chainsolved::client {

/// Carries frames between a core and its socket; never waits. Both drivers use it and differ only
/// in how they wait. When the peer no longer takes anything, sending stops and reading goes on
/// until the end, so that the last answers are not lost.
class Transport {
 public:
  Transport(UniqueFd socket, SessionCore& core);

  enum class Sent : std::uint8_t {
    All,    // nothing waits that may go
    Full,   // wait until the socket is writable
    Later,  // too many descriptors in flight: try again in a moment
  };
  Sent send();

  enum class Took : std::uint8_t { Message, Nothing, End };
  /// Receives one message and feeds the core. At the end the core has been told.
  Took receive();

  BorrowedFd fd() const noexcept { return socket_.borrow(); }
  bool open() const noexcept { return socket_.valid() && !ended_; }
  void set_frame_limit(std::uint64_t bytes) noexcept;
  /// Ends the connection: what the peer sent is not read. After Took::End, too: whoever watches the
  /// descriptor must let it go before.
  void close() noexcept;

 private:
  Took end(std::string_view why);
  Took take(const FrameRef& frame, std::size_t bytes);

  UniqueFd socket_;
  SessionCore& core_;
  FramePool frames_{Limits().inline_limit};
  FdList received_;
  bool peer_takes_nothing_ = false;
  bool ended_ = false;
};

}  // namespace chainsolved::client
