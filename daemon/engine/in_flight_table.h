#pragma once

#include "protocol/methods.h"
#include "shm/status_page.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace chainsolved::engine {

/// The engine's hand on the in-flight table of the status page (DESIGN §3): which requests have
/// been taken and not yet answered. The page holds what the supervisor must see; what is here says
/// who may take another entry.
class InFlightTable {
 public:
  using Entry = std::uint32_t;

  explicit InFlightTable(StatusPage& page) noexcept;

  /// At most `entries` requests of all clients together.
  void set_limit(std::uint64_t entries) noexcept;

  // Clients are counted so that each that has no entry can always have one: those that do not read
  // their replies must not keep the others out.
  void add_client(std::uint64_t client);
  void remove_client(std::uint64_t client);

  /// Whether acquire() would give one. A client may have a quarter of the table.
  bool has_room(std::uint64_t client) const noexcept;

  /// Enters a request that was peeked at, as waiting.
  std::optional<Entry> acquire(std::uint64_t client, std::uint64_t request_id) noexcept;
  void set_method(Entry entry, Method method) noexcept;
  void set_phase(Entry entry, RequestPhase phase, std::uint64_t now_ns) noexcept;
  /// Stored before the commit word that it names is: `applied` is `committed >= commits`.
  void set_commits(Entry entry, std::uint64_t word) noexcept;
  /// An entry for the engine's own work, of client 0, running. To be taken while no client has one:
  /// then there is room.
  Entry acquire_own() noexcept;
  /// The kernel has the reply, or there is nobody to reply to.
  void release(Entry entry) noexcept;

  /// Marks the client's entries: it is not being read.
  void set_paused(std::uint64_t client, bool paused) noexcept;

 private:
  void enter(Entry index,
             std::uint64_t client,
             std::uint64_t request_id,
             RequestPhase phase) noexcept;
  bool used(Entry entry) const noexcept;

  StatusPage& page_;
  std::array<Entry, kInFlightEntries> free_{};
  std::size_t free_count_ = kInFlightEntries;
  std::size_t limit_ = kInFlightEntries;
  std::unordered_map<std::uint64_t, std::size_t> held_;  // entries by attached client
  std::size_t clients_without_ = 0;
};

}  // namespace chainsolved::engine
