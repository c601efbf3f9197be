#include "daemon/engine/ops/catalog_json.h"

#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/category.h"
#include "protocol/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved::ops {

namespace {

void write_row(JsonWriter& json, const BlockDef& row) {
  json.begin_object()
      .member("opId", row.id)
      .member("label", row.label)
      .member("category", name_of(row.category))
      .member("nodeKind", name_of(row.kind));
  json.key("inputs").begin_array();
  for (const Port& port : row.ports) {
    json.begin_object().member("id", port.id).member("label", port.label).end_object();
  }
  json.end_array().member("proOnly", row.pro_only);
  if (row.variadic.max > 0) {
    json.member("variadic", true)
        .member("minInputs", std::uint64_t{row.variadic.min})
        .member("maxInputs", std::uint64_t{row.variadic.max});
  }
  json.end_object();
}

std::string make_catalog() {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  for (const BlockDef* row : all_blocks()) {
    if (row->listed) write_row(json, *row);
  }
  json.end_array();
  return text;
}

std::string make_constant_values() {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  for (const BlockDef* row : all_blocks()) {
    const bool has_value = row->listed && row->kernel.shape == Kernel::Shape::Source;
    if (has_value && !std::isnan(row->kernel.missing)) json.member(row->id, row->kernel.missing);
  }
  json.end_object();
  return text;
}

/// FNV-1a, as text.
std::string hash_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  constexpr std::size_t kDigits = 16;
  std::array<char, kDigits> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + kDigits, hash, 16).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  return std::string(kDigits - length, '0').append(digits.data(), length);
}

}  // namespace

const std::string& catalog_json() {
  static const std::string text = make_catalog();
  return text;
}

const std::string& constant_values_json() {
  static const std::string text = make_constant_values();
  return text;
}

const std::string& catalog_hash() {
  static const std::string text = hash_text(catalog_json());
  return text;
}

}  // namespace chainsolved::ops
