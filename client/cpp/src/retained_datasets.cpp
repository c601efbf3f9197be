#include "client/cpp/src/retained_datasets.h"

#include <utility>

namespace chainsolved::client {

void RetainedDatasets::keep(std::shared_ptr<const Registration> registration) {
  std::string id = registration->dataset_id;
  held_.insert_or_assign(std::move(id), Held{std::move(registration), false});
}

void RetainedDatasets::forget(std::string_view id) {
  if (const auto found = held_.find(id); found != held_.end()) held_.erase(found);
}

void RetainedDatasets::on_released(std::string_view id) {
  const auto found = held_.find(id);
  if (found != held_.end() && !found->second.missing) held_.erase(found);
}

void RetainedDatasets::on_lost(std::span<const std::string> ids) {
  for (const std::string& id : ids) {
    if (const auto found = held_.find(id); found != held_.end()) found->second.missing = true;
  }
}

void RetainedDatasets::on_registered_again(std::string_view id) {
  if (const auto found = held_.find(id); found != held_.end()) found->second.missing = false;
}

std::vector<std::shared_ptr<const Registration>> RetainedDatasets::missing() const {
  std::vector<std::shared_ptr<const Registration>> result;
  for (const auto& [id, held] : held_) {
    if (held.missing) result.push_back(held.registration);
  }
  return result;
}

}  // namespace chainsolved::client
