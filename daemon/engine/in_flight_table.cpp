#include "daemon/engine/in_flight_table.h"

#include <algorithm>
#include <atomic>

namespace chainsolved::engine {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kRelease = std::memory_order_release;

}  // namespace

InFlightTable::InFlightTable(StatusPage& page) noexcept : page_(page) {
  for (std::size_t i = 0; i < kInFlightEntries; ++i)
    free_[i] = static_cast<Entry>(kInFlightEntries - 1 - i);
}

void InFlightTable::set_limit(std::uint64_t entries) noexcept {
  limit_ = static_cast<std::size_t>(std::clamp<std::uint64_t>(entries, 4, kInFlightEntries));
}

void InFlightTable::add_client(std::uint64_t client) {
  if (held_.try_emplace(client, 0).second) ++clients_without_;
}

void InFlightTable::remove_client(std::uint64_t client) {
  const auto held = held_.find(client);
  if (held == held_.end()) return;
  if (held->second == 0) --clients_without_;
  held_.erase(held);
}

bool InFlightTable::has_room(std::uint64_t client) const noexcept {
  const std::size_t taken = kInFlightEntries - free_count_;
  if (taken >= limit_) return false;
  const auto held = held_.find(client);
  if (held == held_.end()) return false;
  if (held->second == 0) return true;
  return held->second < limit_ / 4 && limit_ - taken > clients_without_;
}

std::optional<InFlightTable::Entry> InFlightTable::acquire(std::uint64_t client,
                                                           std::uint64_t request_id) noexcept {
  if (!has_room(client)) return std::nullopt;
  if (held_.find(client)->second++ == 0) --clients_without_;
  const Entry index = free_[--free_count_];
  enter(index, client, request_id, RequestPhase::Waiting);
  return index;
}

void InFlightTable::enter(Entry index,
                          std::uint64_t client,
                          std::uint64_t request_id,
                          RequestPhase phase) noexcept {
  InFlightEntry& entry = page_.in_flight[index];
  entry.method.store(0, kRelaxed);
  entry.client.store(client, kRelaxed);
  entry.request_id.store(request_id, kRelaxed);
  entry.since_ns.store(monotonic_ns(), kRelaxed);
  entry.commits.store(kCommitsNothing, kRelaxed);
  entry.paused.store(0, kRelaxed);
  entry.phase.store(static_cast<std::uint32_t>(phase), kRelease);
}

void InFlightTable::set_method(Entry entry, Method method) noexcept {
  page_.in_flight[entry].method.store(static_cast<std::uint32_t>(method) + 1, kRelaxed);
}

void InFlightTable::set_phase(Entry entry, RequestPhase phase, std::uint64_t now_ns) noexcept {
  page_.in_flight[entry].since_ns.store(now_ns, kRelaxed);
  page_.in_flight[entry].phase.store(static_cast<std::uint32_t>(phase), kRelease);
}

void InFlightTable::set_commits(Entry entry, std::uint64_t word) noexcept {
  page_.in_flight[entry].commits.store(word, kRelease);
}

InFlightTable::Entry InFlightTable::acquire_own() noexcept {
  const Entry index = free_[--free_count_];
  enter(index, 0, 0, RequestPhase::Running);
  return index;
}

void InFlightTable::release(Entry entry) noexcept {
  InFlightEntry& slot = page_.in_flight[entry];
  slot.phase.store(static_cast<std::uint32_t>(RequestPhase::Empty), kRelease);
  free_[free_count_++] = entry;
  const auto held = held_.find(slot.client.load(kRelaxed));
  if (held != held_.end() && --held->second == 0) ++clients_without_;
}

bool InFlightTable::used(Entry entry) const noexcept {
  return page_.in_flight[entry].phase.load(kRelaxed) !=
         static_cast<std::uint32_t>(RequestPhase::Empty);
}

void InFlightTable::set_paused(std::uint64_t client, bool paused) noexcept {
  for (Entry i = 0; i < kInFlightEntries; ++i)
    if (used(i) && page_.in_flight[i].client.load(kRelaxed) == client)
      page_.in_flight[i].paused.store(paused ? 1 : 0, kRelaxed);
}

}  // namespace chainsolved::engine
