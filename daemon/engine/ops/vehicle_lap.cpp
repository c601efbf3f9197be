// Lap simulation: how fast a point mass can go along a track.
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
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace chainsolved::ops {

namespace {

constexpr double kGravity = 9.80665;  // m/s^2
constexpr double kCrawl = 1e-9;       // m/s, where the grip and not the engine is the limit
constexpr double kFlyingStart = 50;   // m/s at the first point, unless it lies in a corner

struct LapCar {
  double mass;
  double power;
  double mu;
  double drag;       // N s^2/m^2
  double downforce;  // N s^2/m^2

  double braking() const { return mu * kGravity; }

  double corner_speed(double curvature) const {
    return std::sqrt(mu * kGravity / std::abs(curvature));
  }

  /// Full throttle, as far as the tyres hold.
  double acceleration(double v) const {
    const double grip = mu * (mass * kGravity + downforce * squared(v));
    return (std::min(power / std::max(v, kCrawl), grip) - drag * squared(v)) / mass;
  }
};

/// The lower one; NaN if either is.
double lower(double a, double b) {
  return std::isnan(a) || a < b ? a : b;
}

/// The speed after `distance` at a constant acceleration.
double speed_after(double v, double acceleration, double distance) {
  const double square = squared(v) + 2 * acceleration * distance;
  return square < 0 ? 0 : std::sqrt(square);
}

/// Forward as the engine allows, backward as the brakes do; corners limit both. Over points in one
/// place the forward speed is carried as it is.
void drive(Call& call, const LapCar& car, std::span<const double> distance, std::span<double> v) {
  const std::size_t n = distance.size();
  NumberBuffer corner(n);
  std::ranges::copy(v, corner.data());
  v[0] = lower(corner[0], kFlyingStart);
  for (std::size_t i = 1; i < n; ++i) {
    const double stretch = distance[i] - distance[i - 1];
    v[i] = stretch <= 0
               ? v[i - 1]
               : lower(speed_after(v[i - 1], car.acceleration(v[i - 1]), stretch), corner[i]);
  }
  double behind = lower(v[n - 1], corner[n - 1]);
  v[n - 1] = behind;
  for (std::size_t i = n - 1; i-- > 0;) {
    const double stretch = distance[i + 1] - distance[i];
    if (!(stretch <= 0)) behind = speed_after(behind, car.braking(), stretch);
    behind = lower(behind, corner[i]);
    v[i] = lower(v[i], behind);
  }
  call.keep_going(8 * n * sizeof(double));
}

Value simulate_lap(Call& call) {
  const Table& track = call.input(0).as_table();
  const std::size_t n = track.row_count;
  if (track.width < 2) return call.fail("the track needs the columns distance and curvature");
  if (n < 2) return call.fail("the track needs two points at least");
  for (std::size_t r = 0; r < n; ++r) {
    if (track.row_length(r) < 2) return call.fail("a point of the track has no curvature");
  }
  const BlockData& data = call.data();
  const double half_density_area =
      0.5 * data.number_or("rho", 1.225) * data.number_or("frontalArea", 2);
  const LapCar car{.mass = data.number_or("mass", 1500),
                   .power = data.number_or("power", 200'000),
                   .mu = data.number_or("mu", 1.2),
                   .drag = half_density_area * data.number_or("cd", 0.35),
                   .downforce = half_density_area * data.number_or("cl", 0.1)};
  if (!(car.mass > 0) || !(car.mu > 0)) return call.fail("mass and mu must be positive");
  if (!(car.power >= 0)) return call.fail("power must not be negative");
  NumberBuffer cells(2 * n);
  const std::span<double> distance = cells.span().first(n);
  const std::span<double> speed = cells.span().last(n);
  std::ranges::copy(track.column(0), distance.begin());
  std::ranges::transform(track.column(1), speed.begin(), [&car](double curvature) {
    return car.corner_speed(curvature);
  });
  drive(call, car, distance, speed);
  return Value::table(table_of_columns({"distance", "speed"}, n, std::move(cells).take()));
}

constexpr Port kTrack[] = {{"track", "Track (table)", Takes::Table}};
constexpr std::string_view kKeys[] = {"mass", "power", "cd", "cl", "frontalArea", "mu", "rho"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          pro(operation(Category::VehicleSim,
                        "veh.lap.simulate",
                        "Lap Simulation",
                        kTrack,
                        Kernel::of(simulate_lap),
                        "the speed that corners (v^2 = mu g / curvature), engine and tyres forward "
                        "from 50 m/s, and brakes (mu g) backward allow; over points in one place "
                        "it is carried, as the contract has it (veh.lap.simulate/6)",
                        "Milliken and Milliken, Race Car Vehicle Dynamics"))),
};

}  // namespace

std::span<const BlockDef> vehicle_lap_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
