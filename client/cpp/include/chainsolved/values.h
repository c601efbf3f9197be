#pragma once

#include "chainsolved/frame_ref.h"
#include "protocol/value.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::client {

class SlotNames;

struct NamedValue {
  std::string id;
  Value value;
};

/// Values of nodes as a message carried them. Scalars stay what they were on the wire, two columns
/// (slots and numbers) inside the received message, which this object holds; the other kinds are
/// listed by node id, their numbers in the message or in shared memory. Nothing is copied.
/// Immutable, may be read on any thread and outlives the engine object.
class Values {
 public:
  /// Which nodes have a scalar, and the scalars, entry by entry. Empty with Options::names.
  std::span<const std::uint32_t> scalar_slots() const noexcept { return slots_; }
  std::span<const double> scalar_values() const noexcept { return scalars_; }

  /// Everything else; with Options::names everything.
  const std::vector<NamedValue>& others() const noexcept { return others_; }

  /// How many nodes have a value here.
  std::size_t size() const noexcept { return slots_.size() + others_.size(); }
  bool empty() const noexcept { return size() == 0; }

  /// The node's value, None when it has none here.
  Value value(std::string_view node_id) const;
  /// The node's value if it is a scalar.
  std::optional<double> scalar(std::string_view node_id) const;

  /// The node that a slot stands for; empty when it is not known.
  std::string_view id_of(std::uint32_t slot) const;

  /// Calls `visit` with every node's id and value: scalars first, then the others.
  void for_each(const std::function<void(std::string_view, const Value&)>& visit) const;

  /// Nodes that were removed or have no value now.
  std::span<const std::uint32_t> gone_slots() const noexcept { return gone_slots_; }
  /// The same by id, whatever the spelling on the wire was.
  std::vector<std::string> gone() const;

 private:
  friend class ResultReader;
  std::optional<std::size_t> find_scalar(std::string_view node_id) const;

  FrameRef frame_;                                     // keeps slots_, scalars_ and gone_slots_
  std::vector<std::shared_ptr<const void>> segments_;  // keeps them too, when they are large
  std::span<const std::uint32_t> slots_;
  std::span<const double> scalars_;
  std::span<const std::uint32_t> gone_slots_;
  std::vector<NamedValue> others_;
  std::vector<std::string> gone_ids_;
  std::shared_ptr<const SlotNames> names_;
};

}  // namespace chainsolved::client
