#include "tests/ops/block_helpers.h"

#include "daemon/engine/graph/graph.h"
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/call.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {

namespace {

const ops::BlockData& no_data() {
  static const nlohmann::json object = nlohmann::json::object();
  static const ops::BlockData data(object);
  return data;
}

}  // namespace

const Value* DatasetMap::find(std::string_view id) const {
  const auto it = values.find(id);
  return it == values.end() ? nullptr : &it->second;
}

graph::BlockResult run_block(std::string_view block_type,
                             const Inputs& inputs,
                             std::string_view data_json,
                             const graph::Datasets& datasets) {
  Patient monitor;
  return graph::evaluate_block(block_type, inputs, data_json, Limits{}, datasets, monitor);
}

Value scalar(double x) {
  return Value::scalar(x);
}

Value list(std::vector<double> numbers) {
  return Value::vector(std::move(numbers));
}

StoppableCall::StoppableCall(std::size_t patience)
    : patience_(patience),
      call_(*ops::find_block("vectorSum"), {}, {}, {}, no_data(), nullptr, *this) {}

bool StoppableCall::keep_going(std::size_t work_bytes) {
  work_ += work_bytes;
  return ++questions_ < patience_;
}

}  // namespace chainsolved::test
