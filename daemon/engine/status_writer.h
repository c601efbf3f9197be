#pragma once

#include "shm/status_page.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chainsolved::engine {

/// The engine's pen for the status page, but for the in-flight table. One writer; plain stores, so
/// that saying what one does costs next to nothing.
class StatusWriter {
 public:
  explicit StatusWriter(StatusPage& page) noexcept : page_(page) {}

  void set_activity(EngineActivity activity) noexcept;

  /// Where evaluations store the node that they are at.
  std::atomic<std::uint32_t>& current_node() noexcept { return page_.current_node; }
  /// Whether the nodes under evaluation are those of the session's own graph.
  void set_own_graph(bool own) noexcept;
  /// Writes down who the current node is, for whoever finds the engine dead.
  void name_node(std::uint32_t slot, std::string_view name) noexcept;

  /// How far the evaluation is. Moves the progress count by what was completed since the last call.
  void evaluating(std::size_t done, std::size_t total) noexcept;
  void evaluation_ended() noexcept;

  void count_taken() noexcept { bump(page_.requests_taken); }
  void count_answered() noexcept { bump(page_.requests_answered); }
  std::uint64_t taken() const noexcept { return get(page_.requests_taken); }
  std::uint64_t answered() const noexcept { return get(page_.requests_answered); }

  /// Reply bytes that wait for clients, all clients together.
  void queued(std::uint64_t more, std::uint64_t less) noexcept;
  std::uint64_t queued() const noexcept { return get(page_.queued_bytes); }

  void set_clients(std::size_t count) noexcept;
  void set_datasets(std::size_t count, std::uint64_t bytes) noexcept;
  void set_graph(std::size_t nodes, std::size_t edges) noexcept;
  void set_heap(std::uint64_t bytes) noexcept;

 private:
  using Word = std::atomic<std::uint64_t>;
  static std::uint64_t get(const Word& word) noexcept {
    return word.load(std::memory_order_relaxed);
  }
  static void bump(Word& word, std::uint64_t by = 1) noexcept {
    word.store(get(word) + by, std::memory_order_relaxed);
  }

  StatusPage& page_;
  std::size_t last_done_ = 0;
  std::uint32_t named_ = 0;  // slot + 1 whose name stands in the page
};

}  // namespace chainsolved::engine
