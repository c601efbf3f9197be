// Minimisers on published test functions, and studies against closed forms.
#include "protocol/numbers.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::test {
namespace {

Value table_value(std::vector<std::string> columns, const std::vector<std::vector<double>>& rows) {
  Table table;
  table.width = columns.size();
  table.columns = std::move(columns);
  table.row_count = rows.size();
  std::vector<double> cells;
  for (std::size_t c = 0; c < table.width; ++c) {
    for (const auto& row : rows)
      cells.push_back(row[c]);
  }
  table.cells = Numbers(std::move(cells));
  return Value::table(std::move(table));
}

Value box(const std::vector<std::vector<double>>& rows) {
  return table_value({"min", "max", "initial"}, rows);
}

Table result_of(std::string_view block, const Inputs& inputs, std::string_view data) {
  const Value value = run_block(block, inputs, data).value;
  EXPECT_TRUE(value.is(ValueKind::Table))
      << block << ": " << (value.is(ValueKind::Error) ? value.error_message() : "no table");
  return value.is(ValueKind::Table) ? value.as_table() : Table{};
}

/// The last row's cell; a table without rows fails the test instead of the process.
double last(const Table& table, std::size_t column) {
  return table.row_count == 0 ? kNan : table.cell(table.row_count - 1, column);
}

const Value kTwoVariables = box({{-2, 2, -1.2}, {-1, 3, 1}});

TEST(Optimisers, FindTheMinimumOfRosenbrocksFunction) {
  struct Case {
    const char* block;
    const char* data;
    double near;
  };
  for (const Case& one :
       {Case{"optim.nelderMead", "{}", 1e-6},
        Case{"optim.lbfgsb", "{}", 1e-6},
        Case{"optim.trustRegion", "{}", 1e-5},
        Case{"optim.cmaes", "{}", 1e-4},
        Case{"optim.sqp", "{}", 1e-4},
        Case{"optim.gradientDescent",
             R"({"learningRate": 5e-4, "maxIterations": 50000, "tolerance": 1e-14})",
             1e-3}}) {
    const Table path = result_of(one.block, {{"variables", kTwoVariables}}, one.data);
    EXPECT_NEAR(last(path, 2), 1, one.near) << one.block;
    EXPECT_NEAR(last(path, 3), 1, 2 * one.near) << one.block;
  }
}

TEST(Optimisers, StayWithinTheBounds) {
  // (x0 - 3)^2 + (x1 + 3)^2 over the unit box is smallest in a corner.
  const Inputs inputs = {{"variables", box({{0, 1, 0.5}, {0, 1, 0.5}})}};
  for (const char* block : {"optim.nelderMead",
                            "optim.lbfgsb",
                            "optim.trustRegion",
                            "optim.cmaes",
                            "optim.sqp",
                            "optim.gradientDescent"}) {
    const Table path = result_of(block, inputs, R"_({"expression": "(x0-3)^2 + (x1+3)^2"})_");
    EXPECT_NEAR(last(path, 2), 1, 1e-6) << block;
    EXPECT_NEAR(last(path, 3), 0, 1e-6) << block;
  }
}

TEST(GeneticAlgorithm, NeverLosesItsBestAndRepeatsItself) {
  const Inputs inputs = {{"variables", kTwoVariables}};
  const Table path = result_of("optim.geneticAlgorithm", inputs, R"({"maxGenerations": 60})");
  for (std::size_t r = 1; r < path.row_count; ++r)
    EXPECT_LE(path.cell(r, 1), path.cell(r - 1, 1));
  EXPECT_LT(last(path, 1), 0.5);
  const Table again = result_of("optim.geneticAlgorithm", inputs, R"({"maxGenerations": 60})");
  EXPECT_EQ(last(path, 2), last(again, 2));
  const Table other =
      result_of("optim.geneticAlgorithm", inputs, R"({"maxGenerations": 60, "seed": 7})");
  EXPECT_NE(last(path, 2), last(other, 2));
}

TEST(Optimisers, TakeAFormulaOnTheObjectivePort) {
  const Table path =
      result_of("optim.lbfgsb",
                {{"objective", Value::text("(x0-0.25)^2")}, {"variables", box({{-1, 1, 0.9}})}},
                "{}");
  EXPECT_NEAR(last(path, 2), 0.25, 1e-8);
}

TEST(Optimisers, OfAnImpossibleProblemGiveAnError) {
  for (const char* block : {"optim.nelderMead",
                            "optim.lbfgsb",
                            "optim.trustRegion",
                            "optim.cmaes",
                            "optim.sqp",
                            "optim.gradientDescent",
                            "optim.geneticAlgorithm",
                            "optim.monteCarlo",
                            "optim.sensitivity"}) {
    const auto is_error = [block](const Value& variables, const char* data) {
      return run_block(block, {{"variables", variables}}, data).value.is(ValueKind::Error);
    };
    EXPECT_TRUE(is_error(box({{1, -1, 0}}), "{}")) << block << ": min above max";
    EXPECT_TRUE(is_error(box({{kNan, 1, 0}}), "{}")) << block << ": no min";
    EXPECT_TRUE(is_error(box({}), "{}")) << block << ": no variables";
    EXPECT_TRUE(is_error(scalar(1), "{}")) << block << ": no table";
    EXPECT_TRUE(is_error(box({{0, 1, 0}}), R"({"expression": "x0 +"})")) << block;
    EXPECT_TRUE(run_block(block, {}, R"({"min": 2, "max": 1})").value.is(ValueKind::Error))
        << block;
    EXPECT_TRUE(run_block(block, {{"objective", scalar(1)}}).value.is(ValueKind::Error)) << block;
  }
}

TEST(Sqp, HoldsEqualitiesAndInequalities) {
  // Nocedal and Wright, example 12.1: x0 + x1 on the circle of radius sqrt 2.
  const Value variables = box({{-5, 5, -2}, {-5, 5, 0}});
  const Table circle = result_of("optim.sqp",
                                 {{"variables", variables}},
                                 R"({"expression": "x0 + x1",
                                     "eq_constraints": ["x0^2 + x1^2 - 2"]})");
  EXPECT_NEAR(last(circle, 2), -1, 1e-4);
  EXPECT_NEAR(last(circle, 3), -1, 1e-4);
  const Table half =
      result_of("optim.sqp",
                {{"variables", variables}, {"ineq_constraints", Value::text("1 - x0 - x1")}},
                R"({"expression": "x0^2 + x1^2"})");
  EXPECT_NEAR(last(half, 2), 0.5, 1e-4);
  EXPECT_NEAR(last(half, 3), 0.5, 1e-4);
  EXPECT_TRUE(run_block("optim.sqp",
                        {{"variables", variables}},
                        R"({"expression": "x0", "eq_constraints": ["x0^2 + 1"]})")
                  .value.is(ValueKind::Error));
}

TEST(Form, IsExactForALinearLimitState) {
  const Table point =
      result_of("optim.form", {}, R"({"n_vars": 2, "expression": "6 - 3*u0 - 4*x1"})");
  EXPECT_NEAR(point.cell(0, 0), 1.2, 1e-9);
  EXPECT_NEAR(point.cell(0, 1), 0.11506967022170822, 1e-12);  // Phi(-1.2)
  EXPECT_NEAR(point.cell(0, 2), 0.72, 1e-9);
  EXPECT_NEAR(point.cell(0, 3), 0.96, 1e-9);
  EXPECT_TRUE(run_block("optim.form", {}, R"({"expression": "1"})").value.is(ValueKind::Error));
}

TEST(ParametricSweep, IsTheFunctionAtEvenSteps) {
  const Table sweep =
      result_of("optim.parametricSweep", {}, R"_({"expression": "sin(x)", "min": 0, "max": 3})_");
  ASSERT_EQ(sweep.row_count, 100);
  for (std::size_t r = 0; r < 100; ++r)
    EXPECT_NEAR(sweep.cell(r, 1), std::sin(3.0 * static_cast<double>(r) / 99), 1e-12);
}

TEST(MonteCarlo, FindsTheMomentsOfASquare) {
  // x uniform on [-1, 1]: the mean of x^2 is 1/3, its variance 4/45.
  const Table statistics =
      result_of("optim.monteCarlo", {}, R"({"min": -1, "max": 1, "samples": 200000})");
  EXPECT_NEAR(statistics.cell(0, 1), 1.0 / 3, 5e-3);
  EXPECT_NEAR(statistics.cell(1, 1), std::sqrt(4.0 / 45), 5e-3);
  EXPECT_NEAR(statistics.cell(6, 1), 0.25, 5e-3);
  double count = 0;
  for (std::size_t bin = 0; bin < 10; ++bin)
    count += statistics.cell(bin, 2);
  EXPECT_EQ(count, 200000);
}

TEST(SensitivityAnalysis, RanksTheSteepestFirst) {
  const Table ranks = result_of("optim.sensitivity",
                                {{"variables", box({{0, 1, 0.5}, {0, 1, 0.5}, {0, 1, 0.5}})}},
                                R"({"expression": "x0 + 10*x1 + 3*x2"})");
  EXPECT_EQ(ranks.cell(0, 0), 1);
  EXPECT_EQ(ranks.cell(1, 0), 2);
  EXPECT_EQ(ranks.cell(2, 0), 0);
  EXPECT_NEAR(ranks.cell(0, 5), 2.0 / 7, 1e-12);
}

TEST(DesignOfExperiments, HasTheRowsOfItsKind) {
  const Inputs four = {{"variables", box({{0, 1, 0}, {0, 1, 0}, {0, 1, 0}, {0, 1, 0}})}};
  const auto rows = [&four](const char* data) {
    return result_of("optim.doe", four, data).row_count;
  };
  EXPECT_EQ(rows(R"({"levels": 3})"), 81);
  EXPECT_EQ(rows(R"({"method": "ccf"})"), 25);
  EXPECT_EQ(rows(R"({"method": "ccc"})"), 25);
  EXPECT_EQ(rows(R"({"method": "box_behnken"})"), 25);
  EXPECT_EQ(rows(R"({"method": "taguchi"})"), 8);
  EXPECT_EQ(rows(R"({"method": "lhs", "samples": 30})"), 30);
  EXPECT_EQ(rows(R"({"levels": 100})"), 10000);
  EXPECT_TRUE(run_block("optim.doe", four, R"({"method": "guess"})").value.is(ValueKind::Error));
}

TEST(DesignOfExperiments, PutsOneSampleIntoEachSliceOfAHypercube) {
  const Table design = result_of("optim.doe",
                                 {{"variables", box({{0, 1, 0}, {0, 1, 0}})}},
                                 R"({"method": "lhs", "samples": 20})");
  for (std::size_t c = 0; c < 2; ++c) {
    std::vector<int> hits(20, 0);
    for (std::size_t r = 0; r < 20; ++r)
      ++hits[static_cast<std::size_t>(design.cell(r, c) * 20)];
    EXPECT_EQ(hits, std::vector<int>(20, 1));
  }
}

TEST(DesignOfExperiments, OfTaguchiIsBalancedForPairs) {
  std::vector<std::vector<double>> variables(15, {0, 1, 0});
  const Table design =
      result_of("optim.doe", {{"variables", box(variables)}}, R"({"method": "taguchi"})");
  ASSERT_EQ(design.row_count, 16);
  for (std::size_t a = 0; a < 15; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      double product = 0;
      for (std::size_t r = 0; r < 16; ++r)
        product += (2 * design.cell(r, a) - 1) * (2 * design.cell(r, b) - 1);
      EXPECT_EQ(product, 0) << a << " and " << b;
    }
  }
}

/// The grid of -1, -0.5, ..., 1 in two variables, and a function on it.
struct GridSamples {
  std::vector<std::vector<double>> x;
  std::vector<double> y;
};

template <class Function>
GridSamples on_grid(const Function& function) {
  GridSamples samples;
  for (int i = -2; i <= 2; ++i) {
    for (int j = -2; j <= 2; ++j) {
      samples.x.push_back({i / 2.0, j / 2.0});
      samples.y.push_back(function(i / 2.0, j / 2.0));
    }
  }
  return samples;
}

TEST(ResponseSurface, FindsTheCoefficientsOfAQuadratic) {
  const GridSamples samples = on_grid(
      [](double u, double v) { return 1 + 2 * u - 3 * v + 4 * u * u - 5 * v * v + 6 * u * v; });
  const Inputs inputs = {{"x", table_value({"u", "v"}, samples.x)}, {"y", list(samples.y)}};
  const Table fit = result_of("optim.responseSurface", inputs, "{}");
  const std::vector<double> coefficients = {1, 2, -3, 4, -5, 6, 1, 25};
  ASSERT_EQ(fit.width, coefficients.size());
  for (std::size_t c = 0; c < coefficients.size(); ++c)
    EXPECT_NEAR(fit.cell(0, c), coefficients[c], 1e-10) << fit.columns[c];
  const Table radial = result_of("optim.responseSurface", inputs, R"({"method": "rbf"})");
  EXPECT_EQ(radial.row_count, 26);
}

TEST(PolynomialChaos, CountsTheNormsOfItsPolynomials) {
  // y = 3 + 2 u + v, uniform on [-1, 1]: variance 4/3 + 1/3. Hermite, standard normal: 4 + 1.
  const GridSamples samples = on_grid([](double u, double v) { return 3 + 2 * u + v; });
  const Inputs inputs = {{"x", table_value({"u", "v"}, samples.x)}, {"y", list(samples.y)}};
  const Table legendre = result_of("optim.uqPce", inputs, "{}");
  EXPECT_NEAR(legendre.cell(0, 0), 3, 1e-12);
  EXPECT_NEAR(legendre.cell(0, 1), 5.0 / 3, 1e-12);
  EXPECT_EQ(legendre.cell(0, 4), 6);
  EXPECT_NEAR(legendre.cell(0, 5), 0.8, 1e-12);
  const Table hermite = result_of("optim.uqPce", inputs, R"({"basis": "hermite"})");
  EXPECT_NEAR(hermite.cell(0, 1), 5, 1e-12);
}

TEST(PolynomialChaos, OfASquareOfANormalHasVarianceTwo) {
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  for (int i = -4; i <= 4; ++i) {
    x.push_back({i / 2.0});
    y.push_back(i * i / 4.0);
  }
  const Table chaos = result_of(
      "optim.uqPce", {{"x", table_value({"u"}, x)}, {"y", list(y)}}, R"({"basis": "hermite"})");
  EXPECT_NEAR(chaos.cell(0, 0), 1, 1e-12);
  EXPECT_NEAR(chaos.cell(0, 1), 2, 1e-12);
}

TEST(Surrogate, GoesThroughItsSamplesAndForgetsFarAway) {
  const Value train = table_value({"x", "y"}, {{0, 1}, {1, 3}, {2, 2}});
  const Table guess = result_of(
      "optim.surrogate", {{"train", train}, {"query", table_value({"x"}, {{1}, {100}})}}, "{}");
  EXPECT_NEAR(guess.cell(0, 0), 3, 1e-4);
  EXPECT_LT(guess.cell(0, 1), 1e-2);
  EXPECT_NEAR(guess.cell(1, 0), 0, 1e-9);
  EXPECT_NEAR(guess.cell(1, 1), 1, 1e-9);
}

TEST(ParameterEstimation, FindsTheRatesOfTwoStates) {
  // Predator and prey, made with a = 1.5 and b = 0.75 by the solver that has its own tests.
  const Table path = result_of(
      "ode.rk4",
      {{"equations", Value::text("1.5*y0 - y0*y1; 0.75*y0*y1 - y1")}, {"y0", list({1, 0.5})}},
      R"({"t_end": 3, "dt": 0.1})");
  std::vector<std::vector<double>> rows;
  for (std::size_t r = 0; r < path.row_count; r += 3)
    rows.push_back({path.cell(r, 0), path.cell(r, 1), path.cell(r, 2)});
  const Table fit = result_of("optim.paramEst",
                              {{"data", table_value({"t", "u", "v"}, rows)}},
                              R"({"equations": "a*y0 - y0*y1; b*y0*y1 - y1", "params": "a, b",
                                  "param_init": "1, 1", "dt": 0.1})");
  EXPECT_NEAR(fit.cell(0, 1), 1.5, 1e-6);
  EXPECT_NEAR(fit.cell(1, 1), 0.75, 1e-6);
  EXPECT_NEAR(fit.cell(2, 1), 0, 1e-10);
}

TEST(Nsga3, CoversTheFrontOfTwoParabolas) {
  // Schaffer's problem: every x between 0 and 2 is optimal, f1 = (sqrt f0 - 2)^2.
  const Table front = result_of("optim.nsga3",
                                {{"variables", box({{-10, 10, 0}})}},
                                R"_({"objectives": "x0^2; (x0-2)^2", "pop_size": 40})_");
  ASSERT_GE(front.row_count, 20);
  double lowest = kInfinity;
  double highest = -kInfinity;
  for (std::size_t r = 0; r < front.row_count; ++r) {
    EXPECT_NEAR(front.cell(r, 2), std::pow(std::sqrt(front.cell(r, 1)) - 2, 2), 0.05);
    lowest = std::fmin(lowest, front.cell(r, 0));
    highest = std::fmax(highest, front.cell(r, 0));
  }
  EXPECT_LT(lowest, 0.3);
  EXPECT_GT(highest, 1.7);
}

}  // namespace
}  // namespace chainsolved::test
