#pragma once

#include "protocol/error.h"
#include "protocol/limits.h"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace chainsolved {

/// Parses JSON text from outside into a tree. Unlike nlohmann's own parser it bounds the nesting
/// and takes every number that JSON allows (beyond double: infinite or 0; integers beyond 64 bits:
/// double). Of equal keys the last counts. PARSE_ERROR with the place, or LIMIT_EXCEEDED.
Result<nlohmann::json> parse_json(std::string_view text, const Limits& limits);

}  // namespace chainsolved
