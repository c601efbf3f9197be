#pragma once

#include "chainsolved/engine.h"
#include "tests/bench/measure.h"

#include <utility>

namespace chainsolved::bench {

/// A session on a daemon of its own: what every figure of the service is measured through.
client::Engine open_engine();

/// Ends the program with the error on stderr: a benchmark that fails measures nothing.
[[noreturn]] void give_up(const Error& error);

template <class T>
T require(Result<T> result) {
  if (!result.ok()) give_up(result.error());
  return std::move(result).value();
}

// Each measures one group and adds its rows.
void measure_round_trip(Report& report);
void measure_incremental(Report& report);
void measure_snapshots(Report& report);
void measure_datasets(Report& report);
void measure_recreation(Report& report);

}  // namespace chainsolved::bench
