// evaluateBlock: one block on given values, outside any graph.
#include "daemon/engine/graph/block_run.h"
#include "daemon/engine/graph/diagnostics.h"
#include "daemon/engine/graph/graph.h"
#include "daemon/engine/graph/port_code.h"
#include "daemon/engine/graph/purify.h"
#include "daemon/engine/ops/call.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace chainsolved::graph {
namespace {

class BlockSurroundings final : public ops::Surroundings {
 public:
  BlockSurroundings(const Limits& limits,
                    const Datasets& datasets,
                    Monitor& monitor,
                    BlockResult& result)
      : limits_(limits), datasets_(datasets), monitor_(monitor), result_(result) {}

  const Value* find_dataset(std::string_view id) override {
    const Value* found = datasets_.find(id);
    if (found != nullptr) used_.push_back(*found);
    return found;
  }
  bool keep_going(std::size_t work_bytes) override {
    constexpr std::size_t kWorkPerLook = 64U << 10;
    work_ += work_bytes;
    if (work_ < kWorkPerLook) return true;
    work_ = 0;
    return monitor_.keep_going(0, 0, 1);
  }
  void diagnose(std::string_view code, std::string message) override {
    result_.diagnostics.push_back(make_diagnostic({}, code, std::move(message)));
  }
  std::size_t max_vector_length() const noexcept override {
    return static_cast<std::size_t>(limits_.max_vector_length);
  }
  const std::vector<Value>& datasets_used() const noexcept { return used_; }

 private:
  const Limits& limits_;
  const Datasets& datasets_;
  Monitor& monitor_;
  BlockResult& result_;
  std::vector<Value> used_;
  std::size_t work_ = 0;
};

BlockInputs sort_inputs(const ops::BlockDef& block,
                        std::span<const std::pair<std::string, Value>> inputs) {
  BlockInputs sorted;
  sorted.row.resize(block.ports.size(), nullptr);
  for (const auto& [name, value] : inputs) {
    const PortCode port = port_code(&block, name);
    sorted.named.push_back({name, &value});
    if (port == kFreePort) continue;
    if ((port & kVariadicBit) == 0) {
      sorted.row[port] = &value;
      continue;
    }
    const std::size_t number = port & 0x7fffU;
    if (number >= sorted.variadic.size()) sorted.variadic.resize(number + 1, nullptr);
    sorted.variadic[number] = &value;
  }
  const auto gap = std::find(sorted.variadic.begin(), sorted.variadic.end(), nullptr);
  sorted.variadic.erase(gap, sorted.variadic.end());
  return sorted;
}

void report_nonfinite(const ops::BlockDef& block,
                      std::span<const std::pair<std::string, Value>> inputs,
                      ops::Surroundings& surroundings,
                      ScannedMemory& scanned) {
  if (block.nan_report == ops::NanReport::Never) return;
  for (const auto& [name, value] : inputs) {
    if (!has_nonfinite(value, scanned)) continue;
    surroundings.diagnose("NAN_PROPAGATED",
                          "A NaN or an infinity came in through port '" + name + "'.");
    return;
  }
  surroundings.diagnose("NAN_ORIGIN",
                        "The block's result has a NaN or an infinity; its inputs have none.");
}

}  // namespace

BlockResult evaluate_block(std::string_view block_type,
                           std::span<const std::pair<std::string, Value>> inputs,
                           std::string_view data_json,
                           const Limits& limits,
                           const Datasets& datasets,
                           Monitor& monitor) {
  BlockResult result;
  const ops::BlockDef* block = ops::find_block(block_type);
  if (block == nullptr) {
    result.value = Value::error(unknown_block_message(block_type));
    result.diagnostics.push_back(unknown_block_diagnostic({}, block_type));
    return result;
  }
  auto object = nlohmann::json::parse(data_json, nullptr, false);
  if (!object.is_object()) object = nlohmann::json::object();
  const ops::BlockData data(object);
  const BlockInputs sorted = sort_inputs(*block, inputs);
  const BlockCode code = code_for(*block, data, !sorted.variadic.empty());
  BlockSurroundings surroundings(limits, datasets, monitor, result);
  Value value;
  if (code.path == Path::Source) {
    value = Value::scalar(data.number_or("value", block->kernel.missing));
  } else {
    const auto prepared = block->prepare == nullptr ? nullptr : block->prepare(data);
    value = run_block(*block, code, sorted, data, prepared.get(), surroundings);
  }
  ScannedMemory scanned;
  PureValue pure = purify(std::move(value), sorted, surroundings.datasets_used(), scanned);
  result.value = std::move(pure.value);
  if (pure.nonfinite) report_nonfinite(*block, inputs, surroundings, scanned);
  return result;
}

}  // namespace chainsolved::graph
