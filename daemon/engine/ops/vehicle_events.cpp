// Driving events: steering, throttle and brake over time, as inputs of vehicle models.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
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
constexpr double kMaxSteps = 1e6;

/// What the driver does at one instant.
struct Controls {
  double steer = 0;
  double throttle = 0;
  double brake = 0;
};

/// The table of `controls_at(t)` from 0 to `end` in steps of about `dt`, two at least.
template <class ControlsAt>
Value event_table(const Call& call, double end, double dt, ControlsAt controls_at) {
  if (!(end > 0) || !std::isfinite(end)) return call.fail("the duration must be positive");
  if (!(dt > 0)) return call.fail("dt must be positive");
  // A duration of a whole number of steps is not to get one more by rounding.
  const double wanted = std::ceil(end / dt - 1e-9);
  if (wanted > kMaxSteps) return call.fail("dt is too small: over a million steps");
  const auto steps = static_cast<std::size_t>(std::max(wanted, 2.0));
  const std::size_t rows = steps + 1;
  NumberBuffer cells(4 * rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const double t = end * static_cast<double>(i) / static_cast<double>(steps);
    const Controls controls = controls_at(t);
    cells[i] = t;
    cells[rows + i] = controls.steer;
    cells[2 * rows + i] = controls.throttle;
    cells[3 * rows + i] = controls.brake;
  }
  return Value::table(
      table_of_columns({"t", "steer_angle", "throttle", "brake"}, rows, std::move(cells).take()));
}

/// From 0 at `start` to 1 after `duration`; a step when the duration is 0.
double ramp(double t, double start, double duration) {
  if (t < start) return 0;
  return duration > 0 ? std::min((t - start) / duration, 1.0) : 1;
}

Value step_steer(Call& call) {
  const BlockData& data = call.data();
  const double start = data.number_or("t_start", 0.5);
  const double duration = data.number_or("ramp_time", 0.1);
  const double target = data.number_or("target_angle", 0.1);
  const double throttle = data.number_or("throttle", 0.5);
  return event_table(
      call, data.number_or("t_end", 5), data.number_or("dt", 0.01), [=](double t) -> Controls {
        return {.steer = target * ramp(t, start, duration), .throttle = throttle};
      });
}

Value sine_sweep(Call& call) {
  const BlockData& data = call.data();
  const double amplitude = data.number_or("amplitude", 0.05);
  const double first = data.number_or("f_start", 0.1);
  const double last = data.number_or("f_end", 5);
  const double end = data.number_or("t_end", 20);
  const double throttle = data.number_or("throttle", 0.5);
  return event_table(call, end, data.number_or("dt", 0.01), [=](double t) -> Controls {
    const double turns = first * t + (last - first) * t * t / (2 * end);
    return {.steer = amplitude * std::sin(2 * kPi * turns), .throttle = throttle};
  });
}

/// A swerve and its mirror image, with a tenth of the time straight between them.
Value lane_change(Call& call) {
  constexpr double kSwerve = 0.45;
  constexpr double kCourseLength = 37.5;  // m
  const BlockData& data = call.data();
  const double speed = data.number_or("v_kmh", 80) / 3.6;
  const double amplitude = data.number_or("amplitude", 0.15);
  if (!(speed > 0)) return call.fail("v_kmh must be positive");
  const double end = std::max(2.0, kCourseLength / speed);
  return event_table(call, end, data.number_or("dt", 0.01), [=](double t) -> Controls {
    const double part = t / end;
    double steer = 0;
    if (part < kSwerve) {
      steer = amplitude * std::sin(kPi * part / kSwerve);
    } else if (part > 1 - kSwerve) {
      steer = -amplitude * std::sin(kPi * (part - (1 - kSwerve)) / kSwerve);
    }
    return {.steer = steer, .throttle = 0.5};
  });
}

Value brake_in_turn(Call& call) {
  const BlockData& data = call.data();
  const double steer = data.number_or("steer_angle", 0.1);
  const double duration = data.number_or("brake_ramp_time", 0.3);
  const double start = data.number_or("t_brake_start", 1);
  const double throttle = data.number_or("throttle_before", 0.5);
  return event_table(
      call, data.number_or("t_end", 4), data.number_or("dt", 0.01), [=](double t) -> Controls {
        return {.steer = steer,
                .throttle = t < start ? throttle : 0,
                .brake = ramp(t, start, duration)};
      });
}

Value constant_radius(Call& call) {
  const BlockData& data = call.data();
  const Controls held{.steer = data.number_or("steer_angle", 0.1),
                      .throttle = data.number_or("throttle", 0.3)};
  return event_table(
      call, data.number_or("t_end", 10), data.number_or("dt", 0.01), [held](double /*t*/) {
        return held;
      });
}

constexpr std::string_view kStepKeys[] = {
    "t_start", "ramp_time", "target_angle", "t_end", "dt", "throttle"};
constexpr std::string_view kSweepKeys[] = {
    "amplitude", "f_start", "f_end", "t_end", "dt", "throttle"};
constexpr std::string_view kLaneKeys[] = {"v_kmh", "amplitude", "dt"};
constexpr std::string_view kBrakeKeys[] = {
    "steer_angle", "brake_ramp_time", "t_brake_start", "t_end", "dt", "throttle_before"};
constexpr std::string_view kRadiusKeys[] = {"steer_angle", "throttle", "t_end", "dt"};

constexpr BlockDef event(std::string_view id,
                         std::string_view label,
                         GeneralFn run,
                         std::string_view formula,
                         std::string_view source,
                         std::span<const std::string_view> keys) {
  return reads(
      keys, pro(operation(Category::VehicleSim, id, label, {}, Kernel::of(run), formula, source)));
}

constexpr BlockDef kRows[] = {
    event("veh.event.stepSteer",
          "Step Steer Event",
          step_steer,
          "steering held at target_angle after a linear ramp",
          "ISO 7401",
          kStepKeys),
    event("veh.event.sineSweep",
          "Sine Steer Sweep",
          sine_sweep,
          "amplitude sin(2 pi (f_start t + (f_end - f_start) t^2 / (2 t_end)))",
          "ISO 7401",
          kSweepKeys),
    event("veh.event.laneChange",
          "ISO Lane Change",
          lane_change,
          "half a sine, a tenth of the time straight, half a sine the other way",
          "after ISO 3888",
          kLaneKeys),
    event("veh.event.brakeInTurn",
          "Brake in Turn",
          brake_in_turn,
          "constant steering; the throttle closes and the brake ramps up at t_brake_start",
          "ISO 7975",
          kBrakeKeys),
    event("veh.event.constantRadius",
          "Constant Radius",
          constant_radius,
          "constant steering and throttle",
          "ISO 4138",
          kRadiusKeys),
};

}  // namespace

std::span<const BlockDef> vehicle_events_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
