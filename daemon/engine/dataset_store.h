#pragma once

#include "daemon/engine/frame_builder.h"
#include "daemon/engine/graph/graph.h"
#include "protocol/error.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"
#include "protocol/value.h"
#include "shm/segment.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::engine {

/// How long a dataset lives: as long as its owner's connection, or as the session.
enum class Lease : std::uint8_t { Connection, Session };
std::string_view name_of(Lease lease) noexcept;
std::optional<Lease> lease_named(std::string_view name) noexcept;

/// What is registered under an id. The value refers to the memory and keeps it; values computed
/// from it keep it too, so that a dataset may be replaced while an evaluation still holds it.
struct Dataset {
  Value value;
  std::uint64_t rows = 0;
  std::vector<std::string> columns;  // empty: a vector
  std::uint64_t bytes = 0;
  std::uint64_t owner = 0;  // the client that registered it
  Lease lease = Lease::Connection;
  std::shared_ptr<const SealedSegment> segment;  // null: it came inline
  std::shared_ptr<const SegmentMapping> mapping;
  std::uint64_t offset = 0;  // of the cells in the segment, in bytes
  std::uint32_t kept = 0;    // what the journal calls the segment; 0: it is not kept
  std::uint64_t registered_ns = 0;
  mutable std::uint64_t last_read_ns = 0;  // 0: never
};

/// The session's datasets (DESIGN §5), and the way back from memory to the segment it lies in.
class DatasetStore final : public graph::Datasets, public SegmentFinder {
 public:
  const Value* find(std::string_view id) const override;
  std::optional<SegmentRange> segment_of(const Numbers& numbers) const override;

  /// Registers, or replaces what is there; true when it replaced. On LIMIT_EXCEEDED (maxDatasets)
  /// and DATASET_QUOTA_EXCEEDED (maxDatasetBytes) nothing has changed.
  Result<bool> add(std::string_view id, Dataset dataset, const Limits& limits);
  /// Whether add() would, by the limits.
  Result<void> may_add(std::string_view id, std::uint64_t bytes, const Limits& limits) const;
  /// False when there is none.
  bool release(std::string_view id);

  /// Null when there is none.
  const Dataset* dataset(std::string_view id) const;
  /// Ids of all that are there, or of those that go with this client, in order.
  std::vector<std::string> ids() const;
  std::vector<std::string> owned_by(std::uint64_t client) const;

  std::size_t count() const noexcept { return datasets_.size(); }
  std::uint64_t bytes() const noexcept { return bytes_; }

  /// The array that listDatasets answers.
  void write_list(JsonWriter& json, const graph::Graph& graph) const;

 private:
  using Map = std::map<std::string, Dataset, std::less<>>;
  void forget(Map::iterator entry);

  Map datasets_;
  std::map<const std::byte*, std::string_view> mapped_;  // first byte of a mapping: its dataset
  std::uint64_t bytes_ = 0;
};

}  // namespace chainsolved::engine
