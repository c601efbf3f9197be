#include "protocol/frame.h"
#include "protocol/request.h"
#include "tests/cli/service.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

// (a + b) / 2, with a node whose id begins like another's.
constexpr const char* kMean = R"({"version": 1, "nodes": [
  {"id": "a", "blockType": "number", "data": {"label": "First", "value": 1}},
  {"id": "a.b", "blockType": "number", "data": {"value": 2}},
  {"id": "sum", "blockType": "add", "data": {}},
  {"id": "mean", "blockType": "divide", "data": {"manualValues": {"b": 2}}}],
  "edges": [
  {"id": "1", "source": "a", "sourceHandle": "out", "target": "sum", "targetHandle": "a"},
  {"id": "2", "source": "a.b", "sourceHandle": "out", "target": "sum", "targetHandle": "b"},
  {"id": "3", "source": "sum", "sourceHandle": "out", "target": "mean", "targetHandle": "a"}]})";

constexpr const char* kErrorValue =
    R"({"version": 1, "nodes": [{"id": "bad", "blockType": "no.such.block", "data": {}},
        {"id": "good", "blockType": "number", "data": {"value": 1}}], "edges": []})";

constexpr const char* kCycle = R"({"version": 1, "nodes": [
  {"id": "x", "blockType": "negate", "data": {}}], "edges": [
  {"id": "1", "source": "x", "sourceHandle": "out", "target": "x", "targetHandle": "a"}]})";

constexpr const char* kDatasets = R"({"version": 1, "nodes": [
  {"id": "v", "blockType": "vectorInput", "data": {"datasetRef": "v"}},
  {"id": "t", "blockType": "tableInput", "data": {"datasetRef": "t"}},
  {"id": "sum", "blockType": "vectorSum", "data": {}},
  {"id": "column", "blockType": "vectorSum", "data": {}}], "edges": [
  {"id": "1", "source": "v", "sourceHandle": "out", "target": "sum", "targetHandle": "vec"},
  {"id": "2", "source": "t", "sourceHandle": "col_1", "target": "column", "targetHandle": "vec"}]})";

class Eval : public WithDaemon {};

TEST_F(Eval, PrintsIdsLabelsAndValuesInColumns) {
  const auto outcome = run({"eval", "-"}, kMean);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "NODE  LABEL  VALUE\n"
            "a     First  1\n"
            "a.b          2\n"
            "sum          3\n"
            "mean         1.5\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Eval, JsonHasValuesDiagnosticsTimeAndPartial) {
  const auto outcome = run({"eval", "-", "--output", "json"}, kMean);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["values"]["mean"], json::parse(R"({"kind": "scalar", "value": 1.5})"));
  EXPECT_EQ(result["values"].size(), 4U);
  EXPECT_EQ(result["diagnostics"], json::array());
  EXPECT_TRUE(result["elapsedUs"].is_number());
  EXPECT_EQ(result["partial"], false);
  EXPECT_EQ(run({"eval", "-", "--json", "--node", "sum"}, kMean).out.substr(0, 45),
            R"({"values":{"sum":{"kind":"scalar","value":3}})");
}

TEST_F(Eval, CsvHasARowPerNumber) {
  const auto outcome =
      run({"eval", "-", "--output", "csv", "--node", "a", "--node", "mean"}, kMean);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "node,kind,row,column,value\na,scalar,,,1\nmean,scalar,,,1.5\n");
}

TEST_F(Eval, SetTakesTheLongestNodeIdAndAnyPort) {
  const auto outcome =
      run({"eval", "-", "--json", "--set", "a=10", "--set", "a.b=20", "--set", "mean.b=4"}, kMean);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["values"]["mean"]["value"], 7.5);
}

TEST_F(Eval, SetTakesNumbersThatAreNotFinite) {
  const auto outcome = run({"eval", "-", "--json", "--set", "a=Infinity"}, kMean);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["values"]["mean"]["value"], "Infinity");
  const auto nan = run({"eval", "-", "--json", "--set", "a=NaN"}, kMean);
  EXPECT_EQ(json::parse(nan.out)["values"]["sum"]["value"], "NaN");
}

TEST_F(Eval, SetOfAnUnknownPortIsAnError) {
  const auto outcome = run({"eval", "-", "--set", "mean.divisor=4"}, kMean);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("UNKNOWN_PORT"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("divisor"), std::string::npos) << outcome.err;
}

TEST_F(Eval, AnErrorValueIsStatusOneUnlessItWasNotAskedFor) {
  const auto outcome = run({"eval", "-"}, kErrorValue);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("error: "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("warning at bad: UNKNOWN_BLOCK"), std::string::npos) << outcome.err;
  EXPECT_EQ(run({"eval", "-", "--node", "good"}, kErrorValue).status, 0);
}

TEST_F(Eval, ADiagnosticOfLevelErrorIsStatusOne) {
  const auto outcome = run({"eval", "-", "--json"}, kCycle);
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["values"], json::object());
  EXPECT_EQ(result["diagnostics"][0]["code"], "CYCLE_DETECTED");
  EXPECT_EQ(result["diagnostics"][0]["level"], "error");
  EXPECT_EQ(run({"eval", "-"}, kCycle).out, "NODE  VALUE\nx     (no value)\n");
}

TEST_F(Eval, DatasetsAreColumnsOrTables) {
  const TemporaryFile file(".csv", "day,n,m\r\nMonday,1,10\r\nTuesday,,20\r\nSunday,3,30\r\n");
  const auto outcome = run({"eval",
                            "-",
                            "--json",
                            "--dataset",
                            "v=" + file.path() + ":m",
                            "--dataset",
                            "t=" + file.path()},
                           kDatasets);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json values = json::parse(outcome.out)["values"];
  EXPECT_EQ(values["sum"]["value"], 60);
  EXPECT_EQ(values["column"]["value"], 60);
  EXPECT_EQ(values["t"]["columns"], json::parse(R"(["n", "m"])"));
  EXPECT_NE(outcome.err.find("left out, being text: day"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("1 missing values in column 'n'"), std::string::npos) << outcome.err;
}

TEST_F(Eval, ASingleGridIsPrintedWhole) {
  const TemporaryFile file(".csv", "n,m\n1,10\n2,20\n");
  const std::vector<std::string> common{"eval",
                                        "-",
                                        "--node",
                                        "t",
                                        "--dataset",
                                        "t=" + file.path(),
                                        "--dataset",
                                        "v=" + file.path() + ":n"};
  auto table = common;
  EXPECT_EQ(run(table, kDatasets).out, "row  n   m\n  0  1  10\n  1  2  20\n");
  auto csv = common;
  csv.insert(csv.end(), {"--output", "csv"});
  EXPECT_EQ(run(csv, kDatasets).out, "n,m\n1,10\n2,20\n");
}

TEST_F(Eval, BadDatasetsAreRefusedWithThePlace) {
  const TemporaryFile file(".csv", "day,n\nMonday,1\nTuesday,2\n");
  const TemporaryFile ragged(".csv", "a,b\n1,2\n3\n");
  const auto complaint = [&](const std::string& dataset) {
    const auto outcome = run({"eval", "-", "--dataset", dataset}, kDatasets);
    EXPECT_EQ(outcome.status, 2) << dataset;
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_EQ(
      complaint("v=" + file.path() + ":day"),
      "chainsolve: " + file.path() + ", line 2: column 'day' is text ('Monday'), not numbers\n");
  EXPECT_EQ(complaint("v=" + file.path() + ":z"),
            "chainsolve: " + file.path() + " has no column 'z'; it has day, n\n");
  EXPECT_EQ(complaint("v=" + ragged.path()),
            "chainsolve: " + ragged.path() +
                ", line 3, column 2: this line has 1 field, the first has 2\n");
  EXPECT_EQ(complaint("v=/nowhere.csv"),
            "chainsolve: cannot open /nowhere.csv: No such file or directory\n");
  EXPECT_NE(complaint("v").find("write ID=FILE.csv"), std::string::npos);
}

TEST_F(Eval, BadGraphsAndNamesAreUsageErrors) {
  const auto complaint = [&](std::vector<std::string> arguments, const std::string& input) {
    const auto outcome = run(std::move(arguments), input);
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_NE(complaint({"eval", "-"}, "{").find("not valid JSON"), std::string::npos);
  EXPECT_NE(complaint({"eval", "-"}, "{}").find("neither"), std::string::npos);
  EXPECT_EQ(complaint({"eval", "/nowhere.json"}, ""),
            "chainsolve: cannot open /nowhere.json: No such file or directory\n");
  EXPECT_NE(complaint({"eval", "-", "--node", "z"}, kMean).find("has no such node"),
            std::string::npos);
  EXPECT_NE(complaint({"eval", "-", "--set", "z=1"}, kMean).find("has no node 'z'"),
            std::string::npos);
  EXPECT_NE(complaint({"eval", "-", "--output", "xml"}, kMean).find("--output"), std::string::npos);
  EXPECT_NE(complaint({"eval"}, "").find("GRAPH"), std::string::npos);
  EXPECT_NE(complaint({"eval", "-", "--frobnicate"}, kMean).find("frobnicate"), std::string::npos);
}

TEST_F(Eval, TheEnginesWordsOnABadSnapshotArePassedOn) {
  const auto outcome = run({"eval", "-"}, R"({"version": 7, "nodes": [], "edges": []})");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("UNSUPPORTED_VERSION"), std::string::npos) << outcome.err;
}

TEST_F(Eval, TimeoutCancelsAndIsStatusFive) {
  const TemporaryFile graph(".json", slow_graph());
  const auto outcome = run({"eval", graph.path(), "--timeout", "0.3"});
  EXPECT_EQ(outcome.status, 5) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("--timeout is spent"), std::string::npos) << outcome.err;
}

/// An evaluation that is under way in a session, and another client of that session.
class RunningEvaluation : public Eval {
 protected:
  void SetUp() override {
    Eval::SetUp();
    if (HasFatalFailure()) return;
    other_.emplace(std::vector<std::string>{"rpc", "--session", "shared"}, environment());
    other_->write("{\"id\": 0, \"method\": \"getStats\"}\n");
    ASSERT_NE(other_->read_line(), "");
    evaluation_.emplace(std::vector<std::string>{"eval", graph_.path(), "--session", "shared"},
                        environment());
    // The graph is in the session when its evaluation has begun.
    for (bool begun = false; !begun;) {
      other_->write("{\"id\": 1, \"method\": \"getStats\"}\n");
      const std::string line = other_->read_line();
      ASSERT_NE(line, "");
      const json stats = json::parse(line);
      if (stats.contains("result")) begun = stats["result"]["nodeCount"] > 0;
    }
  }

  TemporaryFile graph_{".json", slow_graph()};
  std::optional<Command> other_;
  std::optional<Command> evaluation_;
};

TEST_F(RunningEvaluation, IsCancelledByCtrlCWithStatus130) {
  evaluation_->signal(SIGINT);
  const auto outcome = evaluation_->finish();
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("interrupted"), std::string::npos) << outcome.err;
}

TEST_F(RunningEvaluation, IsStatusSixWhenItsSessionIsClosed) {
  EXPECT_EQ(run({"session", "close", "shared"}).status, 0);
  const auto outcome = evaluation_->finish();
  EXPECT_EQ(outcome.status, 6) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST_F(RunningEvaluation, IsStatusNineWhenTheEngineCrashes) {
  for (const pid_t engine : daemon_.children())
    ::kill(engine, SIGABRT);
  const auto outcome = evaluation_->finish();
  EXPECT_EQ(outcome.status, 9) << outcome.err;
  EXPECT_NE(outcome.err.find("WORKER_CRASHED"), std::string::npos) << outcome.err;
}

TEST_F(RunningEvaluation, IsStatusThreeWhenTheDaemonDies) {
  daemon_.kill();
  const auto outcome = evaluation_->finish();
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_NE(outcome.err.find("DAEMON_LOST"), std::string::npos) << outcome.err;
}

TEST(EvalLimits, OneOverIsStatusEightAndNamed) {
  const Daemon daemon = Daemon::start({"--limit", "maxNodes=3"});
  ASSERT_TRUE(daemon.running()) << daemon.said();
  const auto outcome = run({"eval", "-", "--socket", daemon.socket()}, kMean);
  EXPECT_EQ(outcome.status, 8) << outcome.err;
  EXPECT_NE(outcome.err.find("maxNodes"), std::string::npos) << outcome.err;
}

TEST(EvalVersions, ADaemonThatSpeaksAnotherVersionIsStatusFour) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/engine.sock";
  const UniqueFd listener(AdoptFd{}, ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  // NOLINTNEXTLINE(*-reinterpret-cast): what bind() takes
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);

  Command command({"eval", "-", "--socket", path});
  command.write(kMean);
  command.close_input();
  const UniqueFd client(AdoptFd{}, ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  std::vector<std::byte> hello(1U << 16);
  const ssize_t got = ::recv(client.get(), hello.data(), hello.size(), 0);
  ASSERT_GT(got, 0);
  const auto request = decode_header(std::span(hello).first(static_cast<std::size_t>(got)));
  ASSERT_TRUE(request.ok());
  FrameHeader header;
  header.kind = FrameKind::Error;
  header.id = request->id;
  std::string refusal;
  write_error(refusal, {ErrorCode::VersionMismatch, "this daemon speaks 7 to 9, not 1"});
  std::vector<std::byte> frame;
  encode_frame(header, refusal, {}, frame);
  ASSERT_GT(::send(client.get(), frame.data(), frame.size(), MSG_NOSIGNAL), 0);
  const auto outcome = command.finish();
  EXPECT_EQ(outcome.status, 4) << outcome.err;
  EXPECT_NE(outcome.err.find("speaks 7 to 9"), std::string::npos) << outcome.err;
}

TEST_F(Eval, ANamedSessionKeepsTheGraphForItsOtherClients) {
  Command other({"rpc", "--session", "desk"}, environment());
  other.write("{\"id\": 1, \"method\": \"getStats\"}\n");
  ASSERT_NE(other.read_line().find("\"nodeCount\":0"), std::string::npos);
  ASSERT_EQ(run({"eval", "-", "--session", "desk"}, kMean).status, 0);
  other.write("{\"id\": 2, \"method\": \"getStats\"}\n");
  std::string line;
  do {
    line = other.read_line();
  } while (!line.empty() && line.find("\"id\":2") == std::string::npos);
  EXPECT_NE(line.find("\"nodeCount\":4"), std::string::npos) << line;
}

class EvalAlone : public WithoutDaemon {};

TEST_F(EvalAlone, StartsAPrivateDaemonThatLeavesNothingBehind) {
  const auto outcome = run({"eval", "-", "--json"}, kMean);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["values"]["mean"]["value"], 1.5);
}

TEST_F(EvalAlone, NoSpawnIsStatusThreeWithWhatToType) {
  const auto outcome = run({"eval", "-", "--no-spawn"}, kMean);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find(directory_.path()), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("chainsolve serve"), std::string::npos) << outcome.err;
}

TEST_F(EvalAlone, ASocketPathThatIsTooLongIsALimit) {
  const auto outcome =
      run({"eval", "-", "--socket", "/" + std::string(200, 'x') + "/engine.sock"}, kMean);
  EXPECT_EQ(outcome.status, 8) << outcome.err;
  EXPECT_NE(outcome.err.find("107"), std::string::npos) << outcome.err;
}

}  // namespace

std::string slow_graph() {
  constexpr std::size_t kNodes = 20'000;
  json nodes = json::array();
  json edges = json::array();
  nodes.push_back({{"id", "v"},
                   {"blockType", "parameter_sweep"},
                   {"data", {{"start", 100000}, {"stop", 0}, {"step", -1}}}});
  std::string before = "v";
  for (std::size_t i = 0; i < kNodes; ++i) {
    const std::string id = "n" + std::to_string(i);
    nodes.push_back({{"id", id},
                     {"blockType", i % 2 == 0 ? "vectorSort" : "vectorReverse"},
                     {"data", json::object()}});
    edges.push_back({{"id", "e" + id},
                     {"source", before},
                     {"sourceHandle", "out"},
                     {"target", id},
                     {"targetHandle", "vec"}});
    before = id;
  }
  return json{{"version", 1}, {"nodes", nodes}, {"edges", edges}}.dump();
}

}  // namespace chainsolved::test
