#pragma once

#include "daemon/engine/graph/block_run.h"
#include "protocol/value.h"

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

namespace chainsolved::graph {

/// Remembers whether large memory that nobody writes any more (datasets, above all) has a NaN or
/// an infinity, so that each is read once and not at every evaluation.
class ScannedMemory {
 public:
  bool nonfinite(const Numbers& numbers);

 private:
  struct Entry {
    std::size_t count = 0;
    std::weak_ptr<const double> owner;
    bool nonfinite = false;
  };
  std::unordered_map<const double*, Entry> entries_;
};

/// A block's result, canonical, and whether it has a NaN or an infinity.
struct PureValue {
  Value value;
  bool nonfinite = false;
};

/// Makes a block's result canonical. Memory of its inputs is so already, and memory of `datasets`
/// (those that the block asked for) passes as it is; everything else was made by the block.
PureValue purify(Value value,
                 const BlockInputs& inputs,
                 const std::vector<Value>& datasets,
                 ScannedMemory& scanned);

/// Whether any number of the value is a NaN or infinite; of kinds without NaN diagnostics, no.
bool has_nonfinite(const Value& value, ScannedMemory& scanned);

}  // namespace chainsolved::graph
