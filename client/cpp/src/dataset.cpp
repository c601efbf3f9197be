#include "chainsolved/dataset.h"

#include <limits>
#include <string>

namespace chainsolved::client {

namespace {

Error not_writable(bool detached) {
  return {ErrorCode::NotAllowed,
          detached ? "the dataset builder is detached: its memory was registered; make another"
                   : "the dataset builder is sealed: it can be registered again, not written"};
}

}  // namespace

Result<DatasetBuilder> DatasetBuilder::create(std::uint64_t rows, std::uint64_t columns) {
  if (columns == 0) columns = 1;
  constexpr std::uint64_t kMostCells =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / sizeof(double);
  if (rows > kMostCells / columns)
    return limit_error("maxDatasetBytes",
                       kMostCells * sizeof(double),
                       "no dataset can have " + std::to_string(rows) + " rows of " +
                           std::to_string(columns) + " numbers");
  auto memory = SegmentBuilder::create(rows * columns * sizeof(double), "chainsolved-dataset");
  if (!memory.ok()) return std::move(memory).error();
  return DatasetBuilder(std::move(*memory), rows, columns);
}

Result<DatasetBuilder> DatasetBuilder::copy_of(std::span<const double> values) {
  auto builder = create(values.size());
  if (!builder.ok()) return builder;
  auto written = builder->writable_->write(0, std::as_bytes(values));
  if (!written.ok()) return std::move(written).error();
  return builder;
}

Result<std::span<double>> DatasetBuilder::values() {
  if (!writable_.has_value()) return not_writable(detached());
  auto bytes = writable_->bytes();
  if (!bytes.ok()) return std::move(bytes).error();
  // Pages are aligned for anything, and the segment was made for this many doubles.
  return std::span<double>(reinterpret_cast<double*>(bytes->data()),
                           static_cast<std::size_t>(cells()));
}

Result<std::span<double>> DatasetBuilder::column(std::uint64_t index) {
  if (index >= columns_)
    return Error{ErrorCode::InvalidParams,
                 "column " + std::to_string(index) + " of a dataset with " +
                     std::to_string(columns_) + " columns"};
  auto all = values();
  if (!all.ok()) return all;
  return all->subspan(index * rows_, rows_);
}

Result<void> DatasetBuilder::seal() {
  if (sealed()) return {};
  if (!writable_.has_value()) return not_writable(true);
  auto segment = std::move(*writable_).seal();
  writable_.reset();
  if (!segment.ok()) return std::move(segment).error();
  sealed_.emplace(std::move(*segment));
  return {};
}

Result<Numbers> DatasetBuilder::keep_view() {
  if (auto sealed = seal(); !sealed.ok()) return std::move(sealed).error();
  auto mapping = segment()->map();
  if (!mapping.ok()) return std::move(mapping).error();
  return numbers_in(*mapping, 0, cells());
}

void DatasetHandle::release() noexcept {
  if (const auto release = std::exchange(release_, nullptr)) release(id_);
}

}  // namespace chainsolved::client
