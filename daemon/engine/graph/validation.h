#pragma once

#include "daemon/engine/graph/definition.h"
#include "daemon/engine/graph/graph.h"

#include <vector>

namespace chainsolved::graph {

/// What validateGraph tells: cycles, dangling edges, unknown blocks, and ports of the catalog that
/// have neither an edge nor a manual value nor an override.
std::vector<Diagnostic> validate_definition(const Definition& definition);

}  // namespace chainsolved::graph
