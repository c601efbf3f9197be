#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <string_view>

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

}  // namespace
}  // namespace chainsolved::test
