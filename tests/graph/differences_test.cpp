// DIFFERENCES.md, "Incremental evaluation", points 1 to 9: what the original gets wrong.
#include "tests/graph/graph_harness.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::string>;
using Codes = std::vector<std::pair<std::string, std::string>>;

TEST(Difference1, TargetsOfARemovedNodeAreEvaluatedAgain) {
  GraphHarness h;
  h.load(snapshot({number("a", 2), number("b", 3), node("c", "add"), node("n", "negate")},
                  {edge("1", "a", "c", "a"), edge("2", "b", "c", "b"), edge("3", "c", "n", "a")}));
  ASSERT_EQ(h.scalar("n"), -5);
  h.patch(Json::array({remove_node("a")}));
  EXPECT_TRUE(std::isnan(h.scalar("c")));
  EXPECT_TRUE(std::isnan(h.scalar("n")));
  EXPECT_EQ(h.changed(), (Ids{"c", "n"}));
  EXPECT_EQ(h.graph.edge_count(), 2U);
  EXPECT_EQ(h.report.gone, std::vector<graph::Slot>{0});
}

TEST(Difference2, AnEdgeThatMovesToAnotherTargetLeavesTheOldOneEvaluated) {
  GraphHarness h;
  h.load(snapshot({number("a", 2), node("x", "negate"), node("y", "negate")},
                  {edge("e", "a", "x", "a")}));
  h.patch(Json::array({add_edge(edge("e", "a", "y", "a"))}));
  EXPECT_TRUE(std::isnan(h.scalar("x")));
  EXPECT_EQ(h.scalar("y"), -2);
  EXPECT_EQ(h.report.evaluated_count, 2U);
}

TEST(Difference3, AJoinWithOneChangedInputIsNeverStale) {
  GraphHarness h;
  h.load(snapshot({number("a", -2), number("b", 3), node("m", "abs"), node("j", "add")},
                  {edge("1", "b", "j", "a"), edge("2", "a", "m", "a"), edge("3", "m", "j", "b")}));
  ASSERT_EQ(h.scalar("j"), 5);
  // m is evaluated after b and does not change; j must follow b all the same.
  h.patch(Json::array({update("b", {{"value", 10}}), update("a", {{"value", 2}})}));
  EXPECT_EQ(h.scalar("j"), 12);
  EXPECT_EQ(h.report.evaluated_count, 4U);
}

TEST(Difference3, ANodePatchedTogetherWithAnUnchangedParentIsEvaluated) {
  GraphHarness h;
  h.load(snapshot({number("a", 1), node("c", "add", {{"manualValues", {{"b", 1}}}})},
                  {edge("1", "a", "c", "a")}));
  h.patch(Json::array({update("a", {{"value", 1}}), update("c", {{"manualValues", {{"b", 5}}}})}));
  EXPECT_EQ(h.scalar("c"), 6);
}

TEST(Difference4, AValueThatReturnsAfterAnErrorCountsAsChanged) {
  GraphHarness h;
  h.load(snapshot({number("x", 4),
                   node("v", "vectorInput", {{"vectorData", {1, 2}}}),
                   node("t", "tableInput"),
                   node("s", "add")},
                  {edge("1", "x", "s", "a"), edge("2", "v", "s", "b")}));
  ASSERT_TRUE(h.value("s").is(ValueKind::Vector));
  h.patch(Json::array({add_edge(edge("1", "t", "s", "a"))}));
  ASSERT_TRUE(h.value("s").is(ValueKind::Error));
  EXPECT_EQ(h.changed(), Ids{"s"});
  h.patch(Json::array({add_edge(edge("1", "x", "s", "a"))}));
  ASSERT_TRUE(h.value("s").is(ValueKind::Vector));
  EXPECT_EQ(h.changed(), Ids{"s"});
}

TEST(Difference5, FiveAndAVectorOfFiveAreDifferent) {
  GraphHarness h;
  h.load(snapshot(
      {number("x", 5), node("v", "vectorInput", {{"vectorData", {5}}}), node("d", "display")},
      {edge("1", "x", "d", "value")}));
  h.patch(Json::array({add_edge(edge("1", "v", "d", "value"))}));
  EXPECT_EQ(h.changed(), Ids{"d"});
  EXPECT_TRUE(h.value("d").is(ValueKind::Vector));
}

TEST(Difference5, EqualCellsInAnotherShapeAreAChange) {
  const auto table = [](const Json& columns, const Json& rows) {
    return Json{{"tableData", {{"columns", columns}, {"rows", rows}}}};
  };
  GraphHarness h;
  h.load(
      snapshot({node("t", "tableInput", table({"a", "b"}, {{1, 2}, {3, 4}})), node("d", "display")},
               {edge("1", "t", "d", "value")}));
  h.patch(Json::array({update("t", table({"a", "b", "c", "d"}, {{1, 3, 2, 4}}))}));
  EXPECT_EQ(h.changed(), (Ids{"d", "t"}));
  h.patch(Json::array({update("t", table({"a", "b", "c", "e"}, {{1, 3, 2, 4}}))}));
  EXPECT_EQ(h.changed(), (Ids{"d", "t"}));
  h.patch(Json::array({update("t", table({"a", "b", "c", "e"}, {{1, 3, 2, 4}}))}));
  EXPECT_EQ(h.changed(), Ids{});
}

TEST(Difference6, AMissingSourceDanglesAndTakesEffectWhenItAppears) {
  GraphHarness h;
  h.load(snapshot({number("b", 3), node("c", "max")},
                  {edge("1", "ghost", "c", "a"), edge("2", "b", "c", "b")}));
  EXPECT_EQ(h.codes(), (Codes{{"", "DANGLING_EDGE"}}));
  EXPECT_EQ(h.scalar("c"), 3);
  h.patch(Json::array({add_node(number("ghost", 9))}));
  EXPECT_EQ(h.scalar("c"), 9);
  EXPECT_EQ(h.codes(), Codes{});
  EXPECT_TRUE(h.graph.validate().empty());
}

TEST(Difference6, ADanglingEdgeKeepsItsPlaceAmongTheEdgesOfItsPort) {
  GraphHarness h;
  h.load(snapshot({number("b", 3), node("d", "display")},
                  {edge("1", "b", "d", "value"), edge("2", "late", "d", "value")}));
  EXPECT_EQ(h.scalar("d"), 3);
  h.patch(Json::array({add_edge(edge("3", "x", "d", "value"))}));
  h.patch(Json::array({add_node(number("x", 1))}));
  EXPECT_EQ(h.scalar("d"), 1);
  h.patch(Json::array({add_node(number("late", 2))}));
  EXPECT_EQ(h.scalar("d"), 1) << "edge 3 was added after edge 2";
  h.patch(Json::array({remove_edge("3")}));
  EXPECT_EQ(h.scalar("d"), 2);
}

TEST(Difference7, AMissingTargetHidesNoCycle) {
  GraphHarness h;
  h.load(snapshot({node("a", "negate"), node("b", "negate")},
                  {edge("1", "a", "b", "a"),
                   edge("2", "b", "a", "a"),
                   edge("3", "a", "x", "a"),
                   edge("4", "a", "y", "a")}));
  EXPECT_EQ(h.codes(),
            (Codes{{"", "DANGLING_EDGE"},
                   {"", "DANGLING_EDGE"},
                   {"a", "CYCLE_DETECTED"},
                   {"b", "CYCLE_DETECTED"}}));
}

TEST(Difference7, ReadersOfADatasetFollowItsRegistrationAndItsRelease) {
  GraphHarness h;
  h.load(snapshot({node("v", "vectorInput", {{"datasetRef", "d"}}), node("s", "vectorSum")},
                  {edge("1", "v", "s", "vec")}));
  EXPECT_TRUE(h.value("v").is(ValueKind::Error));
  EXPECT_EQ(h.codes(), (Codes{{"v", "DATASET_MISSING"}}));
  EXPECT_EQ(h.graph.dataset_references("d"), 1U);

  h.datasets.put("d", Value::vector(std::vector<double>{1, 2, 3}));
  h.graph.touch_dataset("d");
  EXPECT_TRUE(h.graph.dirty());
  h.patch(Json::array());
  EXPECT_EQ(h.scalar("s"), 6);

  h.datasets.drop("d");
  h.graph.touch_dataset("d");
  h.patch(Json::array());
  EXPECT_TRUE(h.value("s").is(ValueKind::Error));
  EXPECT_EQ(h.changed(), (Ids{"s", "v"}));
}

TEST(Difference7, AStatelessEvaluationSeesTheDatasets) {
  GraphHarness h;
  h.reporting = graph::Reporting::Stateless;
  h.datasets.put("d", Value::vector(std::vector<double>{4, 5}));
  h.load(snapshot({node("v", "vectorInput", {{"datasetRef", "d"}})}, Json::array()));
  EXPECT_EQ(h.value("v").as_vector()[1], 5);
}

TEST(Difference8, ANonFiniteInputIsAValue) {
  GraphHarness h;
  h.load(snapshot({number("a", 1), node("c", "add", {{"manualValues", {{"b", 1}}}})},
                  {edge("1", "a", "c", "a")}));
  h.set("c", "b", std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isinf(h.scalar("c")));
  EXPECT_EQ(h.codes(), (Codes{{"c", "NAN_PROPAGATED"}}));
  h.set("a", "value", std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(h.scalar("c")));
  EXPECT_EQ(h.changed(), (Ids{"a", "c"}));
}

TEST(Difference9, NanAndInfinityStayWhatTheyAre) {
  GraphHarness h;
  h.load(snapshot({number("a", 1), number("z", 0), node("d", "divide"), node("s", "subtract")},
                  {edge("1", "a", "d", "a"),
                   edge("2", "z", "d", "b"),
                   edge("3", "d", "s", "a"),
                   edge("4", "d", "s", "b")}));
  EXPECT_EQ(h.scalar("d"), std::numeric_limits<double>::infinity());
  ASSERT_TRUE(h.value("s").is(ValueKind::Scalar));
  EXPECT_TRUE(std::isnan(h.scalar("s")));
}

}  // namespace
}  // namespace chainsolved::test
