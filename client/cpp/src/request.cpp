#include "client/cpp/src/request.h"

#include "chainsolved/dataset.h"
#include "chainsolved/options.h"
#include "protocol/columns.h"
#include "protocol/frame.h"
#include "protocol/json_reader.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"
#include "protocol/value_json.h"

#include <array>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace chainsolved::client {

namespace {

constexpr std::uint64_t kColumnAlignment = 8;

/// Begins `{"method": NAME, "params": {`; close() ends both.
class Params {
 public:
  Params(Request& request, Method method) : json(request.json) {
    request.changes_graph = info_of(method).effect == Effect::Changes;
    json.begin_object().member("method", info_of(method).name).key("params").begin_object();
  }
  void options(const EvaluateOptions& options) {
    if (!options.trace && !options.strict && options.time_budget_ms == 0) return;
    json.key("options").begin_object();
    if (options.trace) json.member("trace", true).member("maxTraceNodes", options.max_trace_nodes);
    if (options.strict) json.member("strict", true);
    if (options.time_budget_ms != 0) json.member("timeBudgetMs", options.time_budget_ms);
    json.end_object();
  }
  void close() { json.end_object().end_object(); }

  JsonWriter json;
};

/// Puts a request's columns beside its JSON while they fit, else into segments; one place stays for
/// the JSON itself.
class RequestColumns final : public ColumnSink {
 public:
  RequestColumns(Request& request, std::uint64_t inline_limit) noexcept
      : request_(request), data_limit_(inline_limit / 2) {}

  void put(JsonWriter& json, ColumnType type, std::span<const std::byte> bytes) override {
    const std::uint64_t count = bytes.size() / element_size(type);
    if (request_.data.size() + bytes.size() + kColumnAlignment <= data_limit_) {
      request_.data.resize((request_.data.size() + kColumnAlignment - 1) / kColumnAlignment *
                           kColumnAlignment);
      reference(json, "$column", std::nullopt, type, request_.data.size(), count);
      request_.data.insert(request_.data.end(), bytes.begin(), bytes.end());
    } else if (request_.segments.size() + 1 < kMaxFrameSegments && put_segment(bytes)) {
      reference(json, "$segment", request_.segments.size() - 1, type, 0, count);
    } else {
      InlineColumns().put(json, type, bytes);
    }
  }
  void put(JsonWriter& json, const Numbers& numbers) override {
    put(json, ColumnType::F64, std::as_bytes(numbers.span()));
  }

 private:
  bool put_segment(std::span<const std::byte> bytes) {
    auto builder = SegmentBuilder::create(bytes.size());
    if (!builder.ok() || !builder->write(0, bytes).ok()) return false;
    auto sealed = std::move(*builder).seal();
    return sealed.ok() && request_.segments.push(std::move(*sealed).take_fd());
  }
  static void reference(JsonWriter& json,
                        const char* kind,
                        std::optional<std::uint64_t> index,
                        ColumnType type,
                        std::uint64_t offset,
                        std::uint64_t count) {
    json.begin_object().key(kind).begin_object();
    if (index.has_value()) json.member("index", *index);
    json.member("type", name_of(type)).member("offset", offset).member("count", count);
    json.end_object().end_object();
  }

  Request& request_;
  std::uint64_t data_limit_;
};

/// Seals `parts`, one after the other, into a segment and attaches it as the request's JSON.
Result<SealedSegment> seal_text(std::span<const std::string_view> parts) {
  std::uint64_t size = 0;
  for (const std::string_view part : parts)
    size += part.size();
  auto builder = SegmentBuilder::create(size, "chainsolved-json");
  if (!builder.ok()) return std::move(builder).error();
  std::uint64_t at = 0;
  for (const std::string_view part : parts) {
    auto written = builder->write(at, std::as_bytes(std::span(part)));
    if (!written.ok()) return std::move(written).error();
    at += part.size();
  }
  return std::move(*builder).seal();
}

Error no_room_for_json() {
  return {ErrorCode::LimitExceeded,
          "the request's JSON needs a segment, and four descriptors are attached already; send "
          "fewer columns as segments",
          "\"limit\":\"segments\"",
          Applied::No};
}

/// params.snapshot of a raw request's params.
std::string_view find_snapshot(std::string_view params) {
  JsonReader reader;
  std::string_view key;
  std::string_view found;
  if (!reader.start(params, Limits().max_nesting) || !reader.enter_object()) return {};
  while (reader.next_key(key)) {
    if (!(key == "snapshot" ? reader.raw(found) : reader.skip())) return {};
  }
  return found;
}

UniqueFd duplicate(BorrowedFd fd) noexcept {
  return {AdoptFd{}, ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)};
}

Error no_descriptor_left() {
  return limit_error("descriptors",
                     static_cast<std::uint64_t>(::sysconf(_SC_OPEN_MAX)),
                     "no descriptor is left for a dataset");
}

Result<void> duplicate_all(const FdList& from, FdList& into) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    UniqueFd fd = duplicate(from[i].borrow());
    if (!fd.valid()) return no_descriptor_left();
    static_cast<void>(into.push(std::move(fd)));  // as many as were there
  }
  return {};
}

Error shape_error(std::string_view id, const DatasetBuilder& data, std::uint64_t names) {
  return {ErrorCode::DatasetSize,
          "dataset " + std::string(id) + " has " + std::to_string(data.rows()) + " rows of " +
              std::to_string(data.columns()) + " columns and " + std::to_string(names) +
              " column names; give one name to each column",
          {},
          Applied::No};
}

void member_if(JsonWriter& json, const char* name, const std::string& text) {
  if (!text.empty()) json.member(name, text);
}

}  // namespace

void Request::clear() noexcept {
  json.clear();
  data.clear();
  segments.clear();
  json_in_segment = false;
  changes_graph = true;
  notification = false;
  opens_session = false;
  raw = false;
  names = Names::Session;
  snapshot = {};
  registration.reset();
  releases.clear();
}

Result<void> RequestEncoder::finish(Request& request) const {
  if (frame_size(request.json.size(), request.data.size()) <= inline_limit_) return {};
  if (frame_size(0, request.data.size()) > inline_limit_)
    return limit_error(
        "inlineLimit",
        inline_limit_,
        "the columns beside the request's JSON do not fit a frame; send them as segments");
  if (request.segments.size() == kMaxFrameSegments) return no_room_for_json();
  const std::array<std::string_view, 1> parts{request.json};
  auto sealed = seal_text(parts);
  if (!sealed.ok()) return std::move(sealed).error();
  static_cast<void>(request.segments.push(std::move(*sealed).take_fd()));
  request.json_in_segment = true;
  request.json.clear();
  return {};
}

Result<void> RequestEncoder::hello(Request& request, const Options& options) const {
  Params params(request, Method::Hello);
  JsonWriter& json = params.json;
  json.key("protocol").begin_object();
  json.member("min", std::uint64_t{kProtocolVersion});
  json.member("max", std::uint64_t{kProtocolVersion}).end_object();
  json.key("client").begin_object().member("name", options.client_name);
  json.member("version", options.client_version.empty() ? kEngineVersion : options.client_version);
  json.member("pid", std::int64_t{::getpid()}).end_object();
  params.close();
  return finish(request);
}

Result<void> RequestEncoder::open_session(Request& request, const Options& options) const {
  request.opens_session = true;
  Params params(request, Method::OpenSession);
  JsonWriter& json = params.json;
  member_if(json, "name", options.session);
  if (!options.create) json.member("create", false);
  if (options.names) json.member("names", true);
  if (options.watchdog_ms) json.member("watchdogMs", *options.watchdog_ms);
  member_if(json, "watchdogMode", options.watchdog_mode);
  if (options.max_request_ms) json.member("maxRequestMs", *options.max_request_ms);
  if (options.time_budget_ms) json.member("timeBudgetMs", *options.time_budget_ms);
  member_if(json, "datasets", options.datasets);
  if (options.linger_ms) json.member("lingerMs", *options.linger_ms);
  params.close();
  return finish(request);
}

Result<void> RequestEncoder::snapshot(Request& request,
                                      Method method,
                                      std::string_view snapshot_json,
                                      const EvaluateOptions& options) const {
  request.names =
      method == Method::LoadSnapshot ? Request::Names::FromSnapshot : Request::Names::OwnSnapshot;
  Params params(request, method);
  params.options(options);
  params.json.key("snapshot");
  const std::size_t head = request.json.size();
  static constexpr std::string_view kTail = "}}";
  if (frame_size(head + snapshot_json.size() + kTail.size(), 0) <= inline_limit_) {
    auto kept = std::make_shared<const std::string>(snapshot_json);
    request.snapshot = {kept, *kept};
    request.json.append(snapshot_json).append(kTail);
    return {};
  }
  // Large: written once, into the segment that travels; the names are read from it if need be.
  const std::array<std::string_view, 3> parts{request.json, snapshot_json, kTail};
  auto sealed = seal_text(parts);
  if (!sealed.ok()) return std::move(sealed).error();
  auto mapping = sealed->map();
  if (!mapping.ok()) return std::move(mapping).error();
  const auto bytes = (*mapping)->bytes();
  request.snapshot = {*mapping,
                      {reinterpret_cast<const char*>(bytes.data()) + head, snapshot_json.size()}};
  static_cast<void>(request.segments.push(std::move(*sealed).take_fd()));
  request.json_in_segment = true;
  request.json.clear();
  return {};
}

Result<void> RequestEncoder::apply_patch(Request& request,
                                         std::string_view ops_json,
                                         const EvaluateOptions& options) const {
  Params params(request, Method::ApplyPatch);
  params.json.key("ops").raw(ops_json);
  params.options(options);
  params.close();
  return finish(request);
}

Result<void> RequestEncoder::set_input(Request& request,
                                       std::string_view node_id,
                                       std::string_view port_id,
                                       double value,
                                       const EvaluateOptions& options) const {
  Params params(request, Method::SetInput);
  params.json.member("nodeId", node_id).member("portId", port_id).member("value", value);
  params.options(options);
  params.close();
  return finish(request);
}

Result<void> RequestEncoder::set_inputs(Request& request,
                                        std::span<const Input> inputs,
                                        const EvaluateOptions& options) const {
  Params params(request, Method::SetInputs);
  params.json.key("inputs").begin_array();
  for (const Input& input : inputs) {
    params.json.begin_object().member("nodeId", input.node_id).member("portId", input.port_id);
    params.json.member("value", input.value).end_object();
  }
  params.json.end_array();
  params.options(options);
  params.close();
  return finish(request);
}

Result<void> RequestEncoder::evaluate_block(Request& request,
                                            std::string_view block_type,
                                            std::span<const BlockInput> inputs,
                                            std::string_view data_json) const {
  Params params(request, Method::EvaluateBlock);
  RequestColumns columns(request, inline_limit_);
  params.json.member("blockType", block_type).key("inputs").begin_object();
  for (const BlockInput& input : inputs) {
    if (input.value.is(ValueKind::None)) continue;  // a port without a value is not sent
    params.json.key(input.port);
    write_value(params.json, input.value, columns);
  }
  params.json.end_object().key("data").raw(data_json);
  params.close();
  return finish(request);
}

Result<void> RequestEncoder::get_values(Request& request,
                                        std::span<const std::string> node_ids) const {
  Params params(request, Method::GetValues);
  if (!node_ids.empty()) {
    params.json.key("nodeIds").begin_array();
    for (const std::string& id : node_ids)
      params.json.string(id);
    params.json.end_array();
  }
  params.close();
  return finish(request);
}

Result<void> RequestEncoder::register_dataset(Request& request,
                                              std::string_view id,
                                              DatasetBuilder& data,
                                              const DatasetShape& shape) const {
  const std::uint64_t columns = shape.columns.empty() ? 1 : shape.columns.size();
  if (data.cells() % columns != 0 || (data.columns() > 1 && data.columns() != columns))
    return shape_error(id, data, columns);
  if (auto sealed = data.seal(); !sealed.ok()) return sealed;
  UniqueFd fd = duplicate(data.segment()->fd());
  if (!fd.valid()) return no_descriptor_left();
  static_cast<void>(request.segments.push(std::move(fd)));
  Params params(request, Method::RegisterDataset);
  JsonWriter& json = params.json;
  json.member("datasetId", id).key("data").begin_object().key("$segment").begin_object();
  json.member("index", std::uint64_t{0}).member("type", "f64").member("offset", std::uint64_t{0});
  json.member("count", data.cells()).end_object().end_object();
  json.member("rows", data.cells() / columns);
  if (!shape.columns.empty()) {
    json.key("columns").begin_array();
    for (const std::string& name : shape.columns)
      json.string(name);
    json.end_array();
  }
  if (shape.lease == Lease::Session) json.member("lease", "session");
  params.close();
  if (auto finished = finish(request); !finished.ok()) return finished;
  return shape.retain == Retain::Yes ? retain(request, id) : Result<void>();
}

Result<void> RequestEncoder::retain(Request& request, std::string_view id) {
  auto registration = std::make_shared<Registration>();
  registration->dataset_id = id;
  registration->json = request.json;
  registration->json_in_segment = request.json_in_segment;
  if (auto kept = duplicate_all(request.segments, registration->segments); !kept.ok()) return kept;
  request.registration = std::move(registration);
  return {};
}

Result<void> write_registration(Request& request, const Registration& registration) {
  request.json = registration.json;
  request.json_in_segment = registration.json_in_segment;
  return duplicate_all(registration.segments, request.segments);
}

Result<void> RequestEncoder::plain(Request& request,
                                   Method method,
                                   std::string_view key,
                                   std::string_view text) const {
  Params params(request, method);
  if (!key.empty()) params.json.member(key, text);
  params.close();
  if (method == Method::ReleaseDataset) request.releases = text;
  return finish(request);
}

Result<void> RequestEncoder::cancel(Request& request, RequestId id) const {
  Params params(request, Method::Cancel);
  params.json.member("requestId", id);
  params.close();
  request.notification = true;
  return finish(request);
}

Result<void> RequestEncoder::raw(Request& request, RawRequest&& given) const {
  const MethodInfo* method = find_method(given.method);
  request.raw = true;
  request.changes_graph = method == nullptr || method->effect == Effect::Changes;
  for (SealedSegment& segment : given.segments) {
    if (!request.segments.push(std::move(segment).take_fd()))
      return limit_error(
          "segments", kMaxFrameSegments, "a request has more segments than a frame carries");
  }
  request.data = std::move(given.data);
  JsonWriter json(request.json);
  json.begin_object().member("method", given.method).key("params").raw(given.params).end_object();
  if (method != nullptr && method->method == Method::LoadSnapshot) {
    request.names = Request::Names::FromSnapshot;
    auto params = std::make_shared<const std::string>(std::move(given.params));
    request.snapshot = {params, find_snapshot(*params)};
  }
  return finish(request);
}

}  // namespace chainsolved::client
