#pragma once

#include "protocol/error.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace chainsolved::engine {

/// INVALID_PARAMS with what is wrong with them.
inline Error invalid_params(std::string message) {
  return {ErrorCode::InvalidParams, std::move(message)};
}

/// The params of a request that is not worth a reader of its own. The envelope was read without
/// looking into them, so that they may still be no JSON: PARSE_ERROR.
inline Result<nlohmann::json> parse_params(std::string_view text) {
  auto params = nlohmann::json::parse(text, nullptr, false);
  if (!params.is_object())
    return Error{ErrorCode::ParseError, "the params of the request are not valid JSON"};
  return params;
}

}  // namespace chainsolved::engine
