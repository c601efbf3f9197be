#pragma once

#include "daemon/engine/graph/definition.h"

#include <string>

namespace chainsolved::graph {

/// EngineSnapshotV1 of the graph: nodes in the order of their slots, each with its `slot`, edges in
/// the order of adding. Loading it gives the same graph, and the same slots.
std::string write_snapshot(const Definition& definition);

}  // namespace chainsolved::graph
