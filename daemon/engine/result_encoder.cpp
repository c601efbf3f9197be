#include "daemon/engine/result_encoder.h"

#include "protocol/value.h"
#include "protocol/value_json.h"

namespace chainsolved::engine {

void ResultEncoder::start() noexcept {
  scalar_slots_.clear();
  scalars_.clear();
  others_.clear();
  all_.clear();
}

std::span<const graph::Slot> ResultEncoder::all_slots(const graph::Graph& graph) {
  if (!all_.empty()) return all_;
  all_.reserve(graph.node_count());
  const auto end = static_cast<graph::Slot>(graph.slot_count());
  for (graph::Slot slot = 0; slot < end; ++slot)
    if (graph.occupied(slot)) all_.push_back(slot);
  return all_;
}

void ResultEncoder::write_values(const graph::Graph& graph,
                                 std::span<const graph::Slot> slots,
                                 std::string_view key,
                                 Naming naming) {
  JsonWriter& json = frame_.json();
  if (naming == Naming::Slots) {
    scalar_slots_.reserve(slots.size());
    scalars_.reserve(slots.size());
    for (const graph::Slot slot : slots) {
      double number = 0;
      if (graph.scalar_of(slot, number)) {
        scalar_slots_.push_back(slot);
        scalars_.push_back(number);
      } else {
        others_.push_back(slot);
      }
    }
    json.key("scalars").begin_object().key("slots");
    frame_.put(json, ColumnType::U32, std::as_bytes(std::span(scalar_slots_)));
    json.key("values");
    frame_.put(json, ColumnType::F64, std::as_bytes(std::span(scalars_)));
    json.end_object();
    slots = others_;
  }
  json.key(key).begin_object();
  for (const graph::Slot slot : slots) {
    const Value value = graph.value_of(slot);
    if (value.is(ValueKind::None)) continue;
    json.key(graph.id_of(slot));
    write_value(json, value, frame_);
  }
  json.end_object();
}

void ResultEncoder::write_slots(const graph::Graph& graph,
                                std::span<const graph::Slot> slots,
                                std::string_view key) {
  JsonWriter& json = frame_.json();
  json.key(key).begin_object().key("slots");
  frame_.put(json, ColumnType::U32, std::as_bytes(slots));
  json.key("ids").begin_array();
  for (const graph::Slot slot : slots)
    json.string(graph.id_of(slot));
  json.end_array().end_object();
}

void ResultEncoder::write_gone(std::span<const graph::Slot> slots,
                               const graph::Graph& graph,
                               const RemovedNames& removed,
                               Naming naming) {
  if (slots.empty()) return;
  JsonWriter& json = frame_.json();
  json.key("gone");
  if (naming == Naming::Slots) {
    frame_.put(json, ColumnType::U32, std::as_bytes(slots));
    return;
  }
  json.begin_array();
  for (const graph::Slot slot : slots) {
    const auto name = removed.find(slot);
    if (name == removed.end()) {
      if (graph.occupied(slot)) json.string(graph.id_of(slot));
      continue;
    }
    // A node that was added again under its id has another slot: by name it is not gone.
    const auto again = graph.find(name->second);
    if (!again || graph.value_of(*again).is(ValueKind::None)) json.string(name->second);
  }
  json.end_array();
}

}  // namespace chainsolved::engine
