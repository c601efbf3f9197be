// The running hash that proves a replay.

#include "tests/graph/graph_harness.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace chainsolved::test {
namespace {

using Json = nlohmann::json;

Json sum_graph() {
  return snapshot({number("a", 1), number("b", 2), node("s", "add")},
                  {edge("1", "a", "s", "a"), edge("2", "b", "s", "b")});
}

TEST(DefinitionHash, IsTheSameAfterTheSameChanges) {
  GraphHarness one;
  GraphHarness other;
  EXPECT_EQ(one.graph.hash(), 0U);
  for (GraphHarness* h : {&one, &other}) {
    h->load(sum_graph());
    h->set("a", "value", 3);
    h->patch(Json::array(
        {remove_edge("1"), add_node(number("c", 4)), add_edge(edge("3", "c", "s", "a"))}));
    h->patch(Json::array({update("c", {{"value", 5}}), remove_node("a")}));
  }
  EXPECT_EQ(one.graph.hash(), other.graph.hash());
}

TEST(DefinitionHash, TellsEveryKindOfChangeFromEveryOther) {
  const auto changed = [](const auto& change) {
    GraphHarness h;
    h.load(sum_graph());
    change(h);
    return h.graph.hash();
  };
  const std::vector<std::uint64_t> hashes{
      changed([](GraphHarness&) {}),
      changed([](GraphHarness& h) { h.set("a", "value", 3); }),
      changed([](GraphHarness& h) { h.set("a", "value", 4); }),
      changed([](GraphHarness& h) { h.set("b", "value", 3); }),
      changed([](GraphHarness& h) { h.set("a", "other", 3); }),
      changed([](GraphHarness& h) { h.patch(Json::array({remove_node("a")})); }),
      changed([](GraphHarness& h) { h.patch(Json::array({remove_node("b")})); }),
      changed([](GraphHarness& h) { h.patch(Json::array({remove_edge("1")})); }),
      changed([](GraphHarness& h) { h.patch(Json::array({add_node(number("c", 1))})); }),
      changed([](GraphHarness& h) { h.patch(Json::array({add_node(number("c", 2))})); }),
      changed([](GraphHarness& h) {
        h.patch(Json::array({update("a", {{"value", 1}})}));
      }),
      changed([](GraphHarness& h) { h.patch(Json::array({add_edge(edge("3", "a", "s", "b"))})); }),
      changed([](GraphHarness& h) { h.patch(Json::array({add_edge(edge("3", "b", "s", "b"))})); }),
      changed([](GraphHarness& h) { h.patch(Json::array({add_edge(edge("3", "b", "s", "a"))})); }),
  };
  const std::set<std::uint64_t> different(hashes.begin(), hashes.end());
  EXPECT_EQ(different.size(), hashes.size());
}

TEST(DefinitionHash, PassesOverWhatDidNothing) {
  GraphHarness h;
  h.load(sum_graph());
  const std::uint64_t before = h.graph.hash();
  h.patch(Json::array({remove_node("ghost"), remove_edge("ghost")}));
  h.set("ghost", "value", 1);
  EXPECT_FALSE(h.try_patch(Json::array({remove_node("ghost")}), true).ok());
  EXPECT_FALSE(h.try_load({{"version", 1}}).ok());
  EXPECT_EQ(h.graph.hash(), before);
}

TEST(DefinitionHash, GoesOnFromASnapshotAsALoadOfItDoes) {
  GraphHarness h;
  h.load(sum_graph());
  h.patch(Json::array({add_node(number("c", 4)), remove_node("c")}));
  h.set("a", "value", 1.5);
  const std::string written = h.graph.snapshot();
  h.graph.continue_from(written);
  std::string padded = written;
  padded.append(kJsonPadding, ' ');
  GraphHarness loaded;
  ASSERT_TRUE(loaded.graph.load(std::string_view(padded).substr(0, written.size())).ok());
  EXPECT_EQ(loaded.graph.hash(), h.graph.hash());
  // The slot of a new node is part of what is hashed.
  for (GraphHarness* graph : {&h, &loaded})
    graph->patch(Json::array({add_node(number("d", 1))}));
  EXPECT_EQ(loaded.graph.hash(), h.graph.hash());
  EXPECT_EQ(loaded.graph.find("d"), 4U);
}

}  // namespace
}  // namespace chainsolved::test
