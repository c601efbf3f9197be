// The whole graph against a naive model that evaluates everything from scratch after every patch.
#include "daemon/engine/graph/canonical.h"
#include "tests/graph/graph_harness.h"
#include "tests/graph/random.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct ModelNode {
  std::string type;
  double value = 0;
  std::map<std::string, double> manual;
  std::set<std::string> overrides;
};

struct ModelEdge {
  std::string id;
  std::string source;
  std::string target;
  std::string port;
};

/// What ENGINE.md says, written down as plainly as it goes.
class Model {
 public:
  std::map<std::string, ModelNode> nodes;
  std::vector<ModelEdge> edges;  // in the order of adding

  void add_edge(const ModelEdge& edge) {
    remove_edge(edge.id);
    edges.push_back(edge);
  }
  void remove_edge(const std::string& id) {
    std::erase_if(edges, [&](const ModelEdge& e) { return e.id == id; });
  }
  void remove_node(const std::string& id) {
    if (nodes.erase(id) == 0) return;
    std::erase_if(edges, [&](const ModelEdge& e) { return e.source == id || e.target == id; });
  }

  /// Values of all nodes that have one.
  std::map<std::string, double> evaluate() const {
    std::map<std::string, double> values;
    for (bool progress = true; progress;) {
      progress = false;
      for (const auto& [id, node] : nodes) {
        if (values.contains(id) || !ready(id, values)) continue;
        values[id] = graph::canonical(compute(id, node, values));
        progress = true;
      }
    }
    return values;
  }

 private:
  bool ready(const std::string& id, const std::map<std::string, double>& values) const {
    return std::all_of(edges.begin(), edges.end(), [&](const ModelEdge& e) {
      return e.target != id || !nodes.contains(e.source) || values.contains(e.source);
    });
  }

  struct Input {
    bool there = false;
    double value = kNan;
  };

  Input input(const std::string& id,
              const ModelNode& node,
              const std::string& port,
              const std::map<std::string, double>& values) const {
    Input found;
    for (const ModelEdge& e : edges) {
      if (e.target == id && e.port == port && nodes.contains(e.source)) {
        found = {true, values.at(e.source)};
      }
    }
    const auto manual = node.manual.find(port);
    if (manual != node.manual.end() && (!found.there || node.overrides.contains(port))) {
      found = {true, manual->second};
    }
    return found;
  }

  /// A bound that is missing is none; one that is NaN makes the result NaN.
  static double clamp(double value, Input low, Input high) {
    if (std::isnan(value) || (low.there && std::isnan(low.value)) ||
        (high.there && std::isnan(high.value))) {
      return kNan;
    }
    return std::fmin(std::fmax(value, low.value), high.value);
  }

  double compute(const std::string& id,
                 const ModelNode& node,
                 const std::map<std::string, double>& values) const {
    const auto in = [&](const std::string& port) {
      return input(id, node, port, values);
    };
    if (node.type == "number") return node.value;
    if (node.type == "display") return in("value").value;
    if (node.type == "negate") return -in("a").value;
    if (node.type == "floor") return std::floor(in("a").value);
    if (node.type == "clamp") return clamp(in("val").value, in("min"), in("max"));
    if (node.type == "eng.mechanics.v_from_uat") {
      return in("u").value + in("a").value * in("t").value;
    }
    const auto apply = [&](double a, double b) {
      return node.type == "add" ? a + b : std::fmax(a, b);
    };
    if (!in("in_0").there) return apply(in("a").value, in("b").value);
    double folded = in("in_0").value;
    for (int i = 1; in("in_" + std::to_string(i)).there; ++i) {
      folded = apply(folded, in("in_" + std::to_string(i)).value);
    }
    return folded;
  }
};

/// Makes random edits and applies them to both.
class Editor {
 public:
  explicit Editor(unsigned seed) : random_(seed) {}

  void load_some() {
    Json nodes = Json::array();
    Json edges = Json::array();
    for (int i = 0; i < 12; ++i)
      nodes.push_back(make_node(name()));
    for (int i = 0; i < 14; ++i)
      edges.push_back(make_edge());
    harness.load(snapshot(nodes, edges));
    start_replica(snapshot(nodes, edges));
    before_ = model.evaluate();
    compare_values();
  }

  void step() {
    if (random_() % 4 == 0) {
      set_input();
    } else {
      Json ops = Json::array();
      for (unsigned i = 0; i < 1 + random_() % 4; ++i)
        ops.push_back(make_op());
      SCOPED_TRACE(ops.dump());
      harness.patch(ops);
      ASSERT_TRUE(replica->try_patch(ops, false).ok());
    }
    ASSERT_EQ(replica->graph.hash(), harness.graph.hash());
    compare_report();
    compare_values();
  }

  void compare_with_reloaded() {
    GraphHarness again;
    again.load(Json::parse(harness.graph.snapshot()));
    for (const auto& [id, value] : harness.values()) {
      ASSERT_TRUE(identical(value, again.value(id))) << id;
    }
    EXPECT_EQ(harness.values().size(), again.values().size());
    EXPECT_EQ(harness.graph.snapshot(), again.graph.snapshot());
    EXPECT_EQ(harness.graph.validate().size(), again.graph.validate().size());
  }

  /// What a successor would have: a snapshot and the changes since, evaluated once.
  void compare_with_replica() {
    replica->evaluate();
    const auto values = replica->values();
    EXPECT_EQ(harness.values().size(), values.size());
    for (const auto& [id, value] : harness.values()) {
      ASSERT_TRUE(values.contains(id) && identical(value, values.at(id))) << id;
      EXPECT_EQ(harness.graph.find(id), replica->graph.find(id)) << id;
    }
    EXPECT_EQ(harness.graph.snapshot(), replica->graph.snapshot());
  }

  /// The journal begins anew with a snapshot of the graph's own.
  void compact() {
    const std::string text = harness.graph.snapshot();
    harness.graph.continue_from(text);
    std::string padded = text;
    padded.append(kJsonPadding, ' ');
    replica = std::make_unique<GraphHarness>();
    ASSERT_TRUE(replica->graph.load(std::string_view(padded).substr(0, text.size())).ok());
    ASSERT_EQ(replica->graph.hash(), harness.graph.hash());
  }

  GraphHarness harness;
  Model model;
  std::unique_ptr<GraphHarness> replica;

 private:
  void start_replica(const Json& snapshot) {
    replica = std::make_unique<GraphHarness>();
    replica->load(snapshot);
  }

  std::string name() { return "n" + std::to_string(random_() % 16); }
  double some_value() {
    const auto kind = random_() % 12;
    if (kind == 0) return kNan;
    return static_cast<double>(static_cast<int>(random_() % 9) - 4) / 2;
  }
  std::string some_port() {
    static const std::vector<std::string> kPorts{"a",
                                                 "a",
                                                 "a",
                                                 "b",
                                                 "b",
                                                 "value",
                                                 "in_0",
                                                 "in_1",
                                                 "in_2",
                                                 "val",
                                                 "min",
                                                 "max",
                                                 "u",
                                                 "t",
                                                 "odd"};
    return kPorts[random_() % kPorts.size()];
  }

  Json make_data(ModelNode& node) {
    Json data = Json::object();
    if (node.type == "number" && random_() % 5 != 0) {
      node.value = static_cast<double>(random_() % 7) - 3;
      data["value"] = node.value;
    }
    for (unsigned i = 0; i < random_() % 3; ++i) {
      const std::string port = some_port();
      node.manual[port] = static_cast<double>(random_() % 5);
      data["manualValues"][port] = node.manual[port];
    }
    if (random_() % 3 == 0) {
      const std::string port = some_port();
      node.overrides.insert(port);
      data["portOverrides"][port] = true;
    }
    return data;
  }

  Json make_node(const std::string& id) {
    static const std::vector<std::string> kTypes{"number",
                                                 "number",
                                                 "negate",
                                                 "floor",
                                                 "add",
                                                 "add",
                                                 "max",
                                                 "display",
                                                 "clamp",
                                                 "eng.mechanics.v_from_uat"};
    ModelNode made;
    made.type = kTypes[random_() % kTypes.size()];
    const Json data = make_data(made);
    model.nodes[id] = made;
    return node(id, made.type, data);
  }

  Json make_edge() {
    ModelEdge made{"e" + std::to_string(random_() % 40), name(), name(), some_port()};
    model.add_edge(made);
    return edge(made.id, made.source, made.target, made.port);
  }

  Json make_op() {
    switch (random_() % 8) {
      case 0:
        return add_node(make_node(name()));
      case 1: {
        const std::string id = name();
        model.remove_node(id);
        return remove_node(id);
      }
      case 2: {
        const std::string id = name();
        ModelNode made;
        const auto found = model.nodes.find(id);
        if (found != model.nodes.end()) made.type = found->second.type;
        const Json data = make_data(made);
        if (found != model.nodes.end()) found->second = made;
        return update(id, data);
      }
      case 3:
      case 4: {
        const std::string id = "e" + std::to_string(random_() % 40);
        model.remove_edge(id);
        return remove_edge(id);
      }
      default:
        return add_edge(make_edge());
    }
  }

  void set_input() {
    const std::string id = name();
    const double value = some_value();
    const auto found = model.nodes.find(id);
    const bool source = found != model.nodes.end() && found->second.type == "number";
    const std::string port = source ? "value" : some_port();
    if (source) {
      found->second.value = value;
    } else if (found != model.nodes.end()) {
      found->second.manual[port] = value;
    }
    harness.set(id, port, value);
    const InputChange change{id, port, value};
    ASSERT_TRUE(replica->graph.set_inputs({&change, 1}, false).ok());
  }

  static bool same(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  }

  void compare_values() {
    ASSERT_FALSE(harness.graph.dirty());
    const auto values = harness.values();
    ASSERT_EQ(values.size(), before_.size());
    for (const auto& [id, value] : before_) {
      ASSERT_TRUE(values.contains(id)) << id;
      ASSERT_TRUE(same(values.at(id).as_scalar(), value))
          << id << " is " << values.at(id).as_scalar() << ", expected " << value;
    }
    ASSERT_EQ(harness.graph.node_count(), model.nodes.size());
    ASSERT_EQ(harness.graph.edge_count(), model.edges.size());
  }

  /// `changed` names what differs from before, and new nodes; nothing else.
  void compare_report() {
    const auto now = model.evaluate();
    std::set<std::string> expected;
    const std::vector<graph::Slot>& fresh = harness.report.appeared;
    for (const auto& [id, value] : now) {
      const auto was = before_.find(id);
      const bool is_new = std::count(fresh.begin(), fresh.end(), harness.graph.find(id)) != 0;
      if (is_new || was == before_.end() || !same(was->second, value)) expected.insert(id);
    }
    const auto changed = harness.changed();
    ASSERT_EQ(std::set<std::string>(changed.begin(), changed.end()), expected);
    ASSERT_EQ(changed.size(), expected.size()) << "a node was told twice";
    const std::vector<graph::Slot>& gone = harness.report.gone;
    for (const graph::Slot slot : gone) {
      ASSERT_TRUE(harness.graph.value_of(slot).is(ValueKind::None));
    }
    for (const auto& [id, slot] : slots_before_) {
      const bool still = now.contains(id) && harness.graph.find(id) == slot;
      if (before_.contains(id) && !still) {
        ASSERT_EQ(std::count(gone.begin(), gone.end(), slot), 1) << id;
      }
    }
    before_ = now;
    slots_before_.clear();
    for (const auto& [id, node] : model.nodes)
      slots_before_[id] = *harness.graph.find(id);
  }

  Random random_;
  std::map<std::string, double> before_;
  std::map<std::string, graph::Slot> slots_before_;
};

class RandomEdits : public testing::TestWithParam<unsigned> {};

TEST_P(RandomEdits, EveryPatchGivesWhatEvaluatingFromScratchGives) {
  Editor editor(GetParam());
  editor.load_some();
  for (int round = 0; round < 400 && !testing::Test::HasFatalFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    editor.step();
    if (round % 20 == 0) editor.compare_with_reloaded();
    if (round % 50 == 49) editor.compare_with_replica();
    if (round % 70 == 69) editor.compact();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomEdits, testing::Range(0U, 25U));

}  // namespace
}  // namespace chainsolved::test
