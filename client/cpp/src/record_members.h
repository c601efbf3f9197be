#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace chainsolved::client {

// Members of small records. What is missing or of another type reads as nothing: a daemon may be
// older or newer than this library.

inline std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class T>
T number_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<T>() : T{};
}

inline bool flag_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

inline std::vector<std::string> texts_of(const nlohmann::json& object, const char* key) {
  std::vector<std::string> result;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return result;
  for (const nlohmann::json& entry : *found)
    if (entry.is_string()) result.push_back(entry.get<std::string>());
  return result;
}

}  // namespace chainsolved::client
