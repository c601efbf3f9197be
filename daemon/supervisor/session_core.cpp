#include "daemon/supervisor/session_core.h"

#include <algorithm>
#include <utility>

namespace chainsolved::supervisor {

namespace {

constexpr std::size_t kDeathsKept = 8;
/// Segments beside those of datasets: 64 make a new generation, and the one before has its own.
constexpr std::size_t kKeptColumns = 256;

}  // namespace

SessionCore::SessionCore(const SessionSurroundings& surroundings, SessionSettings opened_with)
    : around(surroundings),
      settings(std::move(opened_with)),
      generations(settings.limits.max_datasets + kKeptColumns),
      blame(settings.recovery.blame) {}

Seat* SessionCore::find_seat(std::uint64_t client) noexcept {
  const auto seat = std::find_if(
      seats.begin(), seats.end(), [client](const Seat& s) { return s.client == client; });
  return seat == seats.end() ? nullptr : &*seat;
}

void SessionCore::employ(EngineProcess& taken, EngineUser& user, std::uint32_t with_epoch) {
  engine = &taken;
  engine->serve(user);
  ConfigureMessage configure;
  configure.session_id = settings.id;
  configure.session_name = settings.name;
  configure.epoch = with_epoch;
  configure.generation = generations.next_number();
  configure.options = settings.options;
  configure.limits = settings.limits;
  engine->send(to_json(configure));
}

void SessionCore::attach(Seat& seat, std::uint32_t at_epoch, const std::string& error) {
  AttachMessage message;
  message.client = seat.client;
  message.epoch = at_epoch;
  if (!seat.attached) message.open = PendingOpen{seat.open_id, seat.created};
  message.names = seat.names;
  message.pid = static_cast<std::uint32_t>(seat.peer.pid);
  message.error = error;
  message.answered = seat.answered;
  message.unsent = seat.unsent();
  seat.is_attaching = true;
  engine->send(to_json(message), seat.socket->fd());
}

void SessionCore::note_death(const Death& death) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now);
  deaths.push_back({death, 0, static_cast<std::uint64_t>(ms.count())});
  if (deaths.size() > kDeathsKept) deaths.pop_front();
}

EnginePool::Ticket SessionCore::take_engine(EnginePool::Taker taker) {
  settle();
  unsettled_ = true;
  return around.engines.take(std::move(taker));
}

void SessionCore::settle() {
  if (std::exchange(unsettled_, false)) around.engines.settled();
}

}  // namespace chainsolved::supervisor
