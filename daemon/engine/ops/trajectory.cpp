#include "daemon/engine/ops/trajectory.h"

#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/tables.h"
#include "daemon/engine/ops/text_list.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

Result<TimeSpan> time_span(const Call& call, double default_dt) {
  const BlockData& data = call.data();
  const TimeSpan span{.start = data.number_or("t_start", 0),
                      .end = data.number_or("t_end", 1),
                      .dt = data.number_or("dt", default_dt)};
  const auto refuse = [](const char* why) {
    return Error{ErrorCode::InvalidParams, why, {}};
  };
  if (!std::isfinite(span.start) || !std::isfinite(span.end)) {
    return refuse("t_start and t_end must be finite");
  }
  if (span.end < span.start) return refuse("t_end lies before t_start");
  if (!(span.dt > 0)) return refuse("dt must be positive");
  if (!((span.end - span.start) / span.dt <= kMaxTimeSteps)) {
    return refuse("dt is too small: over a million steps");
  }
  const double largest = std::fmax(std::abs(span.start), std::abs(span.end));
  if (span.end > span.start && largest + span.dt == largest) {
    return refuse("dt is too small: it does not move t");
  }
  return span;
}

Result<std::vector<double>> state_on(const Call& call, std::size_t i, std::string_view name) {
  const Value& port = call.input(i);
  if (port.is(ValueKind::Scalar)) return std::vector{port.as_scalar()};
  if (port.is(ValueKind::Vector)) {
    return std::vector(port.as_vector().begin(), port.as_vector().end());
  }
  return Error{ErrorCode::InvalidParams,
               "needs a vector or a number on port '" + std::string(name) + "'",
               {}};
}

Result<InitialValueProblem> initial_value_problem(const Call& call) {
  const auto texts = split_list(call.input(0).as_text(), ';');
  if (texts.empty()) return Error{ErrorCode::InvalidParams, "there are no equations", {}};
  auto y0 = state_on(call, 1, "y0");
  if (!y0.ok()) return y0.error();
  if (texts.size() != y0->size()) {
    return Error{ErrorCode::InvalidParams,
                 std::to_string(texts.size()) + " equations but " + std::to_string(y0->size()) +
                     " initial values",
                 {}};
  }
  std::vector<std::string> names = {"t"};
  for (std::string& name : numbered_names("y", y0->size()))
    names.push_back(std::move(name));
  auto formulas = FormulaSystem::parse(texts, names, constants_of(call.data().json(), "params"));
  if (!formulas.ok()) return formulas.error();
  return InitialValueProblem{.formulas = *std::move(formulas), .y0 = *std::move(y0)};
}

Trajectory Trajectory::of_states(std::size_t count) {
  std::vector<std::string> columns = {"t"};
  for (std::string& name : numbered_names("y", count))
    columns.push_back(std::move(name));
  return Trajectory(std::move(columns));
}

void Trajectory::add(double t, std::span<const double> state) {
  rows_.push_back(t);
  rows_.insert(rows_.end(), state.begin(), state.end());
}

bool Trajectory::has_room(const Call& call) const noexcept {
  return call.fits(rows_.size() + columns_.size());
}

Value Trajectory::table() const {
  const std::size_t width = columns_.size();
  const std::size_t rows = rows_.size() / width;
  NumberBuffer cells(rows_.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < width; ++c)
      cells[c * rows + r] = rows_[r * width + c];
  }
  return Value::table(table_of_columns(columns_, rows, std::move(cells).take()));
}

}  // namespace chainsolved::ops
