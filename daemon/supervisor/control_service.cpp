#include "daemon/supervisor/control_service.h"

#include "daemon/supervisor/open_request.h"
#include "protocol/json_writer.h"
#include "protocol/methods.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace chainsolved::supervisor {

namespace {

using nlohmann::json;

// What this daemon can do beyond the first version of the protocol, by name: clients ask for names,
// not for versions.
constexpr auto kCapabilities =
    std::to_array<std::string_view>({"evaluate", "datasets", "names", "restart"});

constexpr std::uint64_t kOldestProtocol = 1;

struct VersionRange {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

Result<VersionRange> read_versions(std::string_view params) {
  const json object = json::parse(params, nullptr, false);
  const auto protocol = object.find("protocol");
  const auto is_version = [&](const char* name) {
    return protocol->contains(name) && (*protocol)[name].is_number_unsigned();
  };
  if (protocol == object.end() || !protocol->is_object() || !is_version("min") ||
      !is_version("max"))
    return Error{ErrorCode::InvalidParams,
                 "hello.protocol must be {min, max}, the versions that the client speaks"};
  return VersionRange{(*protocol)["min"].get<std::uint64_t>(),
                      (*protocol)["max"].get<std::uint64_t>()};
}

std::string range_words(std::uint64_t min, std::uint64_t max) {
  if (min == max) return std::to_string(min);
  return std::to_string(min) + " to " + std::to_string(max);
}

Result<std::string> read_session_name(std::string_view method, std::string_view params) {
  const json object = json::parse(params, nullptr, false);
  const auto session = object.find("session");
  if (session == object.end() || !session->is_string())
    return Error{ErrorCode::InvalidParams,
                 std::string(method) + ".session must be an id or a name"};
  return session->get<std::string>();
}

}  // namespace

ControlService::ControlService(SessionRegistry& sessions, StatusSources sources)
    : sessions_(sessions), sources_(std::move(sources)) {}

void ControlService::on_request(Connection& connection,
                                std::uint64_t id,
                                const RequestReader::Envelope& request,
                                std::size_t connections) {
  if (request.method == nullptr)
    return connection.answer_error(
        id,
        Error{ErrorCode::MethodNotFound,
              "there is no method \"" + std::string(request.method_name) + "\""});
  Result<std::string> result =
      Error{ErrorCode::NotAllowed,
            std::string(request.method_name) + " is served by a session; open a session first"};
  switch (request.method->method) {
    case Method::Hello:
      result = hello(connection, request.params);
      break;
    case Method::OpenSession:
      return open_session(connection, id, request.params);
    case Method::ListSessions:
      result = list_sessions(connection.peer());
      break;
    case Method::Status:
      result = status(connection.peer(), connections);
      break;
    case Method::RestartSession:
      return restart_session(connection, id, request.params);
    case Method::CloseSession:
      result = close_session(connection.peer(), request.params);
      break;
    default:
      break;
  }
  if (result.ok())
    connection.answer(id, *result);
  else
    connection.answer_error(id, result.error());
}

Result<std::string> ControlService::hello(Connection& connection, std::string_view params) const {
  const auto versions = read_versions(params);
  if (!versions.ok()) return versions.error();
  if (versions->min > kProtocolVersion || versions->max < kOldestProtocol) {
    const bool client_is_older = versions->max < kOldestProtocol;
    return Error{ErrorCode::VersionMismatch,
                 "the client speaks protocol " + range_words(versions->min, versions->max) +
                     ", daemon " + std::string(kEngineVersion) + " speaks " +
                     range_words(kOldestProtocol, kProtocolVersion) + "; update the " +
                     (client_is_older ? "client" : "daemon, or stop the old one that runs")};
  }
  connection.set_said_hello();
  std::string text;
  JsonWriter out(text);
  out.begin_object().member("protocol", std::uint64_t{kProtocolVersion});
  out.member("daemonVersion", kEngineVersion).member("engineVersion", kEngineVersion);
  out.member("contractVersion", std::uint64_t{kContractVersion});
  out.key("capabilities").begin_array();
  for (const std::string_view capability : kCapabilities)
    out.string(capability);
  out.end_array().key("limits");
  write_limits(out, sources_.limits);
  out.member("methodsHash", methods_hash()).member("pid", std::int64_t{::getpid()});
  out.end_object();
  return text;
}

Result<std::string> ControlService::list_sessions(const Peer& peer) const {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("sessions");
  write_sessions(out, sessions_.visible_to(peer));
  out.end_object();
  return text;
}

Result<std::string> ControlService::status(const Peer& peer, std::size_t connections) const {
  return status_json(sources_, sessions_.visible_to(peer), connections);
}

Result<std::string> ControlService::close_session(const Peer& peer, std::string_view params) {
  const auto name = read_session_name("closeSession", params);
  if (!name.ok()) return name.error();
  const auto session = sessions_.find(*name, peer);
  if (!session.ok()) return session.error();
  (*session)->close("it was closed by process " + std::to_string(peer.pid));
  return std::string("{}");
}

void ControlService::restart_session(Connection& connection,
                                     std::uint64_t id,
                                     std::string_view params) {
  const auto name = read_session_name("restartSession", params);
  if (!name.ok()) return connection.answer_error(id, name.error());
  const auto session = sessions_.find(*name, connection.peer());
  if (!session.ok()) return connection.answer_error(id, session.error());
  (*session)->restart([answer = connection.answer_later(id)](const Result<std::uint32_t>& epoch) {
    if (!epoch.ok()) return answer(epoch.error());
    answer("{\"epoch\":" + std::to_string(*epoch) + "}");
  });
}

void ControlService::open_session(Connection& connection,
                                  std::uint64_t id,
                                  std::string_view params) {
  if (!connection.has_said_hello())
    return connection.answer_error(
        id, Error{ErrorCode::NotAllowed, "say hello first, so that the versions are agreed on"});
  const auto request = read_open_request(params, sources_.limits);
  if (!request.ok()) return connection.answer_error(id, request.error());
  if (const auto fits = sessions_.check(*request, connection.peer()); !fits.ok())
    return connection.answer_error(id, fits.error());
  sessions_.open(*request,
                 Joining{connection.take_socket(), connection.peer(), id, request->names});
}

}  // namespace chainsolved::supervisor
