#include "client/cpp/src/slot_names.h"

#include "protocol/limits.h"
#include "protocol/snapshot.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace chainsolved::client {

namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

/// Takes the ids of a snapshot, nothing else.
class IdSink final : public SnapshotSink {
 public:
  void on_counts(std::size_t nodes, std::size_t /*edges*/) override { found_.reserve(nodes); }
  Result<void> on_node(const NodeText& node) override {
    found_.emplace_back(node.slot.value_or(static_cast<std::uint32_t>(found_.size())), node.id);
    return {};
  }
  Result<void> on_edge(const EdgeText& /*edge*/) override { return {}; }

  const std::vector<std::pair<std::uint32_t, std::string>>& found() const noexcept {
    return found_;
  }

 private:
  std::vector<std::pair<std::uint32_t, std::string>> found_;
};

}  // namespace

void SlotNames::add(std::uint32_t slot, std::string_view id) {
  const std::lock_guard lock(mutex_);
  insert(slot, id);
}

void SlotNames::insert(std::uint32_t slot, std::string_view id) const {
  if (slot >= Limits().max_nodes * 16) return;  // no graph has such a slot: memory is not wasted
  if (slot >= ids_.size()) {
    ids_.resize(slot + 1U);
    previous_.resize(slot + 1U, kNone);
  }
  if (ids_[slot].data() != nullptr) return;
  ids_[slot] = keep(id);
  order_.push_back(slot);
}

std::string_view SlotNames::keep(std::string_view id) const {
  if (blocks_.empty() || id.size() > block_left_) {
    const std::size_t size = std::max(kBlockBytes, id.size());
    blocks_.push_back(std::make_unique<char[]>(size));
    block_next_ = blocks_.back().get();
    block_left_ = size;
  }
  char* const place = block_next_;
  if (!id.empty()) std::memcpy(place, id.data(), id.size());
  block_next_ += id.size();
  block_left_ -= id.size();
  return {place, id.size()};
}

void SlotNames::read_snapshot() const {
  const SnapshotText snapshot = std::exchange(snapshot_, {});
  if (snapshot.text.empty()) return;
  std::string padded;
  padded.reserve(snapshot.text.size() + kJsonPadding);
  padded = snapshot.text;
  IdSink sink;
  // The engine has accepted this text; if it cannot be read here, its names stay unknown.
  if (!decode_snapshot(padded, Limits(), sink).ok()) return;
  // Names that the engine has told since came later: the snapshot's are older.
  std::vector<std::uint32_t> later = std::exchange(order_, {});
  for (const auto& [slot, id] : sink.found())
    insert(slot, id);
  from_snapshot_ = order_.size();
  order_.insert(order_.end(), later.begin(), later.end());
}

void SlotNames::index() const {
  read_snapshot();
  if (indexed_ == 0) by_id_.reserve(order_.size());
  for (; indexed_ < order_.size(); ++indexed_) {
    const std::uint32_t slot = order_[indexed_];
    auto [place, fresh] = by_id_.try_emplace(ids_[slot], slot);
    // Of equal ids in a snapshot the first gives the slot; of later ones the last is the node.
    if (!fresh && indexed_ >= from_snapshot_) {
      previous_[slot] = place->second;
      place->second = slot;
    }
  }
}

std::optional<std::uint32_t> SlotNames::slot_of(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  index();
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::uint32_t> SlotNames::slots_of(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  index();
  std::vector<std::uint32_t> slots;
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return slots;
  for (std::uint32_t slot = found->second; slot != kNone; slot = previous_[slot])
    slots.push_back(slot);
  return slots;
}

std::string_view SlotNames::id_of(std::uint32_t slot) const {
  const std::lock_guard lock(mutex_);
  read_snapshot();
  return slot < ids_.size() ? ids_[slot] : std::string_view();
}

}  // namespace chainsolved::client
