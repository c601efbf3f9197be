// Initial and boundary value problems against closed forms and published results.
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::test {
namespace {

Table solution(std::string_view block, const Inputs& inputs, std::string_view data) {
  const Value value = run_block(block, inputs, data).value;
  EXPECT_TRUE(value.is(ValueKind::Table))
      << (value.is(ValueKind::Error) ? value.error_message() : "");
  return value.is(ValueKind::Table) ? value.as_table() : Table{};
}

double last(const Table& table, std::size_t column) {
  return table.row_count == 0 ? kNan : table.cell(table.row_count - 1, column);
}

Inputs problem(const char* equations, std::vector<double> y0) {
  return {{"equations", Value::text(equations)}, {"y0", list(std::move(y0))}};
}

TEST(OdeRk4, HasOrderFour) {
  const auto error = [](const char* data) {
    return std::abs(last(solution("ode.rk4", problem("y0*cos(t)", {1}), data), 1) -
                    std::exp(std::sin(2.0)));
  };
  const double coarse = error(R"({"t_end": 2, "dt": 0.125})");
  const double fine = error(R"({"t_end": 2, "dt": 0.0625})");
  EXPECT_NEAR(coarse / fine, 16, 3);
}

TEST(OdeRk45, KeepsTheEnergyOfAnOscillator) {
  const Table path =
      solution("ode.rk45", problem("y1; -y0", {0, 1}), R"({"t_end": 20, "tolerance": 1e-10})");
  EXPECT_NEAR(last(path, 1), std::sin(20.0), 1e-7);
  EXPECT_NEAR(last(path, 2), std::cos(20.0), 1e-7);
}

TEST(OdeRk45, OfARateThatIsNotANumberIsAnError) {
  for (const char* equation : {"sqrt(-1)*y0", "0/0", "unknown", "y0^2"}) {
    EXPECT_TRUE(
        run_block("ode.rk45", problem(equation, {1}), R"({"t_end": 2})").value.is(ValueKind::Error))
        << equation;
  }
}

TEST(OdeEvent, FindsWhenABallReachesTheGround) {
  const Table fall = solution(
      "ode.event", problem("y1; -9.81", {10, 0}), R"({"t_end": 5, "dt": 0.1, "event_tol": 1e-12})");
  EXPECT_NEAR(last(fall, 0), std::sqrt(2 * 10 / 9.81), 1e-10);
  EXPECT_NEAR(last(fall, 1), 0, 1e-9);
  const Table through = solution(
      "ode.event", problem("y1; -9.81", {10, 0}), R"({"t_end": 5, "dt": 0.1, "terminate": false})");
  EXPECT_NEAR(last(through, 0), 5, 1e-9);
}

TEST(OdeSymplectic, DoesNotLoseEnergyOverAHundredRounds) {
  const Inputs spring = {{"accelerations", Value::text("-y0")}, {"y0", list({1, 0})}};
  for (const char* data :
       {R"({"t_end": 628.3, "dt": 0.05})", R"({"t_end": 628.3, "dt": 0.05, "method": "euler"})"}) {
    const Table path = solution("ode.symplectic", spring, data);
    double worst = 0;
    for (std::size_t r = 0; r < path.row_count; ++r) {
      const double energy = std::pow(path.cell(r, 1), 2) + std::pow(path.cell(r, 2), 2);
      worst = std::fmax(worst, std::abs(energy - 1));
    }
    EXPECT_LT(worst, 0.06) << data;
  }
}

TEST(OdeSteadyState, FindsTheEquilibriumOfTwoSpecies) {
  const Table rest =
      solution("ode.steady_state", problem("y0*(1.5 - y1); y1*(y0*0.75 - 1)", {2, 2}), "{}");
  ASSERT_EQ(rest.row_count, 4);
  EXPECT_NEAR(rest.cell(0, 1), 4.0 / 3, 1e-9);
  EXPECT_NEAR(rest.cell(1, 1), 1.5, 1e-9);
  EXPECT_LE(rest.cell(2, 1), 1e-10);
  EXPECT_EQ(rest.cell(3, 1), 1);
}

TEST(OdeSteadyState, SaysThatItDidNotConverge) {
  const Table none = solution("ode.steady_state", problem("y0^2 + 1", {2}), "{}");
  EXPECT_EQ(none.cell(2, 1), 0);
}

// Hairer and Wanner, Solving ODEs II, IV.1 and the appendix: Robertson's reaction at t = 40.
constexpr const char* kRobertson = "-0.04*y0 + 1e4*y1*y2; 0.04*y0 - 1e4*y1*y2 - 3e7*y1^2; 3e7*y1^2";
constexpr double kRobertsonAt40 = 0.7158271;

TEST(OdeRadau, SolvesRobertsonsReaction) {
  const Table path = solution("ode.radau",
                              problem(kRobertson, {1, 0, 0}),
                              R"({"t_end": 40, "dt": 0.05, "tolerance": 1e-8})");
  EXPECT_NEAR(last(path, 1), kRobertsonAt40, 1e-5);
  EXPECT_NEAR(last(path, 1) + last(path, 2) + last(path, 3), 1, 1e-9);
}

TEST(OdeBdf, SolvesRobertsonsReaction) {
  const Table path = solution("ode.bdf",
                              problem(kRobertson, {1, 0, 0}),
                              R"({"t_end": 40, "dt": 0.001, "order": 4, "tolerance": 1e-8})");
  EXPECT_NEAR(last(path, 1), kRobertsonAt40, 1e-5);
}

TEST(OdeBdf, KeepsItsOrderWhileTheStepGrows) {
  const auto error = [](const std::string& order, const std::string& dt) {
    const std::string data = R"({"t_end": 1, "dt": )" + dt + R"(, "order": )" + order + "}";
    return std::abs(last(solution("ode.bdf", problem("-y0", {1}), data), 1) - std::exp(-1.0));
  };
  EXPECT_LT(error("2", "0.001"), 2e-5);
  EXPECT_LT(error("2", "0.0005"), 0.4 * error("2", "0.001"));
  EXPECT_LT(error("3", "0.001"), error("2", "0.001"));
}

TEST(OdeDae, FollowsTheConstraint) {
  // y' = -z, z = y^2: y = 1 / (1 + t).
  const Table path = solution("ode.dae",
                              {{"diff_eqs", Value::text("-z0")},
                               {"alg_eqs", Value::text("z0 - y0^2")},
                               {"y0", scalar(1)},
                               {"z0", scalar(0.3)}},
                              R"({"t_end": 1, "dt": 0.001})");
  EXPECT_NEAR(path.cell(0, 2), 1, 1e-9) << "z is made to agree with y first";
  EXPECT_NEAR(last(path, 1), 0.5, 1e-5);
  EXPECT_NEAR(last(path, 2), 0.25, 1e-5);
}

TEST(OdeDae, OfIndexTwoIsAnError) {
  EXPECT_TRUE(
      run_block(
          "ode.dae",
          {{"diff_eqs", Value::text("z0")}, {"alg_eqs", Value::text("y0 - t")}, {"y0", scalar(1)}})
          .value.is(ValueKind::Error));
}

std::vector<double> half_sine(std::size_t points) {
  std::vector<double> u(points);
  for (std::size_t i = 0; i < points; ++i)
    u[i] = std::sin(std::numbers::pi * static_cast<double>(i) / static_cast<double>(points - 1));
  return u;
}

TEST(OdePde1d, CoolsAHalfSineAsFourierSays) {
  const Table rows = solution("ode.pde1d",
                              {{"u0", list(half_sine(81))}},
                              R"({"n_points": 81, "t_end": 0.5, "n_snapshots": 6})");
  const double t = last(rows, 0);
  EXPECT_GT(t, 0.4);
  EXPECT_NEAR(last(rows, 41), std::exp(-0.1 * std::numbers::pi * std::numbers::pi * t), 2e-4);
}

TEST(OdePde1d, SwingsAHalfSineAsAString) {
  const Table rows = solution("ode.pde1d",
                              {{"u0", list(half_sine(81))}},
                              R"({"pde_type": "wave", "velocity": 2, "n_points": 81,
                                  "t_end": 0.5, "n_snapshots": 2})");
  EXPECT_NEAR(last(rows, 41), std::cos(std::numbers::pi * 2 * last(rows, 0)), 1e-3);
}

TEST(OdePde1d, KeepsTheHeatBetweenInsulatedEnds) {
  const Table rows = solution("ode.pde1d",
                              {{"u0", list({1, 1, 1, 1, 0, 0, 0, 0, 0})}},
                              R"({"n_points": 9, "t_end": 50, "n_snapshots": 2,
                                  "bc_left": "neumann", "bc_right": "neumann"})");
  // The trapezoid of the start: 3.5 + 0.5 halves of eight intervals.
  EXPECT_NEAR(last(rows, 1), 0.4375, 1e-6);
  EXPECT_NEAR(last(rows, 9), 0.4375, 1e-6);
}

TEST(OdePde1d, MovesAFrontWithTheVelocity) {
  std::vector<double> step(201, 0.0);
  for (std::size_t i = 0; i < 100; ++i)
    step[i] = 1;
  const Table rows = solution("ode.pde1d",
                              {{"u0", list(step)}},
                              R"({"pde_type": "advection", "velocity": 1, "n_points": 201,
                                  "t_end": 0.25, "n_snapshots": 2, "bc_left": "dirichlet:1"})");
  EXPECT_NEAR(last(rows, 1 + 120), 1, 0.01);
  EXPECT_NEAR(last(rows, 1 + 180), 0, 0.01);
}

TEST(Ode, OfNonsenseIsAnErrorAtOnce) {
  const Inputs decay = problem("-y0", {1});
  for (const char* block : {"ode.rk4", "ode.rk45", "ode.event", "ode.bdf", "ode.radau"}) {
    for (const char* data : {R"({"dt": 0})",
                             R"({"dt": -1})",
                             R"({"dt": 1e-300})",
                             R"({"t_end": -1})",
                             R"({"t_start": 1e300, "t_end": 2e300})"}) {
      EXPECT_TRUE(run_block(block, decay, data).value.is(ValueKind::Error)) << block << data;
    }
    EXPECT_TRUE(run_block(block, problem("-y0 +", {1})).value.is(ValueKind::Error)) << block;
    EXPECT_TRUE(run_block(block, problem("-y0", {})).value.is(ValueKind::Error)) << block;
  }
}

// --- simulation ---

TEST(DaeIndex, MatchesAgainstTheFirstChoice) {
  // y0 is all that the second constraint has; the first must give it up and take z0.
  const Table index =
      solution("ode.daeIndexReduction", {}, R"({"diff_eqs": "z0", "alg_eqs": "y0 + z0; y0 - 1"})");
  EXPECT_EQ(index.cell(0, 2), 1);
  const Table high =
      solution("ode.daeIndexReduction", {}, R"({"diff_eqs": "z0", "alg_eqs": "t - 1; y0"})");
  EXPECT_EQ(high.cell(0, 1), 1);
  EXPECT_EQ(high.cell(1, 1), 0);
  EXPECT_EQ(high.cell(0, 2), 2);
}

TEST(OdeAdjoint, ComesCloseToTheDerivativeOfTheSolution) {
  // d/dk (2 e^-k)^2 at k = 0.5, t = 1.
  const double exact = -8 * std::exp(-1.0);
  const Table gradient = solution("ad.odeAdjoint",
                                  {},
                                  R"({"equations": "-k*y0", "param_names": "k",
                                      "params": {"k": 0.5}, "y0_init": 2, "dt": 1e-4})");
  EXPECT_NEAR(gradient.cell(0, 1), exact, 1e-3);
  EXPECT_NEAR(gradient.cell(0, 2), 4 * std::exp(-1.0), 1e-9);
}

TEST(GradCheckpoint, IsTheSameForAnyNumberOfCheckpoints) {
  const std::string model = R"({"equations": "y1; -w*y0", "param_names": "w",
      "params": {"w": 4}, "y0_init": 1, "dt": 0.03)";
  const Table whole = solution("ad.odeAdjoint", {}, model + "}");
  for (const char* checkpoints : {"1", "2", "4", "5", "7", "34", "1000"}) {
    const Table kept =
        solution("ad.gradCheckpoint", {}, model + R"(, "n_checkpoints": )" + checkpoints + "}");
    EXPECT_EQ(kept.cell(0, 1), whole.cell(0, 1)) << checkpoints;
    EXPECT_EQ(kept.cell(0, 2), 34) << checkpoints;
  }
}

TEST(Fem2d, IsExactForALinearSolution) {
  const Table u = solution(
      "ode.fem2d", {}, R"({"nx": 5, "ny": 7, "rhs": "0", "dirichlet": "1 + 2*x - 3*y", "k": 4})");
  for (std::size_t r = 0; r < u.row_count; ++r)
    EXPECT_NEAR(u.cell(r, 2), 1 + 2 * u.cell(r, 0) - 3 * u.cell(r, 1), 1e-12);
}

TEST(Fem2d, ConvergesToTheProductOfSines) {
  const Table u =
      solution("ode.fem2d", {}, R"_({"nx": 40, "ny": 40, "rhs": "2*pi^2*sin(pi*x)*sin(pi*y)"})_");
  double worst = 0;
  for (std::size_t r = 0; r < u.row_count; ++r) {
    const double exact =
        std::sin(std::numbers::pi * u.cell(r, 0)) * std::sin(std::numbers::pi * u.cell(r, 1));
    worst = std::fmax(worst, std::abs(u.cell(r, 2) - exact));
  }
  EXPECT_LT(worst, 2e-3);
}

TEST(Fem2d, OfAnImpossibleGridIsAnError) {
  for (const char* data : {R"({"nx": 0})", R"({"nx": 1e9})", R"({"x1": -1})", R"({"k": 0})"}) {
    EXPECT_TRUE(run_block("ode.fem2d", {}, data).value.is(ValueKind::Error)) << data;
  }
}

}  // namespace
}  // namespace chainsolved::test
