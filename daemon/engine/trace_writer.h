#pragma once

#include "daemon/engine/graph/graph.h"
#include "protocol/json_writer.h"

#include <span>

namespace chainsolved::engine {

/// Writes diagnostics as ENGINE.md gives them: `[{nodeId?, level, code, message}]`.
void write_diagnostics(JsonWriter& out, std::span<const graph::Diagnostic> diagnostics);

/// Writes a trace: `[{nodeId, opId, inputs: {port: summary}, output: summary, diagnostics}]`.
/// Values are summarised, so that tracing a graph of large tables does not copy them: a vector is
/// `{kind, length, sample}` with its first five elements, a table `{kind, rows, columns}` and a
/// matrix `{kind, rows, cols}` their shapes; the other kinds are written whole.
void write_trace(JsonWriter& out,
                 std::span<const graph::TraceEntry> trace,
                 const graph::Graph& graph);

}  // namespace chainsolved::engine
