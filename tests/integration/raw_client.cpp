#include "tests/integration/raw_client.h"

#include "protocol/json_writer.h"
#include "shm/segment.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace chainsolved::test {

namespace {

constexpr std::size_t kBufferSize = std::size_t{256} << 10;
constexpr std::size_t kInlineJson = std::size_t{128} << 10;

/// Waits until the socket can be read or written, or throws: a test never hangs.
void wait_for(BorrowedFd socket, short events, std::chrono::milliseconds limit) {
  pollfd entry{socket.get(), events, 0};
  const int ready = ::poll(&entry, 1, static_cast<int>(limit.count()));
  if (ready < 0) throw std::system_error(errno, std::system_category(), "poll");
  if (ready == 0) throw std::runtime_error("nothing came within the limit");
}

SealedSegment sealed_text(std::string_view text) {
  auto builder = SegmentBuilder::create(text.size());
  if (!builder.ok()) throw std::runtime_error(builder.error().message);
  if (auto written = builder->write(0, std::as_bytes(std::span(text))); !written.ok())
    throw std::runtime_error(written.error().message);
  auto sealed = std::move(*builder).seal();
  if (!sealed.ok()) throw std::runtime_error(sealed.error().message);
  return std::move(sealed).value();
}

template <class T>
std::vector<T> column_of(const std::vector<std::byte>& data, const nlohmann::json& reference) {
  const auto& column = reference.at("$column");
  std::vector<T> values(column.at("count").get<std::size_t>());
  const auto offset = column.at("offset").get<std::size_t>();
  if (offset + values.size() * sizeof(T) > data.size())
    throw std::runtime_error("column out of range");
  std::memcpy(values.data(), data.data() + offset, values.size() * sizeof(T));
  return values;
}

}  // namespace

bool RawClient::Frame::is_error(std::string_view code) const {
  return error_code() == code;
}

std::string RawClient::Frame::error_code() const {
  if (!json.contains("error")) return {};
  const auto& error = json.at("error");
  if (error.contains("data") && error.at("data").contains("code"))
    return error.at("data").at("code").get<std::string>();
  return std::to_string(error.at("code").get<int>());
}

std::vector<double> RawClient::Frame::numbers(const nlohmann::json& column) const {
  return column_of<double>(data, column);
}

std::vector<std::uint32_t> RawClient::Frame::slots(const nlohmann::json& column) const {
  return column_of<std::uint32_t>(data, column);
}

RawClient::RawClient(const std::string& socket_path) : buffer_(kBufferSize) {
  socket_ = checked_fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) throw std::runtime_error("path too long");
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    throw std::system_error(errno, std::system_category(), "connect");
}

void RawClient::hello() {
  const Frame answer = call(
      "hello", R"({"protocol":{"min":1,"max":1},"client":{"name":"raw","version":"1","pid":1}})");
  if (!answer.json.contains("result")) throw std::runtime_error("hello: " + answer.json.dump());
}

RawClient::Frame RawClient::open(const std::string& open_params) {
  hello();
  Frame answer = call("openSession", open_params);
  if (!answer.json.contains("result"))
    throw std::runtime_error("openSession: " + answer.json.dump());
  epoch_ = answer.json.at("result").at("epoch").get<std::uint32_t>();
  return answer;
}

std::uint64_t RawClient::request(std::string_view method, std::string_view params) {
  return request(method, params, BorrowedFd{-1});
}

std::uint64_t RawClient::request(std::string_view method,
                                 std::string_view params,
                                 BorrowedFd segment) {
  std::string json;
  JsonWriter(json).begin_object().member("method", method).key("params").raw(params).end_object();
  std::vector<BorrowedFd> fds;
  if (segment.get() >= 0) fds.push_back(segment);
  FrameHeader header;
  header.kind = FrameKind::Request;
  header.id = next_id_++;
  header.epoch = epoch_;
  std::vector<std::byte> message;
  std::optional<SealedSegment> text;
  if (json.size() > kInlineJson) {  // beside the frame, as a client must when it does not fit
    text = sealed_text(json);
    fds.push_back(text->fd());
    header.flags = kFlagJsonInSegment;
  }
  header.segments = static_cast<std::uint8_t>(fds.size());
  encode_frame(header, text ? std::string_view() : json, {}, message);
  if (text) {
    header.json_bytes = static_cast<std::uint32_t>(json.size());
    std::memcpy(message.data(), &header, sizeof header);
  }
  for (;;) {
    const auto status = send_message(socket(), message, fds);
    if (status == SocketStatus::Done) return header.id;
    if (status != SocketStatus::WouldBlock) throw std::runtime_error("the connection is gone");
    wait_for(socket(), POLLOUT, std::chrono::seconds(30));
  }
}

void RawClient::notify(std::string_view method, std::string_view params) {
  std::string json;
  JsonWriter(json).begin_object().member("method", method).key("params").raw(params).end_object();
  FrameHeader header;
  header.kind = FrameKind::Notification;
  header.epoch = epoch_;
  std::vector<std::byte> message;
  encode_frame(header, json, {}, message);
  if (!send_bytes(message)) throw std::runtime_error("a notification could not be sent");
}

bool RawClient::send_bytes(std::span<const std::byte> message, std::span<const BorrowedFd> fds) {
  return send_message(socket(), message, fds) == SocketStatus::Done;
}

std::optional<RawClient::Frame> RawClient::receive(std::chrono::milliseconds limit) {
  FdList fds;
  for (;;) {
    const Received got = receive_message(socket(), buffer_, fds);
    if (got.status == SocketStatus::WouldBlock) {
      wait_for(socket(), POLLIN, limit);
      continue;
    }
    if (got.status == SocketStatus::Reset) continue;
    if (got.status != SocketStatus::Done) return std::nullopt;
    auto view = decode_frame(std::span(buffer_).first(got.bytes));
    if (!view.ok()) throw std::runtime_error("received: " + view.error().message);
    Frame frame;
    frame.header = view->header;
    frame.data.assign(view->data.begin(), view->data.end());
    if (view->header.json_in_segment()) {
      auto segment = SealedSegment::adopt(std::move(fds[fds.size() - 1]), view->header.json_bytes);
      if (!segment.ok()) throw std::runtime_error("segment: " + segment.error().message);
      const auto mapping = segment->map();
      if (!mapping.ok()) throw std::runtime_error("map: " + mapping.error().message);
      const auto bytes = (*mapping)->bytes();
      frame.json =
          nlohmann::json::parse(reinterpret_cast<const char*>(bytes.data()),
                                reinterpret_cast<const char*>(bytes.data()) + bytes.size());
    } else {
      frame.json = nlohmann::json::parse(view->json);
    }
    return frame;
  }
}

RawClient::Frame RawClient::answer(std::uint64_t id) {
  const auto came = std::find_if(passed.begin(), passed.end(), [&](const Frame& frame) {
    return frame.header.id == id && frame.header.kind != FrameKind::Notification;
  });
  if (came != passed.end()) {
    Frame frame = std::move(*came);
    passed.erase(came);
    return frame;
  }
  for (;;) {
    auto frame = receive();
    if (!frame) throw std::runtime_error("the connection ended before the answer");
    if (frame->header.id == id && frame->header.kind != FrameKind::Notification)
      return *std::move(frame);
    passed.push_back(*std::move(frame));
  }
}

RawClient::Frame RawClient::call(std::string_view method, std::string_view params) {
  return answer(request(method, params));
}

RawClient::Frame RawClient::notification(std::string_view method) {
  for (;;) {
    auto frame = receive();
    if (!frame) throw std::runtime_error("the connection ended before the notification");
    if (frame->header.kind == FrameKind::Notification && frame->json.value("method", "") == method)
      return *std::move(frame);
    passed.push_back(*std::move(frame));
  }
}

nlohmann::json RawClient::await_recreation() {
  // It may have come before an answer that was waited for.
  for (const Frame& frame : passed)
    if (frame.json.value("method", "") == "recreated" && frame.header.epoch > epoch_)
      return follow(frame.json.at("params"));
  return follow(notification("recreated").json.at("params"));
}

nlohmann::json RawClient::follow(const nlohmann::json& recreated) {
  epoch_ = recreated.at("epoch").get<std::uint32_t>();
  return recreated;
}

bool RawClient::ends() {
  while (auto frame = receive())
    passed.push_back(*std::move(frame));
  return true;
}

std::string session_named(std::string_view name, std::string_view more) {
  std::string params = R"({"name":")";
  params.append(name).append("\"");
  if (!more.empty()) params.append(",").append(more);
  return params + "}";
}

std::string slow_snapshot(std::size_t length, std::size_t width) {
  nlohmann::json snapshot = {
      {"version", 1}, {"nodes", nlohmann::json::array()}, {"edges", nlohmann::json::array()}};
  auto& nodes = snapshot["nodes"];
  auto& edges = snapshot["edges"];
  nodes.push_back({{"id", "gain"}, {"blockType", "number"}, {"data", {{"value", 1.5}}}});
  nodes.push_back({{"id", "v"},
                   {"blockType", "parameter_sweep"},
                   {"data", {{"start", 1}, {"stop", width}, {"step", 1}}}});
  nodes.push_back(
      {{"id", "scaled"}, {"blockType", "multiply"}, {"data", nlohmann::json::object()}});
  const auto connect = [&](const std::string& source, const std::string& target, const char* port) {
    edges.push_back({{"id", "e" + std::to_string(edges.size())},
                     {"source", source},
                     {"sourceHandle", "out"},
                     {"target", target},
                     {"targetHandle", port}});
  };
  connect("gain", "scaled", "a");
  connect("v", "scaled", "b");
  std::string last = "scaled";
  for (std::size_t i = 0; i < length; ++i) {
    const std::string id = "n" + std::to_string(i);
    nodes.push_back({{"id", id}, {"blockType", "sin"}, {"data", nlohmann::json::object()}});
    connect(last, id, "a");
    last = id;
  }
  return snapshot.dump();
}

}  // namespace chainsolved::test
