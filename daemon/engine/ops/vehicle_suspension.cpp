// Ride models: a body on springs and dampers over wheels on tyres, driven over a step in the road.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <boost/numeric/odeint/stepper/runge_kutta4.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr double kMaxSteps = 1e6;

/// One wheel: its suspension, its tyre, and where on the body it is attached.
struct Wheel {
  double mass;
  double spring;
  double damper;
  double tyre;
  double pitch_arm;  // m behind the centre of gravity
  double roll_arm;   // m to the left of it
  double road;       // m
};

/// The force of suspension and tyre on one wheel and its corner of the body.
struct Corner {
  double up_on_body;
  double up_from_road;
};

Corner forces_at(const Wheel& wheel, double body, double body_rate, double z, double dz) {
  return {.up_on_body = wheel.spring * (z - body) + wheel.damper * (dz - body_rate),
          .up_from_road = wheel.tyre * (wheel.road - z)};
}

/// Integrates from rest with the classical Runge-Kutta method, step `dt`, and tabulates every step:
/// t and then the states.
template <std::size_t N, class Model>
Value rest_to_end(Call& call, const Model& model, std::vector<std::string> columns) {
  const double end = call.data().number_or("t_end", 3);
  const double dt = call.data().number_or("dt", 0.005);
  if (!(end > 0) || !(dt > 0)) return call.fail("t_end and dt must be positive");
  if (end / dt > kMaxSteps) return call.fail("dt is too small: over a million steps");
  using State = std::array<double, N>;
  boost::numeric::odeint::runge_kutta4<State> stepper;
  State state{};
  std::vector<State> states{state};
  std::vector<double> times{0};
  // The last step is shortened; what rounding leaves over is none.
  while (times.back() < end - 1e-12 && call.keep_going(32 * sizeof(State))) {
    const double h = std::min(dt, end - times.back());
    stepper.do_step(model, state, times.back(), h);
    times.push_back(times.back() + h);
    states.push_back(state);
  }
  const std::size_t rows = times.size();
  NumberBuffer cells((N + 1) * rows);
  std::ranges::copy(times, cells.data());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < N; ++c)
      cells[(c + 1) * rows + r] = states[r][c];
  }
  return Value::table(table_of_columns(std::move(columns), rows, std::move(cells).take()));
}

/// Body heave and pitch, and two wheels: z, dz, theta, dtheta, then z, dz of front and rear.
struct HalfCar {
  static constexpr std::size_t kStates = 8;
  double mass;
  double pitch_inertia;
  std::array<Wheel, 2> wheels;

  void operator()(const std::array<double, kStates>& y,
                  std::array<double, kStates>& dy,
                  double /*t*/) const {
    double lift = 0;
    double pitch = 0;
    for (std::size_t i = 0; i < wheels.size(); ++i) {
      const Wheel& wheel = wheels[i];
      const double z = y[4 + 2 * i];
      const double dz = y[5 + 2 * i];
      const Corner corner =
          forces_at(wheel, y[0] + wheel.pitch_arm * y[2], y[1] + wheel.pitch_arm * y[3], z, dz);
      lift += corner.up_on_body;
      pitch += wheel.pitch_arm * corner.up_on_body;
      dy[4 + 2 * i] = dz;
      dy[5 + 2 * i] = (corner.up_from_road - corner.up_on_body) / wheel.mass;
    }
    dy[0] = y[1];
    dy[1] = lift / mass;
    dy[2] = y[3];
    dy[3] = pitch / pitch_inertia;
  }
};

/// Body heave, pitch and roll, and four wheels: z, dz, pitch, dpitch, roll, droll, then z, dz of
/// front left, front right, rear left and rear right.
struct FullCar {
  static constexpr std::size_t kStates = 14;
  double mass;
  double pitch_inertia;
  double roll_inertia;
  double front_bar;
  double rear_bar;
  std::array<Wheel, 4> wheels;

  void operator()(const std::array<double, kStates>& y,
                  std::array<double, kStates>& dy,
                  double /*t*/) const {
    // An anti-roll bar answers to the difference of the two wheels of its axle.
    const double front = front_bar * (y[6] - y[8]);
    const double rear = rear_bar * (y[10] - y[12]);
    const std::array<double, 4> bar = {front, -front, rear, -rear};
    double lift = 0;
    double pitch = 0;
    double roll = 0;
    for (std::size_t i = 0; i < wheels.size(); ++i) {
      const Wheel& wheel = wheels[i];
      const double z = y[6 + 2 * i];
      const double dz = y[7 + 2 * i];
      const Corner corner = forces_at(wheel,
                                      y[0] + wheel.pitch_arm * y[2] + wheel.roll_arm * y[4],
                                      y[1] + wheel.pitch_arm * y[3] + wheel.roll_arm * y[5],
                                      z,
                                      dz);
      const double up = corner.up_on_body + bar[i];
      lift += up;
      pitch += wheel.pitch_arm * up;
      roll += wheel.roll_arm * up;
      dy[6 + 2 * i] = dz;
      dy[7 + 2 * i] = (corner.up_from_road - up) / wheel.mass;
    }
    dy[0] = y[1];
    dy[1] = lift / mass;
    dy[2] = y[3];
    dy[3] = pitch / pitch_inertia;
    dy[4] = y[5];
    dy[5] = roll / roll_inertia;
  }
};

Value half_car(Call& call) {
  const BlockData& data = call.data();
  const HalfCar car{.mass = data.number_or("m_s", 800),
                    .pitch_inertia = data.number_or("i_y", 1200),
                    .wheels = {{{.mass = data.number_or("m_uf", 35),
                                 .spring = data.number_or("k_sf", 18'000),
                                 .damper = data.number_or("c_sf", 1200),
                                 .tyre = data.number_or("k_tf", 160'000),
                                 .pitch_arm = -data.number_or("a", 1.35),
                                 .roll_arm = 0,
                                 .road = call.scalar(0)},
                                {.mass = data.number_or("m_ur", 40),
                                 .spring = data.number_or("k_sr", 20'000),
                                 .damper = data.number_or("c_sr", 1400),
                                 .tyre = data.number_or("k_tr", 160'000),
                                 .pitch_arm = data.number_or("b", 1.45),
                                 .roll_arm = 0,
                                 .road = call.scalar(1)}}}};
  return rest_to_end<HalfCar::kStates>(
      call,
      car,
      {"t", "z_body", "dz_body", "theta", "dtheta", "z_front", "dz_front", "z_rear", "dz_rear"});
}

Value full_car(Call& call) {
  const BlockData& data = call.data();
  const double front_arm = -data.number_or("a", 1.35);
  const double rear_arm = data.number_or("b", 1.45);
  const double front_track = data.number_or("tw_f", 0.75);
  const double rear_track = data.number_or("tw_r", 0.75);
  const double front_tyre = data.number_or("k_tf", 160'000);
  const double rear_tyre = data.number_or("k_tr", 160'000);
  const FullCar car{.mass = data.number_or("m_s", 1200),
                    .pitch_inertia = data.number_or("i_pitch", 1800),
                    .roll_inertia = data.number_or("i_roll", 500),
                    .front_bar = data.number_or("k_arb_f", 5000),
                    .rear_bar = data.number_or("k_arb_r", 3000),
                    .wheels = {{{.mass = data.number_or("m_wfl", 35),
                                 .spring = data.number_or("k_fl", 18'000),
                                 .damper = data.number_or("c_fl", 1200),
                                 .tyre = front_tyre,
                                 .pitch_arm = front_arm,
                                 .roll_arm = front_track,
                                 .road = call.scalar(0)},
                                {.mass = data.number_or("m_wfr", 35),
                                 .spring = data.number_or("k_fr", 18'000),
                                 .damper = data.number_or("c_fr", 1200),
                                 .tyre = front_tyre,
                                 .pitch_arm = front_arm,
                                 .roll_arm = -front_track,
                                 .road = call.scalar(1)},
                                {.mass = data.number_or("m_wrl", 40),
                                 .spring = data.number_or("k_rl", 20'000),
                                 .damper = data.number_or("c_rl", 1400),
                                 .tyre = rear_tyre,
                                 .pitch_arm = rear_arm,
                                 .roll_arm = rear_track,
                                 .road = call.scalar(2)},
                                {.mass = data.number_or("m_wrr", 40),
                                 .spring = data.number_or("k_rr", 20'000),
                                 .damper = data.number_or("c_rr", 1400),
                                 .tyre = rear_tyre,
                                 .pitch_arm = rear_arm,
                                 .roll_arm = -rear_track,
                                 .road = call.scalar(3)}}}};
  return rest_to_end<FullCar::kStates>(call,
                                       car,
                                       {"t",
                                        "z_body",
                                        "dz_body",
                                        "pitch",
                                        "dpitch",
                                        "roll",
                                        "droll",
                                        "z_fl",
                                        "dz_fl",
                                        "z_fr",
                                        "dz_fr",
                                        "z_rl",
                                        "dz_rl",
                                        "z_rr",
                                        "dz_rr"});
}

constexpr Port kHalfCar[] = {{"road_front", "Road front (m)", Takes::Scalar, "m"},
                             {"road_rear", "Road rear (m)", Takes::Scalar, "m"}};
constexpr Port kFullCar[] = {{"road_fl", "Road FL (m)", Takes::Scalar, "m"},
                             {"road_fr", "Road FR (m)", Takes::Scalar, "m"},
                             {"road_rl", "Road RL (m)", Takes::Scalar, "m"},
                             {"road_rr", "Road RR (m)", Takes::Scalar, "m"}};
constexpr std::string_view kHalfCarKeys[] = {"m_s",
                                             "i_y",
                                             "m_uf",
                                             "m_ur",
                                             "k_sf",
                                             "c_sf",
                                             "k_sr",
                                             "c_sr",
                                             "k_tf",
                                             "k_tr",
                                             "a",
                                             "b",
                                             "t_end",
                                             "dt"};
constexpr std::string_view kFullCarKeys[] = {
    "m_s",  "i_pitch", "i_roll", "m_wfl", "m_wfr", "m_wrl", "m_wrr",  "k_fl", "c_fl",
    "k_fr", "c_fr",    "k_rl",   "c_rl",  "k_rr",  "c_rr",  "k_tf",   "k_tr", "k_arb_f",
    "a",    "b",       "tw_f",   "tw_r",  "t_end", "dt",    "k_arb_r"};

constexpr BlockDef kRows[] = {
    reads(kHalfCarKeys,
          pro(operation(Category::VehicleSim,
                        "veh.suspension.halfCar",
                        "Half Car (4-DOF)",
                        kHalfCar,
                        Kernel::of(half_car),
                        "heave and pitch over two wheels after a step in the road",
                        "Gillespie, Fundamentals of Vehicle Dynamics, ch. 5"))),
    reads(kFullCarKeys,
          pro(operation(Category::VehicleSim,
                        "veh.suspension.fullCar",
                        "Full Vehicle (7-DOF)",
                        kFullCar,
                        Kernel::of(full_car),
                        "heave, pitch and roll over four wheels after a step in the road",
                        "Gillespie, Fundamentals of Vehicle Dynamics, ch. 5"))),
};

}  // namespace

std::span<const BlockDef> vehicle_suspension_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
