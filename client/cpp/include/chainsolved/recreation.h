#pragma once

#include "protocol/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chainsolved::client {

/// The session's engine died, hung or is being restarted: a successor is on its way. What was known
/// of the session's values is void.
struct RecreatingEvent {
  ErrorCode code = ErrorCode::WorkerCrashed;  // what requests that were under way are told
  std::string reason;                         // for people
  std::string json;                           // the notification's params
};

/// Where the time of a recreation went, in microseconds.
struct RecreationTiming {
  double stop_us = 0;    // until the old engine could no longer run
  double answer_us = 0;  // reading what it left, answering its callers
  double spare_us = 0;   // until there was another engine
  double replay_us = 0;  // until the successor had the graph and its values
};

/// The successor serves, with every committed change. A ValuesChanged with `full` follows.
struct RecreatedEvent {
  std::uint32_t epoch = 0;  // the one from here on
  ErrorCode code = ErrorCode::WorkerCrashed;
  std::string reason;               // for people
  std::string node;                 // id of the node that the engine was at; empty: none
  double elapsed_ms = 0;            // from the daemon's decision to this
  std::uint64_t replayed = 0;       // changes that were made again
  bool snapshot_set_aside = false;  // replaying was fatal: the session begins empty
  /// Gone with the engine: all of them, and those that this library is registering again by itself,
  /// before any call that was held. What an own registration did not bring back is told with
  /// on_dataset_released.
  std::vector<std::string> lost_datasets;
  std::vector<std::string> registering_again;
  std::vector<std::string> suspects;  // ids of nodes that are tried last, one by one
  RecreationTiming timing;
  std::string json;  // the notification's params
};

/// What an error of a request tells beside its code, as far as the daemon has told it.
struct ErrorContext {
  std::string method;                // that was under way
  std::string node;                  // id of the node under evaluation
  std::string signal;                // that ended the engine, in words
  std::string reason;                // for programs
  std::optional<double> elapsed_ms;  // that the request had been running
};

/// Reads it out of `error.detail`.
ErrorContext context_of(const Error& error);

}  // namespace chainsolved::client
