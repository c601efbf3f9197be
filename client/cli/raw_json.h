#pragma once

#include "protocol/json_reader.h"

#include <string_view>

namespace chainsolved::cli {

/// Passes over the next value, checking it, and gives its text as it stands.
inline bool read_raw(JsonReader& reader, std::string_view& text) {
  const JsonReader::Place begin = reader.place();
  if (!reader.skip()) return false;
  text = reader.text_since(begin);
  return true;
}

}  // namespace chainsolved::cli
