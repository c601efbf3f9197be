#include "protocol/snapshot.h"

#include "tests/protocol/bytes.h"
#include "tests/protocol/snapshot_records.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved {
namespace {

using test::decode;
using test::RecordSink;

constexpr std::string_view kGood = R"({
  "version": 1, "label": {"extra": [1, {"x": null}]},
  "nodes": [
    {"id": "a", "blockType": "number", "data": {"value": 2.5, "label": "A"}, "position": {"x": 1}},
    {"id": "b", "blockType": "add", "slot": 7, "data":
       {"manualValues": {"b": -1, "c": "NaN", "d": null, "e": "7", "f": true},
        "portOverrides": {"b": true, "c": false, "d": 1}}},
    {"id": "c\u0021", "blockType": "display"}
  ],
  "edges": [
    {"id": "e1", "source": "a", "sourceHandle": "out", "target": "b", "targetHandle": "a"},
    {"id": "e2", "source": "b", "target": "\u0063!", "targetHandle": "value", "animated": true}
  ]
})";

Error refused(std::string_view text, const Limits& limits = {}) {
  RecordSink sink;
  auto decoded = decode(text, sink, limits);
  EXPECT_FALSE(decoded.ok()) << text;
  return decoded.ok() ? Error{} : decoded.error();
}

std::string with_nodes(std::string_view nodes) {
  return R"({"version":1,"nodes":)" + std::string(nodes) + R"(,"edges":[]})";
}

std::string with_edges(std::string_view edges) {
  return R"({"version":1,"nodes":[],"edges":)" + std::string(edges) + "}";
}

std::string with_data(std::string_view data) {
  return with_nodes(R"([{"id":"a","blockType":"add","data":)" + std::string(data) + "}]");
}

NodeRecord read_data(std::string_view data) {
  RecordSink sink;
  const auto decoded = decode(with_data(data), sink);
  EXPECT_TRUE(decoded.ok()) << data << (decoded.ok() ? "" : decoded.error().message);
  return sink.nodes.empty() ? NodeRecord{} : sink.nodes[0].record;
}

TEST(Snapshot, IsReadWhole) {
  RecordSink sink;
  const auto decoded = decode(kGood, sink);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  ASSERT_EQ(sink.counts.size(), 1U);
  EXPECT_EQ(sink.counts[0], std::pair(std::size_t{3}, std::size_t{2}));
  ASSERT_EQ(sink.nodes.size(), 3U);
  EXPECT_EQ(sink.nodes[0].record.id, "a");
  EXPECT_EQ(sink.nodes[0].record.block_type, "number");
  EXPECT_EQ(sink.nodes[0].record.data, R"({"value": 2.5, "label": "A"})");
  EXPECT_EQ(sink.nodes[0].record.value, 2.5);
  EXPECT_FALSE(sink.nodes[0].slot);
  EXPECT_EQ(sink.nodes[1].slot, 7U);
  EXPECT_EQ(sink.nodes[2].record.id, "c!");
  EXPECT_EQ(sink.nodes[2].record.data, "{}");
  ASSERT_EQ(sink.edges.size(), 2U);
  EXPECT_EQ(sink.edges[0].source_handle, "out");
  EXPECT_EQ(sink.edges[1].source_handle, "out");
  EXPECT_EQ(sink.edges[1].target, "c!");
  EXPECT_EQ(sink.edges[1].target_handle, "value");
}

TEST(Snapshot, ManualValuesAreTheNumericEntries) {
  const NodeRecord node =
      read_data(R"({"manualValues":{"b":-1,"c":"NaN","d":null,"e":"7","f":true,"g":"-Infinity"}})");
  ASSERT_EQ(node.manual_values.size(), 4U);
  EXPECT_EQ(node.manual_values[0], std::pair(std::string("b"), -1.0));
  EXPECT_TRUE(std::isnan(node.manual_values[1].second));
  EXPECT_TRUE(std::isnan(node.manual_values[2].second));
  EXPECT_EQ(node.manual_values[3].second, -std::numeric_limits<double>::infinity());
}

TEST(Snapshot, OnlyTrueOverrides) {
  const NodeRecord node =
      read_data(R"({"portOverrides":{"a":true,"b":false,"c":1,"d":"true","e":true}})");
  EXPECT_EQ(node.overrides, (std::vector<std::string>{"a", "e"}));
}

TEST(Snapshot, DataValueIsOnlyAJsonNumber) {
  EXPECT_EQ(read_data(R"({"value":12345678901234567890})").value, 12345678901234567890.0);
  EXPECT_EQ(read_data(R"({"value":1e999})").value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(read_data(R"({"value":-0.0})").value, 0.0);
  for (const auto* text : {R"({"value":"7"})",
                           R"({"value":true})",
                           R"({"value":null})",
                           R"({"value":"NaN"})",
                           R"({"value":[1]})",
                           "{}"})
    EXPECT_FALSE(read_data(text).value) << text;
}

TEST(Snapshot, OddDataIsKeptAsItStands) {
  EXPECT_EQ(
      read_data(R"({"manualValues":5,"portOverrides":[true],"x":[1e999,{"y":"\u00e9"}]})").data,
      R"({"manualValues":5,"portOverrides":[true],"x":[1e999,{"y":"\u00e9"}]})");
  EXPECT_EQ(read_data("null").data, "{}");
  EXPECT_EQ(read_data("{ }").data, "{ }");
}

TEST(Snapshot, OfEqualKeysTheLastCounts) {
  EXPECT_EQ(read_data(R"({"value":1,"value":2})").value, 2.0);
  EXPECT_FALSE(read_data(R"({"value":1,"value":"x"})").value);
  const NodeRecord node = read_data(
      R"({"manualValues":{"z":0},"manualValues":{"b":1,"a":2,"b":3,"\u0061":4,"c":5,"c":"x"},
          "portOverrides":{"a":true,"a":false,"b":false,"b":true}})");
  EXPECT_EQ(node.manual_values, (std::vector<std::pair<std::string, double>>{{"a", 4}, {"b", 3}}));
  EXPECT_EQ(node.overrides, (std::vector<std::string>{"b"}));
  EXPECT_TRUE(read_data(R"({"manualValues":{"a":1},"manualValues":0})").manual_values.empty());
}

TEST(Snapshot, ALaterMemberReplacesAnEarlierOne) {
  RecordSink sink;
  const auto decoded =
      decode(R"({"version":2,"nodes":[{"id":"x"},5],"edges":5,"version":1,"edges":[],
                 "nodes":[{"id":"a","id":"b","blockType":"add","data":{"value":1},"data":null}]})",
             sink);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  ASSERT_EQ(sink.nodes.size(), 1U);
  EXPECT_EQ(sink.nodes[0].record.id, "b");
  EXPECT_FALSE(sink.nodes[0].record.value);
  EXPECT_EQ(refused(R"({"version":1,"nodes":[tru],"nodes":[],"edges":[]})").code,
            ErrorCode::ParseError);
}

TEST(Snapshot, NodesComeFirstThoughEdgesStandFirst) {
  RecordSink sink;
  const auto decoded = decode(
      R"({"edges":[{"id":"e","source":"a","target":"b","targetHandle":"a"}],
          "nodes":[{"id":"a","blockType":"number"},{"id":"b","blockType":"negate"}],"version":1.0})",
      sink);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;  // the sink refuses the other order
  EXPECT_EQ(sink.nodes.size(), 2U);
  EXPECT_EQ(sink.edges.size(), 1U);
}

TEST(Snapshot, TheSinkMayStop) {
  RecordSink sink;
  sink.stop_at = 2;
  const auto decoded = decode(kGood, sink);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(sink.nodes.size(), 2U);
}

struct BadSnapshot {
  std::string text;
  ErrorCode code;
  std::string_view says;
};

class RefusedSnapshot : public testing::TestWithParam<BadSnapshot> {};

TEST_P(RefusedSnapshot, SaysWhatIsWrong) {
  const BadSnapshot& bad = GetParam();
  const Error error = refused(bad.text);
  EXPECT_EQ(error.code, bad.code) << bad.text << error.message;
  EXPECT_NE(error.message.find(bad.says), std::string::npos) << error.message;
}

constexpr auto kInvalid = ErrorCode::InvalidSnapshot;

INSTANTIATE_TEST_SUITE_P(
    Snapshot,
    RefusedSnapshot,
    testing::Values(
        BadSnapshot{"", ErrorCode::ParseError, "empty"},
        BadSnapshot{"{", ErrorCode::ParseError, "not valid JSON"},
        BadSnapshot{"[]", kInvalid, "not an object"},
        BadSnapshot{"[1,]", ErrorCode::ParseError, ""},
        BadSnapshot{"{}", kInvalid, "version is missing"},
        BadSnapshot{R"({"version":"1"})", kInvalid, "version is not a number"},
        BadSnapshot{
            R"({"version":2,"nodes":[],"edges":[]})", ErrorCode::UnsupportedVersion, "version 2"},
        BadSnapshot{R"({"version":1,"edges":[]})", kInvalid, "nodes is missing"},
        BadSnapshot{R"({"version":1,"nodes":[]})", kInvalid, "edges is missing"},
        BadSnapshot{with_nodes("{}"), kInvalid, "nodes is not an array"},
        BadSnapshot{with_nodes("null"), kInvalid, "nodes is not an array"},
        BadSnapshot{with_edges("5"), kInvalid, "edges is not an array"},
        BadSnapshot{with_nodes("[5]"), kInvalid, "nodes[0] is not an object"},
        BadSnapshot{with_nodes(R"([{"blockType":"x"}])"), kInvalid, "nodes[0].id is missing"},
        BadSnapshot{with_nodes(R"([{"id":"x"}])"), kInvalid, "nodes[0].blockType is missing"},
        BadSnapshot{with_nodes(R"([{"id":"","blockType":"x"}])"), kInvalid, "nodes[0].id is empty"},
        BadSnapshot{with_nodes(R"([{"id":5,"blockType":"x"}])"), kInvalid, "nodes[0].id is not"},
        BadSnapshot{with_nodes(R"([{"id":"a","blockType":null}])"), kInvalid, "blockType is not"},
        BadSnapshot{
            with_nodes(R"([{"id":"a","blockType":"x"},{"id":"b","blockType":"x","slot":-1}])"),
            kInvalid,
            "nodes[1].slot is not a slot number"},
        BadSnapshot{
            with_nodes(R"([{"id":"a","blockType":"x","slot":4294967295}])"), kInvalid, "slot"},
        BadSnapshot{with_nodes(R"([{"id":"a","blockType":"x","slot":"1"}])"), kInvalid, "slot"},
        BadSnapshot{with_data("[]"), kInvalid, "nodes[0].data is not an object"},
        BadSnapshot{with_data(R"("x")"), kInvalid, "nodes[0].data is not an object"},
        BadSnapshot{with_data(R"({"x":01})"), ErrorCode::ParseError, ""},
        BadSnapshot{with_data(R"({"x":[1}})"), ErrorCode::ParseError, ""},
        BadSnapshot{with_data("{\"x\":\"\xFF\"}"), ErrorCode::ParseError, "UTF-8"},
        BadSnapshot{with_data(R"({"x":"\ud800"})"), ErrorCode::ParseError, "escape"},
        BadSnapshot{with_edges("[[]]"), kInvalid, "edges[0] is not an object"},
        BadSnapshot{with_edges(R"([{"source":"a","target":"b","targetHandle":"c"}])"),
                    kInvalid,
                    "edges[0].id is missing"},
        BadSnapshot{with_edges(R"([{"id":"e","target":"b","targetHandle":"c"}])"),
                    kInvalid,
                    "edges[0].source is missing"},
        BadSnapshot{with_edges(R"([{"id":"e","source":"a","targetHandle":"c"}])"),
                    kInvalid,
                    "edges[0].target is missing"},
        BadSnapshot{with_edges(R"([{"id":"e","source":"a","target":"b"}])"),
                    kInvalid,
                    "edges[0].targetHandle is missing"},
        BadSnapshot{with_edges(R"([{"id":"e","source":"a","target":"b","targetHandle":7}])"),
                    kInvalid,
                    "edges[0].targetHandle is not a string"},
        BadSnapshot{with_nodes("[") + "}", ErrorCode::ParseError, ""},
        BadSnapshot{std::string(kGood) + "x", ErrorCode::ParseError, "follows"}));

Error over(std::uint64_t Limits::*limit, std::uint64_t value, std::string_view text) {
  Limits limits;
  limits.*limit = value;
  RecordSink sink;
  EXPECT_TRUE(decode(text, sink, limits).ok()) << "at the limit";
  limits.*limit = value - 1;
  const Error error = refused(text, limits);
  EXPECT_EQ(error.code, ErrorCode::LimitExceeded) << error.message;
  return error;
}

TEST(SnapshotLimits, OneNodeTooMany) {
  EXPECT_NE(over(&Limits::max_nodes, 3, kGood).detail.find("\"maxNodes\",\"max\":2"),
            std::string::npos);
}
TEST(SnapshotLimits, OneEdgeTooMany) {
  EXPECT_NE(over(&Limits::max_edges, 2, kGood).detail.find("maxEdges"), std::string::npos);
}
TEST(SnapshotLimits, OneByteTooManyInAnId) {
  const Error error =
      over(&Limits::max_id_bytes, 12, with_nodes(R"([{"id":"abcdefghijkl","blockType":"x"}])"));
  EXPECT_NE(error.message.find("nodes[0].id is too long"), std::string::npos) << error.message;
  over(&Limits::max_id_bytes, 9, with_nodes(R"([{"id":"a","blockType":"blocktype"}])"));
  over(&Limits::max_id_bytes, 4, with_data(R"({"manualValues":{"port":1}})"));
  over(&Limits::max_id_bytes, 4, with_data(R"({"portOverrides":{"port":1}})"));
  over(&Limits::max_id_bytes,
       6,
       with_edges(R"([{"id":"e","source":"a","target":"b","targetHandle":"handle"}])"));
}
TEST(SnapshotLimits, OneByteTooManyInANodesData) {
  over(&Limits::max_node_data_bytes, 11, with_data(R"({"value":5})"));
}
TEST(SnapshotLimits, OneLevelTooDeep) {
  over(&Limits::max_nesting, 5, with_data(R"({"x":[1]})"));
}

TEST(Snapshot, ManyManualValuesDoNotCostTheirSquare) {
  std::string data = R"({"manualValues":{)";
  for (int i = 0; i < 200'000; ++i)
    data += "\"p" + std::to_string(i % 100'000) + "\":" + std::to_string(i) + ",";
  data += "\"last\":1}}";
  const NodeRecord node = read_data(data);
  EXPECT_EQ(node.manual_values.size(), 100'001U);
  for (const auto& [port, value] : node.manual_values)
    if (port == "p0") {
      EXPECT_EQ(value, 100'000);
    }
}

TEST(Snapshot, EveryTruncationIsRefused) {
  for (std::size_t length = 0; length < kGood.size(); ++length)
    EXPECT_EQ(refused(kGood.substr(0, length)).code, ErrorCode::ParseError) << length;
}

TEST(Snapshot, DamagedTextIsReadOrRefusedWithAReason) {
  test::Mutator mutate(23);
  int good = 0;
  for (int i = 0; i < test::tries(100'000); ++i) {
    const std::string text = mutate(std::string(kGood));
    RecordSink sink;
    const auto decoded = decode(text, sink);
    if (decoded.ok()) {
      ++good;
      ASSERT_EQ(sink.counts.at(0), std::pair(sink.nodes.size(), sink.edges.size())) << text;
    } else {
      ASSERT_FALSE(decoded.error().message.empty()) << text;
    }
  }
  EXPECT_GT(good, test::tries(1000));
}

TEST(Snapshot, RealGraphsAreRead) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the test has one thread
  const char* given = std::getenv("CHAINSOLVED_SHARED");
  const std::filesystem::path shared =
      given != nullptr ? given : CHAINSOLVED_SOURCE_DIR "/../shared";
  if (!std::filesystem::exists(shared / "real/graphs"))
    GTEST_SKIP() << "no real graphs at " << shared << "; set CHAINSOLVED_SHARED";
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(shared / "real/graphs")) {
    if (!entry.path().string().ends_with(".snapshot.json")) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    RecordSink sink;
    const auto decoded = decode(text, sink);
    EXPECT_TRUE(decoded.ok()) << entry.path() << decoded.error().message;
    EXPECT_FALSE(sink.nodes.empty()) << entry.path();
    ++read;
  }
  EXPECT_GT(read, 10);
}

}  // namespace
}  // namespace chainsolved
