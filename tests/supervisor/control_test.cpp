// What is answered before a session is open, by a real daemon.
#include "protocol/frame.h"
#include "protocol/methods.h"
#include "tests/supervisor/fake_daemon.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

class Control : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(fake_.daemon().running()) << fake_.daemon().said(); }

  static std::vector<std::byte> frame_of(FrameHeader header, std::string_view text) {
    std::vector<std::byte> frame;
    encode_frame(header, text, {}, frame);
    return frame;
  }
  static FrameHeader request_header(std::uint64_t id) {
    FrameHeader header;
    header.id = id;
    return header;
  }
  /// The connection must go on after a refusal.
  static void expect_usable(RawClient& client) {
    EXPECT_TRUE(client.call("listSessions").json.contains("result"));
  }

  FakeDaemon fake_;
};

TEST_F(Control, HelloTellsVersionsCapabilitiesAndLimits) {
  RawClient client(fake_.socket());
  const json result = client.call("hello", R"({"protocol":{"min":1,"max":3}})").json.at("result");
  EXPECT_EQ(result["protocol"], kProtocolVersion);
  EXPECT_EQ(result["contractVersion"], kContractVersion);
  EXPECT_EQ(result["methodsHash"], methods_hash());
  EXPECT_EQ(result["pid"], fake_.daemon().pid());
  EXPECT_EQ(result["limits"]["inlineLimit"], 160 << 10);
  EXPECT_EQ(result["capabilities"], json({"evaluate", "datasets", "names", "restart"}));
  // It may be repeated.
  client.hello();
}

TEST_F(Control, VersionsThatDoNotOverlapAreBothNamed) {
  RawClient client(fake_.socket());
  const auto answer = client.call("hello", R"({"protocol":{"min":7,"max":9}})");
  EXPECT_EQ(answer.error_code(), "VERSION_MISMATCH");
  const std::string message = answer.json["error"]["message"];
  EXPECT_NE(message.find("7 to 9"), std::string::npos) << message;
  EXPECT_NE(message.find("speaks 1;"), std::string::npos) << message;
  EXPECT_EQ(client.call("hello", R"({"protocol":{"min":0,"max":0}})").error_code(),
            "VERSION_MISMATCH");
  EXPECT_EQ(client.call("hello", "{}").json["error"]["code"], -32602);
  // Nothing was agreed on.
  EXPECT_EQ(client.call("openSession").error_code(), "NOT_ALLOWED");
  client.hello();
  expect_usable(client);
}

TEST_F(Control, SessionMethodsNeedASession) {
  RawClient client = fake_.control();
  for (const MethodInfo& method : kMethods) {
    if (method.served != Served::Engine) continue;
    const auto answer = client.call(method.name);
    EXPECT_EQ(answer.error_code(), "NOT_ALLOWED") << method.name;
    EXPECT_NE(answer.json["error"]["message"].get<std::string>().find("open a session first"),
              std::string::npos);
  }
  EXPECT_EQ(client.call("frobnicate").json["error"]["code"], -32601);
  expect_usable(client);
}

TEST_F(Control, BadJsonAndBadFramesAreAnsweredUnderTheirId) {
  RawClient client = fake_.control();
  ASSERT_TRUE(client.send_bytes(frame_of(request_header(901), "{\"method\":")));
  EXPECT_EQ(client.answer(901).json["error"]["code"], -32700);
  ASSERT_TRUE(client.send_bytes(frame_of(request_header(902), "[1,2]")));
  EXPECT_EQ(client.answer(902).json["error"]["code"], -32600);
  auto wrong_length = frame_of(request_header(903), R"({"method":"status"})");
  wrong_length.resize(wrong_length.size() + 8);
  ASSERT_TRUE(client.send_bytes(wrong_length));
  EXPECT_EQ(client.answer(903).error_code(), "PROTOCOL_ERROR");
  FrameHeader response = request_header(904);
  response.kind = FrameKind::Response;
  ASSERT_TRUE(client.send_bytes(frame_of(response, "{}")));
  EXPECT_EQ(client.answer(904).error_code(), "PROTOCOL_ERROR");
  expect_usable(client);
}

TEST_F(Control, FrameOverTheInlineLimitIsALimit) {
  RawClient client = fake_.control();
  const std::string spaces(160 << 10, ' ');
  ASSERT_TRUE(
      client.send_bytes(frame_of(request_header(905), "{\"method\":\"status\"" + spaces + "}")));
  const auto answer = client.answer(905);
  EXPECT_EQ(answer.error_code(), "LIMIT_EXCEEDED");
  EXPECT_EQ(answer.json["error"]["data"]["limit"], "inlineLimit");
  expect_usable(client);
}

TEST_F(Control, DescriptorsThatWereNotAnnouncedAreRefusedAndClosed) {
  RawClient client = fake_.control();
  expect_usable(client);
  const std::size_t before = fake_.daemon().descriptor_count();
  const UniqueFd file = checked_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open");
  const BorrowedFd fds[] = {file.borrow(), file.borrow()};
  const auto frame = frame_of(request_header(906), R"({"method":"status"})");
  ASSERT_TRUE(client.send_bytes(frame, fds));
  EXPECT_EQ(client.answer(906).error_code(), "PROTOCOL_ERROR");
  FrameHeader lying = request_header(907);
  lying.segments = 2;
  ASSERT_TRUE(client.send_bytes(frame_of(lying, R"({"method":"status"})")));
  EXPECT_EQ(client.answer(907).error_code(), "PROTOCOL_ERROR");
  FrameHeader json_elsewhere = request_header(908);
  json_elsewhere.segments = 1;
  json_elsewhere.flags = kFlagJsonInSegment;
  ASSERT_TRUE(client.send_bytes(frame_of(json_elsewhere, ""), std::span(fds).first(1)));
  EXPECT_EQ(client.answer(908).error_code(), "LIMIT_EXCEEDED");
  expect_usable(client);
  // Fewer is right: the spare may have finished starting meanwhile, which closes a pipe.
  EXPECT_LE(fake_.daemon().descriptor_count(), before);
}

TEST_F(Control, WhatHasNoReadableIdEndsTheConnectionAfterANotification) {
  const std::vector<std::vector<std::byte>> hopeless{
      {},
      std::vector<std::byte>(7),
      std::vector<std::byte>(64),
      frame_of(request_header(0), R"({"method":"status"})")};
  for (const auto& bytes : hopeless) {
    RawClient client = fake_.control();
    ASSERT_TRUE(client.send_bytes(bytes));
    const auto notice = client.receive();
    ASSERT_TRUE(notice.has_value()) << bytes.size();
    EXPECT_EQ(notice->header.kind, FrameKind::Notification);
    EXPECT_EQ(notice->json["params"]["error"]["data"]["code"], "PROTOCOL_ERROR");
    EXPECT_TRUE(client.ends());
  }
}

TEST_F(Control, StatusCountsWhatHappened) {
  RawClient session(fake_.socket());
  session.open(R"({"name":"mine"})");
  // The engine answers the client first, then says `attached`.
  ASSERT_TRUE(fake_.eventually(
      [](const json& status) { return status["sessions"][0]["state"] == "ready"; }));
  const json status = fake_.status();
  EXPECT_EQ(status["pid"], fake_.daemon().pid());
  EXPECT_EQ(status["socket"], fake_.socket());
  EXPECT_EQ(status["counters"]["sessionsOpened"], 1);
  EXPECT_EQ(status["counters"]["unexpectedEvents"], 0);
  EXPECT_GE(status["counters"]["handovers"], 2);  // the probe's and ours
  ASSERT_EQ(status["sessions"].size(), 1U);
  const json row = status["sessions"][0];
  EXPECT_EQ(row["name"], "mine");
  EXPECT_EQ(row["state"], "ready");
  EXPECT_EQ(row["clients"], 1);
  EXPECT_EQ(row["epoch"], 1);
  EXPECT_EQ(row["restarts"], 0);
  EXPECT_GT(row["residentBytes"], 0);
  EXPECT_EQ(status["engines"]["serving"], 1);
}

TEST_F(Control, AnswerLargerThanAFrameComesInASegment) {
  FakeDaemon small({"--limit", "inlineLimit=600"});
  ASSERT_TRUE(small.daemon().running()) << small.daemon().said();
  RawClient client(small.socket());
  const auto answer = client.call("hello", R"({"protocol":{"min":1,"max":1}})");
  EXPECT_TRUE(answer.header.json_in_segment());
  EXPECT_EQ(answer.json["result"]["limits"]["inlineLimit"], 600);
}

TEST_F(Control, ConnectionsBeforeASessionAreBounded) {
  FakeDaemon small({"--limit", "maxConnections=2"});
  ASSERT_TRUE(small.daemon().running()) << small.daemon().said();
  RawClient first = small.control();
  RawClient second = small.control();
  RawClient third(small.socket());
  const auto notice = third.receive();
  ASSERT_TRUE(notice.has_value());
  EXPECT_EQ(notice->json["params"]["error"]["data"]["limit"], "maxConnections");
  EXPECT_TRUE(third.ends());
  expect_usable(first);
  // Who opens a session makes room.
  EXPECT_TRUE(second.call("openSession").json.contains("result"));
  RawClient fourth = small.control();
  expect_usable(fourth);
}

TEST_F(Control, ClientThatDoesNotReadStopsOnlyItself) {
  RawClient deaf = fake_.control();
  // Until the daemon no longer reads: our queue stays full, its answers have no room.
  FrameHeader header = request_header(1000);
  const auto status = frame_of(header, R"({"method":"status"})");
  std::size_t sent = 0;
  while (sent < 100'000 && deaf.send_bytes(status))
    ++sent;
  RawClient other = fake_.control();
  expect_usable(other);
  // Every request is answered once it reads.
  for (std::size_t i = 0; i < sent; ++i)
    ASSERT_TRUE(deaf.receive().has_value()) << i;
}

}  // namespace
}  // namespace chainsolved::test
