#include "tests/graph/graph_harness.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;

Json labelled_number(std::string_view id, double value) {
  return node(id, "number", {{"value", value}, {"label", "a \"name\" é"}});
}

void expect_same(const GraphHarness& a, const GraphHarness& b) {
  ASSERT_EQ(a.graph.node_count(), b.graph.node_count());
  ASSERT_EQ(a.graph.edge_count(), b.graph.edge_count());
  const auto values = b.values();
  for (const auto& [id, value] : a.values()) {
    ASSERT_TRUE(values.contains(id));
    EXPECT_TRUE(identical(value, values.at(id))) << id;
    EXPECT_EQ(a.graph.find(id), b.graph.find(id)) << id;
  }
  EXPECT_EQ(a.graph.snapshot(), b.graph.snapshot());
}

TEST(Snapshot, LoadsBackToTheSameGraphAndSlots) {
  GraphHarness h;
  h.load(snapshot(
      {labelled_number("a", 1), labelled_number("b", 2), node("c", "add"), node("d", "display")},
      {edge("1", "a", "c", "a"),
       edge("2", "b", "c", "b"),
       edge("3", "c", "d", "value"),
       edge("4", "ghost", "d", "value"),
       edge("5", "a", "phantom", "x")}));
  h.patch(Json::array({remove_node("b"),
                       add_node(labelled_number("e", 9)),
                       add_edge(edge("6", "e", "c", "b")),
                       add_edge(edge("1", "a", "c", "a"))}));
  GraphHarness again;
  again.load(Json::parse(h.graph.snapshot()));
  expect_same(h, again);
  EXPECT_EQ(again.graph.find("e"), 4U);
}

TEST(Snapshot, KeepsSlotsGivenOutThatAreVacant) {
  GraphHarness h;
  h.load(snapshot({labelled_number("a", 1)}, Json::array()));
  EXPECT_EQ(h.graph.snapshot().find("nextSlot"), std::string::npos);
  h.patch(Json::array({add_node(labelled_number("b", 1)), add_node(labelled_number("c", 1))}));
  h.patch(Json::array({remove_node("c")}));
  GraphHarness again;
  again.load(Json::parse(h.graph.snapshot()));
  expect_same(h, again);
  for (GraphHarness* graph : {&h, &again})
    graph->patch(Json::array({add_node(labelled_number("d", 1))}));
  EXPECT_EQ(again.graph.find("d"), 3U);
  expect_same(h, again);
}

TEST(Snapshot, WithAnImpossibleNextSlotIsRefused) {
  GraphHarness h;
  Json with = snapshot({labelled_number("a", 1)}, Json::array());
  for (const Json& slot : {Json(-1), Json(1.5), Json("1"), Json(4e9), Json(5e9)}) {
    with["nextSlot"] = slot;
    EXPECT_FALSE(h.try_load(with).ok()) << slot;
  }
}

TEST(Snapshot, IsTheSameWhetherItWasLoadedInBetweenOrNot) {
  GraphHarness h;
  h.load(snapshot({node("a", "number", {{"value", 3}}), node("n", "negate")}, Json::array()));
  h.set("a", "value", std::numeric_limits<double>::quiet_NaN());
  h.set("n", "a", 2);
  GraphHarness again;
  again.load(Json::parse(h.graph.snapshot()));
  expect_same(h, again);
  for (GraphHarness* graph : {&h, &again}) {
    graph->set("a", "value", 5);
    graph->set("n", "a", 0.1);
  }
  expect_same(h, again);
}

TEST(Snapshot, KeepsTheLastEdgeOfAPortLast) {
  GraphHarness h;
  h.load(snapshot({labelled_number("a", 1), labelled_number("b", 2), node("d", "display")},
                  {edge("1", "a", "d", "value"), edge("2", "b", "d", "value")}));
  h.patch(Json::array({add_edge(edge("1", "a", "d", "value"))}));
  ASSERT_EQ(h.scalar("d"), 1);
  GraphHarness again;
  again.load(Json::parse(h.graph.snapshot()));
  EXPECT_EQ(again.scalar("d"), 1);
}

TEST(Snapshot, HasTheInputsThatWereSet) {
  GraphHarness h;
  h.load(snapshot(
      {labelled_number("a", 1), labelled_number("inf", 1), node("c", "add"), node("k", "max")},
      {edge("1", "a", "c", "a"), edge("2", "inf", "k", "a")}));
  h.set("a", "value", 0.1);
  h.set("c", "b", -3e-7);
  h.set("inf", "value", -std::numeric_limits<double>::infinity());
  h.set("k", "b", std::numeric_limits<double>::quiet_NaN());
  GraphHarness again;
  again.load(Json::parse(h.graph.snapshot()));
  EXPECT_EQ(again.scalar("a"), 0.1);
  EXPECT_EQ(again.scalar("c"), 0.1 + -3e-7);
  EXPECT_TRUE(std::isinf(again.scalar("inf")));
  expect_same(h, again);
  EXPECT_EQ(Json::parse(h.graph.snapshot())["nodes"][0]["data"]["label"], "a \"name\" é");
}

TEST(Snapshot, NewDataReplacesTheInputsThatWereSet) {
  GraphHarness h;
  h.load(snapshot({labelled_number("a", 1), node("c", "add")}, {edge("1", "a", "c", "a")}));
  h.set("c", "b", 5);
  h.patch(Json::array({update("c", {{"manualValues", {{"b", 7}}}})}));
  EXPECT_EQ(h.scalar("c"), 8);
  EXPECT_EQ(Json::parse(h.graph.snapshot())["nodes"][1]["data"]["manualValues"]["b"], 7);
}

}  // namespace
}  // namespace chainsolved::test
