// What clients are told without asking: changes that others made, progress, released datasets.

#include "daemon/engine/engine.h"
#include "protocol/frame.h"
#include "shm/status_page.h"

#include <array>
#include <utility>

namespace chainsolved::engine {

void Engine::miss(ClientConnection& client) noexcept {
  ++dropped_;
  client.needs_full = true;
}

void Engine::tell_others(const ClientConnection* teller, News news) {
  tell_released();
  if (news == News::None || clients_.size() < (teller == nullptr ? 1U : 2U)) return;
  for (const Naming naming : {Naming::Slots, Naming::Names}) {
    bool composed = false;
    for (auto& [id, client] : clients_) {
      if (client.get() == teller || client->naming() != naming) continue;
      // A client that has not taken what it was sent gets everything at once when it has.
      if (!client->drained() || client->needs_full) {
        miss(*client);
        if (client->drained()) on_client_settled(*client);  // told in full between requests
        continue;
      }
      if (!composed && !(composed = compose_changes(aside_, news, naming))) {
        miss(*client);
        continue;
      }
      client->send(aside_.out, std::nullopt);
    }
  }
}

bool Engine::compose_changes(Composer& composer, News news, Naming naming) {
  composer.start(session_.limits());
  JsonWriter& json = composer.frame.json();
  json.begin_object().member("method", "valuesChanged").key("params").begin_object();
  if (news == News::Full)
    session_.write_everything(composer.encoder, naming);
  else
    session_.write_changes(composer.encoder, naming);
  json.end_object().end_object();
  return composer.frame.finish(header_of(FrameKind::Notification, 0), composer.out).ok();
}

void Engine::tell_full(ClientConnection& client) {
  client.needs_full = false;
  client.knows_nothing = false;
  if (compose_changes(aside_, News::Full, client.naming()))
    client.send(aside_.out, std::nullopt);
  else
    miss(client);
}

void Engine::tell_released() {
  for (const ReleasedDataset& released : session_.take_released()) {
    aside_.start(session_.limits());
    JsonWriter& json = aside_.frame.json();
    json.begin_object().member("method", "datasetReleased").key("params").begin_object();
    json.member("datasetId", released.id).member("reason", released.reason);
    json.end_object().end_object();
    if (!aside_.frame.finish(header_of(FrameKind::Notification, 0), aside_.out).ok()) continue;
    for (auto& [id, client] : clients_)
      if (id != released.by) client->send(aside_.out, std::nullopt);
  }
}

void Engine::tell_progress(std::size_t done, std::size_t total) {
  ClientConnection& client = running_->client;
  if (!client.drained()) {
    ++dropped_;
    return;
  }
  aside_.start(session_.limits());
  JsonWriter& json = aside_.frame.json();
  json.begin_object().member("method", "progress").key("params").begin_object();
  json.member("requestId", running_->id).member("evaluatedNodes", std::uint64_t{done});
  json.member("totalNodesEstimate", std::uint64_t{total});
  json.member("elapsedMs", (running_->told_ns - running_->began_ns) / kNsPerMs);
  json.end_object().end_object();
  if (aside_.frame.finish(header_of(FrameKind::Notification, 0), aside_.out).ok())
    client.send(aside_.out, std::nullopt);
}

}  // namespace chainsolved::engine
