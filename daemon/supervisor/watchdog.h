#pragma once

#include "daemon/supervisor/alarm.h"
#include "daemon/supervisor/fd_watch.h"
#include "daemon/supervisor/watchdog_rules.h"
#include "shm/status_page.h"
#include "shm/unique_fd.h"

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace chainsolved::supervisor {

class Watchdog;

/// What a watchdog may look at. Without a page there is nothing to watch at this moment.
struct WatchSubject {
  const StatusPage* page = nullptr;
  bool owes_us = false;  // it was told something and has neither read it nor answered it
  std::vector<std::pair<std::uint64_t, BorrowedFd>> sockets;  // client, our duplicate
};

/// Whoever has an engine to be watched.
class Watched {
 public:
  Watched() = default;
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  virtual ~Watched() = default;

  virtual WatchSubject watch_subject() const = 0;
  /// Nothing has moved for too long, at this very moment. `running`: it was serving something.
  virtual void on_hang(bool running) = 0;
};

/// The one timer by which all pages are looked at: as often as the strictest session wants, and not
/// at all while no session has clients. Of the loop's thread only.
class PageScan {
 public:
  /// `on_scan` is called after each.
  PageScan(EventLoop& loop, std::function<void()> on_scan);

  void add(Watchdog& watchdog);
  void remove(Watchdog& watchdog) noexcept;

  /// Notes when the supervisor woke for what was due at `due_ns`.
  void woke(std::uint64_t due_ns, std::uint64_t now_ns);
  const LateTime& late() const noexcept { return late_; }

 private:
  void plan(std::uint64_t now_ns);
  void scan();

  std::function<void()> on_scan_;
  std::vector<Watchdog*> watchdogs_;
  LateTime late_;
  std::uint64_t due_ns_ = 0;
  Alarm alarm_;
};

/// Watches the engine of one session: found running in a scan, a request gets an exact timer. Of
/// the loop's thread only.
class Watchdog {
 public:
  Watchdog(EventLoop& loop, PageScan& scan, const WatchRules& rules, Watched& watched);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

  /// While there are clients; both may be called again.
  void start();
  void stop() noexcept;
  /// Another engine: what was seen of the one before does not count.
  void reset() noexcept;

  const WatchRules& rules() const noexcept { return rules_; }
  /// Part of a scan.
  void look(std::uint64_t now_ns);

 private:
  void decide(const WatchSubject& subject, std::uint64_t now_ns);

  PageScan& scan_;
  const WatchRules rules_;
  Watched& watched_;
  bool started_ = false;
  IdleHang idle_hang_;
  Alarm exact_;
};

}  // namespace chainsolved::supervisor
