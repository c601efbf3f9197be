#pragma once

#include "protocol/channel.h"
#include "protocol/error.h"
#include "protocol/limits.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::supervisor {

/// The parameters of `openSession`. What was not given is empty: joining a session contradicts it
/// only in what was.
struct OpenRequest {
  std::string name;  // empty: a new session without a name
  bool create = true;
  bool names = false;
  std::optional<std::uint64_t> watchdog_ms;
  std::optional<std::string> watchdog_mode;
  std::optional<std::uint64_t> max_request_ms;
  std::optional<double> time_budget_ms;
  std::optional<std::string> datasets;
  std::optional<std::uint64_t> linger_ms;
  std::vector<std::pair<const LimitInfo*, std::uint64_t>> limits;
};

/// Errors: INVALID_PARAMS with the parameter and what it should be, LIMIT_EXCEEDED for a name that
/// is too long, NOT_ALLOWED for what this daemon does not offer or for limits above its own.
Result<OpenRequest> read_open_request(std::string_view params, const Limits& limits);

/// The daemon's options and limits with the request's in their place.
SessionOptions options_for(const OpenRequest& request, SessionOptions defaults);
Limits limits_for(const OpenRequest& request, Limits defaults);

/// NOT_ALLOWED, naming each option that is not what the session has.
Result<void> check_agrees(const OpenRequest& request,
                          const SessionOptions& options,
                          const Limits& limits);

}  // namespace chainsolved::supervisor
