#include "tests/client/scripted_peer.h"

#include "shm/segment.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace chainsolved::test {

namespace {

constexpr std::chrono::seconds kLimit{20};
constexpr std::size_t kBuffer = 1 << 20;

std::string text_of(SealedSegment segment) {
  auto mapping = segment.map();
  if (!mapping.ok()) throw std::runtime_error(mapping.error().message);
  const auto bytes = (*mapping)->bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

ScriptedPeer::ScriptedPeer() : path_(directory_.path() + "/engine.sock") {
  listening_ = checked_fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  if (::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(listening_.get(), 8) < 0)
    throw std::system_error(errno, std::generic_category(), path_);
}

void ScriptedPeer::wait(short events) {
  pollfd one{connection_.get(), events, 0};
  if (::poll(&one, 1, static_cast<int>(std::chrono::milliseconds(kLimit).count())) <= 0)
    throw std::runtime_error("the client did not go on in time");
}

void ScriptedPeer::accept() {
  pollfd one{listening_.get(), POLLIN, 0};
  if (::poll(&one, 1, static_cast<int>(std::chrono::milliseconds(kLimit).count())) <= 0)
    throw std::runtime_error("the client did not connect in time");
  connection_ = checked_fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept4");
}

void ScriptedPeer::open_session(std::string_view session_members) {
  accept();
  const PeerMessage hello = next();
  if (!hello.mentions("\"hello\"")) throw std::runtime_error("no hello: " + hello.json);
  reply(hello.header.id, R"({"protocol":1,"daemonVersion":"0.1.0","engineVersion":"0.1.0",
      "contractVersion":4,"capabilities":[],"limits":{"inlineLimit":163840},"pid":7})");
  const PeerMessage open = next();
  if (!open.mentions("\"openSession\"")) throw std::runtime_error("no openSession: " + open.json);
  reply(open.header.id,
        R"({"sessionId":"s1","created":true,"epoch":)" + std::to_string(epoch) +
            R"(,"clientId":1)" + std::string(session_members) + "}");
}

PeerMessage ScriptedPeer::next() {
  wait(POLLIN);
  std::vector<std::byte> buffer(kBuffer);
  PeerMessage message;
  const Received got = receive_message(connection_.borrow(), buffer, message.segments);
  if (got.status != SocketStatus::Done) throw std::runtime_error("the client hung up");
  const auto view = decode_frame(std::span(buffer).first(got.bytes));
  if (!view.ok()) throw std::runtime_error(view.error().message);
  message.header = view->header;
  message.json = view->json;
  message.data.assign(view->data.begin(), view->data.end());
  if (message.header.json_in_segment()) {
    auto segment =
        SealedSegment::adopt(std::move(message.segments[message.header.segments - 1U]), 1);
    if (!segment.ok()) throw std::runtime_error(segment.error().message);
    message.json = text_of(std::move(*segment));
  }
  return message;
}

void ScriptedPeer::wait_for_message() {
  wait(POLLIN);
}

void ScriptedPeer::wait_for_end() {
  try {
    while (true)
      static_cast<void>(next());
  } catch (const std::runtime_error& ended) {
    if (std::string_view(ended.what()) != "the client hung up") throw;
  }
}

bool ScriptedPeer::silent() {
  std::byte one{};
  return peek_message(connection_.borrow(), {&one, 1}).status == SocketStatus::WouldBlock;
}

void ScriptedPeer::send(FrameHeader header,
                        std::string_view json,
                        std::span<const std::byte> data,
                        std::span<const BorrowedFd> fds) {
  std::vector<std::byte> bytes;
  header.segments = static_cast<std::uint8_t>(fds.size());
  encode_frame(header, json, data, bytes);
  SocketStatus status = SocketStatus::WouldBlock;
  while ((status = send_message(connection_.borrow(), bytes, fds)) == SocketStatus::WouldBlock)
    wait(POLLOUT);
  if (status != SocketStatus::Done) throw std::runtime_error("the client no longer listens");
}

void ScriptedPeer::reply(std::uint64_t id,
                         std::string_view result,
                         std::span<const std::byte> data) {
  FrameHeader header;
  header.kind = FrameKind::Response;
  header.id = id;
  header.epoch = epoch;
  send(header, "{\"result\":" + std::string(result) + "}", data);
}

void ScriptedPeer::fail(std::uint64_t id, std::string_view code, std::string_view members) {
  FrameHeader header;
  header.kind = FrameKind::Error;
  header.id = id;
  header.epoch = epoch;
  const std::string name(code);
  send(header,
       R"({"error":{"code":-32000,"message":"[)" + name + R"(] what happened","data":{"code":")" +
           name + "\"" + std::string(members) + "}}}");
}

void ScriptedPeer::notify(std::string_view method,
                          std::string_view params,
                          std::span<const std::byte> data) {
  FrameHeader header;
  header.kind = FrameKind::Notification;
  header.epoch = epoch;
  send(header,
       "{\"method\":\"" + std::string(method) + "\",\"params\":" + std::string(params) + "}",
       data);
}

void ScriptedPeer::send_bytes(std::span<const std::byte> bytes) {
  if (send_message(connection_.borrow(), bytes) != SocketStatus::Done)
    throw std::runtime_error("the client no longer listens");
}

std::vector<std::byte> u32_column(std::span<const std::uint32_t> values) {
  const auto bytes = std::as_bytes(values);
  return {bytes.begin(), bytes.end()};
}

Scalars scalars(std::span<const std::uint32_t> slots, std::span<const double> values) {
  Scalars result;
  result.data = u32_column(slots);
  result.data.resize((result.data.size() + 7) / 8 * 8);
  const std::string values_at = std::to_string(result.data.size());
  const auto numbers = std::as_bytes(values);
  result.data.insert(result.data.end(), numbers.begin(), numbers.end());
  const std::string count = std::to_string(slots.size());
  result.json = R"("scalars":{"slots":{"$column":{"type":"u32","offset":0,"count":)" + count +
                R"(}},"values":{"$column":{"type":"f64","offset":)" + values_at + R"(,"count":)" +
                count + "}}}";
  return result;
}

PeerThread::~PeerThread() {
  thread_.join();
  EXPECT_EQ(failure_, "");
}

}  // namespace chainsolved::test
