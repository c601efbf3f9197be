#include "daemon/engine/graph/dirty_set.h"

#include <algorithm>

namespace chainsolved::graph {

void DirtySet::resize(std::size_t count) {
  std::size_t words = count / 64 + 1;
  for (auto& level : levels_) {
    if (words > level.size()) level.resize(std::max(words, level.size() + level.size() / 2));
    words = words / 64 + 1;
  }
  // Growing by more than was asked must not leave an upper level too short.
  for (std::size_t i = 1; i < kLevels; ++i) {
    const std::size_t needed = levels_[i - 1].size() / 64 + 1;
    if (levels_[i].size() < needed) levels_[i].resize(needed);
  }
}

void DirtySet::clear() noexcept {
  for (auto& level : levels_)
    std::fill(level.begin(), level.end(), 0);
  count_ = 0;
}

std::uint32_t DirtySet::pop_after(std::size_t word_index) noexcept {
  if (count_ == 0 || !next_word(word_index)) return kNone;
  std::uint64_t& word = levels_[0][word_index];
  const auto bit = static_cast<std::uint32_t>(std::countr_zero(word));
  word &= word - 1;
  --count_;
  return static_cast<std::uint32_t>(word_index << 6) | bit;
}

bool DirtySet::next_word(std::size_t& word_index) noexcept {
  std::size_t index = word_index + 1;  // the first index of the level below that may serve
  for (std::size_t level = 1; level < kLevels;) {
    const std::size_t at = index >> 6;
    if (at >= levels_[level].size()) return false;
    const std::uint64_t rest = levels_[level][at] & (~std::uint64_t{0} << (index & 63U));
    if (rest == 0) {
      index = at + 1;
      ++level;
      continue;
    }
    const std::size_t found = (at << 6) | static_cast<std::size_t>(std::countr_zero(rest));
    if (descend(level, found, word_index)) return true;
    // One stale bit was cleared; look again from the same place.
    index = found;
  }
  return false;
}

bool DirtySet::descend(std::size_t level, std::size_t index, std::size_t& word_index) noexcept {
  // `index` names a word of level - 1, which its parent believes not to be zero.
  for (;;) {
    const std::uint64_t word = levels_[level - 1][index];
    if (word == 0) {
      levels_[level][index >> 6] &= ~(std::uint64_t{1} << (index & 63U));
      return false;
    }
    if (level == 1) {
      word_index = index;
      return true;
    }
    --level;
    index = (index << 6) | static_cast<std::size_t>(std::countr_zero(word));
  }
}

std::size_t DirtySet::memory_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const auto& level : levels_)
    bytes += level.capacity() * sizeof(std::uint64_t);
  return bytes;
}

}  // namespace chainsolved::graph
