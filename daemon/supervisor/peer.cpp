#include "daemon/supervisor/peer.h"

#include <sys/socket.h>

namespace chainsolved::supervisor {

std::optional<Peer> peer_of(BorrowedFd socket) noexcept {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
    return std::nullopt;
  return Peer{credentials.uid, credentials.pid};
}

}  // namespace chainsolved::supervisor
