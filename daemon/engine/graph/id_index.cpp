#include "daemon/engine/graph/id_index.h"

#include <cstring>
#include <utility>

namespace chainsolved::graph {
namespace {

constexpr std::uint64_t kMix1 = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kMix2 = 0xe7037ed1a0b428db;

std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Where the loader put us is different in every process.
std::uint64_t seed() {
  static const std::uint64_t value =
      fold_multiply(reinterpret_cast<std::uintptr_t>(&value) ^ kMix1, kMix2);
  return value;
}

std::uint64_t read_up_to_8(const char* at, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, count);
  return word;
}

}  // namespace

std::uint32_t hash_id(std::string_view id) noexcept {
  std::uint64_t h = seed() ^ fold_multiply(id.size() + kMix2, kMix1);
  const char* at = id.data();
  std::size_t left = id.size();
  while (left > 8) {
    h = fold_multiply(h ^ read_up_to_8(at, 8), kMix1);
    at += 8;
    left -= 8;
  }
  if (left != 0) h = fold_multiply(h ^ read_up_to_8(at, left), kMix2);
  return static_cast<std::uint32_t>(fold_multiply(h ^ kMix2, kMix1));
}

void IdIndex::reserve(std::size_t count) {
  const std::size_t wanted = count + count / 2 + 8;
  if (wanted > entries_.size()) grow_to(wanted);
}

void IdIndex::insert(std::uint32_t hash, std::uint32_t item) {
  if ((size_ + 1) * 5 > entries_.size() * 4) grow_to(entries_.size() * 2 + 16);
  place({hash, item});
  ++size_;
}

void IdIndex::place(Entry entry) noexcept {
  std::size_t at = home(entry.hash);
  while (entries_[at].item != kNone)
    at = next(at);
  entries_[at] = entry;
}

void IdIndex::grow_to(std::size_t capacity) {
  std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(capacity));
  for (const Entry& e : old) {
    if (e.item != kNone) place(e);
  }
}

std::size_t IdIndex::locate(std::uint32_t hash, std::uint32_t item) const noexcept {
  std::size_t at = home(hash);
  while (entries_[at].item != item)
    at = next(at);
  return at;
}

void IdIndex::renumber(const std::vector<std::uint32_t>& place) noexcept {
  for (Entry& e : entries_) {
    if (e.item != kNone) e.item = place[e.item];
  }
}

void IdIndex::replace(std::uint32_t hash, std::uint32_t old_item, std::uint32_t new_item) noexcept {
  entries_[locate(hash, old_item)].item = new_item;
}

void IdIndex::erase(std::uint32_t hash, std::uint32_t item) noexcept {
  std::size_t hole = locate(hash, item);
  --size_;
  // Entries that were pushed past the hole move back, so that no search stops early.
  for (std::size_t at = next(hole); entries_[at].item != kNone; at = next(at)) {
    const std::size_t start = home(entries_[at].hash);
    const std::size_t n = entries_.size();
    const std::size_t from_start = (at + n - start) % n;
    const std::size_t from_hole = (at + n - hole) % n;
    if (from_start >= from_hole) {
      entries_[hole] = entries_[at];
      hole = at;
    }
  }
  entries_[hole] = Entry{};
}

}  // namespace chainsolved::graph
