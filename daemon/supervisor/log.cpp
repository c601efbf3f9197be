#include "daemon/supervisor/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace chainsolved::supervisor {

namespace {

constexpr auto kLevels = std::to_array<std::pair<std::string_view, spdlog::level::level_enum>>({
    {"debug", spdlog::level::debug},
    {"info", spdlog::level::info},
    {"warning", spdlog::level::warn},
    {"error", spdlog::level::err},
});

/// Single-threaded sink: the daemon has one thread and forks from it.
spdlog::logger& logger() {
  static spdlog::logger instance = [] {
    spdlog::logger made("chainsolved", std::make_shared<spdlog::sinks::stderr_sink_st>());
    made.set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
    return made;
  }();
  return instance;
}

void append(std::string& line, const LogField& field) {
  if (!line.empty()) line += ' ';
  line.append(field.key).append("=");
  const bool quoted = field.value.empty() || field.value.find(' ') != std::string::npos;
  if (quoted) line += '"';
  for (const char c : field.value) {
    // One event is one line, whatever a peer calls itself.
    line += c == '\n' || c == '\r' ? ' ' : c;
  }
  if (quoted) line += '"';
}

}  // namespace

void log_event(LogLevel level,
               std::string_view event,
               std::initializer_list<LogField> ids,
               std::initializer_list<LogField> more) {
  const auto wanted = kLevels[static_cast<std::size_t>(level)].second;
  if (!logger().should_log(wanted)) return;
  std::string line;
  for (const LogField& field : ids)
    append(line, field);
  append(line, LogField("event", event));
  for (const LogField& field : more)
    append(line, field);
  logger().log(wanted, line);
}

bool set_log_level(std::string_view name) {
  for (const auto& [known, level] : kLevels) {
    if (known != name) continue;
    logger().set_level(level);
    return true;
  }
  return false;
}

}  // namespace chainsolved::supervisor
