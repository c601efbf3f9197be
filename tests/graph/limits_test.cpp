#include "tests/graph/graph_harness.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;

Limits small_limits() {
  Limits limits;
  limits.max_nodes = 3;
  limits.max_edges = 2;
  return limits;
}

Json three_nodes() {
  return Json::array({node("a", "number"), node("b", "number"), node("c", "add")});
}

TEST(GraphLimits, ASnapshotOverOneLeavesTheOldGraph) {
  GraphHarness h(small_limits());
  h.load(snapshot(three_nodes(), {edge("1", "a", "c", "a"), edge("2", "b", "c", "b")}));
  Json nodes = three_nodes();
  nodes.push_back(node("d", "number"));
  const auto refused = h.try_load(snapshot(nodes, Json::array()));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::LimitExceeded);
  EXPECT_EQ(h.graph.node_count(), 3U);
  EXPECT_EQ(h.scalar("c"), 0);
}

TEST(GraphLimits, APatchOverOneAppliesNothingOfItself) {
  GraphHarness h(small_limits());
  h.load(snapshot(three_nodes(), {edge("1", "a", "c", "a")}));
  for (const Json& ops :
       {Json::array({remove_edge("1"), add_node(node("d", "number"))}),
        Json::array({add_edge(edge("2", "b", "c", "b")), add_edge(edge("3", "b", "c", "b"))})}) {
    const auto refused = h.try_patch(ops, false);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::LimitExceeded);
    EXPECT_EQ(h.graph.edge_count(), 1U);
    EXPECT_EQ(h.graph.node_count(), 3U);
  }
  EXPECT_NO_THROW(h.patch(Json::array({remove_node("a"), add_node(node("d", "number"))})));
  EXPECT_NO_THROW(h.patch(Json::array({add_node(node("d", "slider"))})));
}

TEST(GraphLimits, SlotsThatCannotBeAreRefused) {
  GraphHarness h;
  Json twice = Json::array({node("a", "number"), node("b", "number")});
  twice[0]["slot"] = 1;
  twice[1]["slot"] = 1;
  EXPECT_EQ(h.try_load(snapshot(twice, Json::array())).error().code, ErrorCode::InvalidSnapshot);
  twice[1]["slot"] = 4'000'000'000U;
  EXPECT_EQ(h.try_load(snapshot(twice, Json::array())).error().code, ErrorCode::InvalidSnapshot);
}

TEST(GraphLimits, AScalarNodeWithItsNamesAndEdgesTakesNoMoreThan250Bytes) {
  constexpr std::size_t kNodes = 100'000;
  Json nodes = Json::array({node("node-0", "number", {{"value", 1}})});
  Json edges = Json::array();
  for (std::size_t i = 1; i < kNodes; ++i) {
    const std::string id = "node-" + std::to_string(i);
    nodes.push_back(node(id, "negate"));
    edges.push_back(edge("edge-" + std::to_string(i), "node-" + std::to_string(i - 1), id, "a"));
  }
  GraphHarness h;
  h.load(snapshot(nodes, edges));
  EXPECT_LE(h.graph.memory_bytes() / kNodes, 250U);
}

}  // namespace
}  // namespace chainsolved::test
