#include "daemon/supervisor/watchdog.h"

#include "daemon/supervisor/client_message.h"
#include "daemon/supervisor/log.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <sys/ioctl.h>

namespace chainsolved::supervisor {

namespace {

SocketView view_of_socket(std::uint64_t client, BorrowedFd socket) noexcept {
  SocketView view{client, false, false};
  int bytes = 0;
  view.has_unread = ::ioctl(socket.get(), FIONREAD, &bytes) == 0 && bytes > 0;
  view.has_room = has_room(socket);
  return view;
}

}  // namespace

PageScan::PageScan(EventLoop& loop, std::function<void()> on_scan)
    : on_scan_(std::move(on_scan)), alarm_(loop) {}

void PageScan::add(Watchdog& watchdog) {
  watchdogs_.push_back(&watchdog);
  const std::uint64_t now = monotonic_ns();
  // The scan that is planned may be too late for a stricter session.
  if (watchdogs_.size() == 1 || now + scan_interval_ns(watchdog.rules()) < due_ns_) plan(now);
}

void PageScan::remove(Watchdog& watchdog) noexcept {
  std::erase(watchdogs_, &watchdog);
  if (watchdogs_.empty()) alarm_.cancel();
}

void PageScan::woke(std::uint64_t due_ns, std::uint64_t now_ns) {
  if (late_.note(due_ns, now_ns))
    log_event(LogLevel::Warning, "woke-late", {}, {{"ms", (now_ns - due_ns) / kNsPerMs}});
}

void PageScan::plan(std::uint64_t now_ns) {
  std::uint64_t interval = std::numeric_limits<std::uint64_t>::max();
  for (const Watchdog* watchdog : watchdogs_)
    interval = std::min(interval, scan_interval_ns(watchdog->rules()));
  due_ns_ = now_ns + interval;
  alarm_.set_at(due_ns_, [this] { scan(); });
}

void PageScan::scan() {
  const std::uint64_t now = monotonic_ns();
  woke(due_ns_, now);
  // A look may end its session, and others with it.
  const std::vector<Watchdog*> looked_at = watchdogs_;
  for (Watchdog* watchdog : looked_at)
    if (std::find(watchdogs_.begin(), watchdogs_.end(), watchdog) != watchdogs_.end())
      watchdog->look(now);
  if (on_scan_) on_scan_();
  if (!watchdogs_.empty()) plan(now);
}

Watchdog::Watchdog(EventLoop& loop, PageScan& scan, const WatchRules& rules, Watched& watched)
    : scan_(scan), rules_(rules), watched_(watched), exact_(loop) {}

Watchdog::~Watchdog() {
  stop();
}

void Watchdog::start() {
  if (started_) return;
  started_ = true;
  scan_.add(*this);
}

void Watchdog::stop() noexcept {
  if (!started_) return;
  started_ = false;
  scan_.remove(*this);
  reset();
}

void Watchdog::reset() noexcept {
  exact_.cancel();
  idle_hang_.forget();
}

void Watchdog::look(std::uint64_t now_ns) {
  const WatchSubject subject = watched_.watch_subject();
  if (subject.page == nullptr) return reset();
  std::vector<SocketView> sockets;
  sockets.reserve(subject.sockets.size());
  for (const auto& [client, socket] : subject.sockets)
    sockets.push_back(view_of_socket(client, socket));
  idle_hang_.look(
      *subject.page, leaves_work_undone(*subject.page, sockets, subject.owes_us), now_ns);
  decide(subject, now_ns);
}

void Watchdog::decide(const WatchSubject& subject, std::uint64_t now_ns) {
  const auto running = next_deadline(*subject.page, rules_, scan_.late(), now_ns);
  const auto idle = running ? std::nullopt : idle_hang_.deadline(rules_, scan_.late());
  if (!running && !idle) return exact_.cancel();
  const std::uint64_t at = running ? running->at_ns : *idle;
  if (at <= now_ns) {
    reset();
    return watched_.on_hang(running.has_value());
  }
  exact_.set_at(at, [this, at] {
    const std::uint64_t now = monotonic_ns();
    scan_.woke(at, now);
    look(now);
  });
}

}  // namespace chainsolved::supervisor
