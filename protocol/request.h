#pragma once

#include "protocol/error.h"
#include "protocol/limits.h"
#include "protocol/methods.h"
#include "protocol/snapshot.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved {

/// `options` of the evaluating methods.
struct EvaluateOptions {
  bool trace = false;
  bool strict = false;
  std::uint64_t max_trace_nodes = 1000;
  double time_budget_ms = 0;  // 0: none
};

/// A request's JSON, split into what every method shares. Parsing is on demand: `params` is text,
/// read by the decoder that the method needs. Holds reusable buffers; one per connection or thread.
class RequestReader {
 public:
  RequestReader();
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  struct Envelope {
    const MethodInfo* method = nullptr;  // null: no method of this name
    std::string_view method_name;
    std::string_view params;  // JSON text of the params object, "{}" when absent
  };

  /// `json` must be followed by kJsonPadding readable bytes. Views end with the next call.
  /// PARSE_ERROR, INVALID_REQUEST (not an object, no method), INVALID_PARAMS (params not an
  /// object).
  Result<Envelope> read(std::string_view json, const Limits& limits);

  /// setInput and setInputs, without allocation after warm-up. Views end with the next call.
  struct Inputs {
    std::vector<InputChange> changes;
    EvaluateOptions options;
  };
  Result<const Inputs*> read_inputs(const Envelope& request, const Limits& limits);

  /// evaluate and loadSnapshot: the snapshot's text, undecoded, and the options.
  struct SnapshotRequest {
    std::string_view snapshot;
    EvaluateOptions options;
  };
  Result<SnapshotRequest> read_snapshot(const Envelope& request, const Limits& limits);

  struct PatchRequest {
    std::vector<PatchOp> ops;
    EvaluateOptions options;
  };
  Result<PatchRequest> read_patch(const Envelope& request, const Limits& limits);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Appends the JSON of an error frame: `{"error": {"code": -32000, "message": "[CODE] ...",
/// "data": {"code": "CODE", "applied": false, ...}}}`.
void write_error(std::string& out, const Error& error);

}  // namespace chainsolved
