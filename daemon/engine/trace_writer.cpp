#include "daemon/engine/trace_writer.h"

#include "protocol/columns.h"
#include "protocol/value.h"
#include "protocol/value_json.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace chainsolved::engine {

namespace {

constexpr std::size_t kSampleLength = 5;

void write_summary(JsonWriter& json, const Value& value) {
  const auto count = [](std::size_t n) {
    return static_cast<std::uint64_t>(n);
  };
  switch (value.kind()) {
    case ValueKind::None:
      json.null();
      return;
    case ValueKind::Vector: {
      const Numbers& numbers = value.as_vector();
      json.begin_object().member("kind", "vector").member("length", count(numbers.size()));
      json.key("sample").begin_array();
      for (const double number : numbers.span().first(std::min(numbers.size(), kSampleLength)))
        json.number(number);
      json.end_array().end_object();
      return;
    }
    case ValueKind::Table: {
      const Table& table = value.as_table();
      json.begin_object().member("kind", "table").member("rows", count(table.row_count));
      json.member("columns", count(table.columns.size())).end_object();
      return;
    }
    case ValueKind::Matrix: {
      const Matrix& matrix = value.as_matrix();
      json.begin_object().member("kind", "matrix").member("rows", count(matrix.rows));
      json.member("cols", count(matrix.cols)).end_object();
      return;
    }
    case ValueKind::Scalar:
    case ValueKind::Error:
    case ValueKind::Text:
    case ValueKind::Interval:
    case ValueKind::Complex:
    case ValueKind::HighPrecision:
      break;
  }
  InlineColumns none;  // the kinds that are left have no columns
  write_value(json, value, none);
}

}  // namespace

void write_diagnostics(JsonWriter& json, std::span<const graph::Diagnostic> diagnostics) {
  json.begin_array();
  for (const graph::Diagnostic& diagnostic : diagnostics) {
    json.begin_object();
    if (!diagnostic.node_id.empty()) json.member("nodeId", diagnostic.node_id);
    json.member("level", name_of(diagnostic.level)).member("code", diagnostic.code);
    json.member("message", diagnostic.message).end_object();
  }
  json.end_array();
}

void write_trace(JsonWriter& json,
                 std::span<const graph::TraceEntry> trace,
                 const graph::Graph& graph) {
  json.begin_array();
  for (const graph::TraceEntry& entry : trace) {
    json.begin_object().member("nodeId", graph.id_of(entry.slot));
    json.member("opId", graph.block_type_of(entry.slot)).key("inputs").begin_object();
    for (const auto& [port, value] : entry.inputs) {
      json.key(port);
      write_summary(json, value);
    }
    json.end_object().key("output");
    write_summary(json, entry.output);
    json.key("diagnostics");
    write_diagnostics(json, entry.diagnostics);
    json.end_object();
  }
  json.end_array();
}

}  // namespace chainsolved::engine
