#include "client/cli/rpc_session.h"

#include "protocol/json_text.h"
#include "protocol/limits.h"
#include "protocol/methods.h"
#include "protocol/request.h"

#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace chainsolved::cli {

namespace {

Error disposed_error() {
  return {ErrorCode::EngineDisposed, "This client has disposed of its session."};
}

}  // namespace

void RpcSession::on_line(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  RpcFault fault;
  std::optional<RpcRequest> request = reader_.read(line, fault);
  if (!request) return answer_error(fault.id, fault.error);
  dispatch(std::move(*request));
}

void RpcSession::on_long_line(std::size_t limit) {
  answer_error("null", limit_error("maxLineBytes", limit, "The line is too long"));
}

void RpcSession::dispatch(RpcRequest request) {
  const MethodInfo* method = find_method(request.method);
  const bool supervisors = method != nullptr && method->served == Served::Supervisor;
  if (method != nullptr && method->method == Method::Hello) {
    answer(request.id, "{\"result\":" + engine_.daemon().json + "}");
  } else if (method != nullptr && method->method == Method::OpenSession) {
    answer_open_session(request);
  } else if (supervisors) {
    ask_supervisor(request);
  } else if (disposing_) {
    answer_error(request.id, disposed_error());
  } else if (ended_) {
    answer_error(request.id, *ended_);
  } else if (method != nullptr && method->method == Method::Cancel) {
    cancel(request);
  } else {
    if (method != nullptr && method->method == Method::Dispose) disposing_ = true;
    send(std::move(request));
  }
}

void RpcSession::send(RpcRequest request) {
  client::RawRequest raw;
  raw.method = std::move(request.method);
  raw.params = std::move(request.params);
  if (raw.method == info_of(Method::RegisterDataset).name) {
    if (auto dataset = reader_.read_dataset(raw.params)) {
      raw.params = std::move(dataset->params);
      raw.segments.push_back(std::move(dataset->segment));
    }
  }
  const Result<client::RequestId> sent = engine_.send_raw(std::move(raw));
  if (!sent.ok()) return answer_error(request.id, sent.error());
  pending_.emplace(*sent, std::move(request.id));
}

void RpcSession::cancel(const RpcRequest& request) {
  const std::string id = reader_.cancelled_id(request.params);
  for (const auto& [number, text] : pending_) {
    if (text != id || id.empty()) continue;
    const Result<void> sent = engine_.cancel(number);
    if (!sent.ok()) return answer_error(request.id, sent.error());
    break;
  }
  // Nothing to cancel is no error: the answer may be on its way.
  answer(request.id, "{\"result\":{}}");
}

void RpcSession::ask_supervisor(const RpcRequest& request) {
  if (!control_) {
    client::Options options = connect_.for_control();
    options.socket = engine_.daemon().socket;
    Result<client::ControlConnection> opened = client::ControlConnection::open(options);
    if (!opened.ok()) return answer_error(request.id, opened.error());
    control_ = std::move(opened).value();
  }
  client::RawRequest raw;
  raw.method = request.method;
  raw.params = request.params;
  const Result<client::RawMessage> reply = control_->call_raw(std::move(raw));
  if (!reply.ok()) {
    control_.reset();  // the next request tries again
    return answer_error(request.id, reply.error());
  }
  answer(request.id, reply->json());
}

void RpcSession::answer_open_session(const RpcRequest& request) {
  const Result<nlohmann::json> params = parse_json(request.params, Limits{});
  const bool object = params.ok() && params->is_object();
  const std::string name = object && params->contains("name") && params->at("name").is_string()
                               ? params->at("name").get<std::string>()
                               : engine_.session().name;
  if (name == engine_.session().name)
    return answer(request.id, "{\"result\":" + engine_.session().json + "}");
  answer_error(request.id,
               {ErrorCode::NotAllowed,
                "This connection has a session already; start `chainsolve rpc --session " + name +
                    "` for that one."});
}

void RpcSession::on_message(const client::RawMessage& message) {
  if (message.kind == client::RawMessage::Kind::Notification) return notify(message);
  const auto found = pending_.find(message.id);
  if (found == pending_.end()) return;
  const std::string id = std::move(found->second);
  pending_.erase(found);
  const Result<std::string> body = message.inline_json();
  if (!body.ok()) return answer_error(id, body.error());
  answer(id, *body);
}

void RpcSession::on_end(const Error& error) {
  ended_ = disposing_ ? disposed_error() : error;
  for (const auto& [number, id] : std::exchange(pending_, {}))
    answer_error(id, *ended_);
}

/// `body` is `{"result": ...}` or `{"error": ...}`. A request without an id gets no answer.
void RpcSession::answer(const std::string& id, std::string_view body) {
  if (id.empty()) return;
  output_.append(R"({"jsonrpc":"2.0","id":)").append(id).append(",");
  output_.append(body.substr(1)).append("\n");
}

void RpcSession::answer_error(const std::string& id, const Error& error) {
  std::string body;
  write_error(body, error);
  answer(id, body);
}

void RpcSession::notify(const client::RawMessage& message) {
  constexpr std::size_t kLongestProgress = 1024;
  const Result<std::string> body = message.inline_json();
  if (!body.ok()) return;
  output_.append(R"({"jsonrpc":"2.0",)");
  std::string own;
  if (body->size() <= kLongestProgress) own = with_callers_id(*body);
  output_.append(own.empty() ? *body : own, 1).append("\n");
}

/// Progress names the request by our number; the caller knows it by its own. Empty for other
/// notifications.
std::string RpcSession::with_callers_id(const std::string& body) const {
  nlohmann::json tree = nlohmann::json::parse(body, nullptr, false);
  if (!tree.is_object() || tree.value("method", "") != "progress") return {};
  const auto number = tree["params"].value("requestId", client::RequestId{0});
  const auto found = pending_.find(number);
  tree["params"]["requestId"] = found == pending_.end() || found->second.empty()
                                    ? nlohmann::json()
                                    : nlohmann::json::parse(found->second, nullptr, false);
  return tree.dump();
}

}  // namespace chainsolved::cli
