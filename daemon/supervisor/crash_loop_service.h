#pragma once

#include "daemon/supervisor/fd_watch.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "shm/unique_fd.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace chainsolved::supervisor {

/// Answers the requests of a failed session's clients, which no engine serves: each with the same
/// error, by its header alone. It reads a client no further than it can answer it. Of the loop's
/// thread only.
class CrashLoopService {
 public:
  CrashLoopService(EventLoop& loop, std::uint32_t epoch, Error error);
  CrashLoopService(const CrashLoopService&) = delete;
  CrashLoopService& operator=(const CrashLoopService&) = delete;
  ~CrashLoopService();

  const Error& error() const noexcept { return error_; }

  /// Reads this client from now on, by a duplicate of `socket`, once it has taken what waits for
  /// it. Without a descriptor for it the client is only not answered.
  void serve(std::uint64_t client, BorrowedFd socket, std::vector<UnsentFrame> waiting);
  /// Reads it no more; what its socket has not taken.
  std::vector<UnsentFrame> drop(std::uint64_t client);

 private:
  struct Client;

  void on_readable(Client& client) const;
  /// False when the socket has no room.
  static bool flush(Client& client);

  EventLoop& loop_;
  const std::uint32_t epoch_;
  const Error error_;
  const std::string error_json_;
  std::map<std::uint64_t, std::unique_ptr<Client>> clients_;
};

}  // namespace chainsolved::supervisor
