#include "tests/client/driven_core.h"

#include "protocol/limits.h"

#include <cstring>

namespace chainsolved::test {

using client::Request;
using client::RequestId;

client::FrameRef frame_of(FrameHeader header,
                          std::string_view json,
                          std::span<const std::byte> data,
                          FdList fds) {
  header.segments = static_cast<std::uint8_t>(fds.size());
  std::vector<std::byte> bytes;
  encode_frame(header, json, data, bytes);
  client::FrameRef frame = client::Frame::make(bytes.size());
  std::memcpy(frame->buffer.get(), bytes.data(), bytes.size());
  EXPECT_TRUE(frame->decode(bytes.size(), fds).ok());
  return frame;
}

void Core::open(std::uint32_t epoch) {
  Request request;
  ASSERT_TRUE(encoder.open_session(request, {}).ok());
  auto id = core.call_handshake(
      request, [this](Result<client::Reply>&& reply) { opened = std::move(reply).value(); });
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(send_all(), 1U);
  answer(*id, R"({"sessionId":"s"})", {}, epoch);
  sent.clear();
}

RequestId Core::set_input(Answer<client::IncrementalResult>& into) {
  Request request;
  EXPECT_TRUE(encoder.set_input(request, "n", "value", 1, {}).ok());
  return call<client::IncrementalResult>(request, client::decode_incremental, into);
}

RequestId Core::load(const std::string& snapshot, Answer<client::EvalResult>& into) {
  Request request;
  EXPECT_TRUE(encoder.snapshot(request, Method::LoadSnapshot, snapshot, {}).ok());
  return call<client::EvalResult>(request, client::decode_load, into);
}

RequestId Core::register_dataset(const std::string& id,
                                 Answer<std::uint64_t>& into,
                                 client::Retain retain) {
  const double values[] = {1, 2};
  auto data = client::DatasetBuilder::copy_of(values);
  EXPECT_TRUE(data.ok());
  client::DatasetShape shape;
  shape.retain = retain;
  Request request;
  EXPECT_TRUE(encoder.register_dataset(request, id, *data, shape).ok());
  return call<std::uint64_t>(request, client::decode_registered, into);
}

RequestId Core::release_dataset(const std::string& id, Answer<bool>& into) {
  Request request;
  EXPECT_TRUE(encoder.plain(request, Method::ReleaseDataset, "datasetId", id).ok());
  return call<bool>(request, client::decode_released, into);
}

std::size_t Core::send_all() {
  std::size_t count = 0;
  for (; client::OutgoingFrame* frame = core.next_to_send(); ++count) {
    const auto view = decode_frame(frame->bytes);
    EXPECT_TRUE(view.ok());
    last_sent = view->header;
    sent.push_back({view->header, std::string(view->json), frame->segments.size()});
    core.sent();
  }
  return count;
}

void Core::answer(RequestId id,
                  const std::string& result,
                  std::span<const std::byte> data,
                  std::uint32_t epoch) {
  FrameHeader header;
  header.kind = FrameKind::Response;
  header.id = id;
  header.epoch = epoch;
  core.on_frame(frame_of(header, "{\"result\":" + result + "}", data));
}

void Core::fail(RequestId id, const std::string& code, const std::string& members) {
  FrameHeader header;
  header.kind = FrameKind::Error;
  header.id = id;
  core.on_frame(frame_of(header,
                         R"({"error":{"code":-32000,"message":"[)" + code +
                             R"(] what happened","data":{"code":")" + code + "\"" + members +
                             "}}}"));
}

void Core::notify(const std::string& method,
                  const std::string& params,
                  std::span<const std::byte> data) {
  FrameHeader header;
  header.kind = FrameKind::Notification;
  core.on_frame(
      frame_of(header, R"({"method":")" + method + R"(","params":)" + params + "}", data));
}

}  // namespace chainsolved::test
