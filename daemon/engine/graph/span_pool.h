#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chainsolved::graph {

/// A short list inside a SpanPool: where it begins, its length, and the room it has (a power of
/// two, kept when it shrinks).
/// Trivial, so that it may lie in a union: make it with Span{}.
struct Span {
  std::uint32_t begin;
  std::uint32_t bits;  // count * 32 + room

  std::uint32_t count() const noexcept { return bits >> 5; }
  /// 0: no room at all; k: 2^(k-1) entries.
  std::uint32_t room() const noexcept { return bits & 31U; }
  void set(std::uint32_t count, std::uint32_t room) noexcept { bits = count << 5 | room; }
};
static_assert(sizeof(Span) == 8);

/// Many short growing lists in one array: adjacency that is compressed after a load and still takes
/// an edge without moving anybody else's. Outgrown rooms serve the next list of their size.
template <class T>
class SpanPool {
 public:
  const T* data(const Span& s) const noexcept { return items_.data() + s.begin; }
  T* data(const Span& s) noexcept { return items_.data() + s.begin; }
  const T& at(const Span& s, std::size_t i) const noexcept { return items_[s.begin + i]; }
  T& at(const Span& s, std::size_t i) noexcept { return items_[s.begin + i]; }

  void reserve(std::size_t count) { items_.reserve(count); }

  /// Room for `count` entries, uninitialised in meaning; for loading. Requires an empty span.
  void assign_room(Span& s, std::size_t count) {
    if (count == 0) return;
    s.set(0, room_for(count));
    s.begin = take(s.room());
  }

  void push(Span& s, T item) {
    const std::uint32_t count = s.count();
    if (s.room() == 0 || count == entries(s.room())) grow(s);
    items_[s.begin + count] = item;
    s.set(count + 1, s.room());
  }

  /// Removes entry `i`, keeping the order of the others.
  void erase(Span& s, std::size_t i) noexcept {
    T* first = data(s);
    for (std::size_t k = i; k + 1 < s.count(); ++k)
      first[k] = first[k + 1];
    s.set(s.count() - 1, s.room());
  }

  /// Puts the last entry in the place of entry `i`.
  void swap_erase(Span& s, std::size_t i) noexcept {
    T* first = data(s);
    first[i] = first[s.count() - 1];
    s.set(s.count() - 1, s.room());
  }

  void release(Span& s) {
    if (s.room() != 0) give_back(s.begin, s.room());
    s = Span{};
  }

  std::size_t memory_bytes() const noexcept { return items_.capacity() * sizeof(T); }

 private:
  static std::uint32_t room_for(std::size_t count) {
    return static_cast<std::uint32_t>(std::bit_width(std::bit_ceil(count)));
  }
  static std::size_t entries(std::uint32_t room) noexcept { return std::size_t{1} << (room - 1); }

  void grow(Span& s) {
    const std::uint32_t room = s.room() + 1;
    const std::uint32_t begin = take(room);
    for (std::size_t i = 0; i < s.count(); ++i)
      items_[begin + i] = items_[s.begin + i];
    if (s.room() != 0) give_back(s.begin, s.room());
    s.begin = begin;
    s.set(s.count(), room);
  }

  std::uint32_t take(std::uint32_t room) {
    std::vector<std::uint32_t>& rooms = free_[room];
    if (!rooms.empty()) {
      const std::uint32_t begin = rooms.back();
      rooms.pop_back();
      return begin;
    }
    const auto begin = static_cast<std::uint32_t>(items_.size());
    items_.resize(items_.size() + entries(room));
    return begin;
  }

  void give_back(std::uint32_t begin, std::uint32_t room) { free_[room].push_back(begin); }

  std::vector<T> items_;
  std::array<std::vector<std::uint32_t>, 32> free_;
};

}  // namespace chainsolved::graph
