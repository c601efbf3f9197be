// What comes in that cannot be right: answered when it has an id, ended when it has not, and never
// the engine's end.
#include "protocol/frame.h"
#include "tests/engine/engine_harness.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include <fcntl.h>
#include <sys/mman.h>

namespace chainsolved::test {
namespace {

using nlohmann::json;

class Frames : public ::testing::Test {
 protected:
  EngineHarness engine_;
  TestClient& client_ = engine_.attach();

  static std::vector<std::byte> frame(std::string_view json_text,
                                      std::uint64_t id,
                                      FrameKind kind = FrameKind::Request) {
    FrameHeader header;
    header.kind = kind;
    header.id = id;
    header.epoch = 1;
    std::vector<std::byte> message;
    encode_frame(header, json_text, {}, message);
    return message;
  }

  void expect_answered(std::uint64_t id, std::string_view code) {
    const Message answer = client_.answer_to(id);
    EXPECT_EQ(answer.header.kind, FrameKind::Error);
    EXPECT_EQ(answer.header.epoch, 1U);
    EXPECT_EQ(answer.code(), code) << answer.json;
    EXPECT_TRUE(client_.call("getStats").ok()) << "the connection is usable";
  }

  void expect_ended(TestClient& client, std::string_view code) {
    ASSERT_TRUE(client.at_end());
    ASSERT_FALSE(client.seen.empty());
    const Message& last = client.seen.back();
    EXPECT_EQ(last.header.kind, FrameKind::Notification);
    EXPECT_EQ(last.json["method"], "connectionError");
    EXPECT_EQ(last.json["params"]["error"]["data"]["code"], code);
  }
};

TEST_F(Frames, TextThatIsNotJsonIsAParseError) {
  client_.send_bytes(frame("{\"method\":", 500));
  expect_answered(500, "PARSE_ERROR");
}

TEST_F(Frames, ParamsThatAreNotJsonAreAParseError) {
  for (const char* method : {"getValues", "registerDataset", "releaseDataset", "evaluateBlock"}) {
    client_.send_bytes(frame(
        std::string(R"({"method":")") + method + R"(","params":{"a":nul,"nodeIds" 3}})", 500));
    expect_answered(500, "PARSE_ERROR");
  }
}

TEST_F(Frames, JsonThatIsNotARequestIsInvalid) {
  client_.send_bytes(frame("[1,2]", 500));
  expect_answered(500, "INVALID_REQUEST");
  client_.send_bytes(frame("{}", 501));
  expect_answered(501, "INVALID_REQUEST");
}

TEST_F(Frames, AnUnknownMethodIsNamed) {
  const Message answer = client_.call("explode");
  EXPECT_EQ(answer.code(), "METHOD_NOT_FOUND");
  EXPECT_NE(answer.json["error"]["message"].get<std::string>().find("explode"), std::string::npos);
}

TEST_F(Frames, TheDaemonsMethodsAreNotAllowedOnASession) {
  for (const char* method : {"hello", "openSession", "listSessions", "status", "closeSession"}) {
    const Message answer = client_.call(method);
    EXPECT_EQ(answer.code(), "NOT_ALLOWED") << method;
    EXPECT_NE(answer.json["error"]["message"].get<std::string>().find("control connection"),
              std::string::npos);
  }
}

TEST_F(Frames, ARequestOfAnOldEpochIsNotApplied) {
  client_.epoch = 7;
  const Message answer = client_.call("loadSnapshot", {{"snapshot", snapshot(json::array())}});
  EXPECT_EQ(answer.code(), "SESSION_RESTARTED");
  EXPECT_EQ(answer.applied(), false);
  client_.epoch = 0;
  EXPECT_TRUE(client_.call("getStats").ok()) << "epoch 0 is whatever it is";
}

TEST_F(Frames, LengthsThatDoNotAddUpAreAnswered) {
  auto message = frame(R"({"method":"getStats"})", 500);
  message.resize(message.size() + 16);
  client_.send_bytes(message);
  expect_answered(500, "PROTOCOL_ERROR");
}

TEST_F(Frames, AWrongMagicIsAnsweredByItsId) {
  auto message = frame(R"({"method":"getStats"})", 500);
  message[0] = std::byte{0};
  client_.send_bytes(message);
  expect_answered(500, "PROTOCOL_ERROR");
}

TEST_F(Frames, AFrameOfUnknownKindIsAnswered) {
  client_.send_bytes(frame("{}", 500, FrameKind::Response));
  expect_answered(500, "PROTOCOL_ERROR");
}

TEST_F(Frames, AFrameLongerThanTheLimitIsToldWhichLimit) {
  // More than one frame may have, less than a socket takes.
  const std::string text =
      R"({"method":"getStats","params":{"x":")" + std::string(170'000, 'x') + R"("}})";
  client_.send_bytes(frame(text, 500));
  const Message answer = client_.answer_to(500);
  EXPECT_EQ(answer.code(), "LIMIT_EXCEEDED");
  EXPECT_EQ(answer.json["error"]["data"]["limit"], "inlineLimit");
  EXPECT_TRUE(client_.call("getStats").ok());
}

TEST_F(Frames, DescriptorsThatWereNotAnnouncedAreClosed) {
  const std::size_t before = open_descriptors(engine_.pid());
  const auto message = frame(R"({"method":"getStats"})", 500);
  const SealedSegment segment = segment_of({1, 2, 3});
  const BorrowedFd fd = segment.fd();
  client_.send_bytes(message, std::span(&fd, 1));
  expect_answered(500, "PROTOCOL_ERROR");
  EXPECT_EQ(open_descriptors(engine_.pid()), before);
}

TEST_F(Frames, AFrameWithoutAnIdEndsTheConnectionWithOneNotification) {
  std::vector<std::byte> message(9, std::byte{0x41});
  client_.send_bytes(message);
  expect_ended(client_, "PROTOCOL_ERROR");
  EXPECT_EQ(client_.seen.size(), 1U);
  engine_.await_detached(1);
}

TEST_F(Frames, ARequestWithoutAnIdEndsTheConnection) {
  client_.send_bytes(frame(R"({"method":"getStats"})", 0));
  expect_ended(client_, "PROTOCOL_ERROR");
}

TEST_F(Frames, AnEmptyMessageEndsTheConnection) {
  client_.send_bytes({});
  expect_ended(client_, "PROTOCOL_ERROR");
}

TEST_F(Frames, ANotificationThatIsNotKnownIsPassedOver) {
  client_.notify("somethingNew", json::object());
  EXPECT_TRUE(client_.call("getStats").ok());
}

TEST_F(Frames, WhatOneClientSendsDoesNotEndAnothersConnection) {
  TestClient& other = engine_.attach();
  client_.send_bytes(std::vector<std::byte>(3));
  EXPECT_TRUE(client_.at_end());
  engine_.await_detached(1);
  EXPECT_TRUE(other.call("getStats").ok());
}

TEST_F(Frames, AJsonSegmentThatIsNotSealedIsRefused) {
  const UniqueFd fd{AdoptFd{}, ::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  const std::string text = R"({"method":"getStats"})";
  ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  FrameHeader header;
  header.id = 500;
  header.segments = 1;
  header.flags = kFlagJsonInSegment;
  std::vector<std::byte> message;
  encode_frame(header, {}, {}, message);
  const BorrowedFd borrowed = fd.borrow();
  client_.send_bytes(message, std::span(&borrowed, 1));
  expect_answered(500, "DATASET_NOT_SEALED");
}

TEST_F(Frames, AJsonSegmentIsReadWhateverItsLength) {
  // With and without room for the reader's padding in the segment's last page.
  for (const std::size_t length : {std::size_t{100}, std::size_t{4095}, std::size_t{4096}}) {
    std::string text = R"({"method":"getStats","params":{"x":")";
    text += std::string(length - text.size() - 3, 'x') + R"("}})";
    ASSERT_EQ(text.size(), length);
    auto builder = SegmentBuilder::create(text.size());
    ASSERT_TRUE(builder.ok());
    ASSERT_TRUE(builder->write(0, std::as_bytes(std::span(text))).ok());
    const auto sealed = std::move(*builder).seal();
    ASSERT_TRUE(sealed.ok());
    FrameHeader header;
    header.id = 600 + length;
    header.segments = 1;
    header.flags = kFlagJsonInSegment;
    std::vector<std::byte> message;
    encode_frame(header, {}, {}, message);
    const BorrowedFd fd = sealed->fd();
    client_.send_bytes(message, std::span(&fd, 1));
    EXPECT_TRUE(client_.answer_to(header.id).ok()) << length;
  }
}

TEST_F(Frames, RandomBytesNeverEndTheEngine) {
  std::mt19937 random(7);
  TestClient& witness = engine_.attach();
  std::uint64_t id = 3;
  for (int round = 0; round < 50; ++round) {
    TestClient& noisy = engine_.attach();
    auto message = frame(R"({"method":"applyPatch","params":{"ops":[]}})", 900);
    for (int i = 0; i < 4; ++i)
      message[random() % message.size()] = static_cast<std::byte>(random());
    noisy.send_bytes(message);
    noisy.hang_up();
    engine_.await_detached(id++);
  }
  EXPECT_TRUE(witness.call("getStats").ok());
}

}  // namespace
}  // namespace chainsolved::test
