#include "daemon/engine/graph/definition.h"
#include "daemon/engine/ops/block.h"

#include <algorithm>

namespace chainsolved::graph {
namespace {

constexpr std::size_t kVariadicMask = 0x7fff;

void put(GatheredInputs& into, PortCode port, InputSource source) {
  if (port == kFreePort) return;
  if ((port & kVariadicBit) == 0) {
    into.row[port] = source;
    return;
  }
  const std::size_t number = port & kVariadicMask;
  if (number >= into.variadic.size()) into.variadic.resize(number + 1);
  into.variadic[number] = source;
}

const InputSource* slot_for(const GatheredInputs& in, PortCode port) {
  if (port == kFreePort) return nullptr;
  if ((port & kVariadicBit) == 0) return &in.row[port];
  const std::size_t number = port & kVariadicMask;
  return number < in.variadic.size() ? &in.variadic[number] : nullptr;
}

}  // namespace

bool Definition::knows_port(Index node, std::string_view port) const {
  const ops::BlockDef* block = nodes_.cold[node].block;
  if (block == nullptr || block->free_ports) return true;
  if (nodes_.hot[node].path == Path::Source) return port == "value";
  return port_code(block, port) != kFreePort;
}

void Definition::gather(Index node, GatheredInputs& into) const {
  const ColdNode& cold = nodes_.cold[node];
  into.row.assign(cold.block == nullptr ? 0 : cold.block->ports.size(), InputSource{});
  into.variadic.clear();
  for (std::size_t i = 0; i < cold.incoming.count(); ++i) {
    const Edge& edge = edges_.edges[nodes_.incoming.at(cold.incoming, i)];
    if (edge.source != kNoIndex) put(into, edge.port, {edge.source, edge.source_handle});
  }
  for (std::size_t i = 0; i < cold.manual.count(); ++i) {
    const ManualEntry& entry = nodes_.manual.at(cold.manual, i);
    if (entry.cell == kNoCell) continue;
    const InputSource* there = slot_for(into, entry.port);
    if (there == nullptr || !there->present() || entry.overrides) {
      put(into, entry.port, {kConstantBit | entry.cell, 0});
    }
  }
  const auto gap = std::find_if(
      into.variadic.begin(), into.variadic.end(), [](InputSource s) { return !s.present(); });
  into.variadic.erase(gap, into.variadic.end());
}

std::vector<std::pair<NameId, InputSource>> Definition::free_inputs(Index node) const {
  std::vector<std::pair<NameId, InputSource>> found;
  const auto at = [&found](NameId name) -> InputSource& {
    const auto it = std::find_if(
        found.begin(), found.end(), [name](const auto& entry) { return entry.first == name; });
    return it != found.end() ? it->second : found.emplace_back(name, InputSource{}).second;
  };
  const ColdNode& cold = nodes_.cold[node];
  for (std::size_t i = 0; i < cold.incoming.count(); ++i) {
    const Edge& edge = edges_.edges[nodes_.incoming.at(cold.incoming, i)];
    if (edge.source == kNoIndex || edge.port != kFreePort) continue;
    at(edge.target_handle) = {edge.source, edge.source_handle};
  }
  for (std::size_t i = 0; i < cold.manual.count(); ++i) {
    const ManualEntry& entry = nodes_.manual.at(cold.manual, i);
    if (entry.cell == kNoCell || entry.port != kFreePort) continue;
    InputSource& source = at(entry.name);
    if (!source.present() || entry.overrides) source = {kConstantBit | entry.cell, 0};
  }
  return found;
}

void Definition::recode_ports(Index node) {
  ColdNode& cold = nodes_.cold[node];
  for (std::size_t i = 0; i < cold.incoming.count(); ++i) {
    Edge& edge = edges_.edges[nodes_.incoming.at(cold.incoming, i)];
    edge.port = port_code(cold.block, nodes_.names.text(edge.target_handle));
  }
}

void Definition::resolve(Index node) {
  HotNode& hot = nodes_.hot[node];
  switch (hot.path) {
    case Path::Unary:
      gather(node, scratch_);
      hot.inputs.pair = {scratch_.row[0].ref, kMissing};
      return;
    case Path::Binary:
    case Path::Fold:
      gather(node, scratch_);
      if (hot.path == Path::Fold) {
        nodes_.refs.release(hot.inputs.refs);
        hot.path = Path::Binary;
      }
      if ((hot.flags & node_flag::kMayFold) != 0 && !scratch_.variadic.empty()) {
        hot.path = Path::Fold;
        resolve_refs(node, scratch_.variadic);
      } else {
        hot.inputs.pair = {scratch_.row[0].ref, scratch_.row[1].ref};
      }
      return;
    case Path::Formula:
      gather(node, scratch_);
      resolve_refs(node, scratch_.row);
      return;
    default:
      return;
  }
}

void Definition::resolve_refs(Index node, const std::vector<InputSource>& sources) {
  HotNode& hot = nodes_.hot[node];
  Span refs{};
  if (hot.path == Path::Formula) {
    // A Formula's list has its row's length for good; only the first time there is none.
    refs = hot.inputs.refs;
    if (refs.room() == 0 || refs.count() != sources.size()) refs = Span{};
  }
  if (refs.count() == 0) {
    for (const InputSource& source : sources)
      nodes_.refs.push(refs, source.ref);
    hot.inputs.refs = refs;
    return;
  }
  for (std::size_t i = 0; i < sources.size(); ++i)
    nodes_.refs.at(refs, i) = sources[i].ref;
}

void Definition::write_input(Index node, std::string_view port, double value) {
  HotNode& hot = nodes_.hot[node];
  if (hot.path == Path::Source && port == "value") {
    nodes_.constants[hot.inputs.pair.a & ~kConstantBit] = value;
    hot.flags |= node_flag::kValueWritten;
    mark_dirty(node);
    return;
  }
  ManualEntry& entry = manual_entry(node, port);
  entry.written = true;
  if (entry.cell == kNoCell) {
    entry.cell = nodes_.add_constant(value);
    resolve(node);
  } else {
    nodes_.constants[entry.cell] = value;
  }
  mark_dirty(node);
}

}  // namespace chainsolved::graph
