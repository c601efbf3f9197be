#pragma once

#include "chainsolved/recreation.h"
#include "chainsolved/results.h"

#include <functional>
#include <string>

namespace chainsolved::client {

/// What a session tells by itself. Handlers run on the engine object's thread, between messages;
/// they may call the engine object. Unset handlers cost nothing.
struct Handlers {
  std::function<void(const Progress&)> on_progress;
  std::function<void(const ValuesChanged&)> on_values_changed;
  /// The engine is being replaced: calls are held from here on, values are void.
  std::function<void(const RecreatingEvent&)> on_recreating;
  /// Its successor serves. The new values follow, as a ValuesChanged with `full`.
  std::function<void(const RecreatedEvent&)> on_recreated;
  std::function<void(const SessionEvent&)> on_session_failed;
  std::function<void(const SessionEvent&)> on_session_closed;  // also when the connection ended
  /// Released or replaced by another client, or refused when the library registered it again.
  std::function<void(const std::string& dataset_id)> on_dataset_released;
  std::function<void(const std::string& params_json)> on_memory_pressure;
  /// Every notification as it came, and the answers to send_raw.
  std::function<void(const RawMessage&)> on_raw;
};

}  // namespace chainsolved::client
