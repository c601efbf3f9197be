#include "daemon/engine/graph/diagnostics.h"

#include "daemon/engine/graph/canonical.h"
#include "daemon/engine/graph/source_value.h"

#include <array>
#include <utility>

namespace chainsolved::graph {
namespace {

constexpr std::string_view kUnknownBlock = "Unknown block type: ";

bool source_nonfinite(const Definition& definition,
                      const InputSource& source,
                      ScannedMemory& scanned) {
  const NodeTable& nodes = definition.nodes();
  if ((source.ref & kConstantBit) != 0) {
    return source.present() && nonfinite(nodes.constants[source.ref & ~kConstantBit]);
  }
  switch (nodes.kinds[source.ref]) {
    case ValueKind::None:
      return false;
    case ValueKind::Scalar:
      return nonfinite(nodes.values[source.ref]);
    default:
      break;
  }
  const ObjectCell& object = nodes.object_of(source.ref);
  Value part;
  if (!object.nonfinite) return false;
  if (!through_handle(object.value, nodes.names.text(source.handle), part)) return true;
  return has_nonfinite(part, scanned);
}

}  // namespace

std::string_view name_of(Level level) noexcept {
  constexpr std::array<std::string_view, 3> kNames{"info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

Level level_of(std::string_view code) noexcept {
  if (code == "CYCLE_DETECTED" || code == "DATASET_MISSING" || code == "NODE_QUARANTINED") {
    return Level::Error;
  }
  if (code == "NAN_PROPAGATED" || code == "NAN_INPUT" || code == "DATASET_LARGE") {
    return Level::Info;
  }
  return Level::Warning;
}

Diagnostic make_diagnostic(std::string_view node_id, std::string_view code, std::string message) {
  return {std::string(node_id), level_of(code), code, std::move(message)};
}

Diagnostic cycle_diagnostic(std::string_view node_id, bool on_cycle) {
  return make_diagnostic(node_id,
                         "CYCLE_DETECTED",
                         on_cycle ? "The node is part of a cycle and is not evaluated."
                                  : "The node depends on a cycle and is not evaluated.");
}

Diagnostic unknown_block_diagnostic(std::string_view node_id, std::string_view block_type) {
  return make_diagnostic(node_id, "UNKNOWN_BLOCK", unknown_block_message(block_type));
}

Diagnostic dangling_diagnostic(const Definition& definition, EdgeIndex index) {
  const Edge& edge = definition.edges().edges[index];
  const DanglingEnds& ends = definition.edges().dangling.at(index);
  std::string message = "Edge '";
  message += edge.id.view();
  message += "' is not in effect: there is no ";
  if (edge.source == kNoIndex) message += "source node '" + ends.source + "'";
  if (edge.source == kNoIndex && edge.target == kNoIndex) message += " and no ";
  if (edge.target == kNoIndex) message += "target node '" + ends.target + "'";
  message += ".";
  return make_diagnostic({}, "DANGLING_EDGE", std::move(message));
}

std::string unknown_block_message(std::string_view block_type) {
  return std::string(kUnknownBlock).append(block_type);
}

bool is_unknown_block_error(const Value& value) {
  return value.is(ValueKind::Error) && value.error_message().starts_with(kUnknownBlock);
}

std::vector<std::string> nonfinite_ports(const Definition& definition,
                                         Index node,
                                         ScannedMemory& scanned) {
  std::vector<std::string> ports;
  const NodeTable& nodes = definition.nodes();
  const Path path = nodes.hot[node].path;
  const ops::BlockDef* block = nodes.cold[node].block;
  if (block == nullptr || path == Path::Source) return ports;
  GatheredInputs inputs;
  definition.gather(node, inputs);
  // A fold does not read a and b; a Binary does not read in_N.
  if (path != Path::Fold) {
    for (std::size_t i = 0; i < inputs.row.size(); ++i) {
      if (source_nonfinite(definition, inputs.row[i], scanned)) {
        ports.emplace_back(block->ports[i].id);
      }
    }
  }
  for (std::size_t i = 0; i < inputs.variadic.size(); ++i) {
    if (source_nonfinite(definition, inputs.variadic[i], scanned)) {
      ports.push_back("in_" + std::to_string(i));
    }
  }
  if (!block->free_ports) return ports;
  for (const auto& [name, source] : definition.free_inputs(node)) {
    if (source_nonfinite(definition, source, scanned)) ports.emplace_back(nodes.names.text(name));
  }
  return ports;
}

}  // namespace chainsolved::graph
