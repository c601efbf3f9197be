#pragma once

#include "protocol/error.h"
#include "protocol/numbers.h"
#include "shm/segment.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chainsolved::client {

enum class Lease : std::uint8_t {
  Client,   // released with the client that registered it
  Session,  // lives as long as the session
};

/// Float64 data on its way into a session: shared memory that is filled in place, column after
/// column, and then moved by register_dataset, which seals it. After that this object is detached,
/// as an ArrayBuffer is after transfer. When registering fails, it comes back sealed: it can be
/// registered again but not written.
class [[nodiscard]] DatasetBuilder {
 public:
  /// Memory for rows × columns numbers (a vector: columns 0 or 1), allocated at once.
  static Result<DatasetBuilder> create(std::uint64_t rows, std::uint64_t columns = 1);
  /// Filled from data that already lies elsewhere: one copy, never mapped for writing.
  static Result<DatasetBuilder> copy_of(std::span<const double> values);

  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t columns() const noexcept { return columns_; }
  /// rows × columns numbers.
  std::uint64_t cells() const noexcept { return rows_ * columns_; }

  /// The memory to fill. NOT_ALLOWED when it is sealed or detached.
  Result<std::span<double>> values();
  /// Column `index` of it.
  Result<std::span<double>> column(std::uint64_t index);

  bool detached() const noexcept { return !writable_.has_value() && !sealed_.has_value(); }
  bool sealed() const noexcept { return sealed_.has_value(); }

  /// Ends the writing phase: the spans given out are void. Called by register_dataset.
  Result<void> seal();
  /// Seals, and gives read-only numbers on the same memory, which stay valid after registering.
  Result<Numbers> keep_view();
  /// The sealed descriptor, for a request. Valid after seal().
  const SealedSegment* segment() const noexcept { return sealed_ ? &*sealed_ : nullptr; }
  /// Gives the memory up.
  void detach() noexcept {
    writable_.reset();
    sealed_.reset();
  }

 private:
  DatasetBuilder(SegmentBuilder memory, std::uint64_t rows, std::uint64_t columns) noexcept
      : writable_(std::move(memory)), rows_(rows), columns_(columns) {}
  std::optional<SegmentBuilder> writable_;  // at most one of the two
  std::optional<SealedSegment> sealed_;
  std::uint64_t rows_;
  std::uint64_t columns_;
};

/// Whether the library keeps the sealed segment of a registered dataset, to register it again when
/// the session's engine was replaced and the dataset is gone with it. Costs a descriptor; the
/// memory is the engine's own.
enum class Retain : std::uint8_t { Yes, No };

/// What a dataset is registered as.
struct DatasetShape {
  std::vector<std::string> columns;  // names, for tables; empty: a vector
  Lease lease = Lease::Client;
  Retain retain = Retain::Yes;
};

/// A registered dataset: released when this object ends, unless detach() was called or the engine
/// object ended first (then the daemon has released it). Until it is released the library keeps it,
/// if it was told to retain it. Move only; the engine's thread.
class [[nodiscard]] DatasetHandle {
 public:
  DatasetHandle() noexcept = default;
  DatasetHandle(std::string id,
                std::uint64_t bytes,
                std::function<void(const std::string&)> release) noexcept
      : id_(std::move(id)), bytes_(bytes), release_(std::move(release)) {}
  DatasetHandle(DatasetHandle&& other) noexcept { *this = std::move(other); }
  DatasetHandle& operator=(DatasetHandle&& other) noexcept {
    if (this != &other) {
      release();
      id_ = std::move(other.id_);
      bytes_ = other.bytes_;
      release_ = std::exchange(other.release_, nullptr);
    }
    return *this;
  }
  DatasetHandle(const DatasetHandle&) = delete;
  DatasetHandle& operator=(const DatasetHandle&) = delete;
  ~DatasetHandle() { release(); }

  const std::string& id() const noexcept { return id_; }
  std::uint64_t bytes() const noexcept { return bytes_; }
  /// Sends releaseDataset, without waiting for the answer.
  void release() noexcept;
  /// Leaves the dataset registered, and retained.
  void detach() noexcept { release_ = nullptr; }

 private:
  std::string id_;
  std::uint64_t bytes_ = 0;
  std::function<void(const std::string&)> release_;
};

}  // namespace chainsolved::client
