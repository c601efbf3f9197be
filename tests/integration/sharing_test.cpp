// Several clients in one session: each is served, the others are told, none can delay another.
#include "chainsolved/engine.h"
#include "tests/integration/raw_client.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

namespace chainsolved::test {
namespace {

constexpr const char* kSum =
    R"({"snapshot":{"version":1,"nodes":[)"
    R"({"id":"a","blockType":"number","data":{"value":1}},)"
    R"({"id":"b","blockType":"number","data":{"value":2}},)"
    R"({"id":"sum","blockType":"add","data":{}}],"edges":[)"
    R"({"id":"e1","source":"a","sourceHandle":"out","target":"sum","targetHandle":"a"},)"
    R"({"id":"e2","source":"b","sourceHandle":"out","target":"sum","targetHandle":"b"}]}})";

class Sharing : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon_.running()) << daemon_.said(); }
  Daemon daemon_ = Daemon::start();
};

std::vector<std::uint32_t> sorted(std::vector<std::uint32_t> slots) {
  std::sort(slots.begin(), slots.end());
  return slots;
}

TEST_F(Sharing, ASecondClientJoinsByNameAndSeesTheGraph) {
  RawClient first(daemon_.socket());
  first.open(R"({"name":"shared"})");
  ASSERT_TRUE(first.call("loadSnapshot", kSum).json.contains("result"));
  RawClient second(daemon_.socket());
  const auto opened = second.open(R"({"name":"shared"})");
  EXPECT_FALSE(opened.json["result"]["created"].get<bool>());
  EXPECT_EQ(opened.json["result"]["slots"]["ids"], (nlohmann::json{"a", "b", "sum"}));
  const auto values = second.call("getValues", R"({"nodeIds":["sum"]})");
  const auto& scalars = values.json["result"]["scalars"];
  EXPECT_EQ(values.numbers(scalars["values"]), std::vector<double>{3});
}

TEST_F(Sharing, AChangeIsToldToTheOtherClientWithSlotsAndNumbers) {
  RawClient first(daemon_.socket());
  first.open(R"({"name":"shared"})");
  first.call("loadSnapshot", kSum);
  RawClient second(daemon_.socket());
  second.open(R"({"name":"shared"})");
  first.call("setInput", R"({"nodeId":"a","portId":"value","value":10})");
  const auto told = second.notification("valuesChanged");
  const auto& scalars = told.json["params"]["scalars"];
  EXPECT_EQ(sorted(told.slots(scalars["slots"])), (std::vector<std::uint32_t>{0, 2}));
  const auto numbers = told.numbers(scalars["values"]);
  EXPECT_EQ(std::count(numbers.begin(), numbers.end(), 12.0), 1);
}

TEST_F(Sharing, ALoadByOneClientIsToldInFullToTheOther) {
  RawClient first(daemon_.socket());
  first.open(R"({"name":"shared"})");
  RawClient second(daemon_.socket());
  second.open(R"({"name":"shared"})");
  first.call("loadSnapshot", kSum);
  const auto told = second.notification("valuesChanged");
  EXPECT_TRUE(told.json["params"]["full"].get<bool>());
  EXPECT_EQ(told.json["params"]["newSlots"]["ids"], (nlohmann::json{"a", "b", "sum"}));
}

TEST_F(Sharing, AClientThatDoesNotReadDelaysNobodyAndIsToldInFullLater) {
  RawClient reader(daemon_.socket());
  reader.open(R"({"name":"shared"})");
  reader.call("loadSnapshot", kSum);
  RawClient sleeper(daemon_.socket());
  sleeper.open(R"({"name":"shared"})");
  // Many times what the sleeper's socket holds.
  constexpr int kChanges = 5000;
  for (int i = 1; i <= kChanges; ++i) {
    const auto answer = reader.call(
        "setInput", R"({"nodeId":"a","portId":"value","value":)" + std::to_string(i) + "}");
    ASSERT_TRUE(answer.json.contains("result")) << answer.json.dump();
  }
  bool full = false;
  double last = 0;
  for (;;) {
    const auto told = sleeper.notification("valuesChanged");
    const auto& params = told.json["params"];
    full = full || params.value("full", false);
    const auto slots = told.slots(params["scalars"]["slots"]);
    const auto numbers = told.numbers(params["scalars"]["values"]);
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (slots[i] == 2) last = numbers[i];
    if (last == kChanges + 2) break;
  }
  EXPECT_TRUE(full) << "some notifications must have been dropped, and the next one be full";
}

TEST_F(Sharing, SlotsStayRightThroughRemovalsAndReAdditions) {
  RawClient client(daemon_.socket());
  client.open();
  client.call("loadSnapshot", kSum);
  const auto removed = client.call("applyPatch", R"({"ops":[{"op":"removeNode","nodeId":"b"}]})");
  EXPECT_EQ(removed.slots(removed.json["result"]["gone"]), std::vector<std::uint32_t>{1});
  // A removed slot is not used again before the next load.
  const auto added = client.call(
      "applyPatch",
      R"({"ops":[{"op":"addNode","node":{"id":"b","blockType":"number","data":{"value":7}}},)"
      R"({"op":"addEdge","edge":{"id":"e3","source":"b","sourceHandle":"out","target":"sum","targetHandle":"b"}}]})");
  const auto& result = added.json["result"];
  EXPECT_EQ(result["newSlots"]["ids"], nlohmann::json{"b"});
  EXPECT_EQ(added.slots(result["newSlots"]["slots"]), std::vector<std::uint32_t>{3});
  EXPECT_EQ(sorted(added.slots(result["scalars"]["slots"])), (std::vector<std::uint32_t>{2, 3}));
  // addNode of an existing id keeps its slot.
  const auto replaced = client.call(
      "applyPatch",
      R"({"ops":[{"op":"addNode","node":{"id":"b","blockType":"slider","data":{"value":9}}}]})");
  EXPECT_FALSE(replaced.json["result"].contains("newSlots")) << replaced.json.dump();
  EXPECT_EQ(sorted(replaced.slots(replaced.json["result"]["scalars"]["slots"])),
            (std::vector<std::uint32_t>{2, 3}));
  // The next load starts anew at the positions.
  client.call("loadSnapshot", kSum);
  const auto changed = client.call("setInput", R"({"nodeId":"b","portId":"value","value":5})");
  EXPECT_EQ(sorted(changed.slots(changed.json["result"]["scalars"]["slots"])),
            (std::vector<std::uint32_t>{1, 2}));
}

TEST_F(Sharing, AClientThatAskedForNamesGetsEveryValueById) {
  RawClient client(daemon_.socket());
  const auto opened = client.open(R"({"names":true})");
  EXPECT_FALSE(opened.json["result"].contains("slots") &&
               !opened.json["result"]["slots"].is_null() &&
               !opened.json["result"]["slots"].empty());
  const auto loaded = client.call("loadSnapshot", kSum);
  EXPECT_EQ(loaded.json["result"]["values"]["sum"],
            (nlohmann::json{{"kind", "scalar"}, {"value", 3}}));
  EXPECT_FALSE(loaded.json["result"].contains("scalars"));
  const auto removed = client.call("applyPatch", R"({"ops":[{"op":"removeNode","nodeId":"b"}]})");
  EXPECT_EQ(removed.json["result"]["gone"], nlohmann::json{"b"});
}

TEST_F(Sharing, AnUnnamedSessionIsOnesOwn) {
  RawClient first(daemon_.socket());
  first.open();
  first.call("loadSnapshot", kSum);
  RawClient second(daemon_.socket());
  second.open();
  EXPECT_EQ(second.call("getStats").json["result"]["nodeCount"], 0);
}

TEST_F(Sharing, OptionsThatContradictTheSessionsAreRefusedByName) {
  RawClient first(daemon_.socket());
  first.open(R"({"name":"shared","watchdogMs":4000})");
  RawClient second(daemon_.socket());
  second.hello();
  const auto refused = second.call("openSession", R"({"name":"shared","watchdogMs":3000})");
  EXPECT_TRUE(refused.is_error("NOT_ALLOWED")) << refused.json.dump();
  EXPECT_NE(refused.json["error"]["message"].get<std::string>().find("watchdogMs"),
            std::string::npos);
  // The connection is still good.
  EXPECT_TRUE(second.call("openSession", R"({"name":"shared"})").json.contains("result"));
}

}  // namespace
}  // namespace chainsolved::test
