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

void write_summary(JsonWriter& out, const Value& value) {
  const auto count = [](std::size_t n) {
    return static_cast<std::uint64_t>(n);
  };
  switch (value.kind()) {
    case ValueKind::None:
      out.null();
      return;
    case ValueKind::Vector: {
      const Numbers& numbers = value.as_vector();
      out.begin_object().member("kind", "vector").member("length", count(numbers.size()));
      out.key("sample").begin_array();
      for (const double number : numbers.span().first(std::min(numbers.size(), kSampleLength)))
        out.number(number);
      out.end_array().end_object();
      return;
    }
    case ValueKind::Table: {
      const Table& table = value.as_table();
      out.begin_object().member("kind", "table").member("rows", count(table.row_count));
      out.member("columns", count(table.columns.size())).end_object();
      return;
    }
    case ValueKind::Matrix: {
      const Matrix& matrix = value.as_matrix();
      out.begin_object().member("kind", "matrix").member("rows", count(matrix.rows));
      out.member("cols", count(matrix.cols)).end_object();
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
  write_value(out, value, none);
}

}  // namespace

void write_diagnostics(JsonWriter& out, std::span<const graph::Diagnostic> diagnostics) {
  out.begin_array();
  for (const graph::Diagnostic& diagnostic : diagnostics) {
    out.begin_object();
    if (!diagnostic.node_id.empty()) out.member("nodeId", diagnostic.node_id);
    out.member("level", name_of(diagnostic.level)).member("code", diagnostic.code);
    out.member("message", diagnostic.message).end_object();
  }
  out.end_array();
}

void write_trace(JsonWriter& out,
                 std::span<const graph::TraceEntry> trace,
                 const graph::Graph& graph) {
  out.begin_array();
  for (const graph::TraceEntry& entry : trace) {
    out.begin_object().member("nodeId", graph.id_of(entry.slot));
    out.member("opId", graph.block_type_of(entry.slot)).key("inputs").begin_object();
    for (const auto& [port, value] : entry.inputs) {
      out.key(port);
      write_summary(out, value);
    }
    out.end_object().key("output");
    write_summary(out, entry.output);
    out.key("diagnostics");
    write_diagnostics(out, entry.diagnostics);
    out.end_object();
  }
  out.end_array();
}

}  // namespace chainsolved::engine
