#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace chainsolved::graph {

/// A hash of an id; the seed differs from process to process, so that nobody can prepare ids that
/// collide.
std::uint32_t hash_id(std::string_view id) noexcept;

/// Finds things by id: open addressing over 8-byte entries {hash, item}. The texts stay with the
/// items; the caller says how to read one.
class IdIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  void reserve(std::size_t count);
  std::size_t size() const noexcept { return size_; }
  std::size_t memory_bytes() const noexcept { return entries_.capacity() * sizeof(Entry); }

  template <class TextOf>
  std::uint32_t find(std::string_view id, std::uint32_t hash, const TextOf& text_of) const {
    if (size_ == 0) return kNone;
    for (std::size_t at = home(hash);; at = next(at)) {
      const Entry& e = entries_[at];
      if (e.item == kNone) return kNone;
      if (e.hash == hash && text_of(e.item) == id) return e.item;
    }
  }

  /// Requires that the id is not there yet.
  void insert(std::uint32_t hash, std::uint32_t item);
  void erase(std::uint32_t hash, std::uint32_t item) noexcept;
  /// The same id now means another item.
  void replace(std::uint32_t hash, std::uint32_t old_item, std::uint32_t new_item) noexcept;

  /// Item i becomes place[i]. The texts must move along.
  void renumber(const std::vector<std::uint32_t>& place) noexcept;

  /// Brings the entry where a search for `hash` begins into the cache.
  void prefetch(std::uint32_t hash) const noexcept {
    if (!entries_.empty()) __builtin_prefetch(&entries_[home(hash)]);
  }
  /// What find() will look at first; kNone when it is free.
  std::uint32_t first_candidate(std::uint32_t hash) const noexcept {
    return entries_.empty() ? kNone : entries_[home(hash)].item;
  }

 private:
  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t item = kNone;
  };
  // The home position follows from the stored hash, so that growing reads no text.
  std::size_t home(std::uint32_t hash) const noexcept {
    return static_cast<std::size_t>((static_cast<std::uint64_t>(hash) * entries_.size()) >> 32);
  }
  std::size_t next(std::size_t at) const noexcept { return at + 1 == entries_.size() ? 0 : at + 1; }
  std::size_t locate(std::uint32_t hash, std::uint32_t item) const noexcept;
  void grow_to(std::size_t capacity);
  void place(Entry entry) noexcept;

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace chainsolved::graph
