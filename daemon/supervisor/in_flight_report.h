#pragma once

#include "daemon/supervisor/death.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "protocol/methods.h"
#include "shm/status_page.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chainsolved::supervisor {

/// A request that an engine had taken and not yet answered, as its status page tells.
struct InFlightRequest {
  std::uint64_t client = 0;
  std::uint64_t id = 0;
  const MethodInfo* method = nullptr;  // null: only peeked at
  RequestPhase phase = RequestPhase::Waiting;
  std::uint64_t commits = kCommitsNothing;  // the commit word that it would cause
  std::uint64_t elapsed_ms = 0;             // in its phase
};

/// Copies the table. The page is the engine's to write: whatever stands there is taken as numbers,
/// and an unknown method as none. Entries of no client (replay) are left out.
std::vector<InFlightRequest> read_in_flight(const StatusPage& page, std::uint64_t now_ns);

/// The node under evaluation by name, made valid UTF-8; empty when there is none, or its name was
/// not written down.
std::string read_current_node(const StatusPage& page);

/// The node under evaluation, if it is one of the session's own graph.
std::optional<BlamedNode> read_own_node(const StatusPage& page);

/// What the caller of `request` is told after `death`. `committed` is the commit word of the graph
/// that comes back.
Error death_error(const InFlightRequest& request, const Death& death, std::uint64_t committed);

}  // namespace chainsolved::supervisor
