#include "client/cpp/src/mirror.h"

#include <utility>

namespace chainsolved::client {

void Mirror::replace(const Values& values, std::shared_ptr<const SlotNames> names) {
  clear();
  names_ = std::move(names);
  update(values);
}

void Mirror::clear() noexcept {
  scalars_.clear();
  has_scalar_.clear();
  others_.clear();
}

void Mirror::update(const Values& values) {
  const auto slots = values.scalar_slots();
  for (std::size_t i = 0; i < slots.size(); ++i)
    set_scalar(slots[i], values.scalar_values()[i]);
  for (const NamedValue& other : values.others()) {
    if (names_ != nullptr && !scalars_.empty()) {
      for (const std::uint32_t slot : names_->slots_of(other.id))
        forget_scalar(slot);
    }
    others_[other.id] = other.value;
  }
  for (const std::uint32_t slot : values.gone_slots())
    forget_scalar(slot);
  if (!others_.empty()) {
    for (const std::string& id : values.gone())
      others_.erase(id);
  }
}

Value Mirror::current(std::string_view node_id) const {
  if (const auto found = others_.find(std::string(node_id)); found != others_.end())
    return found->second;
  if (names_ == nullptr) return {};
  const auto slot = names_->slot_of(node_id);
  if (!slot.has_value() || *slot >= has_scalar_.size() || !has_scalar_[*slot]) return {};
  return Value::scalar(scalars_[*slot]);
}

void Mirror::set_scalar(std::uint32_t slot, double value) {
  if (slot >= scalars_.size()) {
    scalars_.resize(slot + 1U);
    has_scalar_.resize(slot + 1U);
  }
  scalars_[slot] = value;
  has_scalar_[slot] = true;
  // A node that was a vector and is a number now.
  if (!others_.empty() && names_ != nullptr) others_.erase(std::string(names_->id_of(slot)));
}

void Mirror::forget_scalar(std::uint32_t slot) noexcept {
  if (slot < has_scalar_.size()) has_scalar_[slot] = false;
}

}  // namespace chainsolved::client
