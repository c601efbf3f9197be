// AutoML: four models of the same samples, compared by cross-validation.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/least_squares.h"
#include "daemon/engine/ops/matern_process.h"
#include "daemon/engine/ops/regression_tree.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/samples.h"
#include "protocol/value.h"

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chainsolved::ops {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using KeepGoing = std::function<bool(std::size_t)>;

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
constexpr int kTreeDepth = 5;
/// The covariance of the samples is a full matrix: 128 MiB.
constexpr Index kMostSamples = 4096;
constexpr Index kMostTerms = 1000;

/// Predictions for `queries` of a model of (x, y). NaN where there is no model.
using Model = VectorXd (*)(const MatrixXd& x,
                           const VectorXd& y,
                           const MatrixXd& queries,
                           const KeepGoing& keep_going);

VectorXd by_least_squares(
    Index terms,
    const std::function<void(const MatrixXd&, Index, Eigen::Ref<Eigen::RowVectorXd>)>& term_row,
    const MatrixXd& x,
    const VectorXd& y,
    const MatrixXd& queries,
    const KeepGoing& keep_going) {
  VectorXd predictions = VectorXd::Constant(queries.rows(), kNoNumber);
  if (terms > kMostTerms) return predictions;
  const LeastSquares fit(
      terms,
      [&](Index i, Eigen::Ref<Eigen::RowVectorXd> row) { term_row(x, i, row); },
      y,
      keep_going);
  if (fit.stopped()) return predictions;
  const VectorXd coefficients = fit.coefficients();
  Eigen::RowVectorXd row(terms);
  for (Index i = 0; i < queries.rows(); ++i) {
    term_row(queries, i, row);
    predictions[i] = row * coefficients;
  }
  return predictions;
}

VectorXd linear(const MatrixXd& x,
                const VectorXd& y,
                const MatrixXd& queries,
                const KeepGoing& keep_going) {
  const auto row = [](const MatrixXd& m, Index i, auto out) {
    out << 1, m.row(i);
  };
  return by_least_squares(1 + x.cols(), row, x, y, queries, keep_going);
}

/// 1, the features, their squares and products.
void quadratic_terms(const MatrixXd& x, Index i, Eigen::Ref<Eigen::RowVectorXd> row) {
  Index k = 0;
  row[k++] = 1;
  for (Index a = 0; a < x.cols(); ++a) {
    row[k++] = x(i, a);
    for (Index b = a; b < x.cols(); ++b)
      row[k++] = x(i, a) * x(i, b);
  }
}

VectorXd quadratic(const MatrixXd& x,
                   const VectorXd& y,
                   const MatrixXd& queries,
                   const KeepGoing& keep_going) {
  const Index p = x.cols();
  if (p > kMostTerms) return VectorXd::Constant(queries.rows(), kNoNumber);
  return by_least_squares(1 + p + p * (p + 1) / 2, quadratic_terms, x, y, queries, keep_going);
}

VectorXd tree(const MatrixXd& x,
              const VectorXd& y,
              const MatrixXd& queries,
              const KeepGoing& keep_going) {
  const RegressionTree model(x, y, kTreeDepth, keep_going);
  VectorXd predictions = VectorXd::Constant(queries.rows(), kNoNumber);
  if (model.stopped()) return predictions;
  for (Index i = 0; i < queries.rows(); ++i)
    predictions[i] = model.predict(queries, i);
  return predictions;
}

VectorXd gaussian_process(const MatrixXd& x,
                          const VectorXd& y,
                          const MatrixXd& queries,
                          const KeepGoing& keep_going) {
  const MaternProcess model(x, y, {}, keep_going);
  VectorXd predictions = VectorXd::Constant(queries.rows(), kNoNumber);
  if (!model.usable()) return predictions;
  for (Index i = 0; i < queries.rows(); ++i) {
    predictions[i] = model.predict(queries, i);
    keep_going(static_cast<std::size_t>(8 * x.size()));
  }
  return predictions;
}

constexpr auto kModels = std::to_array<Model>({linear, quadratic, tree, gaussian_process});

/// The rows but those of a fold.
template <class Rows>
Rows without(const Rows& rows, Index first, Index count) {
  Rows rest(rows.rows() - count, rows.cols());
  rest.topRows(first) = rows.topRows(first);
  rest.bottomRows(rest.rows() - first) = rows.bottomRows(rest.rows() - first);
  return rest;
}

/// Folds are consecutive rows, all n / folds long; what is left over is always trained on.
double cross_validation_error(
    Model model, const MatrixXd& x, const VectorXd& y, Index folds, const KeepGoing& keep_going) {
  const Index count = x.rows() / folds;
  double squares = 0;
  for (Index first = 0; first < folds * count; first += count) {
    const VectorXd predictions = model(
        without(x, first, count), without(y, first, count), x.middleRows(first, count), keep_going);
    squares += (predictions - y.segment(first, count)).squaredNorm();
  }
  return std::sqrt(squares / static_cast<double>(folds * count));
}

double determination(const VectorXd& predictions, const VectorXd& y) {
  const double total = (y.array() - y.mean()).square().sum();
  return 1 - (predictions - y).squaredNorm() / total;
}

/// The column that is to be predicted.
std::optional<Index> target_column(const Table& table, const BlockData& data) {
  const auto name = data.text("target_col");
  if (!name || name->empty()) return static_cast<Index>(table.width) - 1;
  const auto found = std::ranges::find(table.columns, *name);
  if (found == table.columns.end()) return std::nullopt;
  return found - table.columns.begin();
}

Value automl(Call& call) {
  const Table& table = call.input(0).as_table();
  const SampleRows all = sample_rows(call.input(0));
  if (!all.ok()) return call.fail(all.error);
  const Index samples = all.rows.rows();
  if (all.rows.cols() < 2) return call.fail("needs a feature and a target column");
  if (samples < 3) return call.fail("needs at least three rows");
  if (samples > kMostSamples) return call.fail("takes at most 4096 rows");
  if (!all.rows.allFinite()) return call.fail("the samples must be finite numbers");
  const auto target = target_column(table, call.data());
  if (!target) return call.fail("the table has no column of the name in target_col");
  const Index features = all.rows.cols() - 1;
  MatrixXd x(samples, features);
  x.leftCols(*target) = all.rows.leftCols(*target);
  x.rightCols(features - *target) = all.rows.rightCols(features - *target);
  const VectorXd y = all.rows.col(*target);
  const double most_folds = std::min<double>(static_cast<double>(samples), 10);
  const auto folds =
      static_cast<Index>(std::clamp(call.data().number_or("cv_folds", 5), 2.0, most_folds));

  bool stopped = false;
  const KeepGoing keep_going = [&](std::size_t bytes) {
    stopped = stopped || !call.keep_going(bytes);
    return !stopped;
  };
  MatrixXd cells = MatrixXd::Zero(kModels.size(), 4);
  std::optional<Index> best;
  for (Index i = 0; i < cells.rows(); ++i) {
    const Model model = kModels[static_cast<std::size_t>(i)];
    cells(i, 0) = static_cast<double>(i);
    cells(i, 1) = cross_validation_error(model, x, y, folds, keep_going);
    cells(i, 2) = determination(model(x, y, x, keep_going), y);
    if (stopped) return {};
    if (cells(i, 1) < (best ? cells(*best, 1) : std::numeric_limits<double>::infinity())) best = i;
  }
  if (best) cells(*best, 3) = 1;
  return table_value({"model_idx", "cv_rmse", "r2", "is_best"}, cells);
}

constexpr Port kData[] = {{"data", "Data (table)", Takes::Table}};
constexpr std::string_view kKeys[] = {"target_col", "cv_folds"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          operation(Category::MachineLearning,
                    "optim.automl",
                    "AutoML",
                    kData,
                    Kernel::of(automl),
                    "a row [model, cross-validated rmse, r2, is best] each for 0 linear, 1 full "
                    "quadratic, 2 tree of depth 5, 3 Gaussian process; cv_folds 5",
                    "Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, 7.10")),
};

}  // namespace

std::span<const BlockDef> ml_automl_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
