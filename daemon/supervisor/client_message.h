#pragma once

#include "protocol/channel.h"
#include "protocol/error.h"
#include "protocol/frame.h"
#include "shm/message_socket.h"
#include "shm/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::supervisor {

/// A frame that the supervisor sends to a client, with the segment that holds its JSON when that is
/// larger than a frame may be.
struct ClientMessage {
  std::vector<std::byte> frame;
  UniqueFd segment;

  SocketStatus send_to(BorrowedFd socket) const noexcept;
};

/// `kind` is Response, Error or Notification (id 0). `inline_limit` bounds the frame.
ClientMessage make_message(FrameKind kind,
                           std::uint64_t id,
                           std::uint32_t epoch,
                           std::string_view json,
                           std::uint64_t inline_limit);

/// The answer to request `id`.
ClientMessage make_error(std::uint64_t id, std::uint32_t epoch, const Error& error);

/// `{"method": METHOD, "params": {"session": ID, "reason": TEXT}}`, and `error` beside them if
/// given: sessionClosed and sessionFailed.
std::string session_notice_json(std::string_view method,
                                std::string_view session,
                                std::string_view reason,
                                const Error* error = nullptr);

/// A frame that was kept for a client, as it goes to its socket; `out` is replaced.
void encode_unsent(const UnsentFrame& frame, std::vector<std::byte>& out);

/// Whether a small message would be taken now.
bool has_room(BorrowedFd socket) noexcept;

/// Both directions, for every holder of the socket: what is queued for the client stays readable,
/// then it meets the end.
void shut_down(BorrowedFd socket) noexcept;

}  // namespace chainsolved::supervisor
