#pragma once

#include "protocol/channel.h"
#include "protocol/error.h"
#include "shm/journal.h"
#include "shm/message_socket.h"
#include "shm/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chainsolved::supervisor {

/// What a session's graph comes back from: the segment of a snapshot, if there was one, and the
/// journal of what was committed after it. Of the journal only the first page is mapped; the
/// segment is never looked into.
struct Generation {
  std::uint32_t number = 0;
  UniqueFd snapshot;  // invalid: none
  std::uint64_t snapshot_bytes = 0;
  JournalReader journal;
};

/// A generation that no engine could replay, kept for diagnostics.
struct SetAside {
  Generation generation;
  std::uint64_t committed = 0;
  std::string reason;
};

/// Keeps the last two generations of a session and the segments that their records refer to. A
/// generation counts from the moment that its journal's commit word says so, which is the engine's
/// to store; which one that is, is known for good once the engine cannot run any more.
class GenerationStore {
 public:
  /// `max_kept` bounds the segments: an engine is not trusted with our descriptors.
  explicit GenerationStore(std::size_t max_kept) : max_kept_(max_kept) {}

  /// `fds`: the snapshot's segment, if the message says so, and the journal; taken only when they
  /// are what they should be, else INVALID_PARAMS with what is wrong. Stored before the generation
  /// before the last is dropped.
  Result<void> store(const GenerationMessage& message, FdList& fds);
  /// LIMIT_EXCEEDED when there are too many.
  Result<void> keep(std::uint32_t number, UniqueFd segment);
  void forget(std::uint32_t number) noexcept { kept_.erase(number); }

  /// The commit word: the largest among the journals; 0: nothing was ever committed.
  std::uint64_t committed() const noexcept;
  /// The generation that it names.
  const Generation* current() const noexcept;
  /// The number that the next engine's first generation gets.
  std::uint32_t next_number() const noexcept { return last_number_ + 1; }

  /// The engine that wrote them cannot run any more: drops all but the current generation.
  void settle();
  /// Takes the current generation out of use; the one that was set aside before is dropped.
  void set_aside(std::string reason);

  const std::map<std::uint32_t, UniqueFd>& kept() const noexcept { return kept_; }
  const std::optional<SetAside>& aside() const noexcept { return aside_; }

 private:
  std::size_t max_kept_;
  std::vector<Generation> generations_;  // at most two, the older first
  std::map<std::uint32_t, UniqueFd> kept_;
  std::optional<SetAside> aside_;
  std::uint32_t last_number_ = 0;
};

}  // namespace chainsolved::supervisor
