#pragma once

#include "shm/message_socket.h"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::client {

/// A registerDataset request that can be sent again: its text and the sealed segments, which cost
/// descriptors and no memory.
struct Registration {
  std::string dataset_id;
  std::string json;  // empty when it lies in the last segment
  FdList segments;
  bool json_in_segment = false;
};

/// The registrations that the daemon has acknowledged and that a client wants to keep, whatever
/// becomes of the engine that holds them.
class RetainedDatasets {
 public:
  /// Takes the place of one of the same id.
  void keep(std::shared_ptr<const Registration> registration);
  void forget(std::string_view id);
  /// Another client released or replaced it. One that is being registered again stays.
  void on_released(std::string_view id);
  /// These are gone with their engine.
  void on_lost(std::span<const std::string> ids);
  /// The answer to a registration made again.
  void on_registered_again(std::string_view id);

  /// What is to be registered again: lost, and not acknowledged since.
  std::vector<std::shared_ptr<const Registration>> missing() const;
  std::size_t size() const noexcept { return held_.size(); }

 private:
  struct Held {
    std::shared_ptr<const Registration> registration;
    bool missing = false;
  };
  std::map<std::string, Held, std::less<>> held_;
};

}  // namespace chainsolved::client
