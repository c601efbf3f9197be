#pragma once

#include "daemon/engine/session.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "protocol/request.h"
#include "shm/segment.h"
#include "shm/unique_fd.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace chainsolved::engine {

/// What the supervisor has kept of the engine before.
struct Inheritance {
  ReplayMessage message;
  UniqueFd snapshot;  // empty: none
  UniqueFd journal;
};

/// What a replaying engine does before it may be attached to anybody (DESIGN §4): snapshot and
/// records through the decoders that took them at first, the hash compared after each, one
/// evaluation, and a generation of its own that begins with what was replayed.
class Replay {
 public:
  /// `advanced` is called after each record; borrowed, like the session.
  Replay(Session& session, const std::function<void()>& advanced) noexcept
      : session_(session), advanced_(advanced) {}

  /// What is to be told; an error is a death without blame.
  Result<ReplayedMessage> run(Inheritance inheritance, graph::Monitor& monitor);

 private:
  Result<std::shared_ptr<const SealedSegment>> load(UniqueFd snapshot);
  Result<void> apply(const JournalReader& journal, std::uint64_t bytes);
  Result<void> check_hash(std::uint64_t expected, const std::string& after) const;

  Session& session_;
  const std::function<void()>& advanced_;
  RequestReader reader_;
  std::string text_;  // of one record, with what the decoder may read behind it
  std::uint64_t records_ = 0;
};

}  // namespace chainsolved::engine
