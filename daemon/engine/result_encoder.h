#pragma once

#include "daemon/engine/frame_builder.h"
#include "daemon/engine/graph/graph.h"
#include "daemon/engine/naming.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chainsolved::engine {

/// Ids of nodes that have been removed, for clients that know nodes by name only.
using RemovedNames = std::unordered_map<graph::Slot, std::string>;

/// Writes what results have in common (WIRE.md): values as columns of slots and numbers with the
/// other kinds beside them by id, slots that are new, nodes that are gone. Writes members into the
/// object that is open. Holds scratch columns, which stay as they are until start().
class ResultEncoder {
 public:
  explicit ResultEncoder(FrameBuilder& frame) noexcept : frame_(frame) {}

  JsonWriter& json() noexcept { return frame_.json(); }

  /// Before each frame: what the frame before it referred to is not needed any more.
  void start() noexcept;

  /// `scalars` and `key`; with Naming::Names everything is in `key`.
  void write_values(const graph::Graph& graph,
                    std::span<const graph::Slot> slots,
                    std::string_view key,
                    Naming naming);

  /// `key: {slots, ids}`.
  void write_slots(const graph::Graph& graph,
                   std::span<const graph::Slot> slots,
                   std::string_view key);

  /// `gone`, if anything is.
  void write_gone(std::span<const graph::Slot> slots,
                  const graph::Graph& graph,
                  const RemovedNames& removed,
                  Naming naming);

  /// Every node's slot, in order. Valid until start().
  std::span<const graph::Slot> all_slots(const graph::Graph& graph);

 private:
  FrameBuilder& frame_;
  std::vector<graph::Slot> scalar_slots_;
  std::vector<double> scalars_;
  std::vector<graph::Slot> others_;
  std::vector<graph::Slot> all_;
};

}  // namespace chainsolved::engine
