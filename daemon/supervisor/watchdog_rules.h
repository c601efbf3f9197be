#pragma once

#include "protocol/channel.h"
#include "shm/status_page.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace chainsolved::supervisor {

// When an engine counts as hung (DESIGN §4). Pure: pages and times come in, decisions go out. All
// times are nanoseconds of CLOCK_MONOTONIC.

struct WatchRules {
  std::uint64_t watchdog_ns = 0;
  std::uint64_t max_request_ns = 0;  // 0: none
  bool by_progress = true;           // else from when the request began to run
};
WatchRules watch_rules(const SessionOptions& options) noexcept;

/// How often pages are looked at, so that whoever runs is found before its deadline: half the
/// shortest one, at most a second, at least a millisecond.
std::uint64_t scan_interval_ns(const WatchRules& rules) noexcept;

/// When the supervisor itself did not run though it should have (stopped, starved): time that is
/// nobody's fault, and that every deadline is granted once more.
class LateTime {
 public:
  /// It woke at `woke_ns` for what was due at `due_ns`. True when that was late enough to count.
  bool note(std::uint64_t due_ns, std::uint64_t woke_ns);
  /// What was lost of the time since `since_ns`.
  std::uint64_t granted_since(std::uint64_t since_ns) const noexcept;

 private:
  struct Stretch {
    std::uint64_t from;
    std::uint64_t to;
  };
  std::vector<Stretch> lost_;  // the last few, apart from each other, the oldest first
};

/// Until when a running request may go on.
struct RequestDeadline {
  std::uint64_t at_ns = 0;
  std::uint64_t client = 0;  // 0: replay, or a node that is tried again
  std::uint64_t request_id = 0;
};

/// The earliest deadline of what runs by this page; nothing when nothing does. What the page says
/// of times to come is taken as now.
std::optional<RequestDeadline> next_deadline(const StatusPage& page,
                                             const WatchRules& rules,
                                             const LateTime& late,
                                             std::uint64_t now_ns) noexcept;

/// What the supervisor sees of one client's socket.
struct SocketView {
  std::uint64_t client = 0;
  bool has_unread = false;  // requests that the engine has not received
  bool has_room = false;    // for a reply
};

/// Whether there is something for an engine to do that it would do at once if it could: a request
/// to be read or begun, a reply to be sent, something that the supervisor waits for (`owes_us`).
/// False while anything runs, which has a deadline of its own, and for clients that it does not
/// read.
bool leaves_work_undone(const StatusPage& page,
                        const std::vector<SocketView>& sockets,
                        bool owes_us) noexcept;

/// An engine that is idle and does not do what there is to do.
class IdleHang {
 public:
  /// At each scan. `undone` is leaves_work_undone() of that page.
  void look(const StatusPage& page, bool undone, std::uint64_t now_ns) noexcept;
  void forget() noexcept { since_.reset(); }
  /// When it will have been so for too long; nothing while it is not.
  std::optional<std::uint64_t> deadline(const WatchRules& rules,
                                        const LateTime& late) const noexcept;

 private:
  /// What moves whenever the engine does anything for its clients.
  struct Signs {
    std::uint64_t taken = 0;
    std::uint64_t answered = 0;
    std::uint64_t progress = 0;
    bool operator==(const Signs&) const = default;
  };
  std::optional<std::uint64_t> since_;
  Signs signs_;
};

}  // namespace chainsolved::supervisor
