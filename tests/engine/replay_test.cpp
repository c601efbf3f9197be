// An engine that takes another's place (DESIGN §4).

#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

#include <csignal>

#include <sys/wait.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

json sum_graph() {
  return snapshot({node("a", "number", {{"value", 2}}),
                   node("b", "number", {{"value", 3}}),
                   node("sum", "add")},
                  {edge("e1", "a", "sum", "a"), edge("e2", "b", "sum", "b")});
}

AttachMessage again(std::uint64_t client = 1) {
  AttachMessage attach;
  attach.client = client;
  attach.names = true;
  attach.error = "WORKER_CRASHED";
  return attach;
}

TEST(Replay, GivesTheSameValuesSnapshotAndHash) {
  EngineHarness first;
  TestClient& client = first.attach(EngineHarness::Names::Yes);
  client.call("loadSnapshot", {{"snapshot", sum_graph()}});
  client.call("setInput", {{"nodeId", "a"}, {"portId", "value"}, {"value", 0.1}});
  client.call("applyPatch",
              {{"ops",
                {{{"op", "addNode"}, {"node", node("c", "number", {{"value", 7}})}},
                 {{"op", "removeNode"}, {"nodeId", "c"}},
                 {{"op", "addNode"}, {"node", node("neg", "negate")}},
                 {{"op", "addEdge"}, {"edge", edge("e3", "sum", "neg", "a")}}}}});
  client.call("setInputs",
              {{"inputs", {{{"nodeId", "b"}, {"portId", "value"}, {"value", "NaN"}}}}});
  const json values = client.call("getValues").result();
  const json before = client.call("getSnapshot").result();
  const auto records = first.records();
  ASSERT_EQ(records.size(), 3U);
  first.kill();

  EngineHarness second(first.successor());
  const json replayed = second.take_over(first);
  EXPECT_EQ(replayed.at("hash"), records.back().hash);
  EXPECT_EQ(replayed.at("records"), 3);
  EXPECT_EQ(second.committed(), commit_word(2, bytes_of(first.committed())));
  TestClient& same = second.attach_again(first, again());
  same.epoch = 2;
  EXPECT_EQ(same.call("getValues").result(), values);
  EXPECT_EQ(same.call("getSnapshot").result(), before);
}

}  // namespace
}  // namespace chainsolved::test
