#pragma once

#include "protocol/error.h"
#include "protocol/methods.h"
#include "shm/status_page.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::supervisor {

/// A request that an engine had taken and not yet answered, as its status page tells.
struct InFlightRequest {
  std::uint64_t client = 0;
  std::uint64_t id = 0;
  const MethodInfo* method = nullptr;  // null: only peeked at
  RequestPhase phase = RequestPhase::Waiting;
  bool about_to_commit = false;
  std::uint64_t elapsed_ms = 0;  // in its phase
};

/// Copies the table. The page is the engine's to write: whatever stands there is taken as numbers,
/// and an unknown method as none. Entries of no client (replay) are left out.
std::vector<InFlightRequest> read_in_flight(const StatusPage& page, std::uint64_t now_ns);

/// The node under evaluation, made valid UTF-8; empty when there is none.
std::string read_current_node(const StatusPage& page);

/// What the caller of `request` is told when its engine `ended` ("was killed by signal 11").
Error crash_error(const InFlightRequest& request, std::string_view ended, std::string_view node);

}  // namespace chainsolved::supervisor
