// First and second order systems, PID, signals.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/reduce.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <cmath>
#include <numbers>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr double kPi = std::numbers::pi;

Outcome second_order_step(double gain, double wn, double zeta, double t) {
  if (wn == 0) return Outcome::fail("wn is 0");
  const double wt = wn * t;
  if (std::abs(zeta - 1) < 1e-10) return gain * (1 - (1 + wt) * std::exp(-wt));
  if (zeta < 1) {
    const double root = std::sqrt(1 - squared(zeta));
    const double swing = std::cos(root * wt) + zeta / root * std::sin(root * wt);
    return gain * (1 - std::exp(-zeta * wt) * swing);
  }
  const double root = std::sqrt(squared(zeta) - 1);
  const double fast = zeta + root;
  const double slow = zeta - root;
  return gain * (1 - (fast * std::exp(-slow * wt) - slow * std::exp(-fast * wt)) / (fast - slow));
}

Value root_mean_square(Call& call) {
  const Numbers& y = call.input(0).as_vector();
  if (y.empty()) return call.fail("the vector is empty");
  const double squares = sum_of_squares(y.span(), &call);
  return Value::scalar(std::sqrt(squares / static_cast<double>(y.size())));
}

Value peak_to_peak(Call& call) {
  const Numbers& y = call.input(0).as_vector();
  if (y.empty()) return call.fail("the vector is empty");
  return Value::scalar(largest(y.span(), &call) - smallest(y.span(), &call));
}

constexpr Port kStep1stOrder[] = {{"K", "K (gain)", Takes::Scalar, {}},
                                  {"tau", "tau (s)", Takes::Scalar, "s"},
                                  {"t", "t (s)", Takes::Scalar, "s"}};
constexpr Port kStep2ndOrder[] = {{"K", "K (gain)", Takes::Scalar, {}},
                                  {"wn", "wn (rad/s)", Takes::Scalar, "rad/s"},
                                  {"zeta", "zeta", Takes::Scalar, {}},
                                  {"t", "t (s)", Takes::Scalar, "s"}};
constexpr Port kPidOutput[] = {{"Kp", "K_p", Takes::Scalar, {}},
                               {"Ki", "K_i", Takes::Scalar, {}},
                               {"Kd", "K_d", Takes::Scalar, {}},
                               {"error", "e(t)", Takes::Scalar, "t"},
                               {"integral", "int e dt", Takes::Scalar, {}},
                               {"dt", "dt (s)", Takes::Scalar, "s"}};
constexpr Port kRms[] = {{"y", "y (vector)", Takes::Vector}};
constexpr Port kSettlingTime2pct[] = {{"tau", "tau (s)", Takes::Scalar, "s"}};
constexpr Port kOvershoot2nd[] = {{"zeta", "zeta (damping)"}};
constexpr Port kNaturalFreq[] = {{"k", "k (N/m)", Takes::Scalar, "N/m"},
                                 {"m", "m (kg)", Takes::Scalar, "kg"}};
constexpr Port kDampingRatio[] = {{"c", "c (Ns/m)", Takes::Scalar, "N*s/m"},
                                  {"k", "k (N/m)", Takes::Scalar, "N/m"},
                                  {"m", "m (kg)", Takes::Scalar, "kg"}};
constexpr Port kBodeMag1st[] = {{"K", "K (gain)", Takes::Scalar, {}},
                                {"omega", "omega (rad/s)", Takes::Scalar, "rad/s"},
                                {"tau", "tau (s)", Takes::Scalar, "s"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::ControlSystems,
                  "ctrl.step_1st_order",
                  "Step 1st Order",
                  kStep1stOrder,
                  formula([](double gain, double tau, double t) -> Outcome {
                    if (tau == 0) return Outcome::fail("tau is 0");
                    return gain * (1 - std::exp(-t / tau));
                  }),
                  "y = K (1 - exp(-t / tau))",
                  "Ogata, Modern Control Engineering, ch. 5")),
    pro(operation(Category::ControlSystems,
                  "ctrl.step_2nd_order",
                  "Step 2nd Order",
                  kStep2ndOrder,
                  formula<second_order_step>(),
                  "unit step response of wn^2 / (s^2 + 2 zeta wn s + wn^2), times K",
                  "Ogata, Modern Control Engineering, ch. 5")),
    pro(operation(
        Category::ControlSystems,
        "ctrl.pid_output",
        "PID Output",
        kPidOutput,
        formula([](double kp, double ki, double kd, double error, double integral, double dt) {
          return kp * error + ki * integral + kd * (dt == 0 ? 0 : error / dt);
        }),
        "u = Kp e + Ki integral + Kd e / dt, no derivative when dt is 0")),
    pro(operation(Category::ControlSystems,
                  "ctrl.rms",
                  "RMS",
                  kRms,
                  Kernel::of(root_mean_square),
                  "sqrt(mean of y^2)")),
    pro(operation(Category::ControlSystems,
                  "ctrl.peak2peak",
                  "Peak-to-Peak",
                  kRms,
                  Kernel::of(peak_to_peak),
                  "max(y) - min(y)")),
    pro(operation(Category::ControlSystems,
                  "ctrl.settling_time_2pct",
                  "t_s = 4*tau",
                  kSettlingTime2pct,
                  formula([](double tau) -> Outcome {
                    if (tau == 0) return Outcome::fail("tau is 0");
                    return 4 * tau;
                  }),
                  "t_s = 4 tau",
                  "Ogata, Modern Control Engineering, ch. 5")),
    pro(operation(Category::ControlSystems,
                  "ctrl.overshoot_2nd",
                  "%OS",
                  kOvershoot2nd,
                  formula([](double zeta) -> Outcome {
                    if (zeta >= 1) return 0.0;
                    if (zeta <= 0) return 100.0;
                    return 100 * std::exp(-kPi * zeta / std::sqrt(1 - squared(zeta)));
                  }),
                  "100 exp(-pi zeta / sqrt(1 - zeta^2)) percent",
                  "Ogata, Modern Control Engineering, ch. 5")),
    pro(operation(Category::ControlSystems,
                  "ctrl.natural_freq",
                  "wn = sqrt(k/m)",
                  kNaturalFreq,
                  formula([](double k, double m) -> Outcome {
                    if (m <= 0) return Outcome::fail("m must be positive");
                    return std::sqrt(k / m);
                  }),
                  "wn = sqrt(k / m)")),
    pro(operation(Category::ControlSystems,
                  "ctrl.damping_ratio",
                  "zeta = c/(2*sqrt(km))",
                  kDampingRatio,
                  formula([](double c, double k, double m) {
                    return quotient(c, 2 * std::sqrt(k * m), "k m is 0");
                  }),
                  "zeta = c / (2 sqrt(k m))")),
    pro(operation(Category::ControlSystems,
                  "ctrl.bode_mag_1st",
                  "|H(jw)| 1st Order",
                  kBodeMag1st,
                  formula([](double gain, double omega, double tau) {
                    return gain / std::sqrt(1 + squared(omega * tau));
                  }),
                  "K / sqrt(1 + (omega tau)^2)")),
};

}  // namespace

std::span<const BlockDef> control_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
