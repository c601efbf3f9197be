#include "daemon/engine/ops/aliases.h"
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/debug.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace chainsolved::ops {

namespace {

using Family = std::span<const BlockDef> (*)();

constexpr Family kFamilies[] = {
#define X(family) &family##_blocks,
    CHAINSOLVED_FAMILIES(X)
#undef X
};

std::vector<const BlockDef*> collect_rows() {
  std::vector<const BlockDef*> rows;
  for (const Family family : kFamilies)
    for (const BlockDef& row : family())
      rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(), [](const BlockDef* a, const BlockDef* b) {
    if (a->listed != b->listed) return a->listed;
    return a->category < b->category;
  });
  return rows;
}

/// FNV-1a: ids are short, and a snapshot asks for one per node.
constexpr std::uint64_t hash_of(std::string_view id) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : id) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash ^ (hash >> 32U);
}

/// Open addressing over every id and alias, built once and at most a quarter full.
class BlockIndex {
 public:
  explicit BlockIndex(std::span<const BlockDef* const> rows)
      : entries_(std::bit_ceil(4 * (rows.size() + all_aliases().size()))) {
    for (const BlockDef* row : rows)
      insert(row->id, row);
    for (const Alias& alias : all_aliases()) {
      if (const BlockDef* target = find(alias.target)) insert(alias.id, target);
    }
  }

  const BlockDef* find(std::string_view id) const noexcept { return entries_[place_of(id)].row; }

 private:
  struct Entry {
    std::string_view id;
    const BlockDef* row = nullptr;
  };

  /// Where `id` is, or the free entry where it would be.
  std::size_t place_of(std::string_view id) const noexcept {
    const std::size_t mask = entries_.size() - 1;
    std::size_t place = hash_of(id) & mask;
    while (entries_[place].row != nullptr && entries_[place].id != id)
      place = (place + 1) & mask;
    return place;
  }

  void insert(std::string_view id, const BlockDef* row) { entries_[place_of(id)] = {id, row}; }

  std::vector<Entry> entries_;
};

}  // namespace

std::span<const BlockDef* const> all_blocks() noexcept {
  static const std::vector<const BlockDef*> rows = collect_rows();
  return rows;
}

const BlockDef* find_block(std::string_view id) noexcept {
  static const BlockIndex index(all_blocks());
  const BlockDef* found = index.find(id);
  return found != nullptr ? found : find_debug_block(id);
}

}  // namespace chainsolved::ops
