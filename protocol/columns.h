#pragma once

#include "protocol/error.h"
#include "protocol/json_writer.h"
#include "protocol/numbers.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace chainsolved {

/// What a column's elements are on the wire.
enum class ColumnType : std::uint8_t { F64, U32, U8 };
std::string_view name_of(ColumnType type) noexcept;  // "f64", "u32", "u8"
/// The type of this name.
std::optional<ColumnType> column_type_named(std::string_view name) noexcept;
std::size_t element_size(ColumnType type) noexcept;

/// Where an encoder puts long runs of numbers. The engine's sink puts them beside the JSON or into
/// a segment; the command line's has them written as JSON arrays.
class ColumnSink {
 public:
  ColumnSink() = default;
  ColumnSink(const ColumnSink&) = delete;
  ColumnSink& operator=(const ColumnSink&) = delete;
  virtual ~ColumnSink() = default;

  /// Places `bytes` (elements of `type`) and writes the reference, `{"$column": ...}`,
  /// `{"$segment": ...}` or a plain array, through `json`.
  virtual void put(JsonWriter& json, ColumnType type, std::span<const std::byte> bytes) = 0;

  /// The same for a shared range, which a sink that passes descriptors need not copy when it knows
  /// the memory (a dataset that comes back as a result).
  virtual void put(JsonWriter& json, const Numbers& numbers) = 0;

  /// Whether tables are wanted as `rows`, the contract's own form, and not as a run of cells.
  virtual bool rows_of_tables() const noexcept { return false; }
};

/// Writes every column as a JSON array: what line carriers show.
class InlineColumns final : public ColumnSink {
 public:
  void put(JsonWriter& json, ColumnType type, std::span<const std::byte> bytes) override;
  void put(JsonWriter& json, const Numbers& numbers) override;
  bool rows_of_tables() const noexcept override { return true; }
};

/// Where a decoder finds columns. The three spellings of WIRE.md are told apart by the value codec;
/// the source resolves `$column` and `$segment` and checks every offset and count.
class ColumnSource {
 public:
  ColumnSource() = default;
  ColumnSource(const ColumnSource&) = delete;
  ColumnSource& operator=(const ColumnSource&) = delete;
  virtual ~ColumnSource() = default;

  /// Bytes `offset .. offset + count * element_size(type)` of the frame's data bytes.
  virtual Result<std::span<const std::byte>> column(ColumnType type,
                                                    std::uint64_t offset,
                                                    std::uint64_t count) = 0;
  /// The same of attached segment `index`; the numbers keep the mapping alive.
  virtual Result<Numbers> segment(std::uint64_t index,
                                  std::uint64_t offset,
                                  std::uint64_t count) = 0;
};

/// Data bytes only: `$segment` is refused. Checks 8-byte alignment and the range.
class DataBytes : public ColumnSource {
 public:
  explicit DataBytes(std::span<const std::byte> data) noexcept : data_(data) {}
  Result<std::span<const std::byte>> column(ColumnType type,
                                            std::uint64_t offset,
                                            std::uint64_t count) override;
  Result<Numbers> segment(std::uint64_t index, std::uint64_t offset, std::uint64_t count) override;

 private:
  std::span<const std::byte> data_;
};

}  // namespace chainsolved
