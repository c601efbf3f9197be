#include "daemon/engine/dataset_store.h"

#include "shm/status_page.h"

#include <utility>

namespace chainsolved::engine {

namespace {

Error too_many_bytes(std::uint64_t bytes, std::uint64_t others, std::uint64_t max) {
  Error error = limit_error("maxDatasetBytes",
                            max,
                            "a dataset of " + std::to_string(bytes) + " bytes beside " +
                                std::to_string(others) + " bytes of others; release some first");
  error.code = ErrorCode::DatasetQuotaExceeded;
  return error;
}

}  // namespace

std::string_view name_of(Lease lease) noexcept {
  return lease == Lease::Connection ? "connection" : "session";
}

std::optional<Lease> lease_named(std::string_view name) noexcept {
  for (const Lease lease : {Lease::Connection, Lease::Session})
    if (name == name_of(lease)) return lease;
  return std::nullopt;
}

const Value* DatasetStore::find(std::string_view id) const {
  const auto entry = datasets_.find(id);
  if (entry == datasets_.end()) return nullptr;
  entry->second.last_read_ns = monotonic_ns();
  return &entry->second.value;
}

std::optional<SegmentRange> DatasetStore::segment_of(const Numbers& numbers) const {
  const auto wanted = std::as_bytes(numbers.span());
  auto after = mapped_.upper_bound(wanted.data());
  if (after == mapped_.begin()) return std::nullopt;
  const Dataset& dataset = datasets_.find(std::prev(after)->second)->second;
  const auto mapped = dataset.mapping->bytes();
  const auto offset = static_cast<std::uint64_t>(wanted.data() - mapped.data());
  if (offset + wanted.size() > mapped.size()) return std::nullopt;
  return SegmentRange{dataset.segment, offset};
}

Result<void> DatasetStore::may_add(std::string_view id,
                                   std::uint64_t bytes,
                                   const Limits& limits) const {
  const Dataset* old = dataset(id);
  if (old == nullptr && datasets_.size() >= limits.max_datasets)
    return limit_error(
        "maxDatasets", limits.max_datasets, "the session cannot have one more dataset");
  const std::uint64_t others = bytes_ - (old == nullptr ? 0 : old->bytes);
  if (bytes > limits.max_dataset_bytes || others > limits.max_dataset_bytes - bytes)
    return too_many_bytes(bytes, others, limits.max_dataset_bytes);
  return {};
}

Result<bool> DatasetStore::add(std::string_view id, Dataset dataset, const Limits& limits) {
  if (auto allowed = may_add(id, dataset.bytes, limits); !allowed.ok())
    return std::move(allowed).error();
  const auto old = datasets_.find(id);
  const bool replaces = old != datasets_.end();
  if (replaces) forget(old);
  dataset.registered_ns = monotonic_ns();
  bytes_ += dataset.bytes;
  const auto entry = datasets_.emplace(id, std::move(dataset)).first;
  if (entry->second.mapping) mapped_.emplace(entry->second.mapping->bytes().data(), entry->first);
  return replaces;
}

const Dataset* DatasetStore::dataset(std::string_view id) const {
  const auto entry = datasets_.find(id);
  return entry == datasets_.end() ? nullptr : &entry->second;
}

std::vector<std::string> DatasetStore::ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, dataset] : datasets_)
    ids.push_back(id);
  return ids;
}

std::vector<std::string> DatasetStore::owned_by(std::uint64_t client) const {
  std::vector<std::string> ids;
  for (const auto& [id, dataset] : datasets_)
    if (dataset.owner == client && dataset.lease == Lease::Connection) ids.push_back(id);
  return ids;
}

void DatasetStore::forget(Map::iterator entry) {
  bytes_ -= entry->second.bytes;
  if (entry->second.mapping) mapped_.erase(entry->second.mapping->bytes().data());
  datasets_.erase(entry);
}

bool DatasetStore::release(std::string_view id) {
  const auto entry = datasets_.find(id);
  if (entry == datasets_.end()) return false;
  forget(entry);
  return true;
}

void DatasetStore::write_list(JsonWriter& json, const graph::Graph& graph) const {
  const std::uint64_t now = monotonic_ns();
  json.begin_array();
  for (const auto& [id, dataset] : datasets_) {
    json.begin_object().member("id", id).member("bytes", dataset.bytes);
    json.member("rows", dataset.rows).key("columns").begin_array();
    for (const std::string& column : dataset.columns)
      json.string(column);
    json.end_array().member("owner", dataset.owner).member("lease", name_of(dataset.lease));
    json.member("ageMs", (now - dataset.registered_ns) / kNsPerMs);
    json.member("references", static_cast<std::uint64_t>(graph.dataset_references(id)));
    if (dataset.last_read_ns != 0)
      json.member("lastReadMs", (now - dataset.last_read_ns) / kNsPerMs);
    json.end_object();
  }
  json.end_array();
}

}  // namespace chainsolved::engine
