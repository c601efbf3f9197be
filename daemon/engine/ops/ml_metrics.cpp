// Scaled features; precision, recall and the receiver operating characteristic.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/reduce.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/samples.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

using Span = std::span<const double>;

constexpr std::string_view kUnequal = "both lists must be equally long";

bool is_positive(double label) noexcept {
  return label > 0.5;
}

void standardise(Span column, std::span<double> out, Call& call) {
  const auto n = static_cast<double>(column.size());
  const double mean = compensated_sum(column, &call) / n;
  double squares = 0;
  for (const double x : column)
    squares += squared(x - mean);
  const double deviation = std::sqrt(squares / n);
  std::ranges::transform(column, out.begin(), [&](double x) { return (x - mean) / deviation; });
}

void normalise(Span column, std::span<double> out, Call& /*call*/) {
  const auto [low, high] = std::ranges::minmax(column);
  std::ranges::transform(
      column, out.begin(), [lo = low, span = high - low](double x) { return (x - lo) / span; });
}

Value scale_features(Call& call) {
  const Table& table = call.input(0).as_table();
  if (table.ragged()) return call.fail("the rows of the table are not equally long");
  const bool normalised = call.data().text_or("mode", "standardize") == "normalize";
  NumberBuffer cells(table.cells.size());
  for (std::size_t c = 0; c < table.width && table.row_count > 0; ++c) {
    const Span column = table.cells.span().subspan(c * table.row_count, table.row_count);
    const auto out = cells.span().subspan(c * table.row_count, table.row_count);
    const bool constant =
        std::ranges::all_of(column, [&](double x) { return x == column.front(); });
    const bool has_nan = std::ranges::any_of(column, [](double x) { return std::isnan(x); });
    if (constant) {
      std::ranges::fill(out, 0);
    } else if (has_nan) {
      std::ranges::fill(out, std::numeric_limits<double>::quiet_NaN());
    } else {
      (normalised ? normalise : standardise)(column, out, call);
    }
    if (!call.keep_going(5 * column.size_bytes())) return {};
  }
  Table scaled = table;
  scaled.cells = std::move(cells).take();
  return Value::table(std::move(scaled));
}

double share(double part, double whole) noexcept {
  return whole > 0 ? part / whole : 0;
}

Value class_metrics(Call& call) {
  const Span actual = call.input(0).as_vector().span();
  const Span predicted = call.input(1).as_vector().span();
  if (actual.size() != predicted.size()) return call.fail(kUnequal);
  double hits = 0;
  double positives = 0;
  double predicted_positives = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    positives += is_positive(actual[i]) ? 1 : 0;
    predicted_positives += is_positive(predicted[i]) ? 1 : 0;
    hits += is_positive(actual[i]) && is_positive(predicted[i]) ? 1 : 0;
  }
  call.keep_going(2 * actual.size_bytes());
  const double precision = share(hits, predicted_positives);
  const double recall = share(hits, positives);
  Eigen::Matrix<double, 3, 2> cells;
  cells << 0, precision, 1, recall, 2, share(2 * precision * recall, precision + recall);
  return table_value({"metric", "value"}, cells);
}

/// Points (false positive rate, true positive rate), one after each sample by descending score.
Eigen::MatrixXd roc_points(Span actual, Span scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  const auto positives = static_cast<double>(std::ranges::count_if(actual, is_positive));
  const double negatives = static_cast<double>(actual.size()) - positives;
  if (positives == 0 || negatives == 0) {
    return (Eigen::MatrixXd(2, 2) << 0, 0, 1, 1).finished();
  }
  Eigen::MatrixXd points(static_cast<Eigen::Index>(order.size()) + 1, 2);
  double hits = 0;
  double false_alarms = 0;
  points.row(0).setZero();
  for (std::size_t i = 0; i < order.size(); ++i) {
    (is_positive(actual[order[i]]) ? hits : false_alarms) += 1;
    points.row(static_cast<Eigen::Index>(i) + 1) << false_alarms / negatives, hits / positives;
  }
  return points;
}

/// What is wrong with the two lists, or nothing.
const char* roc_complaint(Span actual, Span scores) {
  if (actual.size() != scores.size()) return kUnequal.data();
  const auto is_nan = [](double x) {
    return std::isnan(x);
  };
  if (std::ranges::any_of(actual, is_nan) || std::ranges::any_of(scores, is_nan))
    return "labels and scores must be numbers";
  return nullptr;
}

/// An entry of a list sorted by its score, and what is done to it.
constexpr std::size_t kWorkPerSample = 32 * sizeof(double);

Value roc_curve(Call& call) {
  const Span actual = call.input(0).as_vector().span();
  const Span scores = call.input(1).as_vector().span();
  if (const char* complaint = roc_complaint(actual, scores)) return call.fail(complaint);
  const std::size_t cells = 2 * (actual.size() + 1);
  if (!call.fits(cells)) return call.too_long(cells);
  if (!call.keep_going(kWorkPerSample * actual.size())) return {};
  return table_value({"fpr", "tpr"}, roc_points(actual, scores));
}

Value area_under_curve(Call& call) {
  const Span actual = call.input(0).as_vector().span();
  const Span scores = call.input(1).as_vector().span();
  if (const char* complaint = roc_complaint(actual, scores)) return call.fail(complaint);
  if (!call.keep_going(kWorkPerSample * actual.size())) return {};
  const Eigen::MatrixXd points = roc_points(actual, scores);
  double area = 0;
  for (Eigen::Index i = 1; i < points.rows(); ++i) {
    area += (points(i, 0) - points(i - 1, 0)) * (points(i, 1) + points(i - 1, 1)) / 2;
  }
  return Value::scalar(area);
}

constexpr Port kData[] = {{"data", "Data (table)", Takes::Table}};
constexpr Port kPredictions[] = {{"actual", "Actual", Takes::Vector},
                                 {"predicted", "Predicted", Takes::Vector}};
constexpr Port kScores[] = {{"actual", "Actual", Takes::Vector},
                            {"scores", "Scores", Takes::Vector}};
constexpr std::string_view kMode[] = {"mode"};

constexpr BlockDef metric(std::string_view id,
                          std::string_view label,
                          std::span<const Port> ports,
                          GeneralFn run,
                          std::string_view formula,
                          std::string_view source = {}) {
  return operation(Category::MachineLearning, id, label, ports, Kernel::of(run), formula, source);
}

constexpr std::string_view kFawcett = "Fawcett: An introduction to ROC analysis, 2006";

constexpr BlockDef kRows[] = {
    reads(kMode,
          metric("ml.featureScale",
                 "Feature Scale",
                 kData,
                 scale_features,
                 "each column as (x - mean) / sigma, of the population; or, with mode normalize, "
                 "(x - min) / (max - min); 0 where it is constant")),
    metric("ml.classMetrics",
           "Classification Metrics",
           kPredictions,
           class_metrics,
           "[0, precision], [1, recall], [2, F1 = 2 precision recall / (precision + recall)]; "
           "above 0.5 is positive",
           "van Rijsbergen: Information Retrieval, 1979"),
    metric("ml.rocCurve",
           "ROC Curve",
           kScores,
           roc_curve,
           "rates of false and of true positives, after each sample by descending score",
           kFawcett),
    metric("ml.auc",
           "AUC Score",
           kScores,
           area_under_curve,
           "area under the ROC curve by trapezoids; 1/2 where there is one class only",
           kFawcett),
};

}  // namespace

std::span<const BlockDef> ml_metrics_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
