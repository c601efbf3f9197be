#include "client/cpp/src/request.h"

#include "chainsolved/dataset.h"
#include "chainsolved/patch.h"
#include "protocol/limits.h"
#include "protocol/snapshot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace chainsolved::client {

namespace {

const RequestEncoder kEncoder{Limits().inline_limit};

TEST(RequestEncoder, ASmallSnapshotTravelsInTheFrame) {
  Request request;
  ASSERT_TRUE(kEncoder.snapshot(request, Method::LoadSnapshot, R"({"version":1})", {}).ok());
  EXPECT_EQ(request.json, R"({"method":"loadSnapshot","params":{"snapshot":{"version":1}}})");
  EXPECT_EQ(request.snapshot.text, R"({"version":1})");
}

TEST(RequestEncoder, ALargeSnapshotTravelsInASegmentWithTheRequestAroundIt) {
  const std::string snapshot = R"({"version":1,"pad":")" + std::string(1 << 20, 'x') + "\"}";
  Request request;
  EvaluateOptions options;
  options.time_budget_ms = 5;
  ASSERT_TRUE(kEncoder.snapshot(request, Method::LoadSnapshot, snapshot, options).ok());
  EXPECT_TRUE(request.json_in_segment);
  EXPECT_TRUE(request.json.empty());
  ASSERT_EQ(request.segments.size(), 1U);
  EXPECT_EQ(request.snapshot.text, snapshot);
  auto segment = SealedSegment::adopt(std::move(request.segments[0]), 1);
  ASSERT_TRUE(segment.ok()) << segment.error().message;
  auto mapping = segment->map();
  ASSERT_TRUE(mapping.ok());
  const auto bytes = (*mapping)->bytes();
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_EQ(text,
            R"({"method":"loadSnapshot","params":{"options":{"timeBudgetMs":5},"snapshot":)" +
                snapshot + "}}");
}

TEST(RequestEncoder, ALargePatchTravelsInASegmentToo) {
  Patch patch;
  for (int i = 0; i < 5000; ++i)
    patch.add_node("node-" + std::to_string(i), "number", R"({"value":1})");
  Request request;
  ASSERT_TRUE(kEncoder.apply_patch(request, patch.json(), {}).ok());
  EXPECT_TRUE(request.json_in_segment);
  EXPECT_EQ(request.segments.size(), 1U);
}

TEST(RequestEncoder, NonFiniteInputsAreTheContractsStrings) {
  Request request;
  ASSERT_TRUE(
      kEncoder.set_input(request, "n", "value", std::numeric_limits<double>::infinity(), {}).ok());
  EXPECT_EQ(request.json,
            R"({"method":"setInput","params":{"nodeId":"n","portId":"value","value":"Infinity"}})");
}

TEST(RequestEncoder, WhatAPatchSaysReadsBackAsItsOps) {
  Patch patch;
  patch.add_node("a", "number", R"({"value":3})")
      .update_node_data("a", R"({"value":4})")
      .add_edge("e", "a", "out", "b", "a\"quoted\"")
      .remove_edge("e")
      .remove_node("a");
  const auto ops = decode_patch(patch.json() + std::string(kJsonPadding, ' '), Limits());
  ASSERT_TRUE(ops.ok()) << ops.error().message;
  ASSERT_EQ(ops->size(), 5U);
  EXPECT_EQ((*ops)[0].node.value, 3);
  EXPECT_EQ((*ops)[1].kind, PatchKind::UpdateNodeData);
  EXPECT_EQ((*ops)[2].edge.target_handle, "a\"quoted\"");
  EXPECT_EQ((*ops)[3].edge.id, "e");
  EXPECT_EQ((*ops)[4].kind, PatchKind::RemoveNode);
}

TEST(RequestEncoder, VectorsForABlockGoBesideTheJson) {
  const BlockInput inputs[] = {{"vec", Value::vector(std::vector<double>{1, 2, 3})}};
  Request request;
  ASSERT_TRUE(kEncoder.evaluate_block(request, "vectorSum", inputs, "{}").ok());
  EXPECT_EQ(request.data.size(), 3 * sizeof(double));
  EXPECT_NE(request.json.find(R"({"$column":{"type":"f64","offset":0,"count":3}})"),
            std::string::npos);
}

TEST(RequestEncoder, ALongVectorForABlockGoesIntoASegment) {
  const BlockInput inputs[] = {{"vec", Value::vector(std::vector<double>(100'000, 1.0))}};
  Request request;
  ASSERT_TRUE(kEncoder.evaluate_block(request, "vectorSum", inputs, "{}").ok());
  EXPECT_EQ(request.segments.size(), 1U);
  EXPECT_NE(request.json.find("$segment"), std::string::npos);
}

TEST(RequestEncoder, ADatasetWithFewerNamesThanColumnsIsRefusedAndStaysWritable) {
  auto data = DatasetBuilder::create(4, 3);
  ASSERT_TRUE(data.ok());
  DatasetShape shape;
  shape.columns = {"a", "b"};
  Request request;
  const auto written = kEncoder.register_dataset(request, "d", *data, shape);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::DatasetSize);
  EXPECT_TRUE(data->values().ok());
}

TEST(RequestEncoder, ARawSnapshotIsFoundForItsNames) {
  RawRequest raw;
  raw.method = "loadSnapshot";
  raw.params = R"({"options":{},"snapshot":{"version":1,"nodes":[]}})";
  Request request;
  ASSERT_TRUE(kEncoder.raw(request, std::move(raw)).ok());
  EXPECT_EQ(request.snapshot.text, R"({"version":1,"nodes":[]})");
}

}  // namespace

}  // namespace chainsolved::client
