#pragma once

#include "daemon/engine/ops/formula_system.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the solvers of initial value problems read and give in the same way.
namespace chainsolved::ops {

class Call;

/// Steps that a solver makes at most.
inline constexpr double kMaxTimeSteps = 1e6;

/// From `start` to `end` in steps of `dt`.
struct TimeSpan {
  double start = 0;
  double end = 1;
  double dt = 0.01;
};

/// data's t_start, t_end and dt. INVALID_PARAMS when there is no way from start to end in a million
/// steps.
Result<TimeSpan> time_span(const Call& call, double default_dt);

/// Port `i`, a scalar or a vector, or a reason why it is no state.
Result<std::vector<double>> state_on(const Call& call, std::size_t i, std::string_view name);

/// y' = f(t, y): formulas on text port 0, separated by ";", the state on port 1, data's params.
struct InitialValueProblem {
  FormulaSystem formulas;  // over t, y0, y1, ...
  std::vector<double> y0;
};
Result<InitialValueProblem> initial_value_problem(const Call& call);

/// A table that grows by rows: t, and then the states.
class Trajectory {
 public:
  explicit Trajectory(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  /// The columns t, y0, y1, ...
  static Trajectory of_states(std::size_t count);

  void add(double t, std::span<const double> state);
  /// False when the next row would make more numbers than a list may have.
  bool has_room(const Call& call) const noexcept;
  Value table() const;

 private:
  std::vector<std::string> columns_;
  std::vector<double> rows_;
};

}  // namespace chainsolved::ops
