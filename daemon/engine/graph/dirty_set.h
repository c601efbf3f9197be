#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chainsolved::graph {

/// A set of ranks that gives them back in order: a bitmap, over it a bitmap of the words that are
/// not zero, and so on, 64 to one. Insert and pop cost a few nanoseconds at any size. A bit of an
/// upper level may be stale (its word emptied since); whoever meets one clears it.
class DirtySet {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  /// Room for ranks below `count`; what was in stays in.
  void resize(std::size_t count);
  void clear() noexcept;

  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  bool contains(std::uint32_t rank) const noexcept {
    return (levels_[0][rank >> 6] >> (rank & 63U) & 1U) != 0;
  }

  void insert(std::uint32_t rank) noexcept {
    std::uint64_t& word = levels_[0][rank >> 6];
    const std::uint64_t bit = std::uint64_t{1} << (rank & 63U);
    if ((word & bit) != 0) return;
    ++count_;
    const bool was_zero = word == 0;
    word |= bit;
    if (was_zero) mark_above(rank >> 6);
  }

  void erase(std::uint32_t rank) noexcept {
    std::uint64_t& word = levels_[0][rank >> 6];
    const std::uint64_t bit = std::uint64_t{1} << (rank & 63U);
    if ((word & bit) == 0) return;
    --count_;
    word &= ~bit;
  }

  /// Takes out the smallest member that is at least `from`; kNone when there is none.
  std::uint32_t pop(std::uint32_t from) noexcept {
    const std::size_t at = from >> 6;
    if (at < levels_[0].size()) {
      std::uint64_t& word = levels_[0][at];
      const std::uint64_t rest = word & (~std::uint64_t{0} << (from & 63U));
      if (rest != 0) {
        const auto bit = static_cast<std::uint32_t>(std::countr_zero(rest));
        word &= ~(std::uint64_t{1} << bit);
        --count_;
        return static_cast<std::uint32_t>(at << 6) | bit;
      }
    }
    return pop_after(at);
  }

  std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::size_t kLevels = 5;  // one word on top of 64^5 = 2^30 ranks

  void mark_above(std::size_t index) noexcept {
    for (std::size_t level = 1; level < kLevels; ++level) {
      std::uint64_t& word = levels_[level][index >> 6];
      const std::uint64_t bit = std::uint64_t{1} << (index & 63U);
      if ((word & bit) != 0) return;
      word |= bit;
      index >>= 6;
    }
  }
  std::uint32_t pop_after(std::size_t word_index) noexcept;
  /// The first word of level 0 after `word_index` that is not zero.
  bool next_word(std::size_t& word_index) noexcept;
  bool descend(std::size_t level, std::size_t index, std::size_t& word_index) noexcept;

  std::array<std::vector<std::uint64_t>, kLevels> levels_;
  std::size_t count_ = 0;
};

}  // namespace chainsolved::graph
