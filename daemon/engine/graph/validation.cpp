#include "daemon/engine/graph/validation.h"

#include "daemon/engine/graph/diagnostics.h"

#include <string>
#include <utility>

namespace chainsolved::graph {
namespace {

void add_missing_inputs(const Definition& definition,
                        Index node,
                        std::vector<Diagnostic>& diagnostics) {
  const NodeTable& nodes = definition.nodes();
  const ColdNode& cold = nodes.cold[node];
  std::vector<bool> filled(cold.block->ports.size(), false);
  const auto fill = [&filled](PortCode port) {
    if (port < filled.size()) filled[port] = true;
  };
  for (std::size_t i = 0; i < cold.incoming.count(); ++i) {
    fill(definition.edges().edges[nodes.incoming.at(cold.incoming, i)].port);
  }
  for (std::size_t i = 0; i < cold.manual.count(); ++i) {
    const ManualEntry& entry = nodes.manual.at(cold.manual, i);
    if (entry.cell != kNoCell || entry.overrides) fill(entry.port);
  }
  for (std::size_t i = 0; i < filled.size(); ++i) {
    if (filled[i]) continue;
    std::string message = "Port '";
    message += cold.block->ports[i].id;
    message += "' has neither an edge nor a manual value.";
    diagnostics.push_back(make_diagnostic(cold.id.view(), "MISSING_INPUT", std::move(message)));
  }
}

}  // namespace

std::vector<Diagnostic> validate_definition(const Definition& definition) {
  const NodeTable& nodes = definition.nodes();
  std::vector<Diagnostic> diagnostics;
  for (const Index node : nodes.index_of_slot) {
    if (node == kNoIndex) continue;
    const ColdNode& cold = nodes.cold[node];
    if (definition.blocked(node)) {
      const bool on_cycle = (nodes.hot[node].flags & node_flag::kOnCycle) != 0;
      diagnostics.push_back(cycle_diagnostic(cold.id.view(), on_cycle));
    }
    if (cold.block == nullptr) {
      diagnostics.push_back(
          unknown_block_diagnostic(cold.id.view(), nodes.names.text(cold.type_name)));
    } else if (cold.block->listed) {
      add_missing_inputs(definition, node, diagnostics);
    }
  }
  for (const auto& [edge, ends] : definition.edges().dangling) {
    diagnostics.push_back(dangling_diagnostic(definition, edge));
  }
  return diagnostics;
}

}  // namespace chainsolved::graph
