// Every limit, one over it: the error names it, nothing is half-applied, the connection goes on.
#include "protocol/limits.h"

#include "tests/integration/raw_client.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace chainsolved::test {
namespace {

/// A request that is one over a limit set to `value` on the daemon's command line.
struct Over {
  const char* limit;
  std::uint64_t value;
  std::string method;
  std::string params;
  std::string code = "LIMIT_EXCEEDED";
};

std::ostream& operator<<(std::ostream& out, const Over& over) {
  return out << over.limit;
}

std::string nodes(int count, const std::string& data = "{}") {
  std::string list;
  for (int i = 0; i < count; ++i)
    list += (i > 0 ? "," : "") + (R"({"id":"n)" + std::to_string(i)) +
            R"(","blockType":"negate","data":)" + data + "}";
  return list;
}

std::string edges(int count) {
  std::string list;
  for (int i = 0; i < count; ++i)
    list += (i > 0 ? "," : "") + (R"({"id":"e)" + std::to_string(i)) +
            R"(","source":"n0","sourceHandle":"out","target":"n1","targetHandle":"a"})";
  return list;
}

std::string snapshot(const std::string& node_list, const std::string& edge_list = "") {
  return R"({"snapshot":{"version":1,"nodes":[)" + node_list + R"(],"edges":[)" + edge_list + "]}}";
}

std::vector<Over> over_each() {
  const std::string long_id(21, 'i');
  return {
      {"maxJsonBytes",
       300'000,
       "evaluateBlock",
       R"({"blockType":"number","data":{"x":")" + std::string(300'001, 'x') + R"("}})"},
      {"maxNesting",
       12,
       "evaluateBlock",
       R"({"blockType":"number","data":{"x":)" + std::string(12, '[') + std::string(12, ']') +
           "}}"},
      {"maxNodes", 3, "loadSnapshot", snapshot(nodes(4))},
      {"maxEdges", 2, "loadSnapshot", snapshot(nodes(2), edges(3))},
      {"maxIdBytes",
       20,
       "loadSnapshot",
       snapshot(R"({"id":")" + long_id + R"(","blockType":"negate","data":{}})")},
      {"maxNodeDataBytes",
       64,
       "loadSnapshot",
       snapshot(nodes(1, R"({"x":")" + std::string(64, 'x') + R"("})"))},
      {"maxPatchOps",
       2,
       "applyPatch",
       R"({"ops":[{"op":"removeNode","nodeId":"a"},{"op":"removeNode","nodeId":"b"},{"op":"removeNode","nodeId":"c"}]})"},
      {"maxInputs",
       1,
       "setInputs",
       R"({"inputs":[{"nodeId":"a","portId":"value","value":1},{"nodeId":"b","portId":"value","value":1}]})"},
      {"maxTraceNodes",
       5,
       "evaluate",
       R"({"options":{"trace":true,"maxTraceNodes":6},"snapshot":{"version":1,"nodes":[],"edges":[]}})"},
      {"maxTableColumns",
       2,
       "registerDataset",
       R"({"datasetId":"t","values":[1,2,3],"rows":1,"columns":["a","b","c"]})"},
      {"maxDatasetBytes",
       64,
       "registerDataset",
       R"({"datasetId":"v","values":[1,2,3,4,5,6,7,8,9]})",
       "DATASET_QUOTA_EXCEEDED"},
  };
}

class OneOver : public ::testing::TestWithParam<Over> {};

TEST_P(OneOver, IsRefusedByNameAndTheConnectionGoesOn) {
  const Over& over = GetParam();
  auto daemon =
      Daemon::start({"--limit", std::string(over.limit) + "=" + std::to_string(over.value)});
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient client(daemon.socket());
  client.open();
  const auto before = client.call("getSnapshot").json;
  const auto id = client.request(over.method, over.params);
  const auto answer = client.answer(id);
  ASSERT_TRUE(answer.is_error(over.code)) << answer.json.dump();
  if (over.code == "LIMIT_EXCEEDED") {
    EXPECT_EQ(answer.json["error"]["data"]["limit"], over.limit);
    EXPECT_EQ(answer.json["error"]["data"]["max"], over.value);
  }
  EXPECT_EQ(client.call("getSnapshot").json, before);
}

INSTANTIATE_TEST_SUITE_P(Limit,
                         OneOver,
                         ::testing::ValuesIn(over_each()),
                         [](const auto& instance) { return std::string(instance.param.limit); });

TEST(Limit, MaxDatasetsCountsTheSessions) {
  auto daemon = Daemon::start({"--limit", "maxDatasets=2"});
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient client(daemon.socket());
  client.open();
  for (const char* id : {"a", "b"})
    ASSERT_TRUE(
        client.call("registerDataset", std::string(R"({"values":[1],"datasetId":")") + id + R"("})")
            .json.contains("result"));
  const auto over = client.call("registerDataset", R"({"values":[1],"datasetId":"c"})");
  EXPECT_TRUE(over.is_error("LIMIT_EXCEEDED")) << over.json.dump();
  EXPECT_TRUE(
      client.call("registerDataset", R"({"values":[2],"datasetId":"b"})").json.contains("result"))
      << "replacing one is not one more";
}

TEST(Limit, MaxSessionsIsToldToTheOneTooMany) {
  auto daemon = Daemon::start({"--limit", "maxSessions=1"});
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient first(daemon.socket());
  first.open();
  RawClient second(daemon.socket());
  second.hello();
  const auto refused = second.call("openSession");
  ASSERT_TRUE(refused.is_error("LIMIT_EXCEEDED")) << refused.json.dump();
  EXPECT_EQ(refused.json["error"]["data"]["limit"], "maxSessions");
  EXPECT_TRUE(second.call("status").json.contains("result"));
}

TEST(Limit, MaxClientsIsToldToTheOneTooMany) {
  auto daemon = Daemon::start({"--limit", "maxClients=1"});
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient first(daemon.socket());
  first.open(R"({"name":"s"})");
  RawClient second(daemon.socket());
  second.hello();
  const auto refused = second.call("openSession", R"({"name":"s"})");
  ASSERT_TRUE(refused.is_error("LIMIT_EXCEEDED")) << refused.json.dump();
  EXPECT_EQ(refused.json["error"]["data"]["limit"], "maxClients");
}

TEST(Limit, MaxNameBytesBoundsASessionsName) {
  auto daemon = Daemon::start({"--limit", "maxNameBytes=4"});
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient client(daemon.socket());
  client.hello();
  EXPECT_TRUE(client.call("openSession", R"({"name":"fiver"})").is_error("LIMIT_EXCEEDED"));
  EXPECT_TRUE(client.call("openSession", R"({"name":"four"})").json.contains("result"));
}

TEST(Limit, MaxConnectionsEndsTheOneTooMany) {
  auto daemon = Daemon::start({"--limit", "maxConnections=2"});
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient first(daemon.socket());
  first.hello();
  RawClient second(daemon.socket());
  second.hello();
  RawClient third(daemon.socket());
  EXPECT_TRUE(third.ends());
  // A connection that has a session no longer counts.
  ASSERT_TRUE(first.call("openSession").json.contains("result"));
  RawClient fourth(daemon.socket());
  fourth.hello();
}

TEST(Limit, MaxQueuedBytesEndsAClientThatNeverReads) {
  auto daemon = Daemon::start({"--limit", "maxQueuedBytes=2000000"});
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient client(daemon.socket());
  client.open(R"({"name":"s"})");
  std::string list = nodes(3000, R"({"label":"some text so that the answer is long"})");
  client.call("loadSnapshot", snapshot(list));
  // Answers of about 300 kB each go out in segments, which count; nobody reads them.
  RawClient reader(daemon.socket());
  reader.open(R"({"name":"s"})");
  for (int i = 0; i < 200; ++i)
    client.request("getSnapshot");
  EXPECT_TRUE(reader.call("getStats").json.contains("result")) << "the others are served meanwhile";
}

TEST(Limit, AnUnknownNameIsRefusedAtTheStart) {
  auto daemon = Daemon::start({"--limit", "maxBananas=3"});
  EXPECT_FALSE(daemon.running());
  EXPECT_NE(daemon.said().find("maxBananas"), std::string::npos) << daemon.said();
}

// The rows that no request of a session can exceed one by one are tested elsewhere, by name.
TEST(Limits, EveryOneHasATest) {
  std::set<std::string> tested{"maxDatasets",
                               "maxSessions",
                               "maxClients",
                               "maxNameBytes",
                               "maxConnections",
                               "maxQueuedBytes"};
  for (const Over& over : over_each())
    tested.insert(over.limit);
  const std::map<std::string, const char*> elsewhere{
      {"inlineLimit", "tests/protocol: a larger frame does not decode"},
      {"maxLineBytes", "tests/cli: Rpc.ALineOverTheLimitIsAnsweredAndTheNextIsServed"},
      {"maxVectorLength", "tests/graph: Evaluation.AListOverTheLimitIsAnErrorValue"},
      {"maxResultBytes", "tests/engine: Methods"},
      {"maxInFlight", "tests/engine: InFlight.ASmallerLimitHoldsForAllClientsTogether"},
  };
  for (const LimitInfo& limit : kLimits)
    EXPECT_TRUE(tested.contains(std::string(limit.name)) ||
                elsewhere.contains(std::string(limit.name)))
        << limit.name << " has no test one over it";
}

}  // namespace
}  // namespace chainsolved::test
