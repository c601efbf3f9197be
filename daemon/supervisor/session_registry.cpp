#include "daemon/supervisor/session_registry.h"

#include "daemon/supervisor/log.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <unistd.h>

namespace chainsolved::supervisor {

SessionRegistry::SessionRegistry(EventLoop& loop,
                                 EnginePool& engines,
                                 HandedSockets& sockets,
                                 Counters& counters,
                                 const Limits& limits,
                                 SessionDefaults defaults)
    : loop_(loop),
      counters_(counters),
      limits_(limits),
      defaults_(std::move(defaults)),
      scan_(loop, [this] { memory_.refresh(monotonic_ns()); }),
      around_{loop, engines, sockets, *this, counters, scan_, memory_} {}

void SessionRegistry::set_handlers(OpenFailed on_open_failed, std::function<void()> on_changed) {
  on_open_failed_ = std::move(on_open_failed);
  on_changed_ = std::move(on_changed);
}

Session* SessionRegistry::find_named(std::string_view name, uid_t uid) const noexcept {
  for (const auto& session : sessions_)
    if (session->settings().name == name && session->settings().uid == uid &&
        session->state() != SessionState::Closed)
      return session.get();
  return nullptr;
}

Session* SessionRegistry::find_evictable() const noexcept {
  Session* oldest = nullptr;
  for (const auto& session : sessions_) {
    if (session->client_count() > 0 || session->state() == SessionState::Closed) continue;
    if (oldest == nullptr || session->idle_since() < oldest->idle_since()) oldest = session.get();
  }
  return oldest;
}

Result<void> SessionRegistry::check(const OpenRequest& request, const Peer& peer) const {
  const Session* named = request.name.empty() ? nullptr : find_named(request.name, peer.uid);
  if (named != nullptr) {
    const SessionSettings& settings = named->settings();
    if (named->client_count() >= settings.limits.max_clients)
      return limit_error(
          "maxClients",
          settings.limits.max_clients,
          "session " + settings.id + " has " + std::to_string(named->client_count()) + " clients");
    return check_agrees(request, settings.options, settings.limits);
  }
  if (!request.name.empty() && !request.create)
    return Error{ErrorCode::UnknownSession,
                 "there is no session named \"" + request.name +
                     "\"; `chainsolve session list` shows those there are"};
  if (sessions_.size() >= limits_.max_sessions && find_evictable() == nullptr)
    return limit_error("maxSessions",
                       limits_.max_sessions,
                       "the daemon has " + std::to_string(sessions_.size()) + " sessions");
  return {};
}

void SessionRegistry::open(const OpenRequest& request, Joining client) {
  if (!request.name.empty()) {
    if (Session* named = find_named(request.name, client.peer.uid)) {
      named->join(std::move(client));
      return;
    }
  }
  if (sessions_.size() >= limits_.max_sessions) {
    if (Session* oldest = find_evictable()) {
      log_event(LogLevel::Info, "evicted", {{"session", oldest->settings().id}});
      oldest->evict();
    }
  }
  Session& session = create(request, client.peer);
  session.join(std::move(client));
  session.start();
  on_changed_();
}

Session& SessionRegistry::create(const OpenRequest& request, const Peer& peer) {
  SessionSettings settings;
  settings.id = "s" + std::to_string(++last_id_);
  settings.name = request.name;
  settings.uid = peer.uid;
  settings.options = options_for(request, defaults_.options);
  settings.recovery = defaults_.recovery;
  settings.limits = limits_for(request, limits_);
  ++counters_.sessions_opened;
  log_event(LogLevel::Info,
            "opened",
            {{"session", settings.id}},
            {{"name", request.name}, {"pid", peer.pid}});
  sessions_.push_back(std::make_unique<Session>(around_, std::move(settings)));
  return *sessions_.back();
}

Result<Session*> SessionRegistry::find(std::string_view session, const Peer& peer) const {
  for (const auto& each : sessions_) {
    if (each->state() == SessionState::Closed) continue;
    const SessionSettings& settings = each->settings();
    const bool is_owner = settings.uid == peer.uid;
    if (settings.id != session && !(is_owner && settings.name == session)) continue;
    if (is_owner || peer.uid == ::geteuid()) return each.get();
    return Error{ErrorCode::NotAllowed,
                 "session " + settings.id + " belongs to user " + std::to_string(settings.uid) +
                     "; you are user " + std::to_string(peer.uid)};
  }
  return Error{ErrorCode::UnknownSession,
               "there is no session \"" + std::string(session) +
                   "\"; `chainsolve session list` shows those there are"};
}

std::vector<const Session*> SessionRegistry::visible_to(const Peer& peer) const {
  std::vector<const Session*> visible;
  for (const auto& session : sessions_)
    if (session->state() != SessionState::Closed &&
        (session->settings().uid == peer.uid || peer.uid == ::geteuid()))
      visible.push_back(session.get());
  return visible;
}

void SessionRegistry::close_all(std::string_view reason) {
  for (const auto& session : sessions_)
    if (session->state() != SessionState::Closed) session->close(reason);
}

void SessionRegistry::on_open_failed(Joining client, const Error& error) {
  on_open_failed_(std::move(client), error);
}

void SessionRegistry::on_session_closed(Session& session) {
  // Later: the call comes from inside the session.
  boost::asio::post(loop_, [this, &session] {
    std::erase_if(sessions_, [&session](const auto& owned) { return owned.get() == &session; });
    on_changed_();
  });
}

}  // namespace chainsolved::supervisor
