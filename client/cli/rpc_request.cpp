#include "client/cli/rpc_request.h"

#include "client/cli/raw_json.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace chainsolved::cli {

namespace {

constexpr std::uint64_t kNesting = Limits{}.max_nesting;

/// Writes the `count` elements of the array at `place` into shared memory.
Result<SealedSegment> read_numbers(JsonReader& reader, JsonReader::Place place, std::size_t count) {
  Result<SegmentBuilder> memory = SegmentBuilder::create(count * sizeof(double));
  if (!memory.ok()) return std::move(memory).error();
  const Result<std::span<std::byte>> bytes = memory->bytes();
  if (!bytes.ok()) return bytes.error();
  // NOLINTNEXTLINE(*-reinterpret-cast): pages are aligned for anything
  const std::span<double> cells(reinterpret_cast<double*>(bytes->data()), count);
  std::size_t i = 0;
  reader.go(place);
  reader.enter_array();
  while (reader.next_element()) {
    bool found = false;
    if (i == count || !reader.wire_number(cells[i++], found) || !found)
      return Error{ErrorCode::InvalidParams, "an element is no number"};
  }
  return std::move(*memory).seal();
}

}  // namespace

std::optional<RpcRequest> RpcReader::read(std::string_view line, RpcFault& fault) {
  RpcRequest request;
  const bool begun = reader_.start(line, kNesting);
  const bool object = begun && reader_.peek() == JsonReader::Type::Object;
  bool has_method = false;
  if (object) {
    std::string_view key;
    std::string_view text;
    reader_.enter_object();
    while (reader_.next_key(key)) {
      if (key == "method" && reader_.peek() == JsonReader::Type::String) {
        has_method = reader_.string(text);
        request.method = text;
      } else if (key == "id" && read_raw(reader_, text)) {
        request.id = text;
      } else if (key == "params" && read_raw(reader_, text)) {
        request.params = text;
      } else if (key != "id" && key != "params") {
        reader_.skip();
      }
    }
  } else if (begun) {
    reader_.skip();
  }
  if (!reader_.finish()) {
    fault = {reader_.error()};
    return std::nullopt;
  }
  if (object && has_method) return request;
  fault.error = {ErrorCode::InvalidRequest,
                 object ? "The request has no \"method\" (a string)."
                        : "A request is a JSON object: {\"id\": 1, \"method\": \"getStats\"}."};
  fault.id = request.id.empty() ? "null" : request.id;
  return std::nullopt;
}

std::string RpcReader::cancelled_id(std::string_view params) {
  std::string id;
  if (!reader_.start(params, kNesting) || !reader_.enter_object()) return id;
  std::string_view key;
  std::string_view text;
  while (reader_.next_key(key)) {
    if (!read_raw(reader_, text)) break;
    if (key == "requestId") id = text;
  }
  return id;
}

std::optional<RpcReader::InlineDataset> RpcReader::read_dataset(std::string_view params) {
  if (!reader_.start(params, kNesting) || !reader_.enter_object()) return std::nullopt;
  std::optional<JsonReader::Place> values;
  std::size_t count = 0;
  std::string rest;
  JsonWriter json(rest);
  json.begin_object();
  std::string_view key;
  std::string_view text;
  while (reader_.next_key(key)) {
    if (key == "data") return std::nullopt;
    if (key == "values" && reader_.peek() == JsonReader::Type::Array) {
      values = reader_.place();
      reader_.skip_unchecked(&count);
    } else if (read_raw(reader_, text)) {
      json.key(key).raw(text);
    }
  }
  if (!reader_.finish() || !values || count == 0) return std::nullopt;

  Result<SealedSegment> segment = read_numbers(reader_, *values, count);
  if (!segment.ok()) return std::nullopt;
  json.key("data").begin_object().key("$segment").begin_object();
  json.member("index", std::uint64_t{0}).member("type", "f64").member("offset", std::uint64_t{0});
  json.member("count", std::uint64_t{count}).end_object().end_object().end_object();
  return InlineDataset{std::move(segment).value(), std::move(rest)};
}

}  // namespace chainsolved::cli
