#include "daemon/supervisor/blame.h"

#include <algorithm>
#include <utility>

namespace chainsolved::supervisor {

namespace {

constexpr std::chrono::milliseconds kFirstRestartPause{10};
constexpr std::chrono::milliseconds kLongestRestartPause{1000};
constexpr std::size_t kMostDoublings = 7;
// An engine that hung or crashed in a replay would do so again. One that found the graph not to be
// the committed one, or left, gets a second try, and nobody kills three in a row by chance.
constexpr std::size_t kWrongReplays = 2;
constexpr std::size_t kOutsideDeaths = 3;

/// What the engine did itself, so that what it was evaluating is to blame.
bool is_its_own_doing(DeathKind kind) noexcept {
  return kind == DeathKind::Hang || kind == DeathKind::Signal || kind == DeathKind::OutOfMemory;
}

bool comes_from_outside(DeathKind kind) noexcept {
  return kind == DeathKind::Outside || kind == DeathKind::Stopped;
}

std::vector<BlamedNode>::const_iterator find_slot(const std::vector<BlamedNode>& nodes,
                                                  std::uint32_t slot) {
  return std::find_if(
      nodes.begin(), nodes.end(), [slot](const BlamedNode& node) { return node.slot == slot; });
}

void erase_slot(std::vector<BlamedNode>& nodes, std::uint32_t slot) {
  std::erase_if(nodes, [slot](const BlamedNode& node) { return node.slot == slot; });
}

}  // namespace

bool Blame::accuse(const Death& death) {
  if (!is_its_own_doing(death.kind) || !death.own_node) return false;
  BlamedNode node = *death.own_node;
  // Whoever is quarantined is not evaluated: the page says something that cannot be.
  if (find_slot(quarantined_, node.slot) != quarantined_.end()) return false;
  const auto suspect = find_slot(suspects_, node.slot);
  if (suspect == suspects_.end()) {
    suspects_.push_back(std::move(node));
  } else {
    if (node.id.empty()) node.id = suspect->id;
    suspects_.erase(suspect);
    quarantined_.push_back(std::move(node));
  }
  return true;
}

bool Blame::is_beyond_replay(DeathKind kind) noexcept {
  if (kind == DeathKind::NotStarted || kind == DeathKind::Restarted) return false;
  ++failed_replays_;
  const std::size_t enough = is_its_own_doing(kind)     ? 1
                             : comes_from_outside(kind) ? kOutsideDeaths
                                                        : kWrongReplays;
  if (failed_replays_ < enough) return false;
  failed_replays_ = 0;
  return true;
}

Blame::Verdict Blame::on_death(const Death& death, bool in_replay, Time now) {
  Verdict verdict;
  const bool accused = accuse(death);
  if (in_replay && !accused) verdict.set_aside = is_beyond_replay(death.kind);
  const bool counts =
      death.kind != DeathKind::Restarted && (in_replay || !comes_from_outside(death.kind));
  if (!counts) return verdict;
  deaths_.push_back(now);
  if (deaths_.size() > rules_.max_restarts + 1) deaths_.pop_front();
  const std::size_t recent = deaths_in_window(now);
  verdict.give_up = recent > rules_.max_restarts;
  // The first is forgiven at once: the caller waits.
  if (recent > 1)
    verdict.pause = std::min(kFirstRestartPause * (1U << std::min(recent - 2, kMostDoublings)),
                             kLongestRestartPause);
  return verdict;
}

void Blame::on_replayed(std::vector<BlamedNode> suspects) {
  suspects_ = std::move(suspects);
  failed_replays_ = 0;
}

void Blame::on_retried(std::uint32_t slot) {
  erase_slot(suspects_, slot);
}

void Blame::on_quarantine_ended(std::uint32_t slot) {
  erase_slot(quarantined_, slot);
}

void Blame::forget_nodes() {
  suspects_.clear();
  quarantined_.clear();
}

void Blame::clear_count() {
  deaths_.clear();
}

std::size_t Blame::deaths_in_window(Time now) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      deaths_.begin(), deaths_.end(), [&](Time death) { return now - death <= rules_.window; }));
}

}  // namespace chainsolved::supervisor
