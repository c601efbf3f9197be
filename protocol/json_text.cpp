#include "protocol/json_text.h"

#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "protocol/limits.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace chainsolved {

namespace {

using nlohmann::json;

template <class Integer>
bool parse_whole(std::string_view text, Integer& out) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

bool build_number(JsonReader& reader, json& out) {
  const std::string_view text = reader.token();
  double number = 0;
  if (!reader.number(number)) return false;
  std::uint64_t natural = 0;
  std::int64_t integer = 0;
  if (parse_whole(text, natural)) {
    out = natural;
  } else if (number != 0 && parse_whole(text, integer)) {  // "-0" keeps its sign as a double
    out = integer;
  } else {
    out = number;
  }
  return true;
}

bool build(JsonReader& reader, json& out);

bool build_object(JsonReader& reader, json& out) {
  out = json::object();
  if (!reader.enter_object()) return false;
  for (std::string_view key; reader.next_key(key);) {
    json& member = out[std::string(key)];
    reader.release_strings();
    if (!build(reader, member)) return false;
  }
  return !reader.failed();
}

bool build_array(JsonReader& reader, json& out) {
  out = json::array();
  if (!reader.enter_array()) return false;
  while (reader.next_element())
    if (!build(reader, out.emplace_back())) return false;
  return !reader.failed();
}

bool build_string(JsonReader& reader, json& out) {
  std::string_view text;
  if (!reader.string(text)) return false;
  out = std::string(text);
  reader.release_strings();
  return true;
}

// Recursion ends at the nesting limit.
bool build(JsonReader& reader, json& out) {
  bool truth = false;
  switch (reader.peek()) {
    case JsonReader::Type::Object:
      return build_object(reader, out);
    case JsonReader::Type::Array:
      return build_array(reader, out);
    case JsonReader::Type::String:
      return build_string(reader, out);
    case JsonReader::Type::Number:
      return build_number(reader, out);
    case JsonReader::Type::True:
    case JsonReader::Type::False:
      if (!reader.boolean(truth)) return false;
      out = truth;
      return true;
    case JsonReader::Type::Null:
      out = nullptr;
      return reader.null();
    case JsonReader::Type::Other:
      break;
  }
  return reader.skip();  // fails, with the reason
}

}  // namespace

Result<json> parse_json(std::string_view text, const Limits& limits) {
  JsonReader reader;
  json tree;
  if (!reader.start(text, limits.max_nesting) || !build(reader, tree) || !reader.finish())
    return reader.error();
  return tree;
}

}  // namespace chainsolved
