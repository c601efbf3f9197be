#include "client/cli/failure.h"

#include "chainsolved/options.h"

namespace chainsolved::cli {

namespace {

ExitStatus status_of(const Error& error) {
  return client::is_no_daemon(error) ? ExitStatus::NoDaemon : exit_status_of(error);
}

std::string message_of(std::string_view what, const Error& error) {
  // What the client library says of a connection that cannot be made is whole as it is.
  if (client::is_no_daemon(error)) return error.message;
  std::string message(what);
  message.append(": [").append(info_of(error.code).wire).append("] ").append(error.message);
  return message;
}

}  // namespace

Failure::Failure(std::string_view what, const Error& error)
    : Failure(status_of(error), message_of(what, error)) {}

}  // namespace chainsolved::cli
