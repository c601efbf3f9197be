#include "daemon/supervisor/crash_loop_service.h"

#include "daemon/supervisor/client_message.h"
#include "protocol/frame.h"
#include "protocol/request.h"
#include "shm/message_socket.h"

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include <fcntl.h>

namespace chainsolved::supervisor {

namespace {

/// How many requests of one client are answered before others get their turn.
constexpr int kAnswersAtOnce = 64;

std::string json_of(const Error& error) {
  std::string text;
  write_error(text, error);
  return text;
}

}  // namespace

struct CrashLoopService::Client {
  std::unique_ptr<FdWatch> watch;
  std::vector<UnsentFrame> waiting;
};

CrashLoopService::CrashLoopService(EventLoop& loop, std::uint32_t epoch, Error error)
    : loop_(loop), epoch_(epoch), error_(std::move(error)), error_json_(json_of(error_)) {}

CrashLoopService::~CrashLoopService() = default;

void CrashLoopService::serve(std::uint64_t client,
                             BorrowedFd socket,
                             std::vector<UnsentFrame> waiting) {
  UniqueFd duplicate{AdoptFd{}, ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0)};
  if (!duplicate.valid()) return;
  auto served = std::make_unique<Client>();
  served->waiting = std::move(waiting);
  served->watch = std::make_unique<FdWatch>(
      loop_, std::move(duplicate), [this, at = served.get()] { on_readable(*at); });
  flush(*served);
  clients_.insert_or_assign(client, std::move(served));
}

std::vector<UnsentFrame> CrashLoopService::drop(std::uint64_t client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return {};
  std::vector<UnsentFrame> waiting = std::move(found->second->waiting);
  clients_.erase(found);
  return waiting;
}

void CrashLoopService::on_readable(Client& client) const {
  std::array<std::byte, sizeof(FrameHeader)> buffer{};
  FdList fds;
  for (int i = 0; i < kAnswersAtOnce && client.waiting.empty(); ++i) {
    const Received received = receive_message(client.watch->fd(), buffer, fds);
    if (received.status == SocketStatus::WouldBlock) return;
    if (received.status == SocketStatus::Reset) continue;
    // Cut off after the header, which is all that is looked at.
    if (received.status != SocketStatus::Done && received.status != SocketStatus::Truncated)
      return client.watch->pause();
    const auto header = decode_header(std::span(buffer).first(received.bytes));
    if (!header.ok() || header->kind != FrameKind::Request || header->id == 0) continue;
    client.waiting.push_back(
        {static_cast<std::uint32_t>(FrameKind::Error), header->id, epoch_, error_json_});
    if (!flush(client)) return;
  }
}

bool CrashLoopService::flush(Client& client) {
  std::vector<std::byte> frame;
  while (!client.waiting.empty()) {
    encode_unsent(client.waiting.front(), frame);
    if (send_message(client.watch->fd(), frame) == SocketStatus::WouldBlock) {
      client.watch->pause();
      client.watch->when_writable([&client] {
        if (flush(client)) client.watch->resume();
      });
      return false;
    }
    client.waiting.erase(client.waiting.begin());
  }
  return true;
}

}  // namespace chainsolved::supervisor
