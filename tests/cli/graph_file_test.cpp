#include "client/cli/graph_file.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace chainsolved::cli {
namespace {

using nlohmann::json;

GraphFile parsed_graph(const std::string& text) {
  Result<GraphFile> graph = GraphFile::parse(text, "test.json");
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return std::move(graph).value();
}

std::string refused_graph(const std::string& text) {
  const Result<GraphFile> graph = GraphFile::parse(text, "test.json");
  return graph.ok() ? "was accepted" : graph.error().message;
}

constexpr const char* kSnapshot = R"({"version": 1, "nodes": [
  {"id": "a", "blockType": "number", "data": {"label": "Länge \u2113", "value": 2}},
  {"id": "a.b", "blockType": "add", "data": {"manualValues": {"b": 1}}},
  {"id": "bare", "blockType": "negate"}],
  "edges": [{"id": "e", "source": "a", "sourceHandle": "out", "target": "a.b", "targetHandle": "a"}]})";

TEST(GraphFile, ASnapshotIsPassedOnByteForByte) {
  const GraphFile graph = parsed_graph(kSnapshot);
  EXPECT_EQ(graph.text(), kSnapshot);
  ASSERT_EQ(graph.nodes().size(), 3U);
  EXPECT_EQ(graph.nodes()[0].label, "Länge ℓ");
  EXPECT_EQ(graph.nodes()[2].id, "bare");
}

TEST(GraphFile, ACanvasBecomesASnapshotWithoutWhatIsOnlyDrawn) {
  const GraphFile graph = parsed_graph(R"({"schemaVersion": 4, "nodes": [
    {"id": "frame", "data": {"blockType": "__group__"}, "position": {"x": 0, "y": 0}},
    {"id": "note", "data": {"blockType": "__annotation__"}},
    {"id": "arrow", "data": {"blockType": "annotation_arrow"}},
    {"id": "n", "type": "csSource", "position": {"x": 1, "y": 2},
     "data": {"blockType": "number", "label": "N", "value": 0.1}},
    {"id": "m", "data": {"blockType": "negate"}}],
    "edges": [{"id": "e1", "source": "n", "sourceHandle": null, "target": "m", "targetHandle": "a", "animated": true},
              {"id": "e2", "source": "note", "target": "m"}]})");
  const json snapshot = json::parse(graph.text());
  EXPECT_EQ(snapshot, json::parse(R"({"version": 1, "nodes": [
    {"id": "n", "blockType": "number", "data": {"blockType": "number", "label": "N", "value": 0.1}},
    {"id": "m", "blockType": "negate", "data": {"blockType": "negate"}}],
    "edges": [{"id": "e1", "source": "n", "target": "m", "targetHandle": "a"}]})"));
}

TEST(GraphFile, TheLongestNodeIdWinsInASetting) {
  const GraphFile graph = parsed_graph(kSnapshot);
  const Result<InputSetting> whole = graph.setting("a.b=5");
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->node, "a.b");
  EXPECT_EQ(whole->port, "value");
  const Result<InputSetting> port = graph.setting("a.b.c.d=-1e3");
  ASSERT_TRUE(port.ok());
  EXPECT_EQ(port->node, "a.b");
  EXPECT_EQ(port->port, "c.d");
  EXPECT_EQ(port->value, -1000);
  const Result<InputSetting> other = graph.setting("a.x=1");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->node, "a");
  EXPECT_EQ(other->port, "x");
}

TEST(GraphFile, SettingsThatCannotBeReadSayWhy) {
  const GraphFile graph = parsed_graph(kSnapshot);
  EXPECT_EQ(graph.setting("a").error().message, "--set a: write NODE=VALUE or NODE.PORT=VALUE");
  EXPECT_EQ(graph.setting("a=1x").error().message,
            "--set a=1x: '1x' is not a number (nor NaN, Infinity or -Infinity)");
  EXPECT_EQ(graph.setting("nobody.p=1").error().message,
            "--set nobody.p=1: test.json has no node 'nobody' (`chainsolve eval test.json` lists "
            "its nodes)");
}

TEST(GraphFile, ValuesMayBeNonFinite) {
  EXPECT_TRUE(std::isnan(parse_value("NaN").value()));
  EXPECT_EQ(parse_value("Infinity"), INFINITY);
  EXPECT_EQ(parse_value("-Infinity"), -INFINITY);
  EXPECT_EQ(parse_value("+2.5"), 2.5);
  EXPECT_FALSE(parse_value("inf"));
  EXPECT_FALSE(parse_value(""));
  EXPECT_FALSE(parse_value("1e999"));
}

TEST(GraphFile, SettingsAreWrittenIntoTheNodesData) {
  GraphFile graph = parsed_graph(kSnapshot);
  const std::vector<InputSetting> settings{{"a.b", "b", 7}, {"a", "value", 3}, {"a", "x", NAN}};
  ASSERT_TRUE(graph.apply(settings).ok());
  json expected = json::parse(kSnapshot);
  expected["nodes"][0]["data"]["value"] = 3.0;
  expected["nodes"][0]["data"]["manualValues"]["value"] = 3.0;
  expected["nodes"][1]["data"]["manualValues"]["b"] = 7.0;
  EXPECT_EQ(json::parse(graph.text()), expected);
}

TEST(GraphFile, BrokenJsonIsRefusedWithLineAndColumn) {
  EXPECT_NE(refused_graph("{\"version\": 1,\n \"nodes\": [}").find("(line 2, column 12)"),
            std::string::npos)
      << refused_graph("{\"version\": 1,\n \"nodes\": [}");
  EXPECT_TRUE(refused_graph("").starts_with("test.json: The text is not valid JSON"));
  EXPECT_TRUE(
      refused_graph("{\"version\": 1} x").starts_with("test.json: The text is not valid JSON"));
}

TEST(GraphFile, WhatIsNoGraphIsRefused) {
  for (const char* text : {"[]", "{}", "7", R"({"nodes": {}})"})
    EXPECT_NE(refused_graph(text).find("neither an EngineSnapshotV1"), std::string::npos) << text;
  EXPECT_NE(refused_graph(R"({"nodes": [{"id": "x", "blockType": "number"}]})")
                .find("node 'x' has no data.blockType"),
            std::string::npos);
  EXPECT_EQ(refused_graph(R"({"nodes": [7]})"), "test.json: nodes[0] has no \"id\"");
}

TEST(GraphFile, FaultsOfASnapshotAreLeftToTheEngine) {
  EXPECT_EQ(refused_graph(R"({"version": 1, "nodes": [7, {"id": 3}], "edges": null})"),
            "was accepted");
  EXPECT_EQ(refused_graph(R"({"version": 2})"), "was accepted");
}

}  // namespace
}  // namespace chainsolved::cli
