#pragma once

#include "protocol/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chainsolved::client {

/// Where a snapshot's text lies: inside a request that was sent. `owner` keeps it.
struct SnapshotText {
  std::shared_ptr<const void> owner;
  std::string_view text;
};

/// Which node a slot stands for. The engine gives slots out (`newSlots`), except in the answer to a
/// snapshot of one's own: there they are the positions in `nodes`, or what the snapshot says, and
/// the snapshot is read only when somebody asks for a name.
///
/// Shared by the session, which adds, and by results, which look up, on whatever thread they are:
/// hence the lock. Names are never taken away, so views of them stay valid; a slot is not used
/// again while this object lives.
class SlotNames {
 public:
  SlotNames() = default;
  explicit SlotNames(SnapshotText snapshot) noexcept : snapshot_(std::move(snapshot)) {}

  void add(std::uint32_t slot, std::string_view id);

  /// The newest slot of the id.
  std::optional<std::uint32_t> slot_of(std::string_view id) const;
  /// Every slot that the id has had, the newest first: a node that was removed and added again has
  /// another one.
  std::vector<std::uint32_t> slots_of(std::string_view id) const;
  /// Empty when the slot is not known.
  std::string_view id_of(std::uint32_t slot) const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  void read_snapshot() const;
  void insert(std::uint32_t slot, std::string_view id) const;
  void index() const;
  std::string_view keep(std::string_view id) const;

  mutable std::mutex mutex_;
  // All guarded by mutex_, all filled when first needed.
  mutable SnapshotText snapshot_;
  mutable std::vector<std::string_view> ids_;    // by slot; data() null: unknown
  mutable std::vector<std::uint32_t> previous_;  // by slot: the slot that the id had before
  mutable std::unordered_map<std::string_view, std::uint32_t> by_id_;
  mutable std::size_t indexed_ = 0;  // entries of order_ that by_id_ knows
  mutable std::vector<std::uint32_t> order_;
  mutable std::size_t from_snapshot_ = 0;  // so many entries of order_, at its beginning
  mutable std::vector<std::unique_ptr<char[]>> blocks_;  // where the ids' characters lie
  mutable std::size_t block_left_ = 0;
  mutable char* block_next_ = nullptr;
};

}  // namespace chainsolved::client
