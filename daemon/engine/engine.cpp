#include "daemon/engine/engine.h"

#include "daemon/engine/log.h"
#include "protocol/frame.h"
#include "protocol/snapshot.h"
#include "shm/status_page.h"

#include <algorithm>
#include <string>
#include <utility>

namespace chainsolved::engine {

namespace {

// How soon a client is tried again whose reply found too many descriptors in flight.
constexpr int kRetryMs = 5;

// How long a client that is shut down may take to read why.
constexpr std::uint64_t kLingerNs = 1000 * kNsPerMs;

void add_once(std::vector<std::uint64_t>& ids, std::uint64_t id) {
  if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
}

}  // namespace

Engine::Engine(UniqueFd channel, StatusPage& page)
    : Monitor(page.current_node),
      status_(page),
      table_(page),
      channel_(std::move(channel), loop_, *this),
      session_(datasets_, status_, channel_, table_),
      composer_(datasets_),
      aside_(datasets_) {
  status_.set_activity(EngineActivity::Starting);
}

Engine::~Engine() = default;

void Engine::announce_ready() {
  status_.set_activity(EngineActivity::Idle);
  channel_.send(to_json(ReadyMessage{}));
}

void Engine::run() {
  while (!channel_closed_) {
    loop_.wait(patience_ms());
    if (inheritance_) replay();
    settle();
    if (suspects_left_ && !clients_.empty()) retry_suspects();
    drain_waiting();
    settle();
  }
}

int Engine::patience_ms() const noexcept {
  if (!waiting_.empty() || inheritance_) return 0;
  if (!retry_.empty()) return kRetryMs;
  if (lingering_.empty()) return -1;
  const std::uint64_t now = monotonic_ns();
  const std::uint64_t until = lingering_.front().until_ns;
  return until <= now ? 0 : static_cast<int>((until - now) / kNsPerMs) + 1;
}

void Engine::cut_lingering() {
  while (!lingering_.empty() && lingering_.front().until_ns <= monotonic_ns()) {
    if (ClientConnection* client = find_client(lingering_.front().client)) client->cut();
    lingering_.pop_front();
  }
}

void Engine::drain_waiting() {
  while (!waiting_.empty() && !channel_closed_) {
    IncomingRequest request = std::move(waiting_.front());
    waiting_.pop_front();
    // A client is not forgotten while a request of its waits.
    ClientConnection& client = *find_client(request.client);
    --client.waiting;
    serve(client, request);
    settle();
    loop_.poll();
  }
}

void Engine::settle() {
  // Each of these may add to the lists that it is done with.
  for (const std::uint64_t id : std::exchange(retry_, {}))
    if (ClientConnection* client = find_client(id)) client->flush();
  cut_lingering();
  for (const std::uint64_t id : std::exchange(settled_, {}))
    settle_client(id);
  for (const std::uint64_t id : std::exchange(paused_, {})) {
    ClientConnection* client = find_client(id);
    if (client != nullptr && !client->resume()) add_once(paused_, id);
  }
}

void Engine::settle_client(std::uint64_t id) {
  ClientConnection* client = find_client(id);
  if (client == nullptr) return;
  const bool ready = client->drained() || client->knows_nothing;
  if (client->needs_full && ready && !client->gone()) tell_full(*client);
  if (client->over() && client->waiting == 0) detach(*client);
}

void Engine::detach(ClientConnection& client) {
  const std::uint64_t id = client.id();
  own_work_ = true;
  session_.release_owned(id);
  own_work_ = false;
  clients_.erase(id);
  status_.set_clients(clients_.size());
  channel_.send(to_json(DetachedMessage{id}));
  tell_released();
}

ClientConnection* Engine::find_client(std::uint64_t id) noexcept {
  const auto entry = clients_.find(id);
  return entry == clients_.end() ? nullptr : entry->second.get();
}

void Engine::on_configure(ConfigureMessage message) {
  if (configured_) return log_line("configured twice; the second is ignored");
  configured_ = true;
  session_.configure(std::move(message));
  table_.set_limit(session_.limits().max_in_flight);
  for (auto& buffer : buffers_)
    buffer.resize(static_cast<std::size_t>(session_.limits().inline_limit) + kJsonPadding);
}

void Engine::on_attach(AttachMessage message, UniqueFd socket) {
  if (!configured_ || find_client(message.client) != nullptr)
    return log_line("client " + std::to_string(message.client) +
                    (configured_ ? " is attached already" : " came before configure"));
  const ConnectionContext context{loop_, table_, status_, session_.limits(), *this};
  auto added = clients_.emplace(
      message.client,
      std::make_unique<ClientConnection>(
          std::move(socket),
          ClientConnection::Identity{
              message.client, message.names ? Naming::Names : Naming::Slots, session_.epoch()},
          context));
  status_.set_clients(clients_.size());
  greet(*added.first->second, message);
  // Answered first: should the engine die in between, the successor answers again, and a second
  // answer is dropped by its id, where none would be missed.
  if (message.open) answer_open(*added.first->second, message);
  channel_.send(to_json(AttachedMessage{message.client}));
}

void Engine::answer_open(ClientConnection& client, const AttachMessage& attach) {
  aside_.start(session_.limits());
  JsonWriter& json = aside_.frame.json();
  json.begin_object().key("result").begin_object();
  session_.write_opened(json, aside_.encoder, client.id(), attach.open->created, client.naming());
  json.end_object().end_object();
  const auto built =
      aside_.frame.finish(header_of(FrameKind::Response, attach.open->id), aside_.out);
  if (built.ok())
    client.send(aside_.out, std::nullopt);
  else
    answer_error(client, {attach.open->id, std::nullopt}, built.error());
}

void Engine::on_client_settled(ClientConnection& client) noexcept {
  add_once(settled_, client.id());
}

void Engine::on_client_paused(ClientConnection& client) noexcept {
  add_once(paused_, client.id());
}

void Engine::on_client_lingering(ClientConnection& client) noexcept {
  lingering_.push_back({client.id(), monotonic_ns() + kLingerNs});
}

void Engine::on_client_retry(ClientConnection& client) noexcept {
  add_once(retry_, client.id());
}

}  // namespace chainsolved::engine
