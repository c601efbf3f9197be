#include "daemon/supervisor/engine_process.h"

#include "daemon/supervisor/log.h"
#include "protocol/channel.h"
#include "protocol/frame.h"
#include "shm/message_socket.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chainsolved::supervisor {

namespace {

/// From fork to "ready". Generous: a machine under load, an engine with sanitizers.
constexpr std::chrono::seconds kStartLimit{30};
/// Messages that an engine has not taken: a client costs one, and there are at most maxClients.
constexpr std::size_t kMaxOutgoing = 4096;
/// Channel messages are small; the engine is not trusted to know it.
constexpr std::size_t kChannelBuffer = 64U << 10;
/// How many messages are read before other events get their turn.
constexpr int kMessagesAtOnce = 64;
/// Until ETOOMANYREFS is tried again: receivers take descriptors within microseconds.
constexpr std::chrono::milliseconds kRetryAfter{2};
constexpr std::chrono::seconds kGraceWithoutChannel{1};

/// Reads the params if `method` is this message's.
template <class Message>
bool read_as(std::string_view method,
             std::string_view json,
             Result<Message> (*read)(std::string_view),
             std::optional<EngineMessage>& out) {
  if (method != Message::kName) return false;
  if (auto message = read(json); message.ok()) out = std::move(message).value();
  return true;
}

std::optional<EngineMessage> read_engine_message(std::string_view json) {
  std::optional<EngineMessage> message;
  const auto method = channel_method(json);
  if (!method.ok()) return message;
  const bool known = read_as(*method, json, read_attached, message) ||
                     read_as(*method, json, read_detached, message) ||
                     read_as(*method, json, read_generation, message) ||
                     read_as(*method, json, read_keep, message) ||
                     read_as(*method, json, read_forget, message) ||
                     read_as(*method, json, read_replayed, message) ||
                     read_as(*method, json, read_retried, message) ||
                     read_as(*method, json, read_quarantine_ended, message);
  static_cast<void>(known);
  return message;
}

}  // namespace

EngineProcess::EngineProcess(EventLoop& loop,
                             SpawnedEngine spawned,
                             EngineKeeper& keeper,
                             Counters& counters)
    : program_(std::move(spawned.program)),
      pid_(spawned.pid),
      keeper_(keeper),
      counters_(counters),
      page_(std::move(spawned.page)),
      process_(loop, std::move(spawned.process), [this] { on_process_ended(); }),
      channel_(
          std::make_unique<FdWatch>(loop, std::move(spawned.channel), [this] { read_channel(); })),
      start_report_(std::make_unique<FdWatch>(
          loop, std::move(spawned.start_report), [this] { on_start_report(); })),
      start_limit_(loop, kStartLimit),
      retry_(loop) {
  start_limit_.async_wait([this](const boost::system::error_code& error) {
    if (error || state() != EngineState::Starting) return;
    start_failure_ = "the engine did not say that it is ready within " +
                     std::to_string(kStartLimit.count()) + " s";
    kill_process();
  });
}

EngineProcess::~EngineProcess() {
  if (state() != EngineState::Dead) kill_process();
}

void EngineProcess::serve(EngineUser& user) {
  user_ = &user;
  apply(EngineEvent::Taken);
}

void EngineProcess::end(std::string_view reason) {
  if (state() == EngineState::Dead || state() == EngineState::Ending) return;
  log_event(LogLevel::Info, "ending", {{"engine", pid_}}, {{"reason", reason}});
  user_ = nullptr;
  outgoing_.clear();
  kill_process();
  apply(EngineEvent::Killed);
}

void EngineProcess::kill() {
  log_event(LogLevel::Info, "stopping", {{"engine", pid_}});
  outgoing_.clear();
  kill_process();
  apply(EngineEvent::StopBegun);
}

void EngineProcess::drain() {
  while (channel_ && state() == EngineState::Stopping && read_channel()) {}
}

void EngineProcess::condemn(std::string_view why) {
  condemned_ = why;
  kill_process();
}

void EngineProcess::kill_process() noexcept {
  // Fails only when the process has ended already.
  static_cast<void>(::syscall(SYS_pidfd_send_signal, process_.fd().get(), SIGKILL, nullptr, 0U));
}

void EngineProcess::apply(EngineEvent event) {
  const EngineState before = state();
  const EngineTransition* row = lifecycle_.apply(event);
  if (row == nullptr) {
    ++counters_.unexpected_events;
    log_event(LogLevel::Error,
              "unexpected",
              {{"engine", pid_}},
              {{"state", name_of(before)}, {"on", name_of(event)}});
    return;
  }
  log_event(LogLevel::Debug,
            "state",
            {{"engine", pid_}},
            {{"from", name_of(before)}, {"to", name_of(row->to)}, {"on", name_of(event)}});
  perform(row->then);
}

void EngineProcess::perform(EngineAction action) {
  switch (action) {
    case EngineAction::None:
      return;
    case EngineAction::OfferSpare:
      start_limit_.cancel();
      keeper_.on_spare_ready(*this);
      return;
    case EngineAction::ReportStartFailure:
      if (start_failure_.empty())
        start_failure_ = "the engine " + exit_.words + " before it was ready";
      keeper_.on_start_failed(*this, start_failure_);
      return;
    case EngineAction::ReplaceSpare:
      keeper_.on_spare_lost(*this, exit_);
      return;
    case EngineAction::TellSession:
      if (user_ != nullptr) std::exchange(user_, nullptr)->on_engine_died(exit_);
      return;
  }
}

void EngineProcess::on_start_report() {
  if (const auto failure = read_start_report(start_report_->fd()))
    start_failure_ = words_of(*failure, program_);
  start_report_.reset();
}

void EngineProcess::on_process_ended() {
  siginfo_t info{};
  // Signals of the child's end may not have arrived: the pidfd is readable when it can be reaped.
  if (::waitid(P_PIDFD, static_cast<id_t>(process_.fd().get()), &info, WEXITED | WNOHANG) < 0 ||
      info.si_pid == 0)
    return;
  process_.pause();
  start_limit_.cancel();
  retry_.cancel();
  if (info.si_code == CLD_EXITED) {
    exit_.status = info.si_status;
    exit_.words = "exited with status " + std::to_string(info.si_status);
  } else {
    exit_.signal = info.si_status;
    exit_.for_what_it_said = !condemned_.empty();
    exit_.words =
        condemned_.empty() ? "was killed by " + words_of_signal(info.si_status) : condemned_;
  }
  if (start_report_) on_start_report();
  // What it said before its end counts.
  while (channel_ && state() != EngineState::Ending && read_channel()) {}
  log_event(LogLevel::Info, "ended", {{"engine", pid_}}, {{"reason", exit_.words}});
  apply(EngineEvent::Exited);
  keeper_.on_engine_gone(*this);
}

bool EngineProcess::read_channel() {
  std::array<std::byte, kChannelBuffer> buffer{};
  FdList fds;
  for (int i = 0; i < kMessagesAtOnce && channel_; ++i) {
    const Received received = receive_message(channel_->fd(), buffer, fds);
    if (received.status == SocketStatus::WouldBlock) return false;
    if (received.status == SocketStatus::Reset) continue;
    if (received.status != SocketStatus::Done) {
      on_channel_gone();
      return false;
    }
    if (state() == EngineState::Ending) continue;
    const auto frame = decode_frame(std::span(buffer).first(received.bytes));
    if (!frame.ok() || frame->header.kind != FrameKind::Notification ||
        frame->header.segments != fds.size()) {
      log_event(LogLevel::Warning, "channel-nonsense", {{"engine", pid_}});
      condemn("was killed since it sent nonsense");
      return false;
    }
    on_channel_message(frame->json, fds);
  }
  return channel_ != nullptr;
}

void EngineProcess::on_channel_gone() {
  channel_.reset();
  outgoing_.clear();
  // Usually it is about to exit, and its own exit status says more than our signal would. Without
  // its channel it is of no use.
  retry_.expires_after(kGraceWithoutChannel);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error) kill_process();
  });
}

void EngineProcess::on_channel_message(std::string_view json, FdList& fds) {
  const auto method = channel_method(json);
  if (method.ok() && *method == ReadyMessage::kName) {
    apply(EngineEvent::SaidReady);
    return;
  }
  auto message = user_ != nullptr ? read_engine_message(json) : std::nullopt;
  const bool understood = message.has_value();
  if (understood && user_->on_engine_message(*std::move(message), fds)) return;
  log_event(LogLevel::Warning, "channel-unknown", {{"engine", pid_}}, {{"message", json}});
  // What it keeps from us cannot come back.
  if (understood) condemn("was killed since it said what cannot be");
}

bool EngineProcess::has_unread() const noexcept {
  int bytes = 0;
  // SIOCOUTQ of our end: what was sent and lies in the queue of the other.
  return channel_ && ::ioctl(channel_->fd().get(), TIOCOUTQ, &bytes) == 0 && bytes > 0;
}

bool EngineProcess::try_send(const std::vector<std::byte>& frame, std::span<const BorrowedFd> fds) {
  switch (send_message(channel_->fd(), frame, fds)) {
    case SocketStatus::Done:
      counters_.handovers += fds.size();
      return true;
    case SocketStatus::WouldBlock:
      flush_later(true);
      return false;
    case SocketStatus::TooManyRefs:
      ++counters_.too_many_refs;
      flush_later(false);
      return false;
    default:
      // It is ending; the pidfd says so in a moment.
      return true;
  }
}

void EngineProcess::send(const std::string& json, std::span<const BorrowedFd> fds) {
  if (!channel_) return;
  FrameHeader header;
  header.kind = FrameKind::Notification;
  header.segments = static_cast<std::uint8_t>(fds.size());
  Outgoing message;
  encode_frame(header, json, {}, message.frame);
  if (outgoing_.empty() && try_send(message.frame, fds)) return;
  bool duplicated = true;
  for (const BorrowedFd fd : fds) {
    message.fds.emplace_back(AdoptFd{}, ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    duplicated = duplicated && message.fds.back().valid();
  }
  if (outgoing_.size() >= kMaxOutgoing || !duplicated) {
    log_event(LogLevel::Warning, "channel-full", {{"engine", pid_}});
    condemn("was killed since it did not read its channel");
    return;
  }
  outgoing_.push_back(std::move(message));
}

void EngineProcess::flush() {
  flush_is_planned_ = false;
  while (channel_ && !outgoing_.empty()) {
    const Outgoing& next = outgoing_.front();
    std::vector<BorrowedFd> fds;
    for (const UniqueFd& fd : next.fds)
      fds.push_back(fd.borrow());
    if (!try_send(next.frame, fds)) return;
    outgoing_.pop_front();
  }
}

void EngineProcess::flush_later(bool room_is_missing) {
  if (std::exchange(flush_is_planned_, true)) return;
  if (room_is_missing) {
    channel_->when_writable([this] { flush(); });
    return;
  }
  retry_.expires_after(kRetryAfter);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error) flush();
  });
}

}  // namespace chainsolved::supervisor
