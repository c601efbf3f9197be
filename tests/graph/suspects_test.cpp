// Nodes that an engine died at: withheld, tried one by one, quarantined.

#include "daemon/engine/ops/debug.h"
#include "tests/graph/graph_harness.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <functional>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;
using graph::Slot;

/// a -> x -> y, a -> z; two suspects can lie on the way.
Json line_graph() {
  return snapshot({number("a", 2),
                   node("x", "negate"),
                   node("y", "negate"),
                   node("z", "abs"),
                   node("both", "add")},
                  {edge("1", "a", "x", "a"),
                   edge("2", "x", "y", "a"),
                   edge("3", "a", "z", "a"),
                   edge("4", "y", "both", "a"),
                   edge("5", "z", "both", "b")});
}

class Suspects : public ::testing::Test {
 protected:
  /// Loads, but does not evaluate.
  void load() {
    std::string text = line_graph().dump();
    const std::size_t size = text.size();
    text.append(kJsonPadding, ' ');
    ASSERT_TRUE(h_.graph.load(std::string_view(text).substr(0, size)).ok());
  }
  void withhold(const std::vector<Slot>& slots) { h_.graph.withhold(slots); }
  Slot slot(std::string_view id) const { return h_.graph.find(id).value(); }
  bool has_value(std::string_view id) const { return !h_.value(id).is(ValueKind::None); }

  GraphHarness h_;
};

TEST_F(Suspects, AndWhatDependsOnThemAreLeftOut) {
  load();
  withhold({slot("x"), 4711});
  h_.evaluate();
  EXPECT_EQ(h_.scalar("z"), 2);
  EXPECT_FALSE(has_value("x"));
  EXPECT_FALSE(has_value("y"));
  EXPECT_FALSE(has_value("both"));
  EXPECT_EQ(h_.changed(), (std::vector<std::string>{"a", "z"}));
}

TEST_F(Suspects, AreTriedAloneAndInTheOrderOfEvaluation) {
  load();
  withhold({slot("y"), slot("x")});
  h_.evaluate();
  ASSERT_EQ(h_.graph.try_next(), slot("x"));
  h_.evaluate();
  EXPECT_EQ(h_.changed(), std::vector<std::string>{"x"});
  EXPECT_EQ(h_.report.evaluated_count, 1U);
  h_.graph.release_dependants();
  h_.evaluate();
  EXPECT_FALSE(has_value("y")) << "it has its own turn";
  ASSERT_EQ(h_.graph.try_next(), slot("y"));
  h_.evaluate();
  EXPECT_FALSE(has_value("both"));
  h_.graph.release_dependants();
  h_.evaluate();
  EXPECT_EQ(h_.changed(), std::vector<std::string>{"both"});
  EXPECT_EQ(h_.scalar("both"), 4);
  EXPECT_FALSE(h_.graph.try_next().has_value());
  EXPECT_FALSE(h_.graph.dirty());
}

TEST_F(Suspects, LoseTheValueThatTheyHad) {
  h_.load(line_graph());
  withhold({slot("y")});
  h_.evaluate();
  EXPECT_EQ(h_.report.gone, (std::vector<Slot>{slot("y"), slot("both")}));
}

class Quarantine : public Suspects {
 protected:
  void SetUp() override {
    h_.load(line_graph());
    const std::vector<Slot> slots{slot("x")};
    h_.graph.quarantine(slots);
    h_.evaluate();
  }
  std::vector<Slot> ended() { return h_.graph.take_quarantine_ended(); }
};

TEST_F(Quarantine, GivesAnErrorValueThatTravels) {
  ASSERT_TRUE(h_.value("x").is(ValueKind::Error));
  EXPECT_NE(h_.value("x").error_message().find("quarantined"), std::string_view::npos);
  EXPECT_TRUE(h_.value("both").is(ValueKind::Error));
  EXPECT_EQ(h_.scalar("z"), 2);
  EXPECT_EQ(h_.codes().front(), (std::pair<std::string, std::string>{"x", "NODE_QUARANTINED"}));
}

TEST_F(Quarantine, OutlastsChangedInputs) {
  h_.set("a", "value", 5);
  EXPECT_TRUE(h_.value("x").is(ValueKind::Error));
  EXPECT_EQ(h_.scalar("z"), 5);
  h_.set("x", "a", 6);
  h_.patch(Json::array({update("a", {{"value", 7}})}));
  h_.patch(Json::array({update("y", {{"label", "next"}})}));
  EXPECT_TRUE(h_.value("x").is(ValueKind::Error));
  EXPECT_TRUE(ended().empty());
}

TEST_F(Quarantine, EndsWithAnEditOfDataBlockOrIncomingEdges) {
  const std::vector<std::function<void()>> edits{
      [&] {
        h_.patch(Json::array({update("x", {{"label", "new"}})}));
      },
      [&] { h_.patch(Json::array({add_node(node("x", "abs"))})); },
      [&] { h_.patch(Json::array({add_edge(edge("6", "z", "x", "a"))})); },
      [&] { h_.patch(Json::array({remove_edge("6")})); },
      [&] { h_.patch(Json::array({add_edge(edge("7", "ghost", "x", "a"))})); },
      [&] { h_.patch(Json::array({add_node(number("ghost", 1))})); },
      [&] { h_.patch(Json::array({remove_node("ghost")})); },
  };
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const std::vector<Slot> slots{slot("x")};
    h_.graph.quarantine(slots);
    h_.evaluate();
    ASSERT_TRUE(h_.value("x").is(ValueKind::Error)) << i;
    edits[i]();
    EXPECT_EQ(ended(), slots) << i;
    EXPECT_TRUE(h_.value("x").is(ValueKind::Scalar)) << i;
  }
}

TEST_F(Quarantine, EndsWithTheNode) {
  const std::vector<Slot> slots{slot("x")};
  h_.patch(Json::array({remove_node("x")}));
  EXPECT_EQ(ended(), slots);
}

TEST_F(Quarantine, EndsWithALoad) {
  const std::vector<Slot> slots{slot("x")};
  h_.load(line_graph());
  EXPECT_EQ(ended(), slots);
  EXPECT_EQ(h_.scalar("x"), -2);
}

/// Notes where the evaluation is whenever a block without a fast way begins.
class Watching final : public graph::Monitor {
 public:
  explicit Watching(std::atomic<std::uint32_t>& current) : Monitor(current) {}
  bool keep_going(Slot /*node*/, std::size_t /*done*/, std::size_t /*total*/) override {
    return true;
  }
  void entering(Slot node) override { entered.emplace_back(node, current().load()); }
  std::vector<std::pair<Slot, std::uint32_t>> entered;
};

TEST(CurrentNode, IsStoredBeforeEachNodeAndNamedBeforeSlowOnes) {
  ops::enable_debug_blocks();
  GraphHarness h;
  std::string text =
      snapshot({number("a", 2), node("p", "debug.sleep", {{"armed", false}}), node("n", "negate")},
               {edge("1", "a", "p", "a"), edge("2", "p", "n", "a")})
          .dump();
  const std::size_t size = text.size();
  text.append(kJsonPadding, ' ');
  ASSERT_TRUE(h.graph.load(std::string_view(text).substr(0, size)).ok());
  std::atomic<std::uint32_t> current{99};
  Watching watching(current);
  h.graph.evaluate({}, graph::Reporting::Session, h.datasets, watching, h.report);
  EXPECT_EQ(watching.entered, (std::vector<std::pair<Slot, std::uint32_t>>{{1, 2}}));
  EXPECT_EQ(current.load(), 0U) << "nothing is under evaluation any more";
  EXPECT_EQ(h.scalar("n"), -2);
}

}  // namespace
}  // namespace chainsolved::test
