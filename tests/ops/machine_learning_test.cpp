// Learning blocks against closed forms and published examples.
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

/// A table of equally long columns.
Value columns(const std::vector<std::vector<double>>& lists) {
  Table table;
  table.row_count = lists.front().size();
  table.width = lists.size();
  std::vector<double> cells;
  for (std::size_t c = 0; c < lists.size(); ++c) {
    table.columns.push_back("c" + std::to_string(c));
    cells.insert(cells.end(), lists[c].begin(), lists[c].end());
  }
  table.cells = Numbers(std::move(cells));
  return Value::table(std::move(table));
}

Table table_of(std::string_view block, const Inputs& inputs, std::string_view data = "{}") {
  const Value value = run_block(block, inputs, data).value;
  EXPECT_TRUE(value.is(ValueKind::Table))
      << (value.is(ValueKind::Error) ? value.error_message() : "");
  return value.is(ValueKind::Table) ? value.as_table() : Table{};
}

std::string refusal(std::string_view block, const Inputs& inputs, std::string_view data = "{}") {
  const Value value = run_block(block, inputs, data).value;
  return value.is(ValueKind::Error) ? value.error_message() : "no error";
}

// Longley (1967), as certified by NIST StRD "Longley": six features, badly conditioned.
TEST(LinearRegression, AgreesWithTheCertifiedCoefficientsOfLongley) {
  const Value x = columns({
      {83.0,
       88.5,
       88.2,
       89.5,
       96.2,
       98.1,
       99.0,
       100.0,
       101.2,
       104.6,
       108.4,
       110.8,
       112.6,
       114.2,
       115.7,
       116.9},
      {234289,
       259426,
       258054,
       284599,
       328975,
       346999,
       365385,
       363112,
       397469,
       419180,
       442769,
       444546,
       482704,
       502601,
       518173,
       554894},
      {2356,
       2325,
       3682,
       3351,
       2099,
       1932,
       1870,
       3578,
       2904,
       2822,
       2936,
       4681,
       3813,
       3931,
       4806,
       4007},
      {1590,
       1456,
       1616,
       1650,
       3099,
       3594,
       3547,
       3350,
       3048,
       2857,
       2798,
       2637,
       2552,
       2514,
       2572,
       2827},
      {107608,
       108632,
       109773,
       110929,
       112075,
       113270,
       115094,
       116219,
       117388,
       118734,
       120445,
       121950,
       123366,
       125368,
       127852,
       130081},
      {1947,
       1948,
       1949,
       1950,
       1951,
       1952,
       1953,
       1954,
       1955,
       1956,
       1957,
       1958,
       1959,
       1960,
       1961,
       1962},
  });
  const Value y = list({60323,
                        61122,
                        60171,
                        61187,
                        63221,
                        63639,
                        64989,
                        63761,
                        66019,
                        67857,
                        68169,
                        66513,
                        68655,
                        69564,
                        69331,
                        70551});
  const Table fit = table_of("ml.linearRegression", {{"trainX", x}, {"trainY", y}});
  const std::vector<double> certified = {-3482258.63459582,
                                         15.0618722713733,
                                         -0.358191792925910E-01,
                                         -2.02022980381683,
                                         -1.03322686717359,
                                         -0.511041056535807E-01,
                                         1829.15146461355};
  ASSERT_EQ(fit.row_count, certified.size());
  for (std::size_t i = 0; i < certified.size(); ++i) {
    EXPECT_NEAR(fit.cell(i, 1) / certified[i], 1, 1e-7) << i;
  }
}

TEST(LinearRegression, OfMoreSamplesThanOneBlockFindsThePlane) {
  std::vector<double> a(2000);
  std::vector<double> b(2000);
  std::vector<double> y(2000);
  for (std::size_t i = 0; i < y.size(); ++i) {
    a[i] = std::sin(static_cast<double>(i));
    b[i] = static_cast<double>(i % 17);
    y[i] = 3 - 2 * a[i] + 0.5 * b[i];
  }
  const Table fit =
      table_of("ml.linearRegression", {{"trainX", columns({a, b})}, {"trainY", list(y)}});
  EXPECT_NEAR(fit.cell(0, 1), 3, 1e-11);
  EXPECT_NEAR(fit.cell(1, 1), -2, 1e-11);
  EXPECT_NEAR(fit.cell(2, 1), 0.5, 1e-11);
}

TEST(LinearRegression, RefusesFeaturesThatAreOneAnother) {
  const Value x = columns({{1, 2, 3, 4}, {2, 4, 6, 8}});
  EXPECT_EQ(refusal("ml.linearRegression", {{"trainX", x}, {"trainY", list({1, 2, 3, 5})}}),
            "Linear Regression: the samples do not determine the coefficients");
}

TEST(LinearRegression, OfANanIsNan) {
  const Table fit = table_of("ml.linearRegression",
                             {{"trainX", list({1, kNan, 3})}, {"trainY", list({1, 2, 3})}});
  EXPECT_TRUE(std::isnan(fit.cell(0, 1)));
  EXPECT_TRUE(std::isnan(fit.cell(1, 1)));
}

TEST(PolynomialRegression, FindsThePolynomialThatMadeTheSamples) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = -10; i <= 10; ++i) {
    const double t = 0.3 * i;
    x.push_back(t);
    y.push_back(1 + t * (-2 + t * (0.25 + t * (0.5 - 0.125 * t))));
  }
  const Table fit = table_of(
      "ml.polynomialRegression", {{"trainX", list(x)}, {"trainY", list(y)}}, R"({"degree": 4})");
  const std::vector<double> made = {1, -2, 0.25, 0.5, -0.125};
  ASSERT_EQ(fit.row_count, made.size());
  for (std::size_t i = 0; i < made.size(); ++i)
    EXPECT_NEAR(fit.cell(i, 1), made[i], 1e-11);
}

TEST(TrainTestSplit, RefusesOneRow) {
  EXPECT_EQ(refusal("ml.trainTestSplit", {{"data", columns({{1}})}}),
            "Train/Test Split: needs at least two rows");
}

TEST(KnnClassifier, OutvotesAnOutlier) {
  const Value x = columns({{0, 0, 1, 1, 0.5, 9, 9, 10}, {0, 1, 0, 1, 0.5, 9, 10, 9}});
  const Value value = run_block("ml.knnClassifier",
                                {{"trainX", x}, {"trainY", list({1, 1, 1, 1, 2, 2, 2, 2})}},
                                R"({"k": 3})")
                          .value;
  ASSERT_TRUE(value.is(ValueKind::Vector));
  EXPECT_EQ(value.as_vector()[4], 1);
  EXPECT_EQ(value.as_vector()[5], 2);
}

// Exclusive or: no single split helps, two do.
TEST(DecisionTree, LearnsExclusiveOr) {
  const Value x = columns({{0, 0, 1, 1}, {0, 1, 0, 1}});
  const Value y = list({0, 1, 1, 0});
  const Value deep =
      run_block("ml.decisionTree", {{"trainX", x}, {"trainY", y}}, R"({"maxDepth": 2})").value;
  ASSERT_TRUE(deep.is(ValueKind::Vector));
  EXPECT_TRUE(identical(deep, y));
  const Value shallow =
      run_block("ml.decisionTree", {{"trainX", x}, {"trainY", y}}, R"({"maxDepth": 1})").value;
  EXPECT_EQ(shallow.as_vector()[0], 0.5);
}

TEST(DecisionTree, SeparatesNeighbouringDoubles) {
  const double above = std::nextafter(1.0, 2.0);
  const Value value =
      run_block("ml.decisionTree", {{"trainX", list({1, above})}, {"trainY", list({3, 4})}}).value;
  ASSERT_TRUE(value.is(ValueKind::Vector));
  EXPECT_EQ(value.as_vector()[0], 3);
  EXPECT_EQ(value.as_vector()[1], 4);
}

TEST(MlPredict, PrefersTheModel) {
  const Value value = run_block("ml.predict", {{"model", scalar(7)}, {"data", scalar(8)}}).value;
  EXPECT_EQ(value.as_scalar(), 7);
}

// scikit-learn's documentation of r2_score and mean_squared_error.
TEST(Scores, AgreeWithScikitLearnsExamples) {
  const Inputs inputs = {{"actual", list({3, -0.5, 2, 7})}, {"predicted", list({2.5, 0, 2, 8})}};
  EXPECT_NEAR(run_block("ml.r2", inputs).value.as_scalar(), 0.9486081370449679, 1e-15);
  EXPECT_NEAR(run_block("ml.mse", inputs).value.as_scalar(), 0.375, 1e-15);
}

TEST(ConfusionMatrix, AgreesWithScikitLearnsExample) {
  const Table matrix =
      table_of("ml.confusionMatrix",
               {{"actual", list({2, 0, 2, 2, 0, 1})}, {"predicted", list({0, 0, 2, 2, 0, 2})}});
  const std::vector<std::vector<double>> expected = {{2, 0, 0}, {0, 0, 1}, {1, 0, 2}};
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c)
      EXPECT_EQ(matrix.cell(r, c), expected[r][c]);
  }
  EXPECT_EQ(matrix.columns[2], "pred_2");
}

// scikit-learn's documentation of roc_curve and roc_auc_score.
TEST(RocCurve, AgreesWithScikitLearnsExample) {
  const Inputs inputs = {{"actual", list({0, 0, 1, 1})}, {"scores", list({0.1, 0.4, 0.35, 0.8})}};
  EXPECT_NEAR(run_block("ml.auc", inputs).value.as_scalar(), 0.75, 1e-15);
  const Table curve = table_of("ml.rocCurve", inputs);
  const std::vector<double> false_positives = {0, 0, 0.5, 0.5, 1};
  const std::vector<double> true_positives = {0, 0.5, 0.5, 1, 1};
  ASSERT_EQ(curve.row_count, false_positives.size());
  for (std::size_t i = 0; i < curve.row_count; ++i) {
    EXPECT_EQ(curve.cell(i, 0), false_positives[i]);
    EXPECT_EQ(curve.cell(i, 1), true_positives[i]);
  }
}

TEST(ClassMetrics, WeighPrecisionAndRecall) {
  const Table metrics =
      table_of("ml.classMetrics",
               {{"actual", list({1, 1, 1, 1, 0, 0})}, {"predicted", list({1, 1, 0, 0, 1, 0})}});
  EXPECT_NEAR(metrics.cell(0, 1), 2.0 / 3, 1e-15);
  EXPECT_NEAR(metrics.cell(1, 1), 0.5, 1e-15);
  EXPECT_NEAR(metrics.cell(2, 1), 4.0 / 7, 1e-15);
}

TEST(FeatureScale, LeavesMeanZeroAndVarianceOne) {
  const Table scaled =
      table_of("ml.featureScale", {{"data", columns({{0.1, 0.1, 0.1}, {1e9, 1e9 + 1, 1e9 + 2}})}});
  for (std::size_t r = 0; r < 3; ++r)
    EXPECT_EQ(scaled.cell(r, 0), 0);
  EXPECT_NEAR(scaled.cell(0, 1), -std::sqrt(1.5), 1e-12);
  EXPECT_NEAR(scaled.cell(1, 1), 0, 1e-12);
}

TEST(FeatureScale, RefusesRaggedTables) {
  Table ragged;
  ragged.columns = {"a", "b"};
  ragged.row_count = 2;
  ragged.width = 2;
  ragged.row_lengths = {2, 1};
  ragged.cells = Numbers(std::vector<double>{1, 2, 3, 0});
  EXPECT_EQ(refusal("ml.featureScale", {{"data", Value::table(std::move(ragged))}}),
            "Feature Scale: the rows of the table are not equally long");
}

TEST(AutoMl, PicksTheQuadraticForASquareAndTheLineForALine) {
  std::vector<double> x;
  std::vector<double> square;
  std::vector<double> line;
  for (int i = 0; i < 20; ++i) {
    x.push_back(i);
    square.push_back(0.5 * i * i - 3 * i + 2);
    line.push_back(4 * i + (i % 2 == 0 ? 1e-3 : -1e-3));
  }
  const Table curved = table_of("optim.automl", {{"data", columns({x, square})}});
  EXPECT_NEAR(curved.cell(1, 1), 0, 1e-9);
  EXPECT_NEAR(curved.cell(1, 2), 1, 1e-12);
  EXPECT_EQ(curved.cell(1, 3), 1);
  const Table straight = table_of("optim.automl", {{"data", columns({x, line})}});
  EXPECT_EQ(straight.cell(0, 3), 1);
}

}  // namespace
}  // namespace chainsolved::test
