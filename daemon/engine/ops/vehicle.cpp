// Tyres, aerodynamics, drivetrain, brakes and suspension geometry of a car.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/one_row.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <string_view>
#include <utility>

namespace chainsolved::ops {

namespace {

constexpr double kPi = std::numbers::pi;

/// Too small to divide by.
constexpr bool is_nothing(double x) noexcept {
  return x > -1e-15 && x < 1e-15;
}

/// `value`, or NaN where `other` is one.
constexpr double unless_nan(double value, double other) noexcept {
  return other == other ? value : other;
}

double magic_formula(double slip, double load, double b, double c, double d, double e) {
  const double bs = b * slip;
  return d * load * std::sin(c * std::atan(bs - e * (bs - std::atan(bs))));
}

constexpr std::string_view kSweepKeys[] = {"slipMin", "slipMax", "points"};
constexpr double kMaxPoints = 1e6;

Value tire_sweep(Call& call) {
  const double first = call.data().number_or("slipMin", -0.2);
  const double last = call.data().number_or("slipMax", 0.2);
  const auto points =
      static_cast<std::size_t>(limited(call.data().number_or("points", 101), 2, kMaxPoints));
  NumberBuffer cells(2 * points);
  for (std::size_t i = 0; i < points; ++i) {
    const double slip =
        first + (last - first) * static_cast<double>(i) / static_cast<double>(points - 1);
    cells[i] = slip;
    cells[points + i] = magic_formula(
        slip, call.scalar(0), call.scalar(1), call.scalar(2), call.scalar(3), call.scalar(4));
  }
  return Value::table(table_of_columns({"slip", "force"}, points, std::move(cells).take()));
}

Value gear_ratio(Call& call) {
  const double torque = call.scalar(0);
  const double rpm = call.scalar(1);
  const double ratio = call.scalar(2);
  return Value::vector({torque * ratio, rpm / ratio});
}

constexpr std::string_view kKinematicsKeys[] = {"a_upper",
                                                "b_upper",
                                                "a_lower",
                                                "b_lower",
                                                "track_half",
                                                "wheel_rate",
                                                "toe_link_angle_deg",
                                                "anti_angle_deg"};

/// Double wishbones in front view: each arm runs from height a at the wheel to height b at the
/// body; where the two lines meet is the instant centre.
Value kinematics_and_compliance(Call& call) {
  const BlockData& data = call.data();
  const double a_upper = data.number_or("a_upper", 0.35);
  const double a_lower = data.number_or("a_lower", 0.18);
  const double track = data.number_or("track_half", 0.75);
  const double rate = data.number_or("wheel_rate", 18'000);
  const double upper_slope = (data.number_or("b_upper", 0.30) - a_upper) / track;
  const double lower_slope = (data.number_or("b_lower", 0.10) - a_lower) / track;
  const double convergence = upper_slope - lower_slope;
  const double centre = is_nothing(convergence)
                            ? (a_upper + a_lower) / 2
                            : (a_lower - a_upper + upper_slope * track) / convergence + a_upper;
  const double toe = data.number_or("toe_link_angle_deg", 3) * kPi / 180;
  const double anti = data.number_or("anti_angle_deg", 8) * kPi / 180;
  return one_row(
      {{"bump_steer_grad_rad_m", std::tan(toe)},
       {"bump_camber_grad_rad_m", std::abs(convergence)},
       {"roll_centre_height_m", std::max(centre, 0.0)},
       {"lateral_stiffness_N_m", rate * track / (track + std::max(std::abs(centre), 0.1))},
       {"anti_pct", 100 * std::tan(anti)}});
}

constexpr Port kLateralForce[] = {{"slip_angle", "Slip angle (rad)", Takes::Scalar, "rad"},
                                  {"Fz", "Fz (N)", Takes::Scalar, "N"},
                                  {"B", "B", Takes::Scalar, {}},
                                  {"C", "C", Takes::Scalar, {}},
                                  {"D", "D", Takes::Scalar, {}},
                                  {"E", "E", Takes::Scalar, {}}};
constexpr Port kLongForce[] = {{"slip_ratio", "Slip ratio", Takes::Scalar, {}},
                               {"Fz", "Fz (N)", Takes::Scalar, "N"},
                               {"B", "B", Takes::Scalar, {}},
                               {"C", "C", Takes::Scalar, {}},
                               {"D", "D", Takes::Scalar, {}},
                               {"E", "E", Takes::Scalar, {}}};
constexpr Port kSweep[] = {{"Fz", "Fz (N)", Takes::Scalar, "N"},
                           {"B", "B", Takes::Scalar, {}},
                           {"C", "C", Takes::Scalar, {}},
                           {"D", "D", Takes::Scalar, {}},
                           {"E", "E", Takes::Scalar, {}}};
constexpr Port kDrag[] = {{"rho", "ρ (kg/m³)", Takes::Scalar, "kg/m^3"},
                          {"Cd", "Cd", Takes::Scalar, {}},
                          {"A", "A (m²)", Takes::Scalar, "m^2"},
                          {"v", "v (m/s)", Takes::Scalar, "m/s"}};
constexpr Port kDownforce[] = {{"rho", "ρ (kg/m³)", Takes::Scalar, "kg/m^3"},
                               {"Cl", "Cl", Takes::Scalar, {}},
                               {"A", "A (m²)", Takes::Scalar, "m^2"},
                               {"v", "v (m/s)", Takes::Scalar, "m/s"}};
constexpr Port kBalance[] = {{"f_front", "F front (N)", Takes::Scalar, "N"},
                             {"f_total", "F total (N)", Takes::Scalar, "N"}};
constexpr Port kGearRatio[] = {{"torque", "Torque (Nm)", Takes::Scalar, "N*m"},
                               {"rpm", "RPM", Takes::Scalar, {}},
                               {"ratio", "Ratio", Takes::Scalar, {}}};
constexpr Port kWheelSpeed[] = {{"rpm", "RPM", Takes::Scalar, {}},
                                {"radius", "Radius (m)", Takes::Scalar, "m"},
                                {"ratio", "Overall ratio", Takes::Scalar, {}}};
constexpr Port kDrivetrainLoss[] = {{"power", "Power (W)", Takes::Scalar, "W"},
                                    {"efficiency", "η", Takes::Scalar, {}}};
constexpr Port kEnergy[] = {{"mass", "Mass (kg)", Takes::Scalar, "kg"},
                            {"v1", "V1 (m/s)", Takes::Scalar, "m/s"},
                            {"v2", "V2 (m/s)", Takes::Scalar, "m/s"}};
constexpr Port kPower[] = {{"energy", "Energy (J)", Takes::Scalar, "J"},
                           {"dt", "Δt (s)", Takes::Scalar, "s"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::VehicleSim,
                  "veh.tire.lateralForce",
                  "Pacejka Lateral Fy",
                  kLateralForce,
                  formula<magic_formula>(),
                  "D Fz sin(C atan(B s - E (B s - atan(B s))))",
                  "Pacejka, Tire and Vehicle Dynamics, ch. 4")),
    pro(operation(Category::VehicleSim,
                  "veh.tire.longForce",
                  "Pacejka Longitudinal Fx",
                  kLongForce,
                  formula<magic_formula>(),
                  "D Fz sin(C atan(B s - E (B s - atan(B s))))",
                  "Pacejka, Tire and Vehicle Dynamics, ch. 4")),
    reads(kSweepKeys,
          pro(operation(Category::VehicleSim,
                        "veh.tire.sweep",
                        "Tire Force Sweep",
                        kSweep,
                        Kernel::of(tire_sweep),
                        "the tyre force at evenly spaced slips",
                        "Pacejka, Tire and Vehicle Dynamics, ch. 4"))),
    pro(operation(Category::VehicleSim,
                  "veh.aero.drag",
                  "Aero Drag",
                  kDrag,
                  formula([](double rho, double cd, double area, double v) {
                    return 0.5 * rho * cd * area * squared(v);
                  }),
                  "rho Cd A v^2 / 2")),
    pro(operation(Category::VehicleSim,
                  "veh.aero.downforce",
                  "Aero Downforce",
                  kDownforce,
                  formula([](double rho, double cl, double area, double v) {
                    return 0.5 * rho * cl * area * squared(v);
                  }),
                  "rho Cl A v^2 / 2")),
    pro(operation(Category::VehicleSim,
                  "veh.aero.balance",
                  "Aero Balance",
                  kBalance,
                  formula([](double front, double total) {
                    return is_nothing(total) ? unless_nan(50, front) : 100 * front / total;
                  }),
                  "100 F_front / F_total percent, 50 without a force")),
    pro(operation(Category::VehicleSim,
                  "veh.powertrain.gearRatio",
                  "Gear Ratio",
                  kGearRatio,
                  Kernel::of(gear_ratio),
                  "[torque ratio, rpm / ratio]")),
    pro(operation(Category::VehicleSim,
                  "veh.powertrain.wheelSpeed",
                  "Wheel Speed",
                  kWheelSpeed,
                  formula([](double rpm, double radius, double ratio) {
                    return is_nothing(ratio) ? 0 * rpm * radius
                                             : rpm * 2 * kPi * radius / (60 * ratio);
                  }),
                  "v = 2 pi rpm radius / (60 ratio)")),
    pro(operation(Category::VehicleSim,
                  "veh.powertrain.drivetrainLoss",
                  "Drivetrain Loss",
                  kDrivetrainLoss,
                  formula([](double power, double efficiency) { return power * efficiency; }),
                  "P eta")),
    reads(kKinematicsKeys,
          pro(operation(Category::VehicleSim,
                        "veh.suspension.kc",
                        "K&C Analysis",
                        {},
                        Kernel::of(kinematics_and_compliance),
                        "gradients and roll centre from the instant centre of the two arms",
                        "Milliken, Race Car Vehicle Dynamics, ch. 17"))),
    pro(operation(Category::VehicleSim,
                  "veh.brake.energy",
                  "Brake Energy",
                  kEnergy,
                  formula([](double mass, double v1, double v2) {
                    return 0.5 * mass * (squared(v1) - squared(v2));
                  }),
                  "m (v1^2 - v2^2) / 2")),
    pro(operation(Category::VehicleSim,
                  "veh.brake.power",
                  "Brake Power",
                  kPower,
                  formula([](double energy, double dt) {
                    return is_nothing(dt) ? unless_nan(0, energy) : energy / dt;
                  }),
                  "E / dt, 0 when dt is 0")),
};

}  // namespace

std::span<const BlockDef> vehicle_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
