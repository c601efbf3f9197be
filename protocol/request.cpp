#include "protocol/request.h"

#include "protocol/error.h"
#include "protocol/json_reader.h"
#include "protocol/limits.h"
#include "protocol/methods.h"
#include "protocol/snapshot.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved {

namespace {

using Type = JsonReader::Type;

constexpr std::string_view kNoParams = "{}";
// A vector that once held more inputs than this is not kept for the next request.
constexpr std::size_t kKeptInputs = 16U << 10;

// Methods whose bulk has a decoder of its own, which checks it.
bool reads_bulk(const MethodInfo* method) noexcept {
  return method != nullptr &&
         (method->method == Method::Evaluate || method->method == Method::LoadSnapshot ||
          method->method == Method::ApplyPatch);
}

bool is_bulk(std::string_view key) noexcept {
  return key == "snapshot" || key == "ops";
}

}  // namespace

// One JsonReader goes over the whole request: read() leaves its token index to the decoder of the
// params. Functions return false at a fault, which error() tells.
struct RequestReader::State {
  struct Bulk {
    JsonReader::Place begin;
    JsonReader::Place end;
  };

  JsonReader reader;
  std::string_view method;
  bool has_method = false;
  std::string_view params;  // of the last read()
  JsonReader::Place params_place;
  std::optional<Bulk> bulk;  // of params, passed over unchecked; its decoder checks it
  Inputs inputs;
  std::optional<std::size_t> input_index;  // under the decoder's hands, for errors
  std::optional<Error> refusal;

  bool refuse(ErrorCode code, std::string message);
  bool refuse_param(std::string_view member, std::string_view what);
  Error error();

  bool read_members();
  bool read_method();
  bool pass_params();
  bool pass_bulk();
  bool check_bulk();
  bool focus(const Envelope& request, const Limits& limits);

  bool read_options(EvaluateOptions& options, const Limits& limits);
  bool read_option(std::string_view key, EvaluateOptions& options, const Limits& limits);
  bool read_flag(std::string_view name, bool& flag);
  bool read_count(std::string_view name, double& number);

  bool read_all_inputs(const MethodInfo* of, const Limits& limits);
  bool read_list(const Limits& limits);
  bool read_input(InputChange& change, const Limits& limits);
  bool read_member(std::string_view key,
                   InputChange& change,
                   bool& has_value,
                   const Limits& limits);
  bool check_input(const InputChange& change, bool has_value);
  bool read_id(std::string_view key, std::string_view& id, const Limits& limits);
  bool read_bulk_params(std::string_view name,
                        std::string_view& text,
                        EvaluateOptions& options,
                        const Limits& limits);
};

RequestReader::RequestReader() : state_(std::make_unique<State>()) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

// --- the envelope ---

Result<RequestReader::Envelope> RequestReader::read(std::string_view json, const Limits& limits) {
  State& s = *state_;
  s.refusal.reset();
  s.bulk.reset();
  s.has_method = false;
  s.params = kNoParams;
  if (json.size() > limits.max_json_bytes)
    return limit_error("maxJsonBytes", limits.max_json_bytes, "The request is too large");
  if (!s.reader.start(json, limits.max_nesting) || !s.read_members()) return s.error();
  Envelope request;
  request.method = find_method(s.method);
  request.method_name = s.method;
  if (!reads_bulk(request.method) && !s.check_bulk()) return s.error();
  request.params = s.params;
  return request;
}

bool RequestReader::State::read_members() {
  if (reader.peek() != Type::Object)
    return reader.skip() && reader.finish() &&
           refuse(ErrorCode::InvalidRequest, "A request is a JSON object; this is none.");
  if (!reader.enter_object()) return false;
  for (std::string_view key; reader.next_key(key);) {
    const bool good = key == "method"   ? read_method()
                      : key == "params" ? pass_params()
                                        : reader.skip();
    if (!good) return false;
  }
  if (!reader.finish()) return false;
  return has_method || refuse(ErrorCode::InvalidRequest, "The request has no method.");
}

bool RequestReader::State::read_method() {
  if (reader.peek() != Type::String)
    return reader.skip() &&
           refuse(ErrorCode::InvalidRequest, "The request's method is not a string.");
  has_method = true;
  return reader.string(method);
}

// Of equal keys the last counts; a bulk in an earlier one has no decoder and is checked here.
bool RequestReader::State::pass_params() {
  if (!check_bulk()) return false;
  params_place = reader.place();
  if (reader.peek() == Type::Null) {
    params = kNoParams;
    return reader.null();
  }
  if (reader.peek() != Type::Object)
    return reader.skip() &&
           refuse(ErrorCode::InvalidParams, "The request's params are not an object.");
  if (!(has_method && reads_bulk(find_method(method)) ? pass_bulk() : reader.skip())) return false;
  params = reader.text_since(params_place);
  return true;
}

bool RequestReader::State::pass_bulk() {
  if (!reader.enter_object()) return false;
  for (std::string_view key; reader.next_key(key);) {
    const bool nested = reader.peek() == Type::Object || reader.peek() == Type::Array;
    if (!is_bulk(key) || !nested) {
      if (!reader.skip()) return false;
      continue;
    }
    if (!check_bulk()) return false;
    const auto begin = reader.place();
    if (!reader.skip_unchecked()) return false;
    bulk = Bulk{begin, reader.place()};
  }
  return !reader.failed();
}

// For a bulk that no decoder is going to read.
bool RequestReader::State::check_bulk() {
  if (!bulk) return true;
  const auto here = reader.place();
  reader.go(bulk->begin);
  bulk.reset();
  if (!reader.skip()) return false;
  reader.go(here);
  return true;
}

// Stands before the params: those of the last read(), or others by their text.
bool RequestReader::State::focus(const Envelope& request, const Limits& limits) {
  refusal.reset();
  input_index.reset();
  if (request.params.data() == params.data() && params.data() != kNoParams.data()) {
    reader.go(params_place);
    return !reader.failed();
  }
  bulk.reset();
  return reader.start(request.params, limits.max_nesting);
}

// --- errors ---

bool RequestReader::State::refuse(ErrorCode code, std::string message) {
  refusal = Error{code, std::move(message), {}};
  return false;
}

bool RequestReader::State::refuse_param(std::string_view member, std::string_view what) {
  if (reader.failed()) return false;
  std::string message;
  if (input_index) message.append("inputs[").append(std::to_string(*input_index)).append("]");
  if (input_index && !member.empty()) message.append(".");
  message.append(member).append(" ").append(what).append(".");
  return refuse(ErrorCode::InvalidParams, std::move(message));
}

Error RequestReader::State::error() {
  return refusal && !reader.failed() ? *std::exchange(refusal, std::nullopt) : reader.error();
}

// --- options ---

bool RequestReader::State::read_options(EvaluateOptions& options, const Limits& limits) {
  options = {};
  if (reader.peek() == Type::Null) return reader.null();
  if (reader.peek() != Type::Object)
    return reader.skip() && refuse_param("options", "is not an object");
  if (!reader.enter_object()) return false;
  for (std::string_view key; reader.next_key(key);)
    if (!read_option(key, options, limits)) return false;
  return !reader.failed();
}

bool RequestReader::State::read_option(std::string_view key,
                                       EvaluateOptions& options,
                                       const Limits& limits) {
  if (key == "trace") return read_flag("options.trace", options.trace);
  if (key == "strict") return read_flag("options.strict", options.strict);
  if (key == "timeBudgetMs") return read_count("options.timeBudgetMs", options.time_budget_ms);
  if (key != "maxTraceNodes") return reader.skip();
  auto nodes = static_cast<double>(options.max_trace_nodes);
  if (!read_count("options.maxTraceNodes", nodes)) return false;
  if (nodes > static_cast<double>(limits.max_trace_nodes)) {
    refusal = limit_error("maxTraceNodes", limits.max_trace_nodes, "The trace is too long");
    return false;
  }
  options.max_trace_nodes = static_cast<std::uint64_t>(nodes);
  return true;
}

bool RequestReader::State::read_flag(std::string_view name, bool& flag) {
  const Type type = reader.peek();
  if (type == Type::Null) return reader.null();
  if (type != Type::True && type != Type::False)
    return reader.skip() && refuse_param(name, "is neither true nor false");
  return reader.boolean(flag);
}

bool RequestReader::State::read_count(std::string_view name, double& number) {
  if (reader.peek() == Type::Null) return reader.null();
  if (reader.peek() != Type::Number) return reader.skip() && refuse_param(name, "is not a number");
  if (!reader.number(number)) return false;
  return (number >= 0 && std::isfinite(number)) || refuse_param(name, "is negative or infinite");
}

// --- setInput, setInputs ---

Result<const RequestReader::Inputs*> RequestReader::read_inputs(const Envelope& request,
                                                                const Limits& limits) {
  State& s = *state_;
  if (s.inputs.changes.capacity() > kKeptInputs) s.inputs.changes = {};
  s.inputs.changes.clear();
  s.inputs.options = {};
  if (!s.focus(request, limits) || !s.read_all_inputs(request.method, limits)) return s.error();
  return &s.inputs;
}

bool RequestReader::State::read_all_inputs(const MethodInfo* of, const Limits& limits) {
  const bool list = of != nullptr && of->method == Method::SetInputs;
  bool has_list = false;
  bool has_value = false;
  InputChange single;
  if (!reader.enter_object()) return false;
  for (std::string_view key; reader.next_key(key);) {
    bool good = false;
    if (key == "options") {
      good = read_options(inputs.options, limits);
    } else if (!list) {
      good = read_member(key, single, has_value, limits);
    } else if (key == "inputs") {
      has_list = true;
      good = read_list(limits);
    } else {
      good = reader.skip();
    }
    if (!good) return false;
  }
  if (reader.failed()) return false;
  if (list) return has_list || refuse_param("inputs", "is missing");
  if (!check_input(single, has_value)) return false;
  inputs.changes.push_back(single);
  return true;
}

bool RequestReader::State::read_list(const Limits& limits) {
  inputs.changes.clear();
  if (reader.peek() != Type::Array)
    return reader.skip() && refuse_param("inputs", "is not an array");
  if (!reader.enter_array()) return false;
  while (reader.next_element()) {
    if (inputs.changes.size() == limits.max_inputs) {
      refusal = limit_error("maxInputs", limits.max_inputs, "There are too many inputs");
      return false;
    }
    input_index = inputs.changes.size();
    if (!read_input(inputs.changes.emplace_back(), limits)) return false;
  }
  input_index.reset();
  return !reader.failed();
}

bool RequestReader::State::read_input(InputChange& change, const Limits& limits) {
  bool has_value = false;
  if (reader.peek() != Type::Object) return reader.skip() && refuse_param("", "is not an object");
  if (!reader.enter_object()) return false;
  for (std::string_view key; reader.next_key(key);)
    if (!read_member(key, change, has_value, limits)) return false;
  return !reader.failed() && check_input(change, has_value);
}

bool RequestReader::State::read_member(std::string_view key,
                                       InputChange& change,
                                       bool& has_value,
                                       const Limits& limits) {
  if (key == "nodeId") return read_id(key, change.node_id, limits);
  if (key == "portId") return read_id(key, change.port_id, limits);
  if (key != "value") return reader.skip();
  if (!reader.wire_number(change.value, has_value)) return false;
  return has_value || refuse_param("value", "is not a number");
}

bool RequestReader::State::check_input(const InputChange& change, bool has_value) {
  if (change.node_id.data() == nullptr) return refuse_param("nodeId", "is missing");
  if (change.port_id.data() == nullptr) return refuse_param("portId", "is missing");
  return has_value || refuse_param("value", "is missing");
}

bool RequestReader::State::read_id(std::string_view key,
                                   std::string_view& id,
                                   const Limits& limits) {
  if (reader.peek() != Type::String) return reader.skip() && refuse_param(key, "is not a string");
  if (!reader.string(id)) return false;
  if (id.size() <= limits.max_id_bytes) return true;
  refusal = limit_error("maxIdBytes", limits.max_id_bytes, std::string(key) + " is too long");
  return false;
}

// --- evaluate, loadSnapshot, applyPatch ---

bool RequestReader::State::read_bulk_params(std::string_view name,
                                            std::string_view& text,
                                            EvaluateOptions& options,
                                            const Limits& limits) {
  if (!reader.enter_object()) return false;
  for (std::string_view key; reader.next_key(key);) {
    if (key == "options") {
      if (!read_options(options, limits)) return false;
      continue;
    }
    const auto begin = reader.place();
    if (bulk && bulk->begin.at == begin.at) {
      reader.go(bulk->end);
    } else if (!reader.skip()) {
      return false;
    }
    if (key == name) text = reader.text_since(begin);
  }
  if (reader.failed()) return false;
  if (text.data() != nullptr) return true;
  return refuse(ErrorCode::InvalidSnapshot, std::string(name) + " is missing.");
}

Result<RequestReader::SnapshotRequest> RequestReader::read_snapshot(const Envelope& request,
                                                                    const Limits& limits) {
  State& s = *state_;
  SnapshotRequest read;
  if (!s.focus(request, limits) ||
      !s.read_bulk_params("snapshot", read.snapshot, read.options, limits))
    return s.error();
  return read;
}

Result<RequestReader::PatchRequest> RequestReader::read_patch(const Envelope& request,
                                                              const Limits& limits) {
  State& s = *state_;
  PatchRequest read;
  std::string_view ops;
  if (!s.focus(request, limits) || !s.read_bulk_params("ops", ops, read.options, limits))
    return s.error();
  auto decoded = decode_patch(ops, limits);
  if (!decoded.ok()) return std::move(decoded).error();
  read.ops = std::move(*decoded);
  return read;
}

}  // namespace chainsolved
