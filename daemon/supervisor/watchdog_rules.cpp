#include "daemon/supervisor/watchdog_rules.h"

#include <algorithm>
#include <limits>

namespace chainsolved::supervisor {

namespace {

constexpr std::uint64_t kLateNs = 500 * kNsPerMs;
constexpr std::uint64_t kLongestScanNs = 1000 * kNsPerMs;
constexpr std::uint64_t kShortestScanNs = 1 * kNsPerMs;
constexpr std::size_t kStretches = 16;

bool is_in(const InFlightEntry& entry, RequestPhase phase) noexcept {
  return entry.phase.load(std::memory_order_acquire) == static_cast<std::uint32_t>(phase);
}

std::uint64_t plus(std::uint64_t time, std::uint64_t more) noexcept {
  const std::uint64_t sum = time + more;
  return sum < time ? std::numeric_limits<std::uint64_t>::max() : sum;
}

const SocketView* view_of(const std::vector<SocketView>& sockets, std::uint64_t client) noexcept {
  for (const SocketView& socket : sockets)
    if (socket.client == client) return &socket;
  return nullptr;
}

}  // namespace

WatchRules watch_rules(const SessionOptions& options) noexcept {
  return {options.watchdog_ms * kNsPerMs,
          options.max_request_ms * kNsPerMs,
          options.watchdog_mode != "response"};
}

std::uint64_t scan_interval_ns(const WatchRules& rules) noexcept {
  std::uint64_t shortest = rules.watchdog_ns;
  if (rules.max_request_ns > 0) shortest = std::min(shortest, rules.max_request_ns);
  return std::clamp(shortest / 2, kShortestScanNs, kLongestScanNs);
}

bool LateTime::note(std::uint64_t due_ns, std::uint64_t woke_ns) {
  if (woke_ns < due_ns || woke_ns - due_ns <= kLateNs) return false;
  Stretch lost{due_ns, woke_ns};
  // Two timers that were due while it did not run tell of one stretch.
  std::erase_if(lost_, [&lost](const Stretch& before) {
    if (before.to < lost.from) return false;
    lost.from = std::min(lost.from, before.from);
    lost.to = std::max(lost.to, before.to);
    return true;
  });
  lost_.push_back(lost);
  if (lost_.size() > kStretches) lost_.erase(lost_.begin());
  return true;
}

std::uint64_t LateTime::granted_since(std::uint64_t since_ns) const noexcept {
  std::uint64_t granted = 0;
  for (const Stretch& lost : lost_)
    if (lost.to > since_ns) granted += lost.to - std::max(lost.from, since_ns);
  return granted;
}

std::optional<RequestDeadline> next_deadline(const StatusPage& page,
                                             const WatchRules& rules,
                                             const LateTime& late,
                                             std::uint64_t now_ns) noexcept {
  const std::uint64_t progress =
      std::min(page.progress_at_ns.load(std::memory_order_relaxed), now_ns);
  std::optional<RequestDeadline> earliest;
  for (const InFlightEntry& entry : page.in_flight) {
    if (!is_in(entry, RequestPhase::Running)) continue;
    const std::uint64_t began = std::min(entry.since_ns.load(std::memory_order_relaxed), now_ns);
    const std::uint64_t moved = rules.by_progress ? std::max(began, progress) : began;
    std::uint64_t at = plus(moved, plus(rules.watchdog_ns, late.granted_since(moved)));
    if (rules.max_request_ns > 0)
      at = std::min(at, plus(began, plus(rules.max_request_ns, late.granted_since(began))));
    if (earliest && earliest->at_ns <= at) continue;
    earliest = RequestDeadline{at,
                               entry.client.load(std::memory_order_relaxed),
                               entry.request_id.load(std::memory_order_relaxed)};
  }
  return earliest;
}

bool leaves_work_undone(const StatusPage& page,
                        const std::vector<SocketView>& sockets,
                        bool owes_us) noexcept {
  bool undone = owes_us;
  std::vector<std::uint64_t> paused;
  for (const InFlightEntry& entry : page.in_flight) {
    if (is_in(entry, RequestPhase::Running)) return false;
    if (is_in(entry, RequestPhase::Empty)) continue;
    const std::uint64_t client = entry.client.load(std::memory_order_relaxed);
    if (entry.paused.load(std::memory_order_relaxed) != 0) {
      paused.push_back(client);
      continue;
    }
    const SocketView* socket = view_of(sockets, client);
    // Whoever does not read its replies leaves no room for them: that is not the engine's fault.
    undone = undone || is_in(entry, RequestPhase::Waiting) || (socket && socket->has_room);
  }
  for (const SocketView& socket : sockets)
    undone = undone || (socket.has_unread &&
                        std::find(paused.begin(), paused.end(), socket.client) == paused.end());
  return undone;
}

void IdleHang::look(const StatusPage& page, bool undone, std::uint64_t now_ns) noexcept {
  const Signs signs{page.requests_taken.load(std::memory_order_relaxed),
                    page.requests_answered.load(std::memory_order_relaxed),
                    page.progress.load(std::memory_order_relaxed)};
  if (!undone)
    since_.reset();
  else if (!since_ || !(signs == signs_))
    since_ = now_ns;
  signs_ = signs;
}

std::optional<std::uint64_t> IdleHang::deadline(const WatchRules& rules,
                                                const LateTime& late) const noexcept {
  if (!since_) return std::nullopt;
  return plus(*since_, plus(rules.watchdog_ns, late.granted_since(*since_)));
}

}  // namespace chainsolved::supervisor
