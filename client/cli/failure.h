#pragma once

#include "client/cli/exit_status.h"
#include "protocol/error.h"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace chainsolved::cli {

/// A command that cannot go on. Thrown, and caught in main only, which prints the message and exits
/// with the status: there is nothing in between that could do better.
class Failure : public std::runtime_error {
 public:
  Failure(ExitStatus status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  /// An error of the daemon or the client library: `what: [CODE] message`.
  Failure(std::string_view what, const Error& error);

  ExitStatus status() const noexcept { return status_; }

 private:
  ExitStatus status_;
};

/// The value, or a Failure of status Usage with the error's message alone: for what the command
/// line itself reads (files, arguments), whose messages name the place.
template <class T>
T usable(Result<T> result) {
  if (!result.ok()) throw Failure(ExitStatus::Usage, result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

/// The value, or a Failure that says what could not be done.
template <class T>
T done(std::string_view what, Result<T> result) {
  if (!result.ok()) throw Failure(what, result.error());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace chainsolved::cli
