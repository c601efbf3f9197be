// Whatever is wrong with what a client sends: the error of WIRE.md, the old state, a usable
// connection.
#include "tests/integration/raw_client.h"
#include "tests/support/daemon_fixture.h"

#include <gtest/gtest.h>

#include <cstring>

namespace chainsolved::test {
namespace {

constexpr const char* kGraph =
    R"({"snapshot":{"version":1,"nodes":[{"id":"x","blockType":"number","data":{"value":1}},)"
    R"({"id":"y","blockType":"negate","data":{}}],)"
    R"("edges":[{"id":"e","source":"x","sourceHandle":"out","target":"y","targetHandle":"a"}]}})";

struct Bad {
  const char* name;
  const char* method;
  const char* params;
  const char* code;
};

std::ostream& operator<<(std::ostream& out, const Bad& bad) {
  return out << bad.name;
}

class BadRequest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadRequest, IsAnsweredAndChangesNothing) {
  const Bad& bad = GetParam();
  auto daemon = Daemon::start();
  ASSERT_TRUE(daemon.running()) << daemon.said();
  RawClient client(daemon.socket());
  client.open(R"({"names":true})");
  ASSERT_TRUE(client.call("loadSnapshot", kGraph).json.contains("result"));
  const auto before = client.call("getSnapshot").json;
  const auto answer = client.call(bad.method, bad.params);
  ASSERT_TRUE(answer.is_error(bad.code)) << answer.json.dump();
  const auto message = answer.json["error"]["message"].get<std::string>();
  if (bad.code[0] != '-') {
    EXPECT_TRUE(message.starts_with("[" + std::string(bad.code) + "] ")) << message;
  }
  EXPECT_GT(message.size(), std::strlen(bad.code) + 10) << "the message must say what was wrong";
  EXPECT_EQ(client.call("getSnapshot").json, before);
  const auto values = client.call("getValues", R"({"nodeIds":["y"]})");
  EXPECT_EQ(values.json["result"]["values"]["y"]["value"], -1);
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    BadRequest,
    ::testing::Values(
        Bad{"UnknownMethod", "explode", "{}", "-32601"},
        Bad{"SupervisorMethodOnASession", "closeSession", R"({"session":"x"})", "NOT_ALLOWED"},
        Bad{"SnapshotOfAnotherVersion",
            "loadSnapshot",
            R"({"snapshot":{"version":2,"nodes":[],"edges":[]}})",
            "UNSUPPORTED_VERSION"},
        Bad{"SnapshotWithoutNodes",
            "loadSnapshot",
            R"({"snapshot":{"version":1,"edges":[]}})",
            "INVALID_SNAPSHOT"},
        Bad{"SnapshotThatIsNoObject", "loadSnapshot", R"({"snapshot":[1,2]})", "INVALID_SNAPSHOT"},
        Bad{"NodeWithoutBlockType",
            "loadSnapshot",
            R"({"snapshot":{"version":1,"nodes":[{"id":"a"}],"edges":[]}})",
            "INVALID_SNAPSHOT"},
        Bad{"PatchWithOneBadOp",
            "applyPatch",
            R"({"ops":[{"op":"removeNode","nodeId":"x"},{"op":"explode"}]})",
            "INVALID_SNAPSHOT"},
        Bad{"PatchThatIsNoArray", "applyPatch", R"({"ops":{}})", "INVALID_SNAPSHOT"},
        Bad{"StrictPatchOfAnUnknownNode",
            "applyPatch",
            R"({"ops":[{"op":"removeNode","nodeId":"x"},{"op":"removeNode","nodeId":"z"}],"options":{"strict":true}})",
            "UNKNOWN_NODE"},
        Bad{"StrictPatchOfAnUnknownEdge",
            "applyPatch",
            R"({"ops":[{"op":"removeEdge","edgeId":"z"}],"options":{"strict":true}})",
            "UNKNOWN_EDGE"},
        Bad{"StrictInputOfAnUnknownNode",
            "setInput",
            R"({"nodeId":"z","portId":"value","value":1,"options":{"strict":true}})",
            "UNKNOWN_NODE"},
        Bad{"StrictInputOfAnUnknownPort",
            "setInput",
            R"({"nodeId":"y","portId":"q","value":1,"options":{"strict":true}})",
            "UNKNOWN_PORT"},
        Bad{"InputThatIsNoNumber",
            "setInput",
            R"({"nodeId":"x","portId":"value","value":"seven"})",
            "-32602"},
        Bad{"InputWithoutValue", "setInput", R"({"nodeId":"x","portId":"value"})", "-32602"},
        Bad{"ValuesOfAnUnknownNode", "getValues", R"({"nodeIds":["z"]})", "UNKNOWN_NODE"},
        Bad{"DatasetWithoutId", "registerDataset", R"({"values":[1]})", "-32602"},
        Bad{"DatasetWhoseSegmentIsMissing",
            "registerDataset",
            R"({"datasetId":"d","data":{"$segment":{"index":0,"type":"f64","offset":0,"count":1}}})",
            "-32602"},
        Bad{"ReleaseWithoutId", "releaseDataset", "{}", "-32602"},
        Bad{"BlockWithoutType", "evaluateBlock", R"({"inputs":{}})", "-32602"},
        Bad{"BlockInputOfUnknownKind",
            "evaluateBlock",
            R"({"blockType":"negate","inputs":{"a":{"kind":"cloud"}}})",
            "-32602"}),
    [](const auto& instance) { return std::string(instance.param.name); });

class Frames : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon_.running()) << daemon_.said(); }

  static std::vector<std::byte> frame(FrameHeader header, std::string_view json) {
    std::vector<std::byte> message;
    encode_frame(header, json, {}, message);
    return message;
  }

  Daemon daemon_ = Daemon::start();
};

FrameHeader request_header(std::uint64_t id) {
  FrameHeader header;
  header.id = id;
  return header;
}

TEST_F(Frames, JsonThatIsNoneIsAParseErrorOnASession) {
  RawClient client(daemon_.socket());
  client.open();
  ASSERT_TRUE(client.send_bytes(frame(request_header(900), R"({"method": )")));
  EXPECT_TRUE(client.answer(900).is_error("-32700"));
  EXPECT_TRUE(client.call("getStats").json.contains("result"));
}

TEST_F(Frames, JsonThatIsNoObjectIsAnInvalidRequest) {
  RawClient client(daemon_.socket());
  client.open();
  ASSERT_TRUE(client.send_bytes(frame(request_header(901), "[1]")));
  EXPECT_TRUE(client.answer(901).is_error("-32600"));
  EXPECT_TRUE(client.call("getStats").json.contains("result"));
}

TEST_F(Frames, JsonNestedTooDeepIsOverALimit) {
  RawClient client(daemon_.socket());
  client.open();
  const std::string deep(5000, '[');
  const std::string json =
      R"({"method":"evaluateBlock","params":{"blockType":"number","data":{"x":)" + deep +
      std::string(5000, ']') + "}}}";
  ASSERT_TRUE(client.send_bytes(frame(request_header(902), json)));
  const auto answer = client.answer(902);
  EXPECT_TRUE(answer.is_error("LIMIT_EXCEEDED")) << answer.json.dump();
  EXPECT_EQ(answer.json["error"]["data"]["limit"], "maxNesting");
  EXPECT_TRUE(client.call("getStats").json.contains("result"));
}

TEST_F(Frames, LengthsThatDoNotAddUpAreAnsweredWhenTheIdCanBeRead) {
  RawClient client(daemon_.socket());
  client.open();
  auto message = frame(request_header(903), R"({"method":"getStats"})");
  message.resize(message.size() + 8);
  ASSERT_TRUE(client.send_bytes(message));
  EXPECT_TRUE(client.answer(903).is_error("PROTOCOL_ERROR"));
}

TEST_F(Frames, BytesThatAreNoFrameEndTheConnectionAfterOneNotification) {
  for (const bool in_session : {false, true}) {
    RawClient client(daemon_.socket());
    if (in_session) client.open();
    const std::vector<std::byte> garbage(7, std::byte{0x5A});
    ASSERT_TRUE(client.send_bytes(garbage));
    EXPECT_TRUE(client.ends());
    ASSERT_EQ(client.passed.size(), 1U);
    EXPECT_EQ(client.passed[0].header.kind, FrameKind::Notification);
    EXPECT_NE(client.passed[0].json.dump().find("PROTOCOL_ERROR"), std::string::npos);
  }
  // The daemon goes on.
  RawClient client(daemon_.socket());
  EXPECT_TRUE(client.open().json.contains("result"));
}

TEST_F(Frames, AnEmptyMessageIsAProtocolError) {
  RawClient client(daemon_.socket());
  client.open();
  ASSERT_TRUE(client.send_bytes({}));
  EXPECT_TRUE(client.ends());
}

TEST_F(Frames, DescriptorsThatTheHeaderDoesNotDeclareAreAProtocolError) {
  RawClient client(daemon_.socket());
  client.open();
  const auto message = frame(request_header(904), R"({"method":"getStats"})");
  const BorrowedFd fd = client.socket();
  ASSERT_TRUE(client.send_bytes(message, std::span(&fd, 1)));
  EXPECT_TRUE(client.answer(904).is_error("PROTOCOL_ERROR"));
}

TEST_F(Frames, AVersionThatTheDaemonDoesNotSpeakNamesBoth) {
  RawClient client(daemon_.socket());
  const auto answer = client.call(
      "hello", R"({"protocol":{"min":7,"max":9},"client":{"name":"t","version":"1","pid":1}})");
  ASSERT_TRUE(answer.is_error("VERSION_MISMATCH")) << answer.json.dump();
  const auto message = answer.json["error"]["message"].get<std::string>();
  EXPECT_NE(message.find('7'), std::string::npos) << message;
  EXPECT_NE(message.find('1'), std::string::npos) << message;
}

TEST_F(Frames, ASessionMethodBeforeOpenSessionSaysWhatToDo) {
  RawClient client(daemon_.socket());
  client.hello();
  const auto answer = client.call("getStats");
  ASSERT_TRUE(answer.is_error("NOT_ALLOWED")) << answer.json.dump();
  EXPECT_NE(answer.json["error"]["message"].get<std::string>().find("open a session"),
            std::string::npos);
  EXPECT_TRUE(client.call("openSession").json.contains("result"));
}

TEST_F(Frames, JoiningASessionThatIsNotThereIsUnknown) {
  RawClient client(daemon_.socket());
  client.hello();
  EXPECT_TRUE(client.call("openSession", R"({"name":"nobody","create":false})")
                  .is_error("UNKNOWN_SESSION"));
  EXPECT_TRUE(client.call("openSession").json.contains("result"));
}

}  // namespace
}  // namespace chainsolved::test
