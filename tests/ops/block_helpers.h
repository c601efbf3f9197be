#pragma once

#include "daemon/engine/graph/graph.h"
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/call.h"
#include "protocol/value.h"

#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A monitor that never stops an evaluation.
class Patient : public graph::Monitor {
 public:
  bool keep_going(graph::Slot, std::size_t, std::size_t) override { return true; }
};

/// Datasets by id.
class DatasetMap : public graph::Datasets {
 public:
  const Value* find(std::string_view id) const override;
  std::map<std::string, Value, std::less<>> values;
};

using Inputs = std::vector<std::pair<std::string, Value>>;

/// One block on given values, through the evaluator that the engine uses.
graph::BlockResult run_block(std::string_view block_type,
                             const Inputs& inputs,
                             std::string_view data_json = "{}",
                             const graph::Datasets& datasets = DatasetMap());

Value scalar(double x);
Value list(std::vector<double> numbers);

/// A call for kernels that take one: it counts the work it is told of and stops after `patience`
/// questions.
class StoppableCall : public ops::Surroundings {
 public:
  explicit StoppableCall(std::size_t patience = std::numeric_limits<std::size_t>::max());

  const Value* find_dataset(std::string_view) override { return nullptr; }
  bool keep_going(std::size_t work_bytes) override;
  std::size_t max_vector_length() const noexcept override {
    return std::numeric_limits<std::size_t>::max();
  }
  void diagnose(std::string_view, std::string) override {}

  ops::Call& call() noexcept { return call_; }
  std::size_t work() const noexcept { return work_; }
  std::size_t questions() const noexcept { return questions_; }

 private:
  std::size_t patience_;
  std::size_t questions_ = 0;
  std::size_t work_ = 0;
  ops::Call call_;
};

}  // namespace chainsolved::test
