#include "tests/cli/service.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstddef>
#include <map>
#include <sstream>
#include <string>

namespace chainsolved::test {
namespace {

using nlohmann::json;

constexpr const char* kGraph = R"({"version": 1, "nodes": [
  {"id": "x", "blockType": "slider", "data": {"value": 3}},
  {"id": "y", "blockType": "power", "data": {"manualValues": {"exp": 2}}}],
  "edges": [{"id": "1", "source": "x", "sourceHandle": "out", "target": "y", "targetHandle": "base"}]})";

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text + "\n";
}

std::string load(int id, const std::string& graph = kGraph) {
  return one_line(R"({"id":)" + std::to_string(id) +
                  R"(,"method":"loadSnapshot","params":{"snapshot":)" + graph + "}}");
}

std::string set(int id, double value) {
  return json{{"id", id},
              {"method", "setInput"},
              {"params", {{"nodeId", "x"}, {"portId", "value"}, {"value", value}}}}
             .dump() +
         "\n";
}

/// Output lines by id (as JSON text); notifications under "".
std::multimap<std::string, json> answers(const std::string& out) {
  std::multimap<std::string, json> found;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    json message = json::parse(line);
    EXPECT_EQ(message["jsonrpc"], "2.0") << line;
    const std::string id = message.contains("id") ? message["id"].dump() : "";
    found.emplace(id, std::move(message));
  }
  return found;
}

class Rpc : public WithDaemon {
 protected:
  json only_answer(const std::string& line) {
    const auto outcome = run({"rpc"}, line);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_FALSE(outcome.out.empty());
    return outcome.out.empty() ? json() : json::parse(outcome.out);
  }
};

TEST_F(Rpc, ValuesAreByNodeIdWithoutHelloOrOpenSession) {
  const auto outcome = run({"rpc"}, load(1) + set(2, 5));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto found = answers(outcome.out);
  EXPECT_EQ(found.find("1")->second["result"]["values"]["y"]["value"], 9);
  EXPECT_EQ(found.find("2")->second["result"]["changedValues"]["y"]["value"], 25);
  EXPECT_EQ(found.find("2")->second["result"]["evaluatedCount"], 2);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Rpc, AnIdComesBackAsItCame) {
  for (const char* id : {"1",
                         "1.0",
                         "1e2",
                         "\"a \\u00e4\"",
                         "null",
                         "[1,{\"x\":2}]",
                         "123456789012345678901234567890",
                         "-0"}) {
    const auto outcome = run({"rpc"}, std::string(R"({"id":)") + id + R"(,"method":"getStats"})");
    const std::string start = std::string(R"({"jsonrpc":"2.0","id":)") + id + R"(,"result":)";
    EXPECT_TRUE(outcome.out.starts_with(start)) << outcome.out;
  }
}

TEST_F(Rpc, ARequestWithoutAnIdIsDoneAndNotAnswered) {
  const auto outcome =
      run({"rpc"},
          load(1) +
              R"({"method":"setInput","params":{"nodeId":"x","portId":"value","value":7}})"
              "\n" +
              R"({"id":2,"method":"getValues"})");
  const auto found = answers(outcome.out);
  EXPECT_EQ(found.size(), 2U) << outcome.out;
  EXPECT_EQ(found.find("2")->second["result"]["values"]["y"]["value"], 49);
}

TEST_F(Rpc, ALineOverTheLimitIsAnsweredAndTheNextIsServed) {
  const Daemon narrow = Daemon::start({"--limit", "maxLineBytes=100"});
  ASSERT_TRUE(narrow.running()) << narrow.said();
  const auto fits = [](std::size_t length) {
    const std::string line = R"({"id":1,"method":"getStats","x":")";
    return line + std::string(length - line.size() - 2, 'x') + "\"}\n";
  };
  const auto outcome =
      test::run({"rpc"}, fits(101) + fits(100), {"CHAINSOLVED_SOCKET=" + narrow.socket()});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto found = answers(outcome.out);
  ASSERT_EQ(found.size(), 2U) << outcome.out;
  const json refused = found.find("null")->second["error"]["data"];
  EXPECT_EQ(refused["limit"], "maxLineBytes");
  EXPECT_EQ(refused["max"], 100);
  EXPECT_TRUE(found.find("1")->second.contains("result"));
}

TEST_F(Rpc, BadLinesAreAnsweredWithIdNullAndTheNextIsServed) {
  const auto outcome =
      run({"rpc"},
          "{\"id\": 1, \n[]\n7\n{\"id\":2}\n\n{\"id\":3,\"method\":5}\nnull x\n"
          "{\"id\":4,\"method\":\"noSuchMethod\"}\n{\"id\":5,\"method\":\"getStats\"}\n");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto found = answers(outcome.out);
  std::map<int, int> without_id;
  for (auto [entry, end] = found.equal_range("null"); entry != end; ++entry)
    ++without_id[entry->second["error"]["code"].get<int>()];
  EXPECT_EQ(without_id, (std::map<int, int>{{-32700, 2}, {-32600, 2}}));
  EXPECT_EQ(found.find("2")->second["error"]["code"], -32600);
  EXPECT_EQ(found.find("3")->second["error"]["code"], -32600);
  EXPECT_EQ(found.find("4")->second["error"]["code"], -32601);
  EXPECT_TRUE(found.find("5")->second.contains("result"));
}

TEST_F(Rpc, ErrorsOfTheEngineAreWholeOnes) {
  const json answer =
      only_answer(R"({"id":1,"method":"loadSnapshot","params":{"snapshot":{"version":9}}})");
  EXPECT_EQ(answer["error"]["code"], -32000);
  EXPECT_EQ(answer["error"]["data"]["code"], "UNSUPPORTED_VERSION");
  EXPECT_EQ(answer["error"]["data"]["applied"], false);
  EXPECT_TRUE(answer["error"]["message"].get<std::string>().starts_with("[UNSUPPORTED_VERSION]"));
}

TEST_F(Rpc, InlineValuesOfAnySizeBecomeADataset) {
  constexpr std::size_t kCount = 300'000;  // megabytes of text, far over a frame
  std::string values = "[\"NaN\"";
  for (std::size_t i = 1; i < kCount; ++i)
    values += ",0.5";
  const std::string graph = R"({"version":1,"nodes":[
    {"id":"v","blockType":"vectorInput","data":{"datasetRef":"d"}},
    {"id":"n","blockType":"vectorLength","data":{}},{"id":"m","blockType":"vectorMax","data":{}}],"edges":[
    {"id":"1","source":"v","sourceHandle":"out","target":"n","targetHandle":"vec"},
    {"id":"2","source":"v","sourceHandle":"out","target":"m","targetHandle":"vec"}]})";
  const auto outcome =
      run({"rpc"},
          R"({"id":1,"method":"registerDataset","params":{"datasetId":"d","values":)" + values +
              "]}}\n" + load(2, graph) + R"({"id":3,"method":"getStats"})");
  const auto found = answers(outcome.out);
  EXPECT_EQ(found.find("1")->second["result"], json::parse(R"({"datasetId":"d","bytes":2400000})"));
  const json values_out = found.find("2")->second["result"]["values"];
  EXPECT_EQ(values_out["n"]["value"], kCount);
  EXPECT_EQ(values_out["m"]["value"], 0.5);
  ASSERT_EQ(values_out["v"]["value"].size(), kCount) << "a long vector comes back as an array";
  EXPECT_EQ(values_out["v"]["value"][0], "NaN");
  EXPECT_EQ(found.find("3")->second["result"]["datasetTotalBytes"], 2'400'000);
}

TEST_F(Rpc, TablesAreRegisteredColumnAfterColumn) {
  const std::string graph = R"({"version":1,"nodes":[
    {"id":"t","blockType":"tableInput","data":{"datasetRef":"d"}},
    {"id":"s","blockType":"vectorSum","data":{}}],"edges":[
    {"id":"1","source":"t","sourceHandle":"col_1","target":"s","targetHandle":"vec"}]})";
  const auto outcome = run(
      {"rpc"},
      R"({"id":1,"method":"registerDataset","params":{"datasetId":"d","values":[1,2,10,20],"rows":2,"columns":["a","b"]}})"
      "\n" +
          load(2, graph) +
          R"({"id":3,"method":"registerDataset","params":{"datasetId":"d","values":[1,true]}})"
          "\n"
          R"({"id":4,"method":"registerDataset","params":{"datasetId":"d","values":[1,2,3],"rows":2}})");
  const auto found = answers(outcome.out);
  EXPECT_EQ(found.find("2")->second["result"]["values"]["s"]["value"], 30);
  EXPECT_TRUE(found.find("3")->second.contains("error"));
  EXPECT_EQ(found.find("4")->second["error"]["data"]["code"], "DATASET_SIZE");
}

TEST_F(Rpc, ThousandsOfRequestsArePipelinedThoughNobodyReadsMeanwhile) {
  constexpr int kCount = 20'000;  // far more output than a pipe holds
  std::string input = load(0);
  for (int i = 1; i <= kCount; ++i)
    input += set(i, i);
  Command command({"rpc"}, environment());
  command.write(input);
  const auto outcome = command.finish();
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto found = answers(outcome.out);
  ASSERT_EQ(found.size(), kCount + 1U);
  EXPECT_EQ(found.find(std::to_string(kCount))->second["result"]["changedValues"]["y"]["value"],
            1.0 * kCount * kCount);
}

TEST_F(Rpc, AnswersComeWhileTheInputIsOpen) {
  Command command({"rpc"}, environment());
  command.write(load(1));
  EXPECT_NE(command.read_line().find("\"id\":1"), std::string::npos);
  command.write(set(2, 4));
  EXPECT_NE(command.read_line().find("\"value\":16"), std::string::npos);
  EXPECT_EQ(command.finish().status, 0);
}

TEST_F(Rpc, CancelTakesTheCallersOwnIdAndProgressNamesIt) {
  Command command({"rpc"}, environment());
  command.write(R"({"id":"slow","method":"loadSnapshot","params":{"snapshot":)" + slow_graph() +
                "}}\n");
  const std::string progress = command.read_line();
  ASSERT_NE(progress, "");
  EXPECT_EQ(json::parse(progress)["method"], "progress");
  EXPECT_EQ(json::parse(progress)["params"]["requestId"], "slow");
  command.write(R"({"method":"cancel","params":{"requestId":"slow"}})"
                "\n");
  const auto found = answers(command.finish().out);
  ASSERT_EQ(found.count("\"slow\""), 1U);
  EXPECT_EQ(found.find("\"slow\"")->second["error"]["data"]["code"], "CANCELLED");
}

TEST_F(Rpc, SupervisorsMethodsAreAnsweredToo) {
  const auto outcome = run({"rpc", "--session", "mine"},
                           R"({"id":1,"method":"hello","params":{}})"
                           "\n"
                           R"({"id":2,"method":"openSession","params":{"name":"mine"}})"
                           "\n"
                           R"({"id":3,"method":"openSession","params":{"name":"other"}})"
                           "\n"
                           R"({"id":4,"method":"listSessions","params":{}})"
                           "\n"
                           R"({"id":5,"method":"status"})"
                           "\n"
                           R"({"id":6,"method":"closeSession","params":{"session":"nobody"}})");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto found = answers(outcome.out);
  EXPECT_EQ(found.find("1")->second["result"]["contractVersion"], 4);
  EXPECT_EQ(found.find("2")->second["result"]["name"], "mine");
  EXPECT_EQ(found.find("3")->second["error"]["data"]["code"], "NOT_ALLOWED");
  EXPECT_EQ(found.find("4")->second["result"]["sessions"][0]["name"], "mine");
  EXPECT_TRUE(found.find("5")->second["result"].contains("uptimeMs"));
  EXPECT_EQ(found.find("6")->second["error"]["data"]["code"], "UNKNOWN_SESSION");
}

TEST_F(Rpc, OtherClientsChangesAreNotified) {
  Command watcher({"rpc", "--session", "desk"}, environment());
  watcher.write(load(1));
  ASSERT_NE(watcher.read_line(), "");
  const auto outcome = run({"rpc", "--session", "desk"}, set(1, 6));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json notification = json::parse(watcher.read_line());
  EXPECT_EQ(notification["method"], "valuesChanged");
  EXPECT_FALSE(notification.contains("id"));
  EXPECT_EQ(notification["params"]["changedValues"]["y"]["value"], 36);
}

TEST_F(Rpc, AfterDisposeEveryRequestIsRejectedAndThatIsNoFailure) {
  const auto outcome = run(
      {"rpc"}, load(1) + "{\"id\":2,\"method\":\"dispose\"}\n{\"id\":3,\"method\":\"getStats\"}\n");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto found = answers(outcome.out);
  EXPECT_TRUE(found.find("2")->second.contains("result")) << outcome.out;
  EXPECT_EQ(found.find("3")->second["error"]["data"]["code"], "ENGINE_DISPOSED");
}

TEST_F(Rpc, ALostDaemonRejectsWhatIsPendingAndIsStatusThree) {
  Command command({"rpc"}, environment());
  command.write(load(1));
  ASSERT_NE(command.read_line(), "");
  daemon_.kill();
  std::string line;
  do {
    command.write("{\"id\":2,\"method\":\"getStats\"}\n");
    line = command.read_line();
  } while (line.find("DAEMON_LOST") == std::string::npos && !line.empty());
  EXPECT_NE(line.find("\"id\":2"), std::string::npos) << line;
  EXPECT_EQ(command.finish().status, 3);
}

TEST_F(Rpc, CtrlCIsStatus130) {
  Command command({"rpc"}, environment());
  command.write(load(1));
  ASSERT_NE(command.read_line(), "");
  command.signal(SIGINT);
  EXPECT_EQ(command.finish().status, 130);
}

TEST_F(Rpc, TablesHaveRows) {
  const json answer = only_answer(load(1, R"({"version":1,"nodes":[
    {"id":"t","blockType":"tableInput","data":{"tableData":{"columns":["a","b"],"rows":[[1,2],[3,4]]}}}],
    "edges":[]})"));
  EXPECT_EQ(answer["result"]["values"]["t"],
            json::parse(R"({"kind":"table","columns":["a","b"],"rows":[[1,2],[3,4]]})"));
}

class RpcAlone : public WithoutDaemon {};

TEST_F(RpcAlone, StartsAPrivateDaemon) {
  const auto outcome = run({"rpc"}, load(1));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("\"value\":9"), std::string::npos);
}

TEST_F(RpcAlone, NoSpawnIsStatusThree) {
  EXPECT_EQ(run({"rpc", "--no-spawn"}, load(1)).status, 3);
}

}  // namespace
}  // namespace chainsolved::test
