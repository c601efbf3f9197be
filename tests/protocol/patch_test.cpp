#include "protocol/limits.h"
#include "protocol/snapshot.h"
#include "tests/protocol/bytes.h"
#include "tests/protocol/snapshot_records.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved {
namespace {

constexpr std::string_view kGood = R"([
  {"op": "addNode", "node": {"id": "n\u0031", "blockType": "add", "data": {"manualValues": {"a": 1}}}},
  {"nodeId": "n1", "data": {"value": 4, "portOverrides": {"a": true}}, "op": "updateNodeData"},
  {"op": "addEdge", "edge": {"id": "e", "source": "a", "target": "n1", "targetHandle": "a"}, "x": []},
  {"op": "removeEdge", "edgeId": "e"},
  {"op": "removeNode", "nodeId": "n1"}
])";

Result<std::vector<PatchOp>> decode(std::string_view text, const Limits& limits = {}) {
  const test::PaddedText padded(text);
  return decode_patch(padded.view(), limits);
}

TEST(Patch, EveryKindOfOpIsRead) {
  const auto ops = decode(kGood);
  ASSERT_TRUE(ops.ok()) << ops.error().message;
  ASSERT_EQ(ops->size(), 5U);
  const auto& all = *ops;
  EXPECT_EQ(all[0].kind, PatchKind::AddNode);
  EXPECT_EQ(all[0].node.id, "n1");
  EXPECT_EQ(all[0].node.block_type, "add");
  EXPECT_EQ(all[0].node.manual_values, (std::vector<std::pair<std::string, double>>{{"a", 1.0}}));
  EXPECT_EQ(all[1].kind, PatchKind::UpdateNodeData);
  EXPECT_EQ(all[1].node.id, "n1");
  EXPECT_EQ(all[1].node.value, 4.0);
  EXPECT_EQ(all[1].node.data, R"({"value": 4, "portOverrides": {"a": true}})");
  EXPECT_EQ(all[1].node.overrides, std::vector<std::string>{"a"});
  EXPECT_EQ(all[2].kind, PatchKind::AddEdge);
  EXPECT_EQ(all[2].edge.source_handle, "out");
  EXPECT_EQ(all[3].kind, PatchKind::RemoveEdge);
  EXPECT_EQ(all[3].edge.id, "e");
  EXPECT_EQ(all[4].kind, PatchKind::RemoveNode);
  EXPECT_EQ(all[4].node.id, "n1");
}

TEST(Patch, AnEmptyPatchIsOne) {
  const auto ops = decode("[]");
  ASSERT_TRUE(ops.ok());
  EXPECT_TRUE(ops->empty());
}

struct BadPatch {
  std::string_view text;
  ErrorCode code;
  std::string_view says;
};

class RefusedPatch : public testing::TestWithParam<BadPatch> {};

TEST_P(RefusedPatch, NamesTheFirstBadOp) {
  const auto ops = decode(GetParam().text);
  ASSERT_FALSE(ops.ok()) << GetParam().text;
  EXPECT_EQ(ops.error().code, GetParam().code) << ops.error().message;
  EXPECT_NE(ops.error().message.find(GetParam().says), std::string::npos) << ops.error().message;
}

constexpr auto kInvalid = ErrorCode::InvalidSnapshot;

INSTANTIATE_TEST_SUITE_P(
    Patch,
    RefusedPatch,
    testing::Values(
        BadPatch{R"({"op":"removeNode"})", kInvalid, "ops is not an array"},
        BadPatch{"[7]", kInvalid, "ops[0] is not an object"},
        BadPatch{"[{}]", kInvalid, "ops[0].op is missing"},
        BadPatch{R"([{"op":5}])", kInvalid, "ops[0].op is not a string"},
        BadPatch{R"([{"op":"removeNode","nodeId":"a"},{"op":"explode"}])", kInvalid, "ops[1].op"},
        BadPatch{R"([{"op":"addNode"}])", kInvalid, "ops[0].node is missing"},
        BadPatch{R"([{"op":"addNode","node":5}])", kInvalid, "ops[0] is not an object"},
        BadPatch{
            R"([{"op":"addNode","node":{"id":"a"}}])", kInvalid, "ops[0].blockType is missing"},
        BadPatch{R"([{"op":"removeNode"}])", kInvalid, "ops[0].nodeId is missing"},
        BadPatch{R"([{"op":"removeNode","nodeId":5}])", kInvalid, "ops[0].nodeId is not a string"},
        BadPatch{R"([{"op":"updateNodeData","nodeId":"a"}])", kInvalid, "ops[0].data is missing"},
        BadPatch{R"([{"op":"updateNodeData","nodeId":"a","data":[]}])", kInvalid, "not an object"},
        BadPatch{R"([{"op":"updateNodeData","data":{}}])", kInvalid, "ops[0].nodeId is missing"},
        BadPatch{R"([{"op":"addEdge","edge":{"id":"e"}}])", kInvalid, "ops[0].source is missing"},
        BadPatch{R"([{"op":"removeEdge"}])", kInvalid, "ops[0].edgeId is missing"},
        BadPatch{R"([{"op":"removeEdge","edgeId":"e"},])", ErrorCode::ParseError, ""},
        BadPatch{R"([{"op":"removeEdge","edgeId":"e"}]x)", ErrorCode::ParseError, ""}));

TEST(PatchLimits, OneOpTooMany) {
  Limits limits;
  limits.max_patch_ops = 5;
  EXPECT_TRUE(decode(kGood, limits).ok());
  limits.max_patch_ops = 4;
  const auto ops = decode(kGood, limits);
  ASSERT_FALSE(ops.ok());
  EXPECT_EQ(ops.error().code, ErrorCode::LimitExceeded);
  EXPECT_EQ(ops.error().detail, R"("limit":"maxPatchOps","max":4)");
}

TEST(PatchLimits, OneByteTooManyInAnId) {
  Limits limits;
  limits.max_id_bytes = 3;
  EXPECT_TRUE(decode(R"([{"op":"removeNode","nodeId":"abc"}])", limits).ok());
  const auto ops = decode(R"([{"op":"removeNode","nodeId":"abcd"}])", limits);
  ASSERT_FALSE(ops.ok());
  EXPECT_EQ(ops.error().code, ErrorCode::LimitExceeded);
}

TEST(Patch, EveryTruncationIsRefused) {
  for (std::size_t length = 0; length < kGood.size(); ++length)
    EXPECT_FALSE(decode(kGood.substr(0, length)).ok()) << length;
}

TEST(Patch, DamagedTextIsReadOrRefusedWithAReason) {
  test::Mutator mutate(29);
  int good = 0;
  for (int i = 0; i < test::tries(100'000); ++i) {
    const auto ops = decode(mutate(std::string(kGood)));
    if (ops.ok()) {
      ++good;
    } else {
      ASSERT_FALSE(ops.error().message.empty());
    }
  }
  EXPECT_GT(good, test::tries(1000));
}

}  // namespace
}  // namespace chainsolved
