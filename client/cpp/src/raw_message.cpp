#include "chainsolved/results.h"
#include "client/cpp/src/frame.h"
#include "protocol/columns.h"
#include "protocol/json_text.h"
#include "protocol/json_writer.h"
#include "protocol/value_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace chainsolved::client {

namespace {

/// Writes JSON with its columns as arrays. The nesting is bounded by parse_json.
class ColumnExpander {
 public:
  ColumnExpander(const FrameRef& frame, std::string& out) noexcept : columns_(frame), out_(out) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the JSON, which the limits bound
  Result<void> write(const nlohmann::json& value) {
    if (value.is_object()) return write_object(value);
    if (!value.is_array()) {
      out_ += value.is_string() ? std::string() : value.dump();
      if (value.is_string()) append_json_string(out_, value.get_ref<const std::string&>());
      return {};
    }
    out_ += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out_ += ',';
      if (auto written = write(value[i]); !written.ok()) return written;
    }
    out_ += ']';
    return {};
  }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): see write()
  Result<void> write_object(const nlohmann::json& object) {
    if (object.size() == 1) {
      const std::string& key = object.begin().key();
      if (key == "$column" || key == "$segment") return write_column(key, object.begin().value());
    }
    if (is_table(object)) return write_table(object);
    out_ += '{';
    bool first = true;
    for (const auto& [key, value] : object.items()) {
      if (!std::exchange(first, false)) out_ += ',';
      append_json_string(out_, key);
      out_ += ':';
      if (auto written = write(value); !written.ok()) return written;
    }
    out_ += '}';
    return {};
  }

  /// A table's cells are a column on the native carrier only: line carriers show its rows.
  static bool is_table(const nlohmann::json& object) {
    return object.contains("cells") && object.contains("rowCount") &&
           object.value("kind", nlohmann::json()) == "table";
  }

  Result<void> write_table(const nlohmann::json& object) {
    const auto value = read_value(object, columns_);
    if (!value.ok()) return value.error();
    InlineColumns rows;
    JsonWriter json(out_);
    write_value(json, *value, rows);
    return {};
  }

  Result<void> write_column(const std::string& kind, const nlohmann::json& column) {
    const auto type = column_type_named(column.value("type", std::string()));
    if (!type.has_value())
      return Error{ErrorCode::ProtocolFault, "a column of the message has no known type"};
    const auto offset = column.value("offset", std::uint64_t{0});
    const auto count = column.value("count", std::uint64_t{0});
    auto bytes =
        kind == "$segment"
            ? columns_.segment_column(column.value("index", std::uint64_t{0}), *type, offset, count)
            : columns_.column(*type, offset, count);
    if (!bytes.ok()) return std::move(bytes).error();
    JsonWriter json(out_);
    InlineColumns().put(json, *type, *bytes);
    return {};
  }

  FrameColumns columns_;
  std::string& out_;
};

}  // namespace

std::string_view RawMessage::json() const noexcept {
  return frame.valid() ? frame->json : std::string_view();
}

std::span<const std::byte> RawMessage::data() const noexcept {
  return frame.valid() ? frame->data : std::span<const std::byte>();
}

std::size_t RawMessage::segment_count() const noexcept {
  return frame.valid() ? frame->header.segments : 0;
}

Result<std::shared_ptr<const SegmentMapping>> RawMessage::segment(std::size_t index) const {
  if (index >= segment_count() || !frame->segments[index].has_value())
    return Error{ErrorCode::InvalidParams,
                 "segment " + std::to_string(index) + " of a message with " +
                     std::to_string(segment_count())};
  return frame->segments[index]->map();
}

Result<std::string> RawMessage::inline_json() const {
  const std::string_view text = json();
  constexpr auto kRewritten =
      std::to_array<std::string_view>({"\"$column\"", "\"$segment\"", "\"cells\""});
  if (std::none_of(kRewritten.begin(), kRewritten.end(), [&](std::string_view word) {
        return text.find(word) != std::string_view::npos;
      }))
    return std::string(text);
  auto tree = parse_json(text, Limits());
  if (!tree.ok()) return std::move(tree).error();
  std::string out;
  try {
    auto written = ColumnExpander(frame, out).write(*tree);
    if (!written.ok()) return std::move(written).error();
  } catch (const nlohmann::json::exception& wrong) {  // a member of a column has a wrong type
    return Error{ErrorCode::ProtocolFault,
                 std::string("the message's columns cannot be read: ") + wrong.what()};
  }
  return out;
}

}  // namespace chainsolved::client
