#include "protocol/columns.h"

#include "protocol/error.h"
#include "protocol/json_writer.h"
#include "protocol/numbers.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chainsolved {

namespace {

constexpr std::size_t kColumnAlignment = 8;

struct ColumnTypeInfo {
  std::string_view name;
  std::size_t size;
};

// In the order of ColumnType.
constexpr auto kTypes = std::to_array<ColumnTypeInfo>(
    {{"f64", sizeof(double)}, {"u32", sizeof(std::uint32_t)}, {"u8", sizeof(std::uint8_t)}});

// The bytes of a column need not be aligned in memory.
template <class T>
T element(std::span<const std::byte> bytes, std::size_t i) noexcept {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

}  // namespace

std::string_view name_of(ColumnType type) noexcept {
  return kTypes[static_cast<std::size_t>(type)].name;
}

std::optional<ColumnType> column_type_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i].name == name) return static_cast<ColumnType>(i);
  return std::nullopt;
}

std::size_t element_size(ColumnType type) noexcept {
  return kTypes[static_cast<std::size_t>(type)].size;
}

void InlineColumns::put(JsonWriter& json, ColumnType type, std::span<const std::byte> bytes) {
  const std::size_t count = bytes.size() / element_size(type);
  json.begin_array();
  for (std::size_t i = 0; i < count; ++i) {
    switch (type) {
      case ColumnType::F64:
        json.number(element<double>(bytes, i));
        break;
      case ColumnType::U32:
        json.unsigned_integer(element<std::uint32_t>(bytes, i));
        break;
      case ColumnType::U8:
        json.unsigned_integer(element<std::uint8_t>(bytes, i));
        break;
    }
  }
  json.end_array();
}

void InlineColumns::put(JsonWriter& json, const Numbers& numbers) {
  put(json, ColumnType::F64, std::as_bytes(numbers.span()));
}

Result<std::span<const std::byte>> DataBytes::column(ColumnType type,
                                                     std::uint64_t offset,
                                                     std::uint64_t count) {
  const std::size_t size = element_size(type);
  if (offset % kColumnAlignment != 0)
    return Error{
        ErrorCode::InvalidParams,
        "A column begins at byte " + std::to_string(offset) + "; columns begin at multiples of 8.",
        {}};
  if (offset > data_.size() || count > (data_.size() - offset) / size)
    return Error{ErrorCode::InvalidParams,
                 "A column of " + std::to_string(count) + " " + std::string(name_of(type)) +
                     " at byte " + std::to_string(offset) + " is outside the frame's " +
                     std::to_string(data_.size()) + " data bytes.",
                 {}};
  return data_.subspan(offset, count * size);
}

Result<Numbers> DataBytes::segment(std::uint64_t index,
                                   std::uint64_t /*offset*/,
                                   std::uint64_t /*count*/) {
  return Error{ErrorCode::InvalidParams,
               "$segment " + std::to_string(index) + " is named, but no segments may be used here.",
               {}};
}

}  // namespace chainsolved
