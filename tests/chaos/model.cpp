#include "tests/chaos/model.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace chainsolved::test {

namespace {

using nlohmann::json;

constexpr std::size_t kSources = 6;
constexpr std::size_t kFewest = 8;
constexpr std::size_t kMost = 40;

std::size_t below(Model::Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

// What a derived node does, told by its id, so that a rewired one keeps it. None grows: sums of
// sums would leave the range in which doubles are exact.
bool takes_the_greater(const std::string& id) {
  return (id.back() - '0') % 2 == 0;
}

std::string numbered(const std::string& prefix, char letter, std::size_t number) {
  std::string digits = std::to_string(number);
  return prefix + letter + std::string(8 - digits.size(), '0') + digits;
}

std::string edge_id(const std::string& target, const char* port) {
  return target + "." + port;
}

}  // namespace

Model::Model(std::string prefix) : prefix_(std::move(prefix)) {
  for (std::size_t i = 0; i < kSources; ++i) {
    sources_.push_back(numbered(prefix_, 'a', i));
    values_[sources_.back()] = static_cast<double>(i);
  }
}

json Model::node(const std::string& id) const {
  if (!wires_.contains(id))
    return {{"id", id}, {"blockType", "number"}, {"data", {{"value", values_.at(id)}}}};
  return {{"id", id},
          {"blockType", takes_the_greater(id) ? "max" : "subtract"},
          {"data", json::object()}};
}

void Model::add_edges(json& ops,
                      const std::string& id,
                      const std::vector<std::string>& from) const {
  constexpr const char* kPorts[] = {"a", "b"};
  for (std::size_t i = 0; i < from.size(); ++i)
    ops.push_back({{"op", "addEdge"},
                   {"edge",
                    {{"id", edge_id(id, kPorts[i])},
                     {"source", from[i]},
                     {"sourceHandle", "out"},
                     {"target", id},
                     {"targetHandle", kPorts[i]}}}});
}

json Model::everything() const {
  json ops = json::array();
  for (const auto& [id, value] : values_)
    ops.push_back({{"op", "addNode"}, {"node", node(id)}});
  for (const auto& [id, from] : wires_)
    add_edges(ops, id, from);
  return {{"ops", ops}};
}

double Model::source_value(Random& random) {
  return static_cast<double>(below(random, 2001)) - 1000;
}

json Model::random_input(Random& random, Change& change) const {
  const std::string& source = sources_[below(random, sources_.size())];
  const double value = source_value(random);
  change.inputs[source] = value;
  return {{"nodeId", source}, {"portId", "value"}, {"value", value}};
}

std::vector<std::string> Model::random_inputs(Random& random, const std::string& of) const {
  std::vector<std::string> older = sources_;
  for (const auto& [id, from] : wires_)
    if (id < of) older.push_back(id);
  return {older[below(random, older.size())], older[below(random, older.size())]};
}

json Model::random_patch(Random& random, Change& change) {
  json ops = json::array();
  const bool grows = wires_.size() < kFewest || (wires_.size() < kMost && below(random, 2) == 0);
  if (grows) {
    const std::string id = numbered(prefix_, 'n', next_++);
    const auto from = random_inputs(random, id);
    ops.push_back({{"op", "addNode"},
                   {"node",
                    {{"id", id},
                     {"blockType", takes_the_greater(id) ? "max" : "subtract"},
                     {"data", json::object()}}}});
    add_edges(ops, id, from);
    change.wired.emplace_back(id, from);
    change.added.push_back(id);
    return {{"ops", ops}};
  }
  // The youngest has no dependants.
  if (below(random, 2) == 0) {
    const std::string id = wires_.rbegin()->first;
    ops.push_back({{"op", "removeNode"}, {"nodeId", id}});
    change.removed.push_back(id);
    return {{"ops", ops}};
  }
  auto chosen = wires_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(below(random, wires_.size())));
  const std::string& id = chosen->first;
  for (const char* port : {"a", "b"})
    ops.push_back({{"op", "removeEdge"}, {"edgeId", edge_id(id, port)}});
  const auto from = random_inputs(random, id);
  add_edges(ops, id, from);
  change.wired.emplace_back(id, from);
  const std::string& source = sources_[below(random, sources_.size())];
  const double value = source_value(random);
  ops.push_back({{"op", "updateNodeData"}, {"nodeId", source}, {"data", {{"value", value}}}});
  change.inputs[source] = value;
  return {{"ops", ops}};
}

void Model::evaluate() {
  for (const auto& [id, from] : wires_) {
    const double a = values_.at(from[0]);
    const double b = values_.at(from[1]);
    // The engine has no -0: neither has this.
    values_[id] = (takes_the_greater(id) ? std::max(a, b) : a - b) + 0.0;
  }
}

std::set<std::string> Model::apply(const Change& change) {
  const std::map<std::string, double> before = values_;
  for (const std::string& id : change.removed) {
    wires_.erase(id);
    values_.erase(id);
  }
  for (const auto& [id, value] : change.inputs)
    values_[id] = value;
  for (const auto& [id, from] : change.wired)
    wires_[id] = from;
  evaluate();
  std::set<std::string> told;
  for (const auto& [id, value] : values_) {
    const auto old = before.find(id);
    if (old == before.end() || old->second != value) told.insert(id);
  }
  return told;
}

}  // namespace chainsolved::test
