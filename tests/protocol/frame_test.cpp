#include "protocol/frame.h"

#include "tests/protocol/bytes.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kHeaderBytes = sizeof(FrameHeader);

Bytes make(FrameHeader header, std::string_view json, std::span<const std::byte> data = {}) {
  Bytes frame;
  encode_frame(header, json, data, frame);
  return frame;
}

FrameHeader header_of(FrameKind kind, std::uint64_t id, std::uint32_t epoch = 0) {
  FrameHeader header;
  header.kind = kind;
  header.id = id;
  header.epoch = epoch;
  return header;
}

Bytes columns() {
  const double values[] = {1.5, -0.0, 1e300};
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

Bytes sample() {
  return make(header_of(FrameKind::Request, 7, 2), R"({"method":"setInput"})", columns());
}

void expect_fault(const Bytes& frame, std::string_view word) {
  const auto decoded = decode_frame(frame);
  ASSERT_FALSE(decoded.ok()) << word;
  EXPECT_EQ(decoded.error().code, ErrorCode::ProtocolFault);
  EXPECT_NE(decoded.error().message.find(word), std::string::npos) << decoded.error().message;
}

template <class T>
Bytes with(std::size_t offset, T value) {
  Bytes frame = sample();
  std::memcpy(frame.data() + offset, &value, sizeof(value));
  return frame;
}

TEST(Frame, ComesBackAsItWasSent) {
  FrameHeader header = header_of(FrameKind::Notification, 0, 9);
  header.segments = 2;
  const Bytes data = columns();
  const Bytes frame = make(header, R"({"method":"progress","params":{}})", data);
  const auto view = decode_frame(frame);
  ASSERT_TRUE(view.ok()) << view.error().message;
  EXPECT_EQ(view->header.kind, FrameKind::Notification);
  EXPECT_EQ(view->header.segments, 2);
  EXPECT_EQ(view->header.epoch, 9U);
  EXPECT_EQ(view->json, R"({"method":"progress","params":{}})");
  EXPECT_EQ(Bytes(view->data.begin(), view->data.end()), data);
  EXPECT_EQ(frame.size(), frame_size(view->json.size(), data.size()));
}

TEST(Frame, ColumnsBeginAtAMultipleOfEight) {
  for (std::size_t length = 0; length < 20; ++length) {
    const std::string json(length, ' ');
    const Bytes frame = make(header_of(FrameKind::Request, 1), json, columns());
    const auto view = decode_frame(frame);
    ASSERT_TRUE(view.ok());
    EXPECT_EQ((view->data.data() - frame.data()) % 8, 0);
  }
}

TEST(Frame, TheLastColumnMayBeShort) {
  const Bytes data(5, std::byte{3});
  const auto frame = make(header_of(FrameKind::Response, 4), "{}", data);
  EXPECT_TRUE(decode_frame(frame).ok());
}

TEST(Frame, ABufferIsReusedWithoutOldBytes) {
  Bytes buffer;
  encode_frame(header_of(FrameKind::Request, 1), std::string(100, 'x'), columns(), buffer);
  encode_frame(header_of(FrameKind::Request, 1), "{}", {}, buffer);
  EXPECT_EQ(buffer, make(header_of(FrameKind::Request, 1), "{}"));
}

TEST(Frame, AnEmptyMessageIsAFault) {
  expect_fault({}, "0 bytes");
}
TEST(Frame, AWrongMagicIsAFault) {
  expect_fault(with<std::uint8_t>(0, 'X'), "CSE1");
}
TEST(Frame, AnUnknownKindIsAFault) {
  expect_fault(with<std::uint8_t>(4, 0), "kind is 0");
  expect_fault(with<std::uint8_t>(4, 5), "kind is 5");
}
TEST(Frame, TooManySegmentsAreAFault) {
  expect_fault(with<std::uint8_t>(5, 5), "5 descriptors");
}
TEST(Frame, AnUnknownFlagIsAFault) {
  expect_fault(with<std::uint16_t>(6, 2), "flags 2");
  expect_fault(with<std::uint16_t>(6, 0x8000), "flags 32768");
}
TEST(Frame, JsonInNoSegmentIsAFault) {
  expect_fault(with<std::uint16_t>(6, kFlagJsonInSegment), "no descriptor");
}
TEST(Frame, JsonInTwoPlacesIsAFault) {
  Bytes frame = with<std::uint16_t>(6, kFlagJsonInSegment);
  frame[5] = std::byte{1};
  expect_fault(frame, "its header says");
}
TEST(Frame, JsonInASegmentMaySayItsLength) {
  FrameHeader header = header_of(FrameKind::Request, 3);
  header.flags = kFlagJsonInSegment;
  header.segments = 1;
  Bytes frame = make(header, "");
  header.json_bytes = 1000;
  std::memcpy(frame.data(), &header, sizeof header);
  const auto view = decode_frame(frame);
  ASSERT_TRUE(view.ok()) << view.error().message;
  EXPECT_EQ(view->header.json_bytes, 1000U);
  EXPECT_TRUE(view->json.empty());
}
TEST(Frame, ANonZeroReservedFieldIsAFault) {
  expect_fault(with<std::uint32_t>(28, 1), "not zero");
}
TEST(Frame, LengthsThatDoNotAddUpAreAFault) {
  expect_fault(with<std::uint32_t>(20, 20), "not zero");  // the brace becomes padding
  expect_fault(with<std::uint32_t>(20, 60), "its header says");
  expect_fault(with<std::uint32_t>(24, 23), "its header says");
  expect_fault(with<std::uint32_t>(20, 0xFFFFFFFF), "its header says");
  expect_fault(with<std::uint32_t>(24, 0xFFFFFFFF), "its header says");
}
TEST(Frame, NonZeroPaddingIsAFault) {
  expect_fault(with<std::uint8_t>(kHeaderBytes + 21, 1), "padding");
}

TEST(Frame, JsonInASegmentLeavesTheTextEmpty) {
  FrameHeader header = header_of(FrameKind::Request, 3);
  header.flags = kFlagJsonInSegment;
  header.segments = 1;
  const Bytes frame = make(header, "");
  const auto view = decode_frame(frame);
  ASSERT_TRUE(view.ok()) << view.error().message;
  EXPECT_TRUE(view->header.json_in_segment());
  EXPECT_TRUE(view->json.empty());
}

TEST(Frame, EveryTruncationIsAFault) {
  const Bytes frame = sample();
  for (std::size_t length = 0; length < frame.size(); ++length) {
    const Bytes cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
    ASSERT_FALSE(decode_frame(cut).ok()) << length;
  }
  Bytes longer = frame;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode_frame(longer).ok());
}

TEST(Frame, TheIdIsToldEvenOfABadHeader) {
  const Bytes frame = with<std::uint32_t>(28, 1);
  std::uint64_t id = 0;
  EXPECT_FALSE(decode_header(frame, &id).ok());
  EXPECT_EQ(id, 7U);
  EXPECT_FALSE(decode_header(std::span(frame).first(16), &id).ok());
  EXPECT_EQ(id, 7U);
  id = 99;
  EXPECT_FALSE(decode_header(std::span(frame).first(15), &id).ok());
  EXPECT_EQ(id, 99U);
}

TEST(Frame, RandomDamageIsRefusedOrStaysInside) {
  const Bytes good = sample();
  const std::string text(reinterpret_cast<const char*>(good.data()), good.size());
  test::Mutator mutate(5);
  for (int i = 0; i < test::tries(200'000); ++i) {
    const test::TightText bytes(mutate(text));
    const auto view = decode_frame(test::as_bytes(bytes.view()));
    if (!view.ok()) continue;
    ASSERT_EQ(frame_size(view->json.size(), view->data.size()), bytes.view().size());
    ASSERT_LE(view->json.data() + view->json.size(), bytes.view().data() + bytes.view().size());
  }
}

// --- golden frames, which the clients in other languages read too ---

struct Golden {
  std::string_view file;
  Bytes frame;
};

std::vector<Golden> golden_frames() {
  FrameHeader in_segment = header_of(FrameKind::Request, 4, 1);
  in_segment.flags = kFlagJsonInSegment;
  in_segment.segments = 1;
  return {
      {"hello.bin",
       make(header_of(FrameKind::Request, 1),
            R"({"method":"hello","params":{"protocol":{"min":1,"max":1}}})")},
      {"set_input.bin",
       make(header_of(FrameKind::Request, 2, 1),
            R"({"method":"setInput","params":{"nodeId":"a","portId":"value","value":2.5}})")},
      {"scalars.bin",
       make(
           header_of(FrameKind::Response, 2, 1),
           R"({"result":{"scalars":{"slots":[0,1,2],"values":{"$column":{"type":"f64","offset":0,"count":3}}}}})",
           columns())},
      {"error.bin",
       make(header_of(FrameKind::Error, 3, 1),
            R"({"error":{"code":-32601,"message":"There is no method of this name."}})")},
      {"json_in_segment.bin", make(in_segment, "")},
      {"progress.bin",
       make(header_of(FrameKind::Notification, 0, 1),
            R"({"method":"progress","params":{"requestId":2,"evaluatedNodes":10}})")},
  };
}

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto bytes = test::as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

TEST(GoldenFrames, AreWhatTheEncoderWrites) {
  const std::filesystem::path folder = CHAINSOLVED_SOURCE_DIR "/tests/golden";
  // NOLINTNEXTLINE(concurrency-mt-unsafe): read before any thread
  const bool write = std::getenv("CHAINSOLVED_WRITE_GOLDEN") != nullptr;
  for (const Golden& golden : golden_frames()) {
    const auto path = folder / golden.file;
    if (write) {
      std::ofstream out(path, std::ios::binary);
      out.write(reinterpret_cast<const char*>(golden.frame.data()),
                static_cast<std::streamsize>(golden.frame.size()));
    }
    EXPECT_EQ(read_file(path), golden.frame) << path;
    EXPECT_TRUE(decode_frame(golden.frame).ok()) << path;
  }
  // Written files are not a passed test: someone must look at what changed on the wire.
  if (write) FAIL() << "golden frames were written to " << folder;
}

}  // namespace
}  // namespace chainsolved
