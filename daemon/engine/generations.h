#pragma once

#include "daemon/engine/in_flight_table.h"
#include "daemon/engine/supervisor_channel.h"
#include "protocol/error.h"
#include "shm/journal.h"
#include "shm/segment.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::engine {

/// What a new generation begins with, told by whoever holds the definition.
class GenerationSource {
 public:
  GenerationSource() = default;
  GenerationSource(const GenerationSource&) = delete;
  GenerationSource& operator=(const GenerationSource&) = delete;
  virtual ~GenerationSource() = default;

  virtual std::uint64_t definition_hash() const = 0;
  /// EngineSnapshotV1 of the definition as it is.
  virtual std::string definition_snapshot() const = 0;
  /// That snapshot stands for every change so far.
  virtual void continue_from(std::string_view snapshot) = 0;

  struct Registration {
    std::string record;
    std::uint32_t kept = 0;  // the segment that it refers to; 0: none
  };
  /// Of the datasets that there are.
  virtual std::vector<Registration> registrations() const = 0;
};

/// How a session's definition outlives its engine (DESIGN §3): the journal that takes each change
/// before it is evaluated, the snapshot that the journal begins with, and the order in which both
/// become the truth.
///
/// A change is made in three steps. make_room() (or stage(), for a snapshot) gets all memory that
/// the change will need and may fail: then nothing has changed. The definition is changed. commit()
/// (or begin_staged()) cannot fail: record, then the in-flight entry's `commits`, then the one
/// store. (Where there is no memory for a few bytes, the engine dies there: the journal does not
/// have the change, and its successor neither.) A message to the supervisor that must come before a
/// store is delivered before it.
class Generations {
 public:
  Generations(SupervisorChannel& channel, InFlightTable& table, GenerationSource& source) noexcept
      : channel_(channel), table_(table), source_(source) {}

  /// The first number that this engine may use.
  void configure(std::uint32_t first_generation) noexcept { next_generation_ = first_generation; }

  /// Makes sure that a record of so many bytes fits. Begins a new generation with a snapshot of the
  /// engine's own when the journal is full, has more bytes than its snapshot, or refers to too many
  /// segments that nobody needs. LIMIT_EXCEEDED: no memory.
  Result<void> make_room(std::size_t record_bytes);

  /// The change is in the definition: makes it last. `entry`: whose `commits` tells of it.
  void commit(std::string_view record, std::optional<InFlightTable::Entry> entry) noexcept;

  /// Before a snapshot is loaded: a journal to go with it, whose base is `base_hash`, and the
  /// request's text in a segment: `own` if it came in one. LIMIT_EXCEEDED: no memory.
  Result<void> stage(std::string_view request,
                     std::shared_ptr<const SealedSegment> own,
                     std::uint64_t base_hash);
  /// It is loaded: a new generation begins with it.
  void begin_staged(std::optional<InFlightTable::Entry> entry) noexcept;
  /// It was refused.
  void drop_staged() noexcept { staged_.reset(); }

  // Segments that records refer to by number.
  std::uint32_t next_kept() const noexcept { return next_kept_; }
  /// The supervisor keeps it as next_kept(), before any record says so.
  void keep(BorrowedFd segment);
  /// No dataset needs it any more; the records that refer to it are still there.
  void let_go(std::uint32_t kept) noexcept;

  // After a replay: this engine's first generation has the same snapshot and the same records.
  void inherit_kept(std::uint32_t kept);
  Result<void> resume(std::shared_ptr<const SealedSegment> snapshot,
                      const JournalReader& journal,
                      std::uint64_t bytes);

 private:
  struct Next {
    std::shared_ptr<const SealedSegment> snapshot;  // null: none
    JournalWriter journal;
    std::set<std::uint32_t> kept;  // what its first records refer to
  };

  bool wants_compaction(std::size_t record_bytes) const noexcept;
  Result<Next> prepare(std::shared_ptr<const SealedSegment> snapshot,
                       std::uint64_t base_hash,
                       std::size_t room) const;
  Result<void> compact(std::size_t record_bytes);
  void begin(Next next, std::optional<InFlightTable::Entry> entry);

  SupervisorChannel& channel_;
  InFlightTable& table_;
  GenerationSource& source_;
  std::shared_ptr<const SealedSegment> snapshot_;
  std::optional<JournalWriter> journal_;  // none before the first change
  std::optional<Next> staged_;
  std::set<std::uint32_t> kept_;  // what the journal's records refer to
  std::size_t unneeded_ = 0;      // how many of those nobody needs
  std::uint32_t next_generation_ = 1;
  std::uint32_t next_kept_ = 1;
};

/// `{"method":"loadSnapshot",...}` around a snapshot's text.
std::string load_request(std::string_view snapshot);

/// A sealed segment with this text.
Result<std::shared_ptr<const SealedSegment>> segment_with(std::string_view text);

}  // namespace chainsolved::engine
