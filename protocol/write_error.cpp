#include "protocol/error.h"
#include "protocol/json_writer.h"
#include "protocol/request.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved {

namespace {

constexpr std::int32_t kOwnCode = -32000;  // the family that data.code tells apart

void write_applied(JsonWriter& out, Applied applied) {
  switch (applied) {
    case Applied::NotSaid:
      return;
    case Applied::No:
      out.member("applied", false);
      return;
    case Applied::Yes:
      out.member("applied", true);
      return;
    case Applied::Unknown:
      out.member("applied", "unknown");
      return;
  }
}

void write_data(JsonWriter& out, const Error& error, std::string_view code) {
  out.key("data").begin_object();
  if (!code.empty()) out.member("code", code);
  write_applied(out, error.applied);
  if (!error.detail.empty()) out.raw(error.detail);
  out.end_object();
}

}  // namespace

void write_error(std::string& out, const Error& error) {
  const ErrorInfo& info = info_of(error.code);
  const bool own = info.rpc_code == kOwnCode;
  std::string message;
  if (own) message.append("[").append(info.wire).append("] ");
  message.append(error.message.empty() ? info.sentence : std::string_view(error.message));
  JsonWriter json(out);
  json.begin_object().key("error").begin_object();
  json.key("code").integer(info.rpc_code).member("message", std::string_view(message));
  if (own || error.applied != Applied::NotSaid || !error.detail.empty())
    write_data(json, error, own ? info.wire : std::string_view());
  json.end_object().end_object();
}

}  // namespace chainsolved
