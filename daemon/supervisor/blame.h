#pragma once

#include "daemon/supervisor/death.h"
#include "protocol/channel.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace chainsolved::supervisor {

/// Who is to blame for the deaths of one session's engines, and whether it may have another. Pure:
/// times come in, decisions go out (DESIGN §4).
///
/// A node at which an engine died by its own doing is a suspect; one at which an engine died twice
/// is quarantined. Whoever is neither dies with the graph: a replay that fails with nobody to
/// suspect takes the graph out of use.
class Blame {
 public:
  struct Rules {
    std::uint64_t max_restarts = 5;
    std::chrono::milliseconds window{10'000};
  };
  using Time = std::chrono::steady_clock::time_point;

  struct Verdict {
    bool give_up = false;                // the session fails
    bool set_aside = false;              // the graph does not come back
    std::chrono::milliseconds pause{0};  // before the next engine is taken
  };

  explicit Blame(const Rules& rules) : rules_(rules) {}

  /// `in_replay`: the engine that died had not come as far as `replayed`.
  Verdict on_death(const Death& death, bool in_replay, Time now);

  /// The graph is back: these, with their ids, are still to be tried again.
  void on_replayed(std::vector<BlamedNode> suspects);
  void on_retried(std::uint32_t slot);
  void on_quarantine_ended(std::uint32_t slot);
  /// The graph is gone, and every node with it.
  void forget_nodes();
  /// restartSession: whatever was counted does not count any more.
  void clear_count();

  const std::vector<BlamedNode>& suspects() const noexcept { return suspects_; }
  const std::vector<BlamedNode>& quarantined() const noexcept { return quarantined_; }
  std::size_t deaths_in_window(Time now) const noexcept;

 private:
  /// True when somebody was found.
  bool accuse(const Death& death);
  /// A replay has failed and there is nobody to suspect: whether the graph is given up.
  bool is_beyond_replay(DeathKind kind) noexcept;

  const Rules rules_;
  std::vector<BlamedNode> suspects_;
  std::vector<BlamedNode> quarantined_;
  std::deque<Time> deaths_;         // that count, at most one more than are forgiven
  std::size_t failed_replays_ = 0;  // in a row, with nobody to suspect
};

}  // namespace chainsolved::supervisor
