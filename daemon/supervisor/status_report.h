#pragma once

#include "daemon/supervisor/counters.h"
#include "daemon/supervisor/engine_pool.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace chainsolved::supervisor {

class Session;

/// `[{sessionId, name, state, ...}]` of listSessions and status.
void write_sessions(JsonWriter& json, const std::vector<const Session*>& sessions);

/// `{NAME: number}`, by the names of `hello`.
void write_limits(JsonWriter& json, const Limits& limits);

struct StatusSources {
  const Counters& counters;
  const EnginePool& engines;
  const Limits& limits;
  std::string socket;
  std::chrono::steady_clock::time_point started;
};

/// The result of `status`.
std::string status_json(const StatusSources& sources,
                        const std::vector<const Session*>& sessions,
                        std::size_t connections);

}  // namespace chainsolved::supervisor
