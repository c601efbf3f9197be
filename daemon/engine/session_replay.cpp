// A session that another engine began: its records, its datasets, and the nodes that the engine
// died at (DESIGN §4).

#include "daemon/engine/dataset_record.h"
#include "daemon/engine/die_at.h"
#include "daemon/engine/session.h"
#include "protocol/methods.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace chainsolved::engine {

namespace {

Error no_record(std::string_view what) {
  return {ErrorCode::InvalidParams, "the journal has a record of \"" + std::string(what) + "\""};
}

/// How many cells a shape has; more than there can be when that is no number.
std::uint64_t cells_of(const Dataset& dataset) noexcept {
  const std::uint64_t width = std::max<std::uint64_t>(1, dataset.columns.size());
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / sizeof(double);
  return dataset.rows > kMost / width ? kMost : dataset.rows * width;
}

std::vector<graph::Slot> slots_of(const std::vector<BlamedNode>& nodes) {
  std::vector<graph::Slot> slots;
  slots.reserve(nodes.size());
  for (const BlamedNode& node : nodes)
    slots.push_back(node.slot);
  return slots;
}

}  // namespace

void Session::inherit(std::uint32_t kept, SealedSegment segment) {
  generations_.inherit_kept(kept);
  inherited_[kept] = std::make_shared<const SealedSegment>(std::move(segment));
}

Result<void> Session::replay_snapshot(std::string_view json, RequestReader& reader) {
  const auto envelope = reader.read(json, limits());
  if (!envelope.ok()) return envelope.error();
  if (envelope->method == nullptr || envelope->method->method != Method::LoadSnapshot)
    return Error{ErrorCode::InvalidParams, "the snapshot is no loadSnapshot request"};
  const auto request = reader.read_snapshot(*envelope, limits());
  if (!request.ok()) return request.error();
  return graph_.load(request->snapshot);
}

Result<void> Session::replay_record(std::string_view json, RequestReader& reader) {
  const auto envelope = reader.read(json, limits());
  if (!envelope.ok()) return envelope.error();
  if (envelope->method == nullptr) return no_record(envelope->method_name);
  switch (envelope->method->method) {
    case Method::ApplyPatch: {
      const auto request = reader.read_patch(*envelope, limits());
      if (!request.ok()) return request.error();
      const auto ignored = graph_.apply(request->ops, request->options.strict);
      if (!ignored.ok()) return ignored.error();
      return {};
    }
    case Method::SetInput:
    case Method::SetInputs: {
      const auto request = reader.read_inputs(*envelope, limits());
      if (!request.ok()) return request.error();
      const auto ignored = graph_.set_inputs((*request)->changes, (*request)->options.strict);
      if (!ignored.ok()) return ignored.error();
      return {};
    }
    case Method::RegisterDataset:
      return replay_registration(envelope->params);
    case Method::ReleaseDataset: {
      const auto record = read_dataset_record(envelope->params);
      if (!record.ok()) return record.error();
      datasets_.release(record->id);
      lost_datasets_.erase(record->id);
      return {};
    }
    default:
      return no_record(envelope->method_name);
  }
}

Result<void> Session::replay_registration(std::string_view params) {
  auto record = read_dataset_record(params);
  if (!record.ok()) return std::move(record).error();
  datasets_.release(record->id);
  lost_datasets_.erase(record->id);
  if (!reattach(*record)) lost_datasets_.insert(record->id);
  return {};
}

/// False when the cells are not there.
bool Session::reattach(DatasetRecord& record) {
  Dataset& dataset = record.dataset;
  const auto segment = inherited_.find(dataset.kept);
  if (!reattaches() || segment == inherited_.end()) return false;
  auto mapping = segment->second->map();
  if (!mapping.ok()) return false;
  const std::uint64_t count = cells_of(dataset);
  auto cells = numbers_in(*mapping, dataset.offset, count);
  if (!cells.ok()) return false;
  dataset.bytes = count * sizeof(double);
  dataset.segment = segment->second;
  dataset.mapping = std::move(*mapping);
  dataset.value = dataset_value(dataset, std::move(*cells));
  return datasets_.add(record.id, std::move(dataset), limits()).ok();
}

Result<std::vector<std::string>> Session::resume(std::shared_ptr<const SealedSegment> snapshot,
                                                 const JournalReader& journal,
                                                 std::uint64_t bytes) {
  if (auto resumed = generations_.resume(std::move(snapshot), journal, bytes); !resumed.ok())
    return std::move(resumed).error();
  std::set<std::uint32_t> needed;
  for (const std::string& id : datasets_.ids())
    needed.insert(datasets_.dataset(id)->kept);
  for (const auto& [kept, segment] : std::exchange(inherited_, {}))
    if (!needed.contains(kept)) generations_.let_go(kept);
  std::vector<std::string> lost(lost_datasets_.begin(), lost_datasets_.end());
  lost_datasets_.clear();
  for (const std::string& id : lost) {
    const std::string record = release_record(id);
    if (auto room = generations_.make_room(record.size()); !room.ok())
      return std::move(room).error();
    generations_.commit(record, std::nullopt);
  }
  status_.set_datasets(datasets_.count(), datasets_.bytes());
  return lost;
}

void Session::evaluate_replayed(const ReplayMessage& message, graph::Monitor& monitor) {
  graph_.withhold(slots_of(message.suspects));
  graph_.quarantine(slots_of(message.quarantined));
  evaluate_own({}, monitor);
  measure();
}

std::vector<BlamedNode> Session::known(const std::vector<BlamedNode>& nodes) const {
  std::vector<BlamedNode> known;
  for (const BlamedNode& node : nodes)
    if (graph_.occupied(node.slot))
      known.push_back({node.slot, std::string(graph_.id_of(node.slot))});
  return known;
}

std::optional<graph::Slot> Session::try_suspect(graph::Monitor& monitor) {
  const auto suspect = graph_.try_next();
  if (!suspect) return std::nullopt;
  die_at(Step::InRetry);
  evaluate_own({}, monitor);
  return suspect;
}

void Session::evaluate_released(graph::Monitor& monitor) {
  graph_.release_dependants();
  evaluate_own({}, monitor);
}

std::vector<GenerationSource::Registration> Session::registrations() const {
  std::vector<Registration> registrations;
  for (const std::string& id : datasets_.ids()) {
    const Dataset& dataset = *datasets_.dataset(id);
    registrations.push_back({registration_record(id, dataset), dataset.kept});
  }
  return registrations;
}

}  // namespace chainsolved::engine
