#include "daemon/supervisor/seat.h"

#include "daemon/supervisor/client_message.h"
#include "protocol/request.h"
#include "shm/message_socket.h"

#include <utility>

namespace chainsolved::supervisor {

namespace {

/// It travels to the engine in one `attach`, which has to fit into a channel message.
constexpr std::size_t kMaxUnsentBytes = 24U << 10;

}  // namespace

void Seat::say(FrameKind kind,
               std::uint64_t id,
               std::uint32_t epoch,
               const std::string& json,
               Counters& counters) {
  unsent_bytes_ += json.size() + sizeof(UnsentFrame);
  unsent_.push_back({static_cast<std::uint32_t>(kind), id, epoch, json});
  flush();
  if (unsent_.empty()) return;
  ++counters.notices_delayed;
  if (unsent_bytes_ <= kMaxUnsentBytes) return;
  ++counters.notices_dropped;
  take_unsent();
  shut_down(socket->fd());
}

void Seat::flush() {
  std::vector<std::byte> message;
  std::size_t sent = 0;
  for (; sent < unsent_.size(); ++sent) {
    const UnsentFrame& frame = unsent_[sent];
    encode_unsent(frame, message);
    // To one that has left it is as good as said.
    if (send_message(socket->fd(), message) == SocketStatus::WouldBlock) break;
    unsent_bytes_ -= frame.json.size() + sizeof frame;
  }
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
}

void Seat::hand_over_unsent() {
  if (has_room(socket->fd())) {
    take_unsent();
    return;
  }
  std::erase_if(unsent_, [](const UnsentFrame& frame) {
    return frame.kind == static_cast<std::uint32_t>(FrameKind::Notification);
  });
  put_back(take_unsent());
}

void Seat::say_error(std::uint64_t id,
                     std::uint32_t epoch,
                     const Error& error,
                     Counters& counters) {
  std::string json;
  write_error(json, error);
  say(FrameKind::Error, id, epoch, json, counters);
}

std::vector<UnsentFrame> Seat::take_unsent() noexcept {
  unsent_bytes_ = 0;
  return std::exchange(unsent_, {});
}

void Seat::put_back(std::vector<UnsentFrame> unsent) {
  unsent_ = std::move(unsent);
  unsent_bytes_ = 0;
  for (const UnsentFrame& frame : unsent_)
    unsent_bytes_ += frame.json.size() + sizeof frame;
}

}  // namespace chainsolved::supervisor
