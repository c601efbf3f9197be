// The methods of a session that concern datasets (DESIGN §5).

#include "daemon/engine/dataset_record.h"
#include "daemon/engine/log.h"
#include "daemon/engine/params.h"
#include "daemon/engine/session.h"
#include "protocol/json_writer.h"
#include "protocol/value_json.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <unordered_set>

namespace chainsolved::engine {

namespace {

using nlohmann::json;

constexpr std::uint64_t kLargeDataset = 100'000'000;

Result<std::string> read_dataset_id(const json& params, const Limits& limits) {
  const auto id = params.find("datasetId");
  if (id == params.end() || !id->is_string() || id->get_ref<const std::string&>().empty())
    return invalid_params("datasetId must be a string that is not empty");
  const auto& text = id->get_ref<const std::string&>();
  if (text.size() > limits.max_id_bytes)
    return limit_error("maxIdBytes",
                       limits.max_id_bytes,
                       "datasetId has " + std::to_string(text.size()) + " bytes");
  return text;
}

Result<std::vector<std::string>> read_columns(const json& params, const Limits& limits) {
  std::vector<std::string> names;
  const auto columns = params.find("columns");
  if (columns == params.end() || columns->is_null()) return names;
  if (!columns->is_array()) return invalid_params("columns must be an array of names");
  if (columns->size() > limits.max_table_columns)
    return limit_error("maxTableColumns",
                       limits.max_table_columns,
                       "columns has " + std::to_string(columns->size()) + " names");
  std::unordered_set<std::string_view> seen;
  for (const json& name : *columns) {
    if (!name.is_string()) return invalid_params("columns must be an array of names");
    const auto& text = name.get_ref<const std::string&>();
    if (!seen.insert(text).second)
      return invalid_params("columns has \"" + text +
                            "\" twice; a table's columns need different names");
    names.push_back(text);
  }
  return names;
}

/// The cells, in any of the three spellings of WIRE.md.
Result<Numbers> read_cells(json& params, RequestColumns& columns) {
  const bool has_data = params.contains("data");
  if (has_data == params.contains("values"))
    return invalid_params(
        "registerDataset needs either data, a $segment or $column, or values, an array");
  json vector = json::object({{"kind", "vector"}});
  vector["value"] = std::move(params[has_data ? "data" : "values"]);
  auto value = read_value(vector, columns);
  if (!value.ok()) return std::move(value).error();
  return value->as_vector();
}

/// `rows`, which may be left out, against the number of cells that there are.
Result<std::uint64_t> read_rows(const json& params, std::size_t cells, std::size_t columns) {
  const std::uint64_t width = columns == 0 ? 1 : columns;
  const auto rows = params.find("rows");
  if (rows == params.end() || rows->is_null()) {
    if (cells % width != 0)
      return Error{ErrorCode::DatasetSize,
                   std::to_string(cells) + " cells do not fill " + std::to_string(width) +
                       " columns of equal length"};
    return cells / width;
  }
  if (!rows->is_number_unsigned()) return invalid_params("rows must be a whole number, 0 or more");
  const auto count = rows->get<std::uint64_t>();
  if (count > std::numeric_limits<std::uint64_t>::max() / width || count * width != cells)
    return Error{ErrorCode::DatasetSize,
                 std::to_string(count) + " rows of " + std::to_string(width) +
                     " columns are not the " + std::to_string(cells) + " cells that came"};
  return count;
}

Result<Lease> read_lease(const json& params) {
  const auto found = params.find("lease");
  if (found == params.end()) return Lease::Connection;
  const auto lease = lease_named(found->is_string() ? found->get_ref<const std::string&>() : "");
  if (!lease) return invalid_params("lease must be \"connection\" or \"session\"");
  return *lease;
}

/// Which segment the cells lie in, to be kept with them; null for cells that came inline.
const RequestColumns::Opened* segment_of(const json& data, const RequestColumns& columns) {
  if (!data.is_object() || !data.contains("$segment")) return nullptr;
  return columns.opened(data["$segment"].value("index", std::uint64_t{0}));
}

void write_large_notice(JsonWriter& out, const std::string& id, std::uint64_t bytes) {
  out.key("diagnostics").begin_array().begin_object();
  out.member("level", "info").member("code", "DATASET_LARGE");
  out.member("message",
             "Dataset \"" + id + "\" has " + std::to_string(bytes) +
                 " bytes; release it when it is not needed.");
  out.end_object().end_array();
}

/// A registration as it was asked for, with its cells not yet made a value.
struct Registration {
  std::string id;
  Dataset dataset;
  Numbers cells;
};

Result<Registration> read_registration(Service& service, const Limits& limits) {
  auto parsed = parse_params(service.envelope.params);
  if (!parsed.ok()) return parsed.error();
  json& params = *parsed;
  auto id = read_dataset_id(params, limits);
  if (!id.ok()) return std::move(id).error();
  auto names = read_columns(params, limits);
  if (!names.ok()) return std::move(names).error();
  const auto lease = read_lease(params);
  if (!lease.ok()) return lease.error();

  RequestColumns columns(service.request);
  const json data = params.contains("data") && params["data"].is_object() ? params["data"] : json();
  auto cells = read_cells(params, columns);
  if (!cells.ok()) return std::move(cells).error();
  const auto rows = read_rows(params, cells->size(), names->size());
  if (!rows.ok()) return rows.error();

  Dataset dataset;
  dataset.rows = *rows;
  dataset.columns = std::move(*names);
  dataset.bytes = cells->size() * sizeof(double);
  dataset.owner = service.request.client;
  dataset.lease = *lease;
  if (const auto* opened = segment_of(data, columns)) {
    dataset.segment = opened->sealed;
    dataset.mapping = opened->mapping;
  }
  return Registration{*std::move(id), std::move(dataset), *std::move(cells)};
}

}  // namespace

Result<void> Session::register_dataset(Service& service) {
  auto read = read_registration(service, limits());
  if (!read.ok()) return std::move(read).error();
  auto& [id, dataset, cells] = *read;
  if (auto allowed = datasets_.may_add(id, dataset.bytes, limits()); !allowed.ok()) return allowed;
  if (reattaches()) {
    if (auto kept = keep_cells(dataset, cells); !kept.ok()) return kept;
  }
  const std::string record = registration_record(id, dataset);
  if (auto room = generations_.make_room(record.size()); !room.ok()) return room;
  dataset.value = dataset_value(dataset, std::move(cells));
  const std::uint64_t bytes = dataset.bytes;
  const Dataset* old = datasets_.dataset(id);
  const std::uint32_t unneeded = old == nullptr ? 0 : old->kept;
  if (dataset.kept != 0) generations_.keep(dataset.segment->fd());
  const auto replaced = datasets_.add(id, std::move(dataset), limits());
  if (!replaced.ok()) return replaced.error();
  // What comes back in the other mode does not contain it, whatever was committed.
  generations_.commit(record, reattaches() ? service.request.entry : std::nullopt);
  generations_.let_go(unneeded);
  service.committed = true;
  if (*replaced) released_.push_back({id, "replaced", service.request.client});
  datasets_changed(id);

  JsonWriter& out = service.frame.json();
  out.member("datasetId", id).member("bytes", bytes);
  if (bytes > kLargeDataset) write_large_notice(out, id, bytes);
  return {};
}

/// The cells in a segment that can be kept, which the dataset then refers to.
Result<void> Session::keep_cells(Dataset& dataset, Numbers& cells) const {
  if (!dataset.segment) {
    const auto bytes = std::as_bytes(cells.span());
    // NOLINTNEXTLINE(*-reinterpret-cast): bytes seen as bytes
    auto segment = segment_with({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!segment.ok()) return std::move(segment).error();
    auto mapping = (*segment)->map();
    if (!mapping.ok()) return std::move(mapping).error();
    auto moved = numbers_in(*mapping, 0, cells.size());
    if (!moved.ok()) return std::move(moved).error();
    dataset.segment = std::move(*segment);
    dataset.mapping = std::move(*mapping);
    cells = std::move(*moved);
  }
  if (!cells.span().empty())
    dataset.offset = static_cast<std::uint64_t>(std::as_bytes(cells.span()).data() -
                                                dataset.mapping->bytes().data());
  dataset.kept = generations_.next_kept();
  return {};
}

Result<void> Session::release_dataset(Service& service) {
  const auto params = parse_params(service.envelope.params);
  if (!params.ok()) return params.error();
  const auto id = read_dataset_id(*params, limits());
  if (!id.ok()) return id.error();
  const Dataset* dataset = datasets_.dataset(*id);
  const bool released = dataset != nullptr;
  if (released) {
    const std::string record = release_record(*id);
    if (auto room = generations_.make_room(record.size()); !room.ok()) return room;
    const std::uint32_t unneeded = dataset->kept;
    datasets_.release(*id);
    generations_.commit(record, reattaches() ? service.request.entry : std::nullopt);
    generations_.let_go(unneeded);
    released_.push_back({*id, "released", service.request.client});
    datasets_changed(*id);
  }
  service.committed = true;
  service.frame.json().member("released", released);
  return {};
}

Result<void> Session::list_datasets(Service& service) {
  service.frame.json().key("datasets");
  datasets_.write_list(service.frame.json(), graph_);
  return {};
}

Result<void> Session::get_stats(Service& service) {
  measure();
  write_stats(service.frame.json());
  return {};
}

void Session::release_owned(std::uint64_t client) {
  for (std::string& id : datasets_.owned_by(client)) {
    const std::string record = release_record(id);
    const auto room = generations_.make_room(record.size());
    if (!room.ok()) log_line("dataset " + id + " is released here only: " + room.error().message);
    const std::uint32_t unneeded = datasets_.dataset(id)->kept;
    datasets_.release(id);
    if (room.ok()) generations_.commit(record, std::nullopt);
    generations_.let_go(unneeded);
    datasets_changed(id);
    released_.push_back({std::move(id), "disconnected", client});
  }
}

void Session::datasets_changed(std::string_view id) {
  graph_.touch_dataset(id);
  status_.set_datasets(datasets_.count(), datasets_.bytes());
}

}  // namespace chainsolved::engine
