#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace chainsolved::supervisor {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

/// `key=value` of a log line.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  template <std::integral Number>
  LogField(std::string_view k, Number v) : key(k), value(std::to_string(v)) {}

  std::string_view key;
  std::string value;
};

/// One line per event, ids first: `session=s1 engine=1234 event=attached client=2`. Values with
/// spaces are quoted. Goes to standard error.
void log_event(LogLevel level,
               std::string_view event,
               std::initializer_list<LogField> ids,
               std::initializer_list<LogField> more = {});

/// "debug", "info", "warning" or "error"; false for anything else.
bool set_log_level(std::string_view name);

}  // namespace chainsolved::supervisor
