#pragma once

#include "daemon/engine/graph/definition.h"
#include "daemon/engine/graph/graph.h"
#include "daemon/engine/graph/purify.h"

#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::graph {

/// The level that goes with a code (ENGINE.md, "Diagnostics").
Level level_of(std::string_view code) noexcept;

Diagnostic make_diagnostic(std::string_view node_id, std::string_view code, std::string message);

Diagnostic cycle_diagnostic(std::string_view node_id, bool on_cycle);
Diagnostic unknown_block_diagnostic(std::string_view node_id, std::string_view block_type);
Diagnostic dangling_diagnostic(const Definition& definition, EdgeIndex index);

/// The text of the error value of an unknown block; whoever passes it on is recognised by it.
std::string unknown_block_message(std::string_view block_type);
bool is_unknown_block_error(const Value& value);

/// Names of the ports through which a NaN or an infinity reached a node.
std::vector<std::string> nonfinite_ports(const Definition& definition,
                                         Index node,
                                         ScannedMemory& scanned);

}  // namespace chainsolved::graph
