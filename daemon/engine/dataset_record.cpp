#include "daemon/engine/dataset_record.h"

#include "daemon/engine/params.h"
#include "protocol/json_writer.h"

#include <nlohmann/json.hpp>

#include <exception>
#include <utility>

namespace chainsolved::engine {

std::string registration_record(std::string_view id, const Dataset& dataset) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("method", "registerDataset").key("params").begin_object();
  json.member("datasetId", id).member("rows", dataset.rows);
  if (!dataset.columns.empty()) {
    json.key("columns").begin_array();
    for (const std::string& column : dataset.columns)
      json.string(column);
    json.end_array();
  }
  json.member("lease", name_of(dataset.lease)).member("owner", dataset.owner);
  if (dataset.kept != 0) json.member("kept", std::uint64_t{dataset.kept});
  if (dataset.offset != 0) json.member("offset", dataset.offset);
  json.end_object().end_object();
  return text;
}

std::string release_record(std::string_view id) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("method", "releaseDataset").key("params").begin_object();
  json.member("datasetId", id).end_object().end_object();
  return text;
}

Result<DatasetRecord> read_dataset_record(std::string_view params) {
  auto parsed = parse_params(params);
  if (!parsed.ok()) return std::move(parsed).error();
  try {
    DatasetRecord record;
    record.id = parsed->at("datasetId").get<std::string>();
    record.dataset.rows = parsed->value("rows", std::uint64_t{0});
    record.dataset.columns = parsed->value("columns", std::vector<std::string>{});
    const auto lease = lease_named(parsed->value("lease", "connection"));
    if (!lease) return invalid_params("a dataset's record has an unknown lease");
    record.dataset.lease = *lease;
    record.dataset.owner = parsed->value("owner", std::uint64_t{0});
    record.dataset.kept = parsed->value("kept", std::uint32_t{0});
    record.dataset.offset = parsed->value("offset", std::uint64_t{0});
    return record;
  } catch (const std::exception& fault) {
    return invalid_params(std::string("a dataset's record: ") + fault.what());
  }
}

Value dataset_value(const Dataset& dataset, Numbers cells) {
  if (dataset.columns.empty()) return Value::vector(std::move(cells));
  return Value::table({dataset.columns,
                       static_cast<std::size_t>(dataset.rows),
                       dataset.columns.size(),
                       std::move(cells),
                       {}});
}

}  // namespace chainsolved::engine
