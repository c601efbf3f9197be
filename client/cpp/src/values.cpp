#include "chainsolved/values.h"

#include "client/cpp/src/slot_names.h"

#include <algorithm>

namespace chainsolved::client {

namespace {

constexpr std::size_t kNotThere = ~std::size_t{0};

std::size_t position_of(std::span<const std::uint32_t> slots, std::uint32_t slot) {
  // Loads answer with every slot in order: then it is, or is close before, its own position.
  if (slot < slots.size() && slots[slot] == slot) return slot;
  const auto found = std::find(slots.begin(), slots.end(), slot);
  return found == slots.end() ? kNotThere : static_cast<std::size_t>(found - slots.begin());
}

}  // namespace

std::optional<std::size_t> Values::find_scalar(std::string_view node_id) const {
  if (slots_.empty() || names_ == nullptr) return std::nullopt;
  for (const std::uint32_t slot : names_->slots_of(node_id)) {
    const std::size_t position = position_of(slots_, slot);
    if (position != kNotThere) return position;
  }
  return std::nullopt;
}

Value Values::value(std::string_view node_id) const {
  if (const auto scalar = find_scalar(node_id); scalar.has_value())
    return Value::scalar(scalars_[*scalar]);
  const auto found = std::find_if(
      others_.begin(), others_.end(), [&](const NamedValue& one) { return one.id == node_id; });
  return found == others_.end() ? Value() : found->value;
}

std::optional<double> Values::scalar(std::string_view node_id) const {
  const Value found = value(node_id);
  return found.is(ValueKind::Scalar) ? std::optional(found.as_scalar()) : std::nullopt;
}

std::string_view Values::id_of(std::uint32_t slot) const {
  return names_ == nullptr ? std::string_view() : names_->id_of(slot);
}

void Values::for_each(const std::function<void(std::string_view, const Value&)>& visit) const {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    visit(id_of(slots_[i]), Value::scalar(scalars_[i]));
  for (const NamedValue& other : others_)
    visit(other.id, other.value);
}

std::vector<std::string> Values::gone() const {
  std::vector<std::string> ids = gone_ids_;
  for (const std::uint32_t slot : gone_slots_)
    ids.emplace_back(id_of(slot));
  return ids;
}

}  // namespace chainsolved::client
