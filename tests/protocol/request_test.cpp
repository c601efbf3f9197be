#include "protocol/request.h"

#include "tests/protocol/bytes.h"
#include "tests/protocol/snapshot_records.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace chainsolved {
namespace {

using test::PaddedText;

Error refused(std::string_view text, const Limits& limits = {}) {
  RequestReader reader;
  const PaddedText padded(text);
  const auto request = reader.read(padded.view(), limits);
  EXPECT_FALSE(request.ok()) << text;
  return request.ok() ? Error{} : request.error();
}

TEST(Request, IsSplitIntoMethodAndParams) {
  RequestReader reader;
  const PaddedText text(R"( {"jsonrpc":"2.0","id":[1],"params": {"a": 1} ,"method":"getStats"} )");
  const auto request = reader.read(text.view(), {});
  ASSERT_TRUE(request.ok()) << request.error().message;
  ASSERT_NE(request->method, nullptr);
  EXPECT_EQ(request->method->method, Method::GetStats);
  EXPECT_EQ(request->method_name, "getStats");
  EXPECT_EQ(request->params, R"({"a": 1})");
}

TEST(Request, WithoutParamsHasEmptyOnes) {
  RequestReader reader;
  for (const auto* text : {R"({"method":"getStats"})", R"({"method":"getStats","params":null})"}) {
    const PaddedText padded(text);
    const auto request = reader.read(padded.view(), {});
    ASSERT_TRUE(request.ok());
    EXPECT_EQ(request->params, "{}");
  }
}

TEST(Request, OfAnUnknownMethodStillHasItsName) {
  RequestReader reader;
  const PaddedText text(R"({"method":"fly\u0021"})");
  const auto request = reader.read(text.view(), {});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->method, nullptr);
  EXPECT_EQ(request->method_name, "fly!");
}

TEST(Request, IsRefusedByWhatIsWrongWithIt) {
  EXPECT_EQ(refused("").code, ErrorCode::ParseError);
  EXPECT_EQ(refused("{").code, ErrorCode::ParseError);
  EXPECT_EQ(refused(R"({"method":"a"} x)").code, ErrorCode::ParseError);
  EXPECT_EQ(refused(R"({"method":"getStats","params":{"a":tru}})").code, ErrorCode::ParseError);
  EXPECT_EQ(refused("[]").code, ErrorCode::InvalidRequest);
  EXPECT_EQ(refused("[,]").code, ErrorCode::ParseError);
  EXPECT_EQ(refused("{}").code, ErrorCode::InvalidRequest);
  EXPECT_EQ(refused(R"({"method":5})").code, ErrorCode::InvalidRequest);
  EXPECT_EQ(refused(R"({"method":"getStats","params":[]})").code, ErrorCode::InvalidParams);
  EXPECT_EQ(refused(R"({"method":"getStats","params":"x"})").code, ErrorCode::InvalidParams);
}

TEST(Request, NothingUncheckedGetsThrough) {
  // A bulk is passed over only when its decoder is certain to come.
  EXPECT_EQ(refused(R"({"method":"getStats","params":{"snapshot":[tru]}})").code,
            ErrorCode::ParseError);
  EXPECT_EQ(
      refused(R"({"method":"loadSnapshot","params":{"snapshot":[tru]},"method":"getStats"})").code,
      ErrorCode::ParseError);
  EXPECT_EQ(refused(R"({"method":"loadSnapshot","params":{"snapshot":[tru]},"params":{}})").code,
            ErrorCode::ParseError);
  EXPECT_EQ(refused(R"({"method":"loadSnapshot","params":{"snapshot":[tru],"snapshot":{}}})").code,
            ErrorCode::ParseError);
}

TEST(RequestLimits, OneByteTooLarge) {
  constexpr std::string_view kText = R"({"method":"getStats"})";
  Limits limits;
  limits.max_json_bytes = kText.size();
  RequestReader reader;
  const PaddedText text(kText);
  EXPECT_TRUE(reader.read(text.view(), limits).ok());
  limits.max_json_bytes = kText.size() - 1;
  EXPECT_EQ(refused(kText, limits).detail, R"("limit":"maxJsonBytes","max":20)");
}

TEST(RequestLimits, OneLevelTooDeep) {
  Limits limits;
  limits.max_nesting = 3;
  RequestReader reader;
  const PaddedText text(R"({"method":"getStats","params":{"a":[]}})");
  EXPECT_TRUE(reader.read(text.view(), limits).ok());
  limits.max_nesting = 2;
  EXPECT_EQ(refused(R"({"method":"getStats","params":{"a":[]}})", limits).code,
            ErrorCode::LimitExceeded);
}

// --- inputs ---

class InputRequest : public testing::Test {
 protected:
  Result<const RequestReader::Inputs*> read(std::string_view text, const Limits& limits = {}) {
    text_ = std::make_unique<PaddedText>(text);
    auto request = reader_.read(text_->view(), limits);
    if (!request.ok()) return request.error();
    return reader_.read_inputs(*request, limits);
  }

  Error refusal(std::string_view text, const Limits& limits = {}) {
    const auto inputs = read(text, limits);
    EXPECT_FALSE(inputs.ok()) << text;
    return inputs.ok() ? Error{} : inputs.error();
  }

  RequestReader reader_;
  std::unique_ptr<PaddedText> text_;
};

TEST_F(InputRequest, SetInputIsOneChange) {
  const auto inputs = read(
      R"({"method":"setInput","params":{"value":-2.5,"portId":"p\u0031","nodeId":"n",
          "options":{"strict":true,"trace":true,"maxTraceNodes":5,"timeBudgetMs":2.5,"x":[]}}})");
  ASSERT_TRUE(inputs.ok()) << inputs.error().message;
  ASSERT_EQ((*inputs)->changes.size(), 1U);
  EXPECT_EQ((*inputs)->changes[0].node_id, "n");
  EXPECT_EQ((*inputs)->changes[0].port_id, "p1");
  EXPECT_EQ((*inputs)->changes[0].value, -2.5);
  EXPECT_TRUE((*inputs)->options.strict);
  EXPECT_TRUE((*inputs)->options.trace);
  EXPECT_EQ((*inputs)->options.max_trace_nodes, 5U);
  EXPECT_EQ((*inputs)->options.time_budget_ms, 2.5);
}

TEST_F(InputRequest, SetInputsIsALotOfThem) {
  const auto inputs =
      read(R"({"method":"setInputs","params":{"inputs":[{"nodeId":"a","portId":"x","value":"NaN"},
              {"nodeId":"b","portId":"y","value":null},{"nodeId":"c","portId":"z","value":"-Infinity"}]}})");
  ASSERT_TRUE(inputs.ok()) << inputs.error().message;
  ASSERT_EQ((*inputs)->changes.size(), 3U);
  EXPECT_TRUE(std::isnan((*inputs)->changes[0].value));
  EXPECT_TRUE(std::isnan((*inputs)->changes[1].value));
  EXPECT_EQ((*inputs)->changes[2].value, -std::numeric_limits<double>::infinity());
  EXPECT_EQ((*inputs)->changes[2].node_id, "c");
  EXPECT_FALSE((*inputs)->options.trace);
}

TEST_F(InputRequest, OptionsOfOneRequestDoNotStayForTheNext) {
  constexpr std::string_view kPlain =
      R"({"method":"setInput","params":{"nodeId":"n","portId":"p","value":1}})";
  ASSERT_TRUE(
      read(
          R"({"method":"setInput","params":{"options":{"trace":true},"nodeId":"n","portId":"p","value":1}})")
          .ok());
  const auto inputs = read(kPlain);
  ASSERT_TRUE(inputs.ok());
  EXPECT_FALSE((*inputs)->options.trace);
}

TEST_F(InputRequest, MayBeGivenByItsParamsAlone) {
  const PaddedText params(R"({"nodeId":"n","portId":"p","value":3})");
  RequestReader::Envelope request;
  request.method = find_method("setInput");
  request.params = params.view();
  const auto inputs = reader_.read_inputs(request, {});
  ASSERT_TRUE(inputs.ok()) << inputs.error().message;
  EXPECT_EQ((*inputs)->changes.at(0).value, 3);
}

TEST_F(InputRequest, IsRefusedByWhatIsWrongWithIt) {
  const auto single = [&](std::string_view params) {
    return refusal(R"({"method":"setInput","params":)" + std::string(params) + "}");
  };
  const auto list = [&](std::string_view inputs) {
    return refusal(R"({"method":"setInputs","params":{"inputs":)" + std::string(inputs) + "}}");
  };
  struct Case {
    Error error;
    std::string_view says;
  };
  const Case cases[] = {
      {single("{}"), "nodeId is missing"},
      {single(R"({"nodeId":"n"})"), "portId is missing"},
      {single(R"({"nodeId":"n","portId":"p"})"), "value is missing"},
      {single(R"({"nodeId":"n","portId":"p","value":"7"})"), "value is not a number"},
      {single(R"({"nodeId":"n","portId":"p","value":true})"), "value is not a number"},
      {single(R"({"nodeId":"n","portId":"p","value":[1]})"), "value is not a number"},
      {single(R"({"nodeId":5,"portId":"p","value":1})"), "nodeId is not a string"},
      {single(R"({"options":[],"nodeId":"n","portId":"p","value":1})"), "options is not an object"},
      {single(R"({"options":{"trace":1},"nodeId":"n","portId":"p","value":1})"), "options.trace"},
      {single(R"({"options":{"timeBudgetMs":-1}})"), "options.timeBudgetMs is negative"},
      {single(R"({"options":{"timeBudgetMs":"1"}})"), "options.timeBudgetMs is not a number"},
      {single(R"({"options":{"maxTraceNodes":1e999}})"), "options.maxTraceNodes is"},
      {list("5"), "inputs is not an array"},
      {list("[5]"), "inputs[0] is not an object"},
      {list(R"([{"nodeId":"a","portId":"b","value":1},{"nodeId":"a"}])"), "inputs[1].portId"},
      {refusal(R"({"method":"setInputs","params":{}})"), "inputs is missing"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(c.error.code, ErrorCode::InvalidParams) << c.says;
    EXPECT_NE(c.error.message.find(c.says), std::string::npos) << c.error.message;
  }
}

TEST_F(InputRequest, OneOverEachLimitIsRefused) {
  Limits limits;
  limits.max_inputs = 1;
  EXPECT_EQ(
      refusal(R"({"method":"setInputs","params":{"inputs":[{"nodeId":"a","portId":"b","value":1},
                       {"nodeId":"a","portId":"b","value":1}]}})",
              limits)
          .detail,
      R"("limit":"maxInputs","max":1)");
  limits.max_id_bytes = 4;
  EXPECT_TRUE(
      read(R"({"method":"setInput","params":{"nodeId":"abcd","portId":"b","value":1}})", limits)
          .ok());
  EXPECT_EQ(
      refusal(R"({"method":"setInput","params":{"nodeId":"abcde","portId":"b","value":1}})", limits)
          .detail,
      R"("limit":"maxIdBytes","max":4)");
  limits.max_trace_nodes = 9;
  EXPECT_EQ(
      refusal(R"({"method":"setInput","params":{"options":{"maxTraceNodes":10}}})", limits).detail,
      R"("limit":"maxTraceNodes","max":9)");
}

TEST_F(InputRequest, DamagedTextIsReadOrRefusedWithAReason) {
  constexpr std::string_view kInputs =
      R"({"method":"setInputs","params":{"inputs":[{"nodeId":"a","portId":"x","value":1.5e3},
          {"nodeId":"\u0062","portId":"y","value":"NaN"}],"options":{"trace":true,"maxTraceNodes":3}}})";
  test::Mutator mutate(31);
  int good = 0;
  for (int i = 0; i < test::tries(100'000); ++i) {
    const auto inputs = read(mutate(std::string(kInputs)));
    if (inputs.ok()) {
      ++good;
    } else {
      ASSERT_FALSE(inputs.error().message.empty());
    }
  }
  EXPECT_GT(good, test::tries(1000));
}

// --- snapshots and patches ---

TEST(BulkRequest, GivesTheSnapshotsTextAndTheOptions) {
  for (
      const auto* text :
      {R"({"method":"loadSnapshot","params":{"options":{"trace":true},"snapshot": {"v]":"}"} }})",
       R"({"params":{"snapshot": {"v]":"}"},"options":{"trace":true}},"method":"evaluate"})",
       R"({"method":"loadSnapshot","params":{"snapshot":[1],"snapshot":{"v]":"}"},"options":{"trace":true}}})"}) {
    RequestReader reader;
    const PaddedText padded(text);
    const auto request = reader.read(padded.view(), {});
    ASSERT_TRUE(request.ok()) << request.error().message;
    const auto snapshot = reader.read_snapshot(*request, {});
    ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
    EXPECT_EQ(snapshot->snapshot, R"({"v]":"}"})");
    EXPECT_TRUE(snapshot->options.trace);
  }
}

TEST(BulkRequest, DamagedInsideReachesTheDecoder) {
  RequestReader reader;
  const PaddedText text(R"({"method":"loadSnapshot","params":{"snapshot":{"version":tru}}})");
  const auto request = reader.read(text.view(), {});
  ASSERT_TRUE(request.ok());
  const auto snapshot = reader.read_snapshot(*request, {});
  ASSERT_TRUE(snapshot.ok());
  test::RecordSink sink;
  const auto decoded = decode_snapshot(snapshot->snapshot, {}, sink);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, ErrorCode::ParseError);
}

TEST(BulkRequest, WithoutItsBulkIsAnInvalidSnapshot) {
  for (const auto* method : {"loadSnapshot", "evaluate"}) {
    RequestReader reader;
    const PaddedText text(R"({"method":")" + std::string(method) + R"(","params":{}})");
    const auto request = reader.read(text.view(), {});
    ASSERT_TRUE(request.ok());
    const auto snapshot = reader.read_snapshot(*request, {});
    ASSERT_FALSE(snapshot.ok());
    EXPECT_EQ(snapshot.error().code, ErrorCode::InvalidSnapshot);
  }
  RequestReader reader;
  const PaddedText text(R"({"method":"applyPatch"})");
  const auto request = reader.read(text.view(), {});
  ASSERT_TRUE(request.ok());
  const auto patch = reader.read_patch(*request, {});
  ASSERT_FALSE(patch.ok());
  EXPECT_EQ(patch.error().code, ErrorCode::InvalidSnapshot);
}

TEST(BulkRequest, APatchIsDecoded) {
  RequestReader reader;
  const PaddedText text(
      R"({"method":"applyPatch","params":{"ops":[{"op":"removeNode","nodeId":"a"}],"options":{"strict":true}}})");
  const auto request = reader.read(text.view(), {});
  ASSERT_TRUE(request.ok());
  const auto patch = reader.read_patch(*request, {});
  ASSERT_TRUE(patch.ok()) << patch.error().message;
  ASSERT_EQ(patch->ops.size(), 1U);
  EXPECT_EQ(patch->ops[0].node.id, "a");
  EXPECT_TRUE(patch->options.strict);
}

// --- errors on the wire ---

std::string wire(const Error& error) {
  std::string text;
  write_error(text, error);
  return text;
}

TEST(WriteError, OfOurOwnFamilyHasTheCodeInBracketsAndInData) {
  Error error{ErrorCode::UnknownNode, "There is no node \"x\".", "\"nodeId\":\"x\""};
  error.applied = Applied::No;
  EXPECT_EQ(
      wire(error),
      R"({"error":{"code":-32000,"message":"[UNKNOWN_NODE] There is no node \"x\".","data":{"code":"UNKNOWN_NODE","applied":false,"nodeId":"x"}}})");
}

TEST(WriteError, WithoutAMessageHasTheDefaultSentence) {
  EXPECT_EQ(
      wire({ErrorCode::WorkerWatchdog, {}, {}}),
      R"({"error":{"code":-32000,"message":"[WORKER_WATCHDOG] Worker unresponsive — recreating","data":{"code":"WORKER_WATCHDOG"}}})");
}

TEST(WriteError, OfTheStandardCodesHasDataOnlyWhenThereIsSome) {
  EXPECT_EQ(wire({ErrorCode::MethodNotFound, "No \"fly\".", {}}),
            R"({"error":{"code":-32601,"message":"No \"fly\"."}})");
  Error error{ErrorCode::InvalidParams, "x", {}};
  error.applied = Applied::Unknown;
  EXPECT_EQ(wire(error), R"({"error":{"code":-32602,"message":"x","data":{"applied":"unknown"}}})");
}

TEST(WriteError, StaysValidJsonWhateverTheMessageHolds) {
  const std::string text = wire({ErrorCode::DaemonLost, "\xFF\x01\"", {}});
  RequestReader reader;
  const PaddedText padded(text);
  const auto read = reader.read(padded.view(), {});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::InvalidRequest);  // JSON, but no request
}

}  // namespace
}  // namespace chainsolved
