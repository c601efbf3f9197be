#pragma once

#include "protocol/error.h"
#include "shm/unique_fd.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace chainsolved {

/// What an engine is doing, in memory that the supervisor reads at any time. Every field is a
/// lock-free atomic with one writer, the engine; nobody waits on the page, and the supervisor
/// trusts none of it with more than a decision about that one engine (DESIGN §3).
///
// clang-format off
///   offset  size  field
///        0     4  magic ("CSP1")
///        4     4  layout version (2)
///        8     4  state (EngineActivity)
///       12     4  current node (slot + 1; 0: none): stored before each node, by whatever evaluates
///       16     8  completed nodes and reported iterations since the engine began: the progress count
///       24     8  when that count last moved, CLOCK_MONOTONIC ns
///       32     8  nodes to evaluate in the running evaluation
///       40     8  nodes evaluated of them
///       48     4  datasets
///       52     4  clients attached
///       56     8  bytes of datasets
///       64     8  bytes of heap in use
///       72     8  nodes in the graph
///       80     8  edges in the graph
///       88     8  requests answered
///       96     8  requests taken
///      104     8  reply bytes queued for clients that do not read
///      112     4  named node (slot + 1; 0: none): whose name stands at 3200
///      116     4  1: the current node is one of the session's own graph; 0: of a stateless evaluation
///      120     8  reserved, zero
///      128  3072  in-flight table: 64 entries of 48 bytes
///     3200   256  name of the named node: u32 length, UTF-8 (cut); torn reads are harmless
///     3456   640  reserved, zero
// clang-format on
enum class EngineActivity : std::uint32_t { Starting = 0, Idle = 1, Busy = 2, Replaying = 3 };

enum class RequestPhase : std::uint32_t { Empty = 0, Waiting = 1, Running = 2, Sending = 3 };

inline constexpr std::uint32_t kStatusMagic = 0x31505343;  // "CSP1"
inline constexpr std::size_t kInFlightEntries = 64;
inline constexpr std::uint64_t kCommitsNothing = ~std::uint64_t{0};

/// One request from the moment it is peeked at to the moment the kernel has taken its reply.
/// `phase` is stored last when an entry is taken and first when it is given back.
struct InFlightEntry {
  std::atomic<std::uint32_t> phase;   // RequestPhase
  std::atomic<std::uint32_t> method;  // Method + 1; 0: not yet known
  std::atomic<std::uint64_t> client;  // 0: replay or a retried node
  std::atomic<std::uint64_t> request_id;
  std::atomic<std::uint64_t> since_ns;  // CLOCK_MONOTONIC, of the current phase
  std::atomic<std::uint64_t> commits;   // kCommitsNothing, or the commit word it will cause
  std::atomic<std::uint64_t> paused;    // not 0: its client is not being read
};
static_assert(sizeof(InFlightEntry) == 48);

struct StatusPage {
  std::atomic<std::uint32_t> magic;
  std::atomic<std::uint32_t> version;
  std::atomic<std::uint32_t> state;
  std::atomic<std::uint32_t> current_node;
  std::atomic<std::uint64_t> progress;
  std::atomic<std::uint64_t> progress_at_ns;
  std::atomic<std::uint64_t> nodes_to_evaluate;
  std::atomic<std::uint64_t> nodes_evaluated;
  std::atomic<std::uint32_t> dataset_count;
  std::atomic<std::uint32_t> client_count;
  std::atomic<std::uint64_t> dataset_bytes;
  std::atomic<std::uint64_t> heap_bytes;
  std::atomic<std::uint64_t> node_count;
  std::atomic<std::uint64_t> edge_count;
  std::atomic<std::uint64_t> requests_answered;
  std::atomic<std::uint64_t> requests_taken;
  std::atomic<std::uint64_t> queued_bytes;
  std::atomic<std::uint32_t> named_node;
  std::atomic<std::uint32_t> own_graph;
  std::atomic<std::uint64_t> reserved;
  std::array<InFlightEntry, kInFlightEntries> in_flight;
  std::atomic<std::uint32_t> node_name_length;
  std::array<std::atomic<char>, 252> node_name;
  std::array<std::atomic<std::uint64_t>, 80> reserved_tail;
};
static_assert(sizeof(StatusPage) == 4096);
static_assert(offsetof(StatusPage, progress) == 16 && offsetof(StatusPage, dataset_count) == 48 &&
              offsetof(StatusPage, in_flight) == 128 &&
              offsetof(StatusPage, node_name_length) == 3200);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free &&
              std::atomic<char>::is_always_lock_free);

/// The page, shared. The supervisor makes it (full size, allocated, sealed SHRINK | GROW so that
/// the engine cannot truncate it under the supervisor); the engine maps it after exec.
class SharedStatusPage {
 public:
  /// Supervisor's side: a new zeroed page and the descriptor that the engine inherits.
  static Result<SharedStatusPage> create();
  /// Engine's side: maps the inherited descriptor, which it closes. Checks size and seals.
  static Result<SharedStatusPage> open(UniqueFd fd);

  SharedStatusPage(SharedStatusPage&& other) noexcept;
  SharedStatusPage& operator=(SharedStatusPage&& other) noexcept;
  SharedStatusPage(const SharedStatusPage&) = delete;
  SharedStatusPage& operator=(const SharedStatusPage&) = delete;
  ~SharedStatusPage();

  StatusPage& page() noexcept { return *page_; }
  const StatusPage& page() const noexcept { return *page_; }
  /// Valid on the creator's side only.
  BorrowedFd fd() const noexcept { return fd_.borrow(); }

 private:
  SharedStatusPage(UniqueFd fd, StatusPage* page) noexcept : fd_(std::move(fd)), page_(page) {}
  UniqueFd fd_;
  StatusPage* page_;
};

/// CLOCK_MONOTONIC in nanoseconds, as the page's times are.
std::uint64_t monotonic_ns() noexcept;

inline constexpr std::uint64_t kNsPerMs = 1'000'000;

}  // namespace chainsolved
