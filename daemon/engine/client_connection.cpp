#include "daemon/engine/client_connection.h"

#include "daemon/engine/die_at.h"
#include "daemon/engine/log.h"
#include "protocol/connection_error.h"
#include "protocol/frame.h"
#include "shm/message_socket.h"

#include <array>
#include <span>
#include <string>
#include <utility>

#include <sys/socket.h>

namespace chainsolved::engine {

ClientConnection::ClientConnection(UniqueFd socket, Identity identity, ConnectionContext context)
    : socket_(std::move(socket)),
      identity_(identity),
      context_(context),
      token_(context_.loop.add(socket_.borrow(), interest_, *this)) {
  context_.table.add_client(identity_.id);
}

ClientConnection::~ClientConnection() {
  drop_queue();
  context_.table.remove_client(identity_.id);
  context_.loop.remove(token_);
}

void ClientConnection::on_ready(Readiness ready) noexcept {
  if (ready.hung_up && !left_) hang_up();
  if (ready.writable) flush();
  if (ready.readable && !reading_ended_ && !paused_) context_.listener.on_client_readable(*this);
}

void ClientConnection::hang_up() noexcept {
  left_ = true;
  drop_queue();
  update_interest();
  context_.listener.on_client_settled(*this);
}

ClientConnection::Sent ClientConnection::try_send(const OutgoingFrame& frame) {
  std::array<BorrowedFd, kMaxFrameSegments> fds{
      BorrowedFd{-1}, BorrowedFd{-1}, BorrowedFd{-1}, BorrowedFd{-1}};
  for (std::size_t i = 0; i < frame.segment_count; ++i)
    fds[i] = frame.segments[i]->fd();
  const auto status =
      send_message(socket_.borrow(), frame.message, std::span(fds).first(frame.segment_count));
  switch (status) {
    case SocketStatus::Done:
      return Sent::Yes;
    case SocketStatus::WouldBlock:
      return Sent::Later;
    case SocketStatus::TooManyRefs:
      if (!refs_blocked_) {
        refs_blocked_ = true;
        context_.listener.on_client_retry(*this);
      }
      return Sent::Later;
    case SocketStatus::Closed:
    case SocketStatus::Reset:
    case SocketStatus::Truncated:
    case SocketStatus::Failed:
      break;
  }
  return Sent::Never;
}

void ClientConnection::give_back(std::optional<InFlightTable::Entry> entry) noexcept {
  if (entry) context_.table.release(*entry);
}

void ClientConnection::send(const OutgoingFrame& frame, std::optional<InFlightTable::Entry> entry) {
  if (gone()) return give_back(entry);
  if (queue_.empty()) {
    switch (try_send(frame)) {
      case Sent::Yes:
        if (entry) die_at(Step::InSend);
        return give_back(entry);
      case Sent::Never:
        give_back(entry);
        return hang_up();
      case Sent::Later:
        break;
    }
  }
  const std::uint64_t cost = frame.cost();
  if (!queue_.empty() && queued_bytes_ + cost > context_.limits.max_queued_bytes) {
    give_back(entry);
    expel({ErrorCode::SlowConsumer,
           "The client left " + std::to_string(queued_bytes_) +
               " bytes of replies unread; maxQueuedBytes is " +
               std::to_string(context_.limits.max_queued_bytes) + "."},
          Queue::Forget);
    return;
  }
  queue_.push_back({std::make_shared<const OutgoingFrame>(frame), entry});
  queued_bytes_ += cost;
  context_.status.queued(cost, 0);
  update_interest();
  if (queued_bytes_ >= context_.limits.max_queued_bytes) pause();
}

void ClientConnection::flush() {
  refs_blocked_ = false;
  while (!queue_.empty()) {
    const Sent sent = try_send(*queue_.front().frame);
    if (sent == Sent::Later) break;
    if (sent == Sent::Never) return hang_up();
    const std::uint64_t cost = queue_.front().frame->cost();
    queued_bytes_ -= cost;
    context_.status.queued(0, cost);
    give_back(queue_.front().entry);
    queue_.pop_front();
  }
  if (queue_.empty() && closing_) return cut();
  update_interest();
  if (queue_.empty()) context_.listener.on_client_settled(*this);
}

void ClientConnection::pause() {
  if (paused_) return;
  paused_ = true;
  context_.table.set_paused(identity_.id, true);
  update_interest();
  context_.listener.on_client_paused(*this);
}

bool ClientConnection::resume() {
  if (!paused_) return true;
  if (!left_ &&
      (!context_.table.has_room(identity_.id) || queued_bytes_ >= context_.limits.max_queued_bytes))
    return false;
  paused_ = false;
  context_.table.set_paused(identity_.id, false);
  update_interest();
  return true;
}

void ClientConnection::end_reading() {
  reading_ended_ = true;
  update_interest();
  context_.listener.on_client_settled(*this);
}

void ClientConnection::close_after_flush() {
  closing_ = true;
  reading_ended_ = true;
  flush();
  if (!left_) context_.listener.on_client_lingering(*this);
}

void ClientConnection::cut() noexcept {
  // Duplicates of the socket live elsewhere: only shutdown is seen by the peer.
  ::shutdown(socket_.get(), SHUT_RDWR);
  if (!left_) hang_up();
}

void ClientConnection::expel(const Error& error, Queue queue) {
  if (gone()) return;
  log_line("client " + std::to_string(identity_.id) + " is shut down: " + error.message);
  if (queue == Queue::Forget) drop_queue();
  OutgoingFrame frame;
  FrameHeader header;
  header.kind = FrameKind::Notification;
  header.epoch = identity_.epoch;
  encode_frame(header, connection_error_json(error), {}, frame.message);
  const std::uint64_t cost = frame.cost();
  queue_.push_back({std::make_shared<const OutgoingFrame>(std::move(frame)), std::nullopt});
  queued_bytes_ += cost;
  context_.status.queued(cost, 0);
  close_after_flush();
}

void ClientConnection::drop_queue() noexcept {
  for (Queued& queued : queue_)
    give_back(queued.entry);
  queue_.clear();
  context_.status.queued(0, queued_bytes_);
  queued_bytes_ = 0;
}

void ClientConnection::update_interest() {
  const Interest wanted{!paused_ && !reading_ended_, !queue_.empty() && !refs_blocked_};
  // What has hung up is reported whatever is asked for: it is watched only as long as it is read.
  if (left_ && !wanted.readable) {
    interest_ = {};
    return context_.loop.mute(token_);
  }
  if (wanted == interest_) return;
  context_.loop.change(token_, wanted);
  interest_ = wanted;
}

}  // namespace chainsolved::engine
