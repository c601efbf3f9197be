#pragma once

#include "chainsolved/frame_ref.h"
#include "chainsolved/values.h"
#include "protocol/error.h"
#include "protocol/request.h"
#include "protocol/value.h"
#include "shm/segment.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::client {

using RequestId = std::uint64_t;

/// ENGINE.md, "Diagnostics". `node_id` is empty where a diagnostic has no node.
struct Diagnostic {
  std::string node_id;
  std::string level;  // "error", "warning", "info"
  std::string code;
  std::string message;
};

/// An op of a patch, or an input, that named nothing that exists.
struct Ignored {
  std::size_t index = 0;
  std::string op;
  std::string id;
};

/// The result of `evaluate` and `loadSnapshot`.
struct EvalResult {
  Values values;
  std::vector<Diagnostic> diagnostics;
  double elapsed_us = 0;
  bool partial = false;
  std::string trace;  // JSON array; empty without options.trace

  Value value(std::string_view node_id) const { return values.value(node_id); }
  std::optional<double> scalar(std::string_view node_id) const { return values.scalar(node_id); }
};

/// The result of `applyPatch`, `setInput` and `setInputs`: what changed, nothing else.
struct IncrementalResult {
  Values changed;
  std::vector<Diagnostic> diagnostics;
  double elapsed_us = 0;
  std::uint64_t evaluated_count = 0;
  std::uint64_t total_count = 0;
  bool partial = false;
  std::vector<Ignored> ignored;
  std::string trace;

  Value value(std::string_view node_id) const { return changed.value(node_id); }
  std::optional<double> scalar(std::string_view node_id) const { return changed.scalar(node_id); }
};

/// The result of `evaluateBlock`.
struct BlockResult {
  Value value;
  std::vector<Diagnostic> diagnostics;
};

/// The result of `getStats`; `json` is all of it.
struct Stats {
  std::uint64_t dataset_count = 0;
  std::uint64_t dataset_total_bytes = 0;
  std::uint64_t node_count = 0;
  std::uint64_t edge_count = 0;
  std::uint32_t epoch = 0;
  std::uint64_t heap_bytes = 0;
  std::string json;
};

/// One entry of `listDatasets`; `json` is all of it.
struct DatasetInfo {
  std::string id;
  std::uint64_t bytes = 0;
  std::string json;
};

/// One node, port and number of `setInputs`.
struct Input {
  std::string node_id;
  std::string port_id;
  double value = 0;
};

/// A named value for `evaluateBlock`.
struct BlockInput {
  std::string port;
  Value value;
};

// ---- what the engine says by itself ----

struct Progress {
  RequestId request_id = 0;
  std::uint64_t evaluated_nodes = 0;
  std::uint64_t total_nodes_estimate = 0;
  double elapsed_ms = 0;
};

/// Another client changed the graph of a shared session. With `full`, what is absent has no value.
struct ValuesChanged {
  Values changed;
  bool full = false;
};

/// Session closed or failed: `json` is the notification's params.
struct SessionEvent {
  std::uint32_t epoch = 0;
  std::string reason;
  std::string json;
};

// ---- any message as it is, for tools ----

/// A request with any method and params. `data` and `segments` are what `$column` and `$segment` in
/// the params refer to.
struct RawRequest {
  std::string method;
  std::string params = "{}";
  std::vector<std::byte> data;
  std::vector<SealedSegment> segments;
};

/// A response, error or notification as it came.
struct RawMessage {
  enum class Kind : std::uint8_t { Response, Error, Notification };
  Kind kind = Kind::Notification;
  RequestId id = 0;  // 0 for notifications
  std::uint32_t epoch = 0;
  FrameRef frame;

  /// `{"result": ...}`, `{"error": ...}` or `{"method": ..., "params": ...}` as on the wire.
  std::string_view json() const noexcept;
  /// The columns beside the JSON.
  std::span<const std::byte> data() const noexcept;
  std::size_t segment_count() const noexcept;
  /// Attached segment `index`, mapped. Checked as any peer's segment is.
  Result<std::shared_ptr<const SegmentMapping>> segment(std::size_t index) const;
  /// The JSON with every `$column` and `$segment` written out as an array of numbers, and tables as
  /// `rows`: what line carriers show.
  Result<std::string> inline_json() const;
};

}  // namespace chainsolved::client
