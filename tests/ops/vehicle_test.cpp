#include "protocol/numbers.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {
namespace {

Table table_of(std::string_view block, const Inputs& inputs, std::string_view data) {
  const Value value = run_block(block, inputs, data).value;
  EXPECT_TRUE(value.is(ValueKind::Table))
      << (value.is(ValueKind::Error) ? value.error_message() : "");
  return value.is(ValueKind::Table) ? value.as_table() : Table{};
}

Inputs roads(double fl, double fr, double rl, double rr) {
  return {{"road_fl", scalar(fl)},
          {"road_fr", scalar(fr)},
          {"road_rl", scalar(rl)},
          {"road_rr", scalar(rr)}};
}

// Columns: t, z, dz, pitch, dpitch, roll, droll, then z and dz of fl, fr, rl, rr.
constexpr std::size_t kBody = 1;
constexpr std::size_t kPitch = 3;
constexpr std::size_t kRoll = 5;
constexpr std::size_t kFrontLeft = 7;
constexpr std::size_t kFrontRight = 9;

TEST(FullCar, ComesToRestOnTheStepThatItClimbed) {
  const Table ride =
      table_of("veh.suspension.fullCar", roads(0.1, 0.1, 0.1, 0.1), R"({"t_end": 20, "dt": 0.01})");
  const std::size_t last = ride.row_count - 1;
  EXPECT_NEAR(ride.cell(last, 0), 20, 1e-9);
  EXPECT_NEAR(ride.cell(last, kBody), 0.1, 1e-6);
  EXPECT_NEAR(ride.cell(last, kPitch), 0, 1e-6);
  EXPECT_NEAR(ride.cell(last, kRoll), 0, 1e-9);
  EXPECT_NEAR(ride.cell(last, kFrontLeft), 0.1, 1e-6);
}

TEST(FullCar, RollsTheOtherWayOnTheOtherSide) {
  const Table left = table_of("veh.suspension.fullCar", roads(0.05, 0, 0.05, 0), R"({"t_end": 1})");
  const Table right =
      table_of("veh.suspension.fullCar", roads(0, 0.05, 0, 0.05), R"({"t_end": 1})");
  ASSERT_EQ(left.row_count, right.row_count);
  double largest_roll = 0;
  for (std::size_t r = 0; r < left.row_count; ++r) {
    EXPECT_NEAR(left.cell(r, kRoll), -right.cell(r, kRoll), 1e-12);
    EXPECT_NEAR(left.cell(r, kBody), right.cell(r, kBody), 1e-12);
    EXPECT_NEAR(left.cell(r, kFrontLeft), right.cell(r, kFrontRight), 1e-12);
    largest_roll = std::fmax(largest_roll, left.cell(r, kRoll));
  }
  EXPECT_GT(largest_roll, 0.01);
}

TEST(HalfCar, NamesEveryColumn) {
  const Table ride = table_of("veh.suspension.halfCar",
                              {{"road_front", scalar(0.05)}, {"road_rear", scalar(0.05)}},
                              R"({"t_end": 0.1})");
  EXPECT_EQ(ride.columns.size(), ride.width);
  EXPECT_EQ(ride.columns.front(), "t");
}

TEST(Ride, WithATinyStepIsRefused) {
  for (const char* data :
       {R"({"dt": 1e-12})", R"({"dt": 0})", R"({"dt": -1})", R"({"t_end": 0})"}) {
    EXPECT_TRUE(
        run_block("veh.suspension.fullCar", roads(0, 0, 0, 0), data).value.is(ValueKind::Error))
        << data;
    EXPECT_TRUE(run_block("veh.event.stepSteer", {}, data).value.is(ValueKind::Error)) << data;
  }
}

TEST(StepSteer, TurnsToTheOtherSideForANegativeTarget) {
  const Table left = table_of("veh.event.stepSteer", {}, R"({"target_angle": 0.1, "t_end": 1})");
  const Table right = table_of("veh.event.stepSteer", {}, R"({"target_angle": -0.1, "t_end": 1})");
  ASSERT_EQ(left.row_count, 101);
  ASSERT_EQ(right.row_count, 101);
  for (std::size_t r = 0; r < left.row_count; ++r)
    EXPECT_EQ(left.cell(r, 1), 0.0 - right.cell(r, 1));
  EXPECT_NEAR(right.cell(55, 1), -0.05, 1e-12);  // half way up the ramp, 0.05 s after t_start
  EXPECT_EQ(right.cell(100, 1), -0.1);
}

TEST(LaneChange, EndsAsItBegan) {
  const Table steer = table_of("veh.event.laneChange", {}, R"({"v_kmh": 80})");
  double sum = 0;
  for (std::size_t r = 0; r < steer.row_count; ++r)
    sum += steer.cell(r, 1);
  EXPECT_NEAR(sum, 0, 1e-9);
}

TEST(TyreForce, IsOddInSlip) {
  const Inputs tyre = {{"Fz", scalar(4000)},
                       {"B", scalar(10)},
                       {"C", scalar(1.9)},
                       {"D", scalar(1)},
                       {"E", scalar(0.97)}};
  const Table sweep = table_of("veh.tire.sweep", tyre, R"({"points": 41})");
  ASSERT_EQ(sweep.row_count, 41);
  for (std::size_t i = 0; i < 41; ++i)
    EXPECT_NEAR(sweep.cell(i, 1), -sweep.cell(40 - i, 1), 1e-9);
  EXPECT_NEAR(sweep.cell(20, 1), 0, 1e-9);
}

// Columns: t, then height and speed of body and wheel.
constexpr std::size_t kBodySpeed = 2;
constexpr std::size_t kWheel = 3;
constexpr std::size_t kWheelSpeed = 4;

Inputs road_step(double height) {
  return {{"road_step", scalar(height)}};
}

TEST(QuarterCar, ComesToRestOnTheStepThatItClimbed) {
  const Table ride = table_of("veh.suspension.quarterCar", road_step(0.1), R"({"t_end": 20})");
  const std::size_t last = ride.row_count - 1;
  EXPECT_NEAR(ride.cell(last, 0), 20, 1e-9);
  EXPECT_NEAR(ride.cell(last, kBody), 0.1, 1e-5);
  EXPECT_NEAR(ride.cell(last, kWheel), 0.1, 1e-5);
}

TEST(QuarterCar, WithoutADamperKeepsTheEnergyOfTheTyre) {
  const Table ride = table_of("veh.suspension.quarterCar", road_step(0.1), R"({"c_s": 0})");
  const double energy = 0.5 * 160'000 * 0.01;
  for (std::size_t r = 0; r < ride.row_count; ++r) {
    const double spring = ride.cell(r, kWheel) - ride.cell(r, kBody);
    const double tyre = 0.1 - ride.cell(r, kWheel);
    const double kinetic = 250 * ride.cell(r, kBodySpeed) * ride.cell(r, kBodySpeed) +
                           35 * ride.cell(r, kWheelSpeed) * ride.cell(r, kWheelSpeed);
    const double stored = 16'000 * spring * spring + 160'000 * tyre * tyre;
    ASSERT_NEAR(0.5 * (kinetic + stored), energy, 1e-3 * energy) << ride.cell(r, 0);
  }
}

/// Two methods, one motion: a half car with equal ends does not pitch.
TEST(QuarterCar, IsHalfOfAHalfCarWithEqualEnds) {
  const Table quarter = table_of("veh.suspension.quarterCar", road_step(0.05), R"({"t_end": 0.5})");
  const Table half = table_of("veh.suspension.halfCar",
                              {{"road_front", scalar(0.05)}, {"road_rear", scalar(0.05)}},
                              R"({"m_s": 500, "m_uf": 35, "m_ur": 35, "k_sf": 16000,
                                  "k_sr": 16000, "c_sf": 1000, "c_sr": 1000, "a": 1, "b": 1,
                                  "t_end": 0.5, "dt": 0.0005})");
  const std::size_t last_quarter = quarter.row_count - 1;
  const std::size_t last_half = half.row_count - 1;
  EXPECT_NEAR(quarter.cell(last_quarter, kBody), half.cell(last_half, kBody), 1e-6);
  EXPECT_NEAR(quarter.cell(last_quarter, kWheel), half.cell(last_half, 5), 1e-6);
}

TEST(QuarterCar, WithoutARoadIsAnErrorAtOnce) {
  EXPECT_TRUE(run_block("veh.suspension.quarterCar", {}).value.is(ValueKind::Error));
  EXPECT_TRUE(run_block("veh.suspension.quarterCar", road_step(1), R"({"k_s": 1e308, "t_end": 1})")
                  .value.is(ValueKind::Error));
  EXPECT_TRUE(run_block("veh.suspension.quarterCar", road_step(1), R"({"t_end": -1})")
                  .value.is(ValueKind::Error));
}

/// `curvature` every `step` metres.
Table lap_over(const std::vector<double>& curvature, double step, std::string_view data = "{}") {
  Table track;
  track.columns = {"distance", "curvature"};
  track.row_count = curvature.size();
  track.width = 2;
  std::vector<double> cells;
  for (std::size_t i = 0; i < curvature.size(); ++i)
    cells.push_back(step * static_cast<double>(i));
  cells.insert(cells.end(), curvature.begin(), curvature.end());
  track.cells = Numbers(std::move(cells));
  return table_of("veh.lap.simulate", {{"track", Value::table(std::move(track))}}, data);
}

constexpr double kGrip = 1.2 * 9.80665;  // m/s^2: mu g of the car without data

TEST(LapSimulation, GoesRoundACircleAtTheGripOfItsTyres) {
  const Table lap = lap_over(std::vector<double>(50, -0.02), 5);
  for (std::size_t r = 0; r < lap.row_count; ++r)
    EXPECT_NEAR(lap.cell(r, 1), std::sqrt(kGrip * 50), 1e-9);
}

TEST(LapSimulation, ReachesTheSpeedAtWhichDragTakesAllPower) {
  const Table lap = lap_over(std::vector<double>(10'000, 0), 5);
  const double top = std::cbrt(200'000 / (0.5 * 1.225 * 0.35 * 2));
  EXPECT_NEAR(lap.cell(lap.row_count - 1, 1), top, 1e-6);
}

TEST(LapSimulation, BrakesForACornerAndAcceleratesOutOfIt) {
  std::vector<double> curvature(41, 0);
  curvature[20] = 0.1;
  const Table lap = lap_over(curvature, 5);
  const double corner = kGrip / 0.1;
  EXPECT_NEAR(lap.cell(20, 1), std::sqrt(corner), 1e-9);
  EXPECT_NEAR(lap.cell(18, 1), std::sqrt(corner + 2 * kGrip * 10), 1e-9);
  EXPECT_GT(lap.cell(22, 1), lap.cell(20, 1));
  EXPECT_LT(lap.cell(22, 1), lap.cell(18, 1)) << "brakes are stronger than the engine";
}

TEST(LapSimulation, OfATrackThatIsNoneIsAnError) {
  const auto is_error = [](const Value& track) {
    return run_block("veh.lap.simulate", {{"track", track}}).value.is(ValueKind::Error);
  };
  EXPECT_TRUE(is_error(Value::table(Table())));
  EXPECT_TRUE(is_error(list({1, 2})));
  EXPECT_TRUE(run_block("veh.lap.simulate", {}).value.is(ValueKind::Error));
}

}  // namespace
}  // namespace chainsolved::test
