#include "tests/graph/graph_harness.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::string>;
using Codes = std::vector<std::pair<std::string, std::string>>;

/// n0 -> negate -> negate -> ...
Json chain(std::size_t length) {
  Json nodes = Json::array({number("n0", 1)});
  Json edges = Json::array();
  for (std::size_t i = 1; i < length; ++i) {
    const std::string id = "n" + std::to_string(i);
    nodes.push_back(node(id, "negate"));
    edges.push_back(edge("e" + std::to_string(i), "n" + std::to_string(i - 1), id, "a"));
  }
  return snapshot(nodes, edges);
}

TEST(Evaluation, CancellingKeepsTheRestDirtyAndTheNextOneTellsEverything) {
  GraphHarness h;
  h.load(chain(200'000));
  h.monitor.asked = 0;
  h.monitor.allowed = 0;
  h.set("n0", "value", 7);
  ASSERT_TRUE(h.report.cancelled);
  ASSERT_TRUE(h.graph.dirty());
  const std::size_t first = h.report.evaluated_count;
  EXPECT_GT(first, 0U);
  EXPECT_LT(first, 200'000U);

  h.monitor.allowed = ~std::size_t{0};
  h.evaluate();
  EXPECT_FALSE(h.report.cancelled);
  EXPECT_FALSE(h.graph.dirty());
  EXPECT_EQ(h.report.evaluated_count, 200'000U - first);
  EXPECT_EQ(h.report.changed.size(), 200'000U) << "the cancelled report reached nobody";
  EXPECT_EQ(h.scalar("n199999"), -7);
}

TEST(Evaluation, ASpentBudgetIsPartialAndTheNextEvaluationGoesOn) {
  GraphHarness h;
  h.load(chain(100'000));
  h.options.time_budget_ms = 1e-6;
  h.set("n0", "value", 7);
  ASSERT_TRUE(h.report.partial);
  std::size_t evaluated = h.report.evaluated_count;
  std::size_t told = h.report.changed.size();
  int rounds = 1;
  while (h.graph.dirty() && rounds < 100'000) {
    h.patch(Json::array());
    evaluated += h.report.evaluated_count;
    told += h.report.changed.size();
    ++rounds;
  }
  EXPECT_GT(rounds, 2);
  EXPECT_FALSE(h.report.partial);
  EXPECT_EQ(evaluated, 100'000U);
  EXPECT_EQ(told, 100'000U);
  EXPECT_EQ(h.scalar("n99999"), -7);
}

TEST(Evaluation, AChangeMadeInTheMiddleOfAPartialOneIsNotLost) {
  GraphHarness h;
  h.load(chain(50'000));
  h.options.time_budget_ms = 1e-6;
  h.set("n0", "value", 7);
  ASSERT_TRUE(h.report.partial);
  h.options.time_budget_ms = 0;
  h.set("n0", "value", 8);
  EXPECT_FALSE(h.graph.dirty());
  EXPECT_EQ(h.scalar("n49999"), -8);
  EXPECT_EQ(h.scalar("n1"), -8);
}

TEST(Evaluation, ValuesAreCanonical) {
  GraphHarness h;
  h.load(snapshot({number("z", 0),
                   node("n", "negate"),
                   number("m", -1),
                   node("r", "sqrt"),
                   node("v", "vectorInput", {{"vectorData", {0.0, 1.0}}}),
                   node("w", "negate")},
                  {edge("1", "z", "n", "a"), edge("2", "m", "r", "a"), edge("3", "v", "w", "a")}));
  EXPECT_FALSE(std::signbit(h.scalar("n")));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(h.scalar("r")),
            std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(std::signbit(h.value("w").as_vector()[0]));
}

TEST(Evaluation, ADatasetPassesAsItIsAndIsNotCopied) {
  GraphHarness h;
  const Value data = Value::vector(std::vector<double>{-0.0, 2.0});
  h.datasets.put("d", data);
  h.load(snapshot({node("v", "vectorInput", {{"datasetRef", "d"}}), node("s", "display")},
                  {edge("1", "v", "s", "value")}));
  EXPECT_TRUE(h.value("s").as_vector().same_memory(data.as_vector()));
  EXPECT_TRUE(std::signbit(data.as_vector()[0]));
}

TEST(Evaluation, NanInADatasetIsReportedWhereItComesFrom) {
  GraphHarness h;
  h.datasets.put("d", Value::vector(std::vector<double>(100'000, std::nan(""))));
  h.load(snapshot({node("v", "vectorInput", {{"datasetRef", "d"}}), node("n", "negate")},
                  {edge("1", "v", "n", "a")}));
  EXPECT_EQ(h.codes(), (Codes{{"n", "NAN_PROPAGATED"}, {"v", "NAN_ORIGIN"}}));
}

TEST(Evaluation, AFoldStopsAtTheFirstGapAndReadsNeitherANorB) {
  GraphHarness h;
  h.load(snapshot({number("x", 1), number("y", 2), number("q", 100), node("s", "add")},
                  {edge("1", "x", "s", "in_0"),
                   edge("2", "y", "s", "in_1"),
                   edge("3", "q", "s", "in_3"),
                   edge("4", "q", "s", "a")}));
  EXPECT_EQ(h.scalar("s"), 3);
  h.set("s", "in_2", 10);
  EXPECT_EQ(h.scalar("s"), 113);
  h.patch(Json::array({remove_edge("1")}));
  EXPECT_TRUE(std::isnan(h.scalar("s"))) << "without in_0 it is a + b, and b is missing";
  h.set("s", "b", 1);
  EXPECT_EQ(h.scalar("s"), 101);
}

TEST(Evaluation, AWrongKindNamesBlockAndPort) {
  GraphHarness h;
  h.load(snapshot({node("t", "tableInput"), node("s", "vectorSum")}, {edge("1", "t", "s", "vec")}));
  ASSERT_TRUE(h.value("s").is(ValueKind::Error));
  EXPECT_NE(h.value("s").error_message().find("port \"vec\" needs a vector, got a table"),
            std::string::npos)
      << h.value("s").error_message();
}

TEST(Evaluation, ErrorsTravelWithTheirMessage) {
  GraphHarness h;
  h.load(
      snapshot({node("u", "made.up"), number("x", 1), node("s", "add"), node("d", "display")},
               {edge("1", "u", "s", "b"), edge("2", "x", "s", "a"), edge("3", "s", "d", "value")}));
  EXPECT_EQ(h.value("d").error_message(), "Unknown block type: made.up");
  EXPECT_EQ(h.codes(), (Codes{{"u", "UNKNOWN_BLOCK"}}));
}

TEST(Evaluation, TheTraceHasAtMostAsManyNodesAsAskedFor) {
  GraphHarness h;
  h.options.trace = true;
  h.options.max_trace_nodes = 3;
  h.load(chain(10));
  ASSERT_EQ(h.report.trace.size(), 3U);
  EXPECT_EQ(h.report.evaluated_count, 10U);
  EXPECT_EQ(h.graph.id_of(h.report.trace[2].slot), "n2");
}

TEST(Cycles, NodesOnOneAndBehindOneAreToldApartAndComeBackWhenItIsBroken) {
  GraphHarness h;
  h.load(snapshot({number("s", 1), node("a", "add"), node("b", "negate"), node("t", "negate")},
                  {edge("0", "s", "a", "a"), edge("2", "a", "b", "a"), edge("3", "b", "t", "a")}));
  h.patch(Json::array({add_edge(edge("1", "b", "a", "b"))}));
  ASSERT_EQ(h.codes(),
            (Codes{{"a", "CYCLE_DETECTED"}, {"b", "CYCLE_DETECTED"}, {"t", "CYCLE_DETECTED"}}));
  for (const graph::Diagnostic& d : h.report.diagnostics) {
    const bool behind = d.message.find("depends on") != std::string::npos;
    EXPECT_EQ(behind, d.node_id == "t") << d.message;
  }
  EXPECT_EQ(h.report.evaluated_count, 0U);
  EXPECT_EQ(h.report.gone, (std::vector<graph::Slot>{1, 2, 3}));
  EXPECT_TRUE(h.value("t").is(ValueKind::None));

  h.patch(Json::array({update("a", Json::object())}));
  EXPECT_EQ(h.codes(), Codes{}) << "a cycle is told once";
  EXPECT_EQ(h.report.evaluated_count, 0U);

  h.patch(Json::array({remove_edge("2")}));
  EXPECT_EQ(h.report.evaluated_count, 3U);
  EXPECT_EQ(h.changed(), (Ids{"a", "b", "t"}));
  EXPECT_TRUE(h.graph.validate().size() == 1U) << "b's input is missing, nothing else";
}

TEST(Cycles, ANodeThatFeedsItselfIsACycle) {
  GraphHarness h;
  h.load(snapshot({node("a", "negate")}, {edge("1", "a", "a", "a")}));
  EXPECT_EQ(h.codes(), (Codes{{"a", "CYCLE_DETECTED"}}));
  h.patch(Json::array({remove_node("a")}));
  EXPECT_EQ(h.graph.node_count(), 0U);
  EXPECT_EQ(h.graph.edge_count(), 0U);
}

TEST(Slots, StayWithTheirNodeAndAreNotUsedAgain) {
  GraphHarness h;
  h.load(snapshot({number("a", 1), number("a", 5), number("b", 2)}, Json::array()));
  EXPECT_EQ(h.graph.find("a"), 0U);
  EXPECT_EQ(h.graph.find("b"), 2U);
  EXPECT_EQ(h.scalar("a"), 5);
  h.patch(Json::array({add_node(node("a", "slider", {{"value", 7}}))}));
  EXPECT_EQ(h.graph.find("a"), 0U);
  EXPECT_TRUE(h.report.appeared.empty());
  h.patch(Json::array({remove_node("a"), add_node(number("a", 7))}));
  EXPECT_EQ(h.graph.find("a"), 3U);
  EXPECT_EQ(h.report.gone, std::vector<graph::Slot>{0});
  EXPECT_EQ(h.report.appeared, std::vector<graph::Slot>{3});
  EXPECT_EQ(h.changed(), Ids{"a"});
  h.patch(Json::array({add_node(number("x", 1)), remove_node("x")}));
  EXPECT_TRUE(h.report.gone.empty());
  EXPECT_TRUE(h.report.appeared.empty());
}

TEST(Patch, OpsThatNameNothingAreIgnoredAndListedOrRefusedWhenStrict) {
  GraphHarness h;
  h.load(chain(3));
  const Json ops =
      Json::array({remove_node("n2"), remove_edge("e2"), update("nobody", Json::object())});
  EXPECT_FALSE(h.try_patch(ops, true).ok());
  EXPECT_EQ(h.graph.node_count(), 3U) << "nothing of a refused patch is applied";
  h.patch(ops);
  ASSERT_EQ(h.ignored.size(), 2U);
  EXPECT_EQ(h.ignored[0].index, 1U);
  EXPECT_EQ(h.ignored[0].op, "removeEdge");
  EXPECT_EQ(h.ignored[0].id, "e2");
  EXPECT_EQ(h.ignored[1].op, "updateNodeData");
}

TEST(Patch, StrictSeesWhatThePatchItselfMade) {
  GraphHarness h;
  h.load(chain(2));
  EXPECT_NO_THROW(h.patch(Json::array({add_node(number("x", 1)),
                                       update("x", {{"value", 2}}),
                                       add_edge(edge("f", "x", "n1", "a")),
                                       remove_edge("f")}),
                          true));
  const auto refused = h.try_patch(
      Json::array({add_edge(edge("g", "x", "n1", "a")), remove_node("x"), remove_edge("g")}), true);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::UnknownEdge);
  EXPECT_TRUE(h.graph.find("x").has_value());
}

TEST(Inputs, StrictRefusesUnknownPortsButFormulaBlocksHaveFreeOnes) {
  GraphHarness h;
  h.load(snapshot({number("a", 1), node("c", "add")}, Json::array()));
  h.options.strict = true;
  EXPECT_THROW(h.set("c", "zz", 1), std::runtime_error);
  EXPECT_THROW(h.set("nobody", "a", 1), std::runtime_error);
  EXPECT_NO_THROW(h.set("c", "in_0", 1));
  EXPECT_NO_THROW(h.set("a", "value", 1));
  EXPECT_THROW(h.set("a", "other", 1), std::runtime_error);
}

TEST(Evaluation, AListOverTheLimitIsAnErrorValue) {
  Limits limits;
  limits.max_vector_length = 4;
  GraphHarness h(limits);
  const auto list = [](const char* id, const char* text) {
    return node(id, "vectorInput", {{"vectorData", Json::parse(text)}});
  };
  h.load(snapshot({list("a", "[1,2]"),
                   list("b", "[3,4]"),
                   list("c", "[5,6,7]"),
                   list("d", "[1,2,3,4,5]"),
                   node("fits", "vectorConcat"),
                   node("over", "vectorConcat")},
                  {edge("1", "a", "fits", "a"),
                   edge("2", "b", "fits", "b"),
                   edge("3", "a", "over", "a"),
                   edge("4", "c", "over", "b")}));
  EXPECT_EQ(h.value("fits").as_vector().size(), 4U);
  EXPECT_EQ(h.value("over").error_message(),
            "List Concat: the list would have 5 entries; maxVectorLength is 4");
  EXPECT_TRUE(h.value("d").is(ValueKind::Error));
  MapDatasets datasets;
  CountingMonitor monitor;
  const std::vector<std::pair<std::string, Value>> inputs{{"a", h.value("c")}, {"b", h.value("c")}};
  EXPECT_TRUE(graph::evaluate_block("vectorConcat", inputs, "{}", limits, datasets, monitor)
                  .value.is(ValueKind::Error));
}

TEST(BlockAlone, GivesValueAndDiagnostics) {
  MapDatasets datasets;
  CountingMonitor monitor;
  const std::vector<std::pair<std::string, Value>> inputs{{"a", Value::scalar(1)},
                                                          {"b", Value::scalar(0)}};
  const auto result = graph::evaluate_block("divide", inputs, "{}", Limits{}, datasets, monitor);
  EXPECT_TRUE(std::isinf(result.value.as_scalar()));
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].code, "NAN_ORIGIN");
  const auto unknown = graph::evaluate_block("made.up", inputs, "{}", Limits{}, datasets, monitor);
  EXPECT_TRUE(unknown.value.is(ValueKind::Error));
  EXPECT_EQ(unknown.diagnostics.at(0).code, "UNKNOWN_BLOCK");
}

}  // namespace
}  // namespace chainsolved::test
