#include "daemon/supervisor/in_flight_report.h"

#include "protocol/json_writer.h"

#include <algorithm>
#include <cstddef>

namespace chainsolved::supervisor {

namespace {

constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

/// The members of `data`, without the braces that Error::detail does not have.
std::string detail_of(const InFlightRequest& request, const Death& death) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  if (request.method != nullptr) json.member("method", request.method->name);
  if (!death.node.empty()) json.member("node", std::string_view(death.node));
  if (!death.signal.empty()) json.member("signal", std::string_view(death.signal));
  if (death.kind == DeathKind::Unkillable) json.member("reason", name_of(death.kind));
  json.member("elapsedMs", request.elapsed_ms).end_object();
  return text.substr(1, text.size() - 2);
}

}  // namespace

std::vector<InFlightRequest> read_in_flight(const StatusPage& page, std::uint64_t now_ns) {
  std::vector<InFlightRequest> requests;
  for (const InFlightEntry& entry : page.in_flight) {
    const auto phase = entry.phase.load(std::memory_order_acquire);
    if (phase == static_cast<std::uint32_t>(RequestPhase::Empty)) continue;
    InFlightRequest request;
    request.phase = static_cast<RequestPhase>(phase);
    request.client = entry.client.load(std::memory_order_relaxed);
    if (request.client == 0) continue;
    request.id = entry.request_id.load(std::memory_order_relaxed);
    const std::uint32_t method = entry.method.load(std::memory_order_relaxed);
    if (method >= 1 && method <= kMethods.size()) request.method = &kMethods[method - 1];
    request.commits = entry.commits.load(std::memory_order_relaxed);
    const std::uint64_t since = entry.since_ns.load(std::memory_order_relaxed);
    request.elapsed_ms = since < now_ns ? (now_ns - since) / kNanosecondsPerMillisecond : 0;
    requests.push_back(request);
  }
  return requests;
}

std::string read_current_node(const StatusPage& page) {
  const std::uint32_t current = page.current_node.load(std::memory_order_relaxed);
  // A name is written down now and then only: it may be another node's.
  if (current == 0 || page.named_node.load(std::memory_order_relaxed) != current) return {};
  const std::size_t length = std::min<std::size_t>(
      page.node_name_length.load(std::memory_order_acquire), page.node_name.size());
  std::string name;
  name.reserve(length);
  for (std::size_t i = 0; i < length; ++i)
    name += page.node_name[i].load(std::memory_order_relaxed);
  return valid_utf8(name);
}

std::optional<BlamedNode> read_own_node(const StatusPage& page) {
  const std::uint32_t current = page.current_node.load(std::memory_order_relaxed);
  if (current == 0 || page.own_graph.load(std::memory_order_relaxed) != 1) return std::nullopt;
  return BlamedNode{current - 1, read_current_node(page)};
}

Error death_error(const InFlightRequest& request, const Death& death, std::uint64_t committed) {
  Error error;
  error.code = code_of(death.kind);
  error.message = sentence_of(death);
  // Of a hang the callers of the original expect this sentence and no other.
  if (error.code != ErrorCode::WorkerWatchdog) {
    error.message.append(" while it had ");
    error.message.append(request.method != nullptr ? request.method->name : "this request");
    error.message.append(" under way");
    if (!death.node.empty()) error.message.append(", at node ").append(death.node);
  }
  error.detail = detail_of(request, death);
  // Without the method it was only peeked at: nothing had begun.
  if (request.method == nullptr || request.method->effect == Effect::Changes)
    error.applied = committed >= request.commits ? Applied::Yes : Applied::No;
  return error;
}

}  // namespace chainsolved::supervisor
