#pragma once

#include "protocol/error.h"

#include <string>
#include <string_view>

namespace chainsolved {

/// The notification that a peer gets before its connection is shut down, when the fault belongs to
/// no request (PROTOCOL_ERROR without a readable id, SLOW_CONSUMER).
inline constexpr std::string_view kConnectionError = "connectionError";

/// Its JSON: `{"method": "connectionError", "params": {"error": {code, message, data}}}`.
std::string connection_error_json(const Error& error);

}  // namespace chainsolved
