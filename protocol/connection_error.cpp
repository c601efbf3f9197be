#include "protocol/connection_error.h"

#include "protocol/request.h"

namespace chainsolved {

std::string connection_error_json(const Error& error) {
  std::string json = "{\"method\":\"";
  json.append(kConnectionError).append("\",\"params\":");
  write_error(json, error);
  json.push_back('}');
  return json;
}

}  // namespace chainsolved
