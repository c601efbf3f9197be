// The quarter car: one corner of a car, driven over a step in the road.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/dormand_prince.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

/// Heights (m) and speeds (m/s) of the sprung and the unsprung mass, in this order.
using QuarterState = std::array<double, 4>;

struct QuarterCar {
  double sprung;
  double unsprung;
  double spring;
  double damper;
  double tyre;
  double road;

  void operator()(const QuarterState& y, QuarterState& dy, double /*t*/) const {
    const double up_on_body = spring * (y[2] - y[0]) + damper * (y[3] - y[1]);
    dy = {y[1], up_on_body / sprung, y[3], (tyre * (road - y[2]) - up_on_body) / unsprung};
  }
};

Value table_of(const std::vector<double>& times, const std::vector<QuarterState>& states) {
  constexpr std::size_t kStates = std::tuple_size_v<QuarterState>;
  const std::size_t rows = times.size();
  NumberBuffer cells((kStates + 1) * rows);
  for (std::size_t r = 0; r < rows; ++r) {
    cells[r] = times[r];
    for (std::size_t c = 0; c < kStates; ++c)
      cells[(c + 1) * rows + r] = states[r][c];
  }
  return Value::table(table_of_columns(
      {"t", "x_sprung", "v_sprung", "x_unsprung", "v_unsprung"}, rows, std::move(cells).take()));
}

Value quarter_car(Call& call) {
  const BlockData& data = call.data();
  const QuarterCar car{.sprung = data.number_or("m_s", 250),
                       .unsprung = data.number_or("m_u", 35),
                       .spring = data.number_or("k_s", 16'000),
                       .damper = data.number_or("c_s", 1000),
                       .tyre = data.number_or("k_t", 160'000),
                       .road = call.scalar(0)};
  const double end = data.number_or("t_end", 2);
  const double dt = data.number_or("dt", 0.005);
  if (!std::isfinite(car.road)) return call.fail("road_step must be a finite number");
  if (!(car.sprung > 0) || !(car.unsprung > 0)) return call.fail("m_s and m_u must be positive");
  if (!(end > 0) || !(dt > 0)) return call.fail("t_end and dt must be positive");
  std::vector<double> times;
  std::vector<QuarterState> states;
  const auto ended =
      integrate_dormand_prince(car,
                               QuarterState{},
                               {.end = end, .first_step = dt, .max_attempts = 200'000},
                               [&](double t, const QuarterState& state) {
                                 times.push_back(t);
                                 states.push_back(state);
                                 return call.keep_going(64 * sizeof(QuarterState));
                               });
  if (ended == IntegrationEnd::NotFinite) {
    return call.fail("the motion is too fast for steps of any length, or not finite");
  }
  if (ended == IntegrationEnd::TooManySteps) return call.fail("needs over 200000 steps");
  return table_of(times, states);
}

constexpr Port kRoad[] = {{"road_step", "Road step (m)", Takes::Scalar, "m"}};
constexpr std::string_view kKeys[] = {"m_s", "m_u", "k_s", "c_s", "k_t", "t_end", "dt"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          pro(operation(Category::VehicleSim,
                        "veh.suspension.quarterCar",
                        "Quarter Car",
                        kRoad,
                        Kernel::of(quarter_car),
                        "two masses on spring, damper and tyre after a step in the road, by the "
                        "method of Dormand and Prince 1980 to 1e-6",
                        "Gillespie, Fundamentals of Vehicle Dynamics, ch. 5"))),
};

}  // namespace

std::span<const BlockDef> vehicle_quarter_car_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
