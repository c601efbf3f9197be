#pragma once

#include "daemon/engine/graph/block_run.h"
#include "daemon/engine/graph/definition.h"
#include "daemon/engine/graph/graph.h"
#include "daemon/engine/graph/purify.h"
#include "daemon/engine/ops/call.h"
#include "protocol/limits.h"
#include "protocol/request.h"
#include "protocol/value.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::graph {

/// What outlives one evaluation.
struct EvaluationMemory {
  ScannedMemory scanned;
  /// Of cancelled evaluations, whose reports no caller sees: told again with the next one.
  std::vector<Slot> untold_changed;
  std::vector<Slot> untold_gone;
  std::vector<Slot> untold_appeared;
};

/// One evaluation of what is dirty, in the order of ranks. Scalars take the short way in run():
/// no Value, no virtual call, no text, no allocation.
class Evaluation final : public ops::Surroundings {
 public:
  struct Context {
    const EvaluateOptions& options;
    const Limits& limits;
    Reporting reporting;
    const Datasets& datasets;
    Monitor& monitor;
  };
  Evaluation(Definition& definition,
             const Context& context,
             EvaluationMemory& memory,
             Report& report);

  void run();

  // ops::Surroundings, asked by the running block
  const Value* find_dataset(std::string_view id) override;
  bool keep_going(std::size_t work_bytes) override;
  std::size_t max_vector_length() const noexcept override;
  void diagnose(std::string_view code, std::string message) override;

 private:
  using Clock = std::chrono::steady_clock;

  void tell_news();
  void tell_untold();
  void finish_report();

  void run_dirty();
  bool scalar_result(const HotNode& node, double& result) const noexcept;
  bool formula_result(const HotNode& node, double& result) const noexcept;
  bool scalar_input(InputRef ref, double& value) const noexcept;
  void finish_scalar(Index node, double result);
  void store_scalar(Index node, double result);
  void spread_change(Index node);

  /// False when it was told to stop and nothing was stored.
  bool evaluate_any_kind(Index node);
  PureValue compute(Index node);
  void collect_inputs(Index node);
  const Value* input_value(const InputSource& source);
  void store_object(Index node, PureValue result);
  void diagnose_nonfinite(Index node);
  void trace(Index node, const Value& output, std::size_t first_diagnostic);
  void add_nan_inputs(Index node, TraceEntry& entry);
  std::string_view id_of(Index node) const;
  PureValue quarantined(Index node);

  /// Looks at clock, budget and monitor. False: stop.
  bool look_up();

  Definition& definition_;
  NodeTable& nodes_;
  Context context_;
  EvaluationMemory& memory_;
  Report& report_;

  Index current_ = kNoIndex;
  std::size_t done_ = 0;
  std::ptrdiff_t work_left_ = 0;
  bool stopped_ = false;
  Clock::time_point started_;
  Clock::time_point last_look_;

  // of the node under evaluation; reused
  GatheredInputs gathered_;
  BlockInputs inputs_;
  std::vector<Value> temporaries_;
  std::vector<Value> datasets_used_;
};

}  // namespace chainsolved::graph
