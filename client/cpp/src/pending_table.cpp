#include "client/cpp/src/pending_table.h"

#include <utility>

namespace chainsolved::client {

PendingCall* PendingTable::find(RequestId id) noexcept {
  std::size_t low = 0;
  std::size_t high = calls_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (calls_[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == calls_.size() || calls_[low].id != id || calls_[low].answered) return nullptr;
  return &calls_[low];
}

std::optional<PendingCall> PendingTable::take(RequestId id) {
  PendingCall* found = find(id);
  if (found == nullptr) return std::nullopt;
  PendingCall call = std::move(*found);
  found->answered = true;
  --open_;
  drop_answered();
  return call;
}

std::optional<PendingCall> PendingTable::take_oldest() {
  drop_answered();
  if (calls_.empty()) return std::nullopt;
  return take(calls_.front().id);
}

void PendingTable::drop_answered() {
  while (!calls_.empty() && calls_.front().answered)
    static_cast<void>(calls_.pop());
}

}  // namespace chainsolved::client
