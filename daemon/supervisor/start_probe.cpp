#include "daemon/supervisor/start_probe.h"

#include "protocol/channel.h"
#include "protocol/frame.h"
#include "shm/message_socket.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace chainsolved::supervisor {

namespace {

constexpr std::chrono::seconds kLimit{30};
constexpr std::uint64_t kOpenId = 1;
constexpr std::uint64_t kEvaluateId = 2;
constexpr std::string_view kEvaluate = R"({"method":"evaluate","params":{"snapshot":{"version":1,
"nodes":[{"id":"two","blockType":"number","data":{"value":2}},
{"id":"three","blockType":"number","data":{"value":3}},
{"id":"sum","blockType":"add","data":{}}],
"edges":[{"id":"e1","source":"two","sourceHandle":"out","target":"sum","targetHandle":"a"},
{"id":"e2","source":"three","sourceHandle":"out","target":"sum","targetHandle":"b"}]}}})";
constexpr double kSum = 5;

Error probe_error(const std::string& what) {
  return Error{ErrorCode::EngineStartFailed, "the probe engine " + what};
}

Result<void> check_sum(std::string_view json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  const auto sum = nlohmann::json::json_pointer("/result/values/sum/value");
  if (parsed.is_discarded() || !parsed.contains(sum) || parsed[sum] != kSum)
    return probe_error("evaluated 2 + 3 wrongly: " + std::string(json.substr(0, 300)));
  return {};
}

}  // namespace

StartProbe::StartProbe(EventLoop& loop, EnginePool& engines, const Limits& limits, Done done)
    : loop_(loop), engines_(engines), limits_(limits), done_(std::move(done)), limit_(loop) {}

void StartProbe::start() {
  limit_.expires_after(kLimit);
  limit_.async_wait([this](const boost::system::error_code& error) {
    if (!error)
      finish(probe_error("did not answer within " + std::to_string(kLimit.count()) + " s"));
  });
  ticket_ = engines_.take([this](Result<EngineProcess*> engine) { on_engine(std::move(engine)); });
}

void StartProbe::cancel() {
  done_ = nullptr;
  finish({});
}

void StartProbe::on_engine(Result<EngineProcess*> engine) {
  ticket_ = 0;
  if (!engine.ok()) return finish(std::move(engine).error());
  engine_ = *engine;
  engine_->serve(*this);
  auto pair = make_socket_pair();
  if (!pair.ok()) return finish(std::move(pair).error());
  client_ = std::make_unique<FdWatch>(loop_, std::move(pair->first), [this] { on_readable(); });
  ConfigureMessage configure;
  configure.session_id = "probe";
  configure.limits = limits_;
  engine_->send(to_json(configure));
  AttachMessage attach;
  attach.client = 1;
  attach.open = PendingOpen{kOpenId, true};
  attach.names = true;
  engine_->send(to_json(attach), pair->second.borrow());
}

bool StartProbe::on_engine_message(EngineMessage message, FdList&) {
  if (!std::holds_alternative<DetachedMessage>(message)) return true;
  engine_->end("the probe is over");
  engine_ = nullptr;
  finish(probe_error("let its client go"));
  return true;
}

void StartProbe::on_engine_died(const EngineExit& exit) {
  engine_ = nullptr;
  finish(probe_error(exit.words));
}

void StartProbe::on_readable() {
  std::vector<std::byte> buffer(limits_.inline_limit);
  FdList fds;
  while (client_) {
    const Received received = receive_message(client_->fd(), buffer, fds);
    if (received.status == SocketStatus::WouldBlock) return;
    // Its end is told by the pidfd, with the reason.
    if (received.status != SocketStatus::Done) return client_->pause();
    on_frame(std::span(buffer).first(received.bytes));
  }
}

void StartProbe::on_frame(std::span<const std::byte> message) {
  const auto frame = decode_frame(message);
  if (!frame.ok()) return finish(probe_error("sent a bad frame: " + frame.error().message));
  if (frame->header.kind == FrameKind::Notification) return;
  if (frame->header.kind == FrameKind::Error)
    return finish(probe_error("refused: " + std::string(frame->json)));
  if (frame->header.id == kOpenId) return send_evaluate();
  if (frame->header.id == kEvaluateId) finish(check_sum(frame->json));
}

void StartProbe::send_evaluate() {
  FrameHeader header;
  header.id = kEvaluateId;
  header.epoch = 1;
  std::vector<std::byte> frame;
  encode_frame(header, kEvaluate, {}, frame);
  if (send_message(client_->fd(), frame) != SocketStatus::Done)
    finish(probe_error("did not take the request"));
}

void StartProbe::finish(Result<void> result) {
  limit_.cancel();
  client_.reset();
  engines_.cancel(std::exchange(ticket_, 0));
  if (engine_ != nullptr) std::exchange(engine_, nullptr)->end("the probe is over");
  if (!done_) return;
  engines_.settled();
  std::exchange(done_, nullptr)(std::move(result));
}

}  // namespace chainsolved::supervisor
