#include "daemon/engine/status_writer.h"

#include <algorithm>
#include <atomic>

namespace chainsolved::engine {

namespace {

constexpr auto kLoose = std::memory_order_relaxed;
constexpr auto kOrdered = std::memory_order_release;

}  // namespace

void StatusWriter::set_activity(EngineActivity activity) noexcept {
  page_.state.store(static_cast<std::uint32_t>(activity), kOrdered);
}

void StatusWriter::set_own_graph(bool own) noexcept {
  page_.own_graph.store(own ? 1 : 0, kOrdered);
}

void StatusWriter::name_node(std::uint32_t slot, std::string_view name) noexcept {
  if (named_ == slot + 1) return;
  const std::size_t length = std::min(name.size(), page_.node_name.size());
  page_.named_node.store(0, kLoose);
  page_.node_name_length.store(0, kOrdered);
  for (std::size_t i = 0; i < length; ++i)
    page_.node_name[i].store(name[i], kLoose);
  page_.node_name_length.store(static_cast<std::uint32_t>(length), kOrdered);
  page_.named_node.store(slot + 1, kOrdered);
  named_ = slot + 1;
}

void StatusWriter::evaluating(std::size_t done, std::size_t total) noexcept {
  page_.nodes_to_evaluate.store(total, kLoose);
  page_.nodes_evaluated.store(done, kLoose);
  // A long node reports too, without completing anything: that is progress as well.
  bump(page_.progress, done > last_done_ ? done - last_done_ : 1);
  page_.progress_at_ns.store(monotonic_ns(), kOrdered);
  last_done_ = done;
}

void StatusWriter::evaluation_ended() noexcept {
  last_done_ = 0;
  if (named_ == 0) return;  // too short to have been looked at
  page_.named_node.store(0, kOrdered);
  page_.node_name_length.store(0, kOrdered);
  page_.nodes_to_evaluate.store(0, kLoose);
  page_.nodes_evaluated.store(0, kLoose);
  named_ = 0;
}

void StatusWriter::queued(std::uint64_t more, std::uint64_t less) noexcept {
  page_.queued_bytes.store(get(page_.queued_bytes) + more - less, kLoose);
}

void StatusWriter::set_clients(std::size_t count) noexcept {
  page_.client_count.store(static_cast<std::uint32_t>(count), kLoose);
}

void StatusWriter::set_datasets(std::size_t count, std::uint64_t bytes) noexcept {
  page_.dataset_count.store(static_cast<std::uint32_t>(count), kLoose);
  page_.dataset_bytes.store(bytes, kLoose);
}

void StatusWriter::set_graph(std::size_t nodes, std::size_t edges) noexcept {
  page_.node_count.store(nodes, kLoose);
  page_.edge_count.store(edges, kLoose);
}

void StatusWriter::set_heap(std::uint64_t bytes) noexcept {
  page_.heap_bytes.store(bytes, kLoose);
}

}  // namespace chainsolved::engine
