// Learning from samples: splitting them, regression, classification.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/least_squares.h"
#include "daemon/engine/ops/regression_tree.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/samples.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::string_view kNotFinite = "the samples must be finite numbers";
/// The square of the terms is held in memory, and its cube is what a factorisation costs.
constexpr Index kMostTerms = 1000;

Value split_rows(Call& call) {
  const Table& table = call.input(0).as_table();
  if (table.ragged()) return call.fail("the rows of the table are not equally long");
  const std::size_t rows = table.row_count;
  if (rows < 2) return call.fail("needs at least two rows");
  const std::size_t cells = table.width * rows;
  if (!call.fits(cells + rows)) return call.too_long(cells + rows);
  const double share = std::round(static_cast<double>(rows) * call.data().number_or("ratio", 0.8));
  const double training = std::clamp(share, 1.0, static_cast<double>(rows - 1));
  NumberBuffer buffer(cells + rows);
  std::copy_n(table.cells.data(), cells, buffer.data());
  for (std::size_t r = 0; r < rows; ++r)
    buffer[cells + r] = static_cast<double>(r) < training ? 0 : 1;
  Table split = table;
  split.columns.emplace_back("_split");
  split.width += 1;
  split.cells = std::move(buffer).take();
  return Value::table(std::move(split));
}

/// Rows [index, coefficient] of a least-squares fit.
Value fit(Call& call, Index terms, const LeastSquares::Row& row, const MatrixXd& y) {
  if (y.cols() != 1) return call.fail("the labels must be one column");
  if (terms > kMostTerms) return call.fail("takes at most 999 features");
  const LeastSquares fit(
      terms, row, y.col(0), [&call](std::size_t bytes) { return call.keep_going(bytes); });
  if (fit.stopped()) return {};
  if (!fit.determined()) return call.fail("the samples do not determine the coefficients");
  MatrixXd cells(terms, 2);
  cells.col(0) = VectorXd::LinSpaced(terms, 0, static_cast<double>(terms - 1));
  cells.col(1) = fit.coefficients();
  return table_value({"coefficient_index", "value"}, cells);
}

Value fit_plane(Call& call) {
  const LabelledSamples samples = labelled_samples(call, 0, 1);
  if (samples.error != nullptr) return call.fail(samples.error);
  return fit(
      call,
      1 + samples.x.cols(),
      [&samples](Index i, auto row) { row << 1, samples.x.row(i); },
      samples.y);
}

Value fit_polynomial(Call& call) {
  const LabelledSamples samples = labelled_samples(call, 0, 1);
  if (samples.error != nullptr) return call.fail(samples.error);
  if (samples.x.cols() != 1) return call.fail("takes one feature");
  const auto degree = static_cast<Index>(std::clamp(call.data().number_or("degree", 2), 1.0, 10.0));
  return fit(
      call,
      1 + degree,
      [&samples](Index i, auto row) {
        row[0] = 1;
        for (Index k = 1; k < row.size(); ++k)
          row[k] = row[k - 1] * samples.x(i, 0);
      },
      samples.y);
}

/// The class that most of the neighbours have; of equally frequent ones the one seen last.
double majority(std::span<const std::pair<double, Index>> neighbours, const MatrixXd& labels) {
  std::vector<std::pair<double, std::size_t>> votes;
  for (const auto& [distance, i] : neighbours) {
    const double label = labels(i, 0);
    auto seen = std::ranges::find(votes, label, &std::pair<double, std::size_t>::first);
    if (seen == votes.end()) seen = votes.emplace(votes.end(), label, 0);
    ++seen->second;
  }
  std::pair<double, std::size_t> winner;
  for (const auto& vote : votes)
    if (vote.second >= winner.second) winner = vote;
  return winner.first;
}

Value classify_by_neighbours(Call& call) {
  const LabelledSamples samples = labelled_samples(call, 0, 1);
  if (samples.error != nullptr) return call.fail(samples.error);
  if (!samples.x.allFinite() || !samples.y.allFinite()) return call.fail(kNotFinite);
  const Index count = samples.x.rows();
  const double wanted = std::clamp(call.data().number_or("k", 3), 1.0, static_cast<double>(count));
  const auto k = static_cast<std::ptrdiff_t>(wanted);
  // A column per sample: the loop over all pairs then reads memory in order.
  const MatrixXd x = samples.x.transpose();
  std::vector<std::pair<double, Index>> distances(static_cast<std::size_t>(count));
  std::vector<double> classes(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < count; ++j)
      distances[static_cast<std::size_t>(j)] = {(x.col(i) - x.col(j)).squaredNorm(), j};
    // Pairs compare by distance, then by row: as if sorted stably.
    std::ranges::partial_sort(distances, distances.begin() + k);
    classes[static_cast<std::size_t>(i)] =
        majority(std::span(distances).first(static_cast<std::size_t>(k)), samples.y);
    const auto cells = static_cast<std::size_t>(samples.x.size() + 4 * count + k * k);
    if (!call.keep_going(cells * sizeof(double))) return {};
  }
  return Value::vector(std::move(classes));
}

Value predict_by_tree(Call& call) {
  const LabelledSamples samples = labelled_samples(call, 0, 1);
  if (samples.error != nullptr) return call.fail(samples.error);
  if (samples.y.cols() != 1) return call.fail("the labels must be one column");
  if (!samples.x.allFinite() || !samples.y.allFinite()) return call.fail(kNotFinite);
  const int depth = static_cast<int>(std::clamp(call.data().number_or("maxDepth", 5), 1.0, 20.0));
  const VectorXd labels = samples.y.col(0);
  const RegressionTree::KeepGoing keep_going = [&call](std::size_t bytes) {
    return call.keep_going(bytes);
  };
  const RegressionTree tree(samples.x, labels, depth, keep_going);
  if (tree.stopped()) return {};
  std::vector<double> predictions(static_cast<std::size_t>(labels.size()));
  for (std::size_t i = 0; i < predictions.size(); ++i)
    predictions[i] = tree.predict(samples.x, static_cast<Index>(i));
  return Value::vector(std::move(predictions));
}

Value model_or_data(Call& call) {
  if (!call.has(0) && !call.has(1)) return call.fail("needs a model or data");
  return call.input(call.has(0) ? 0 : 1);
}

constexpr Port kDataset[] = {{"data", "Dataset (table)", Takes::Table}};
constexpr Port kSamples[] = {{"trainX", "Training features", Takes::Any},
                             {"trainY", "Training labels", Takes::Any}};
constexpr Port kTableSamples[] = {{"trainX", "Training features", Takes::Table},
                                  {"trainY", "Training labels", Takes::Vector}};
constexpr Port kModel[] = {{"model", "Trained model", Takes::Any},
                           {"data", "New data", Takes::Any}};
constexpr std::string_view kRatio[] = {"ratio"};
constexpr std::string_view kDegree[] = {"degree"};
constexpr std::string_view kNeighbours[] = {"k"};
constexpr std::string_view kDepth[] = {"maxDepth"};

constexpr BlockDef learning(std::string_view id,
                            std::string_view label,
                            std::span<const Port> ports,
                            GeneralFn run,
                            std::string_view formula,
                            std::string_view source = {}) {
  return operation(Category::MachineLearning, id, label, ports, Kernel::of(run), formula, source);
}

constexpr BlockDef kRows[] = {
    reads(kRatio,
          learning("ml.trainTestSplit",
                   "Train/Test Split",
                   kDataset,
                   split_rows,
                   "column _split: 0 for the first round(n ratio) rows, 1 after; ratio 0.8")),
    learning("ml.linearRegression",
             "Linear Regression",
             kSamples,
             fit_plane,
             "b of least |y - b0 - b1 x1 - b2 x2 - ...|; row i is [i, b_i]",
             "least squares by sequential TSQR (Demmel et al. 2012)"),
    reads(kDegree,
          learning("ml.polynomialRegression",
                   "Polynomial Regression",
                   kSamples,
                   fit_polynomial,
                   "b of least |y - b0 - b1 x - ... - bd x^d|; degree d 1..10, 2 by default",
                   "least squares by sequential TSQR (Demmel et al. 2012)")),
    reads(
        kNeighbours,
        learning("ml.knnClassifier",
                 "KNN Classifier",
                 kTableSamples,
                 classify_by_neighbours,
                 "the class of most of the k nearest samples (itself among them); k 3; of equally "
                 "frequent classes the one that is seen last, by distance",
                 "Cover, Hart: Nearest neighbor pattern classification, 1967")),
    reads(kDepth,
          learning("ml.decisionTree",
                   "Decision Tree",
                   kSamples,
                   predict_by_tree,
                   "each sample's prediction by a regression tree of depth maxDepth 1..20, 5 by "
                   "default",
                   "Breiman et al.: Classification and Regression Trees, 1984")),
    learning("ml.predict", "ML Predict", kModel, model_or_data, "the model, else the data"),
};

}  // namespace

std::span<const BlockDef> ml_models_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
