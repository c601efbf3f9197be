// How good predictions are.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/reduce.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/samples.h"
#include "protocol/json_writer.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

using Span = std::span<const double>;

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kUnequal = "actual and predicted must be equally long and not empty";

Span vector_at(const Call& call, std::size_t port) {
  return call.input(port).as_vector().span();
}

bool comparable(Span a, Span b) noexcept {
  return a.size() == b.size() && !a.empty();
}

double squared_differences(Span a, Span b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += squared(a[i] - b[i]);
  return sum;
}

Value mean_squared_error(Call& call) {
  const Span actual = vector_at(call, 0);
  const Span predicted = vector_at(call, 1);
  if (!comparable(actual, predicted)) return Value::scalar(kNoScore);
  call.keep_going(2 * actual.size_bytes());
  return Value::scalar(squared_differences(actual, predicted) / static_cast<double>(actual.size()));
}

Value determination(Call& call) {
  const Span actual = vector_at(call, 0);
  const Span predicted = vector_at(call, 1);
  if (!comparable(actual, predicted)) return Value::scalar(kNoScore);
  const double mean = compensated_sum(actual, &call) / static_cast<double>(actual.size());
  double total = 0;
  for (const double y : actual)
    total += squared(y - mean);
  const double residual = squared_differences(actual, predicted);
  call.keep_going(3 * actual.size_bytes());
  constexpr double kConstant = 1e-15;
  if (total < kConstant) return Value::scalar(residual < kConstant ? 1 : 0);
  return Value::scalar(1 - residual / total);
}

Value confusion_matrix(Call& call) {
  const Span actual = vector_at(call, 0);
  const Span predicted = vector_at(call, 1);
  if (!comparable(actual, predicted)) return call.fail(kUnequal);
  std::vector<double> classes(actual.begin(), actual.end());
  classes.insert(classes.end(), predicted.begin(), predicted.end());
  if (std::ranges::any_of(classes, [](double c) { return std::isnan(c); }))
    return call.fail("NaN is not a class");
  std::ranges::sort(classes);
  // Not std::ranges::unique: clang 14 cannot read what GCC 12 makes of it.
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  const std::size_t count = classes.size();
  if (!call.fits(count * count)) return call.too_long(count * count);
  Eigen::MatrixXd cells =
      Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(count));
  const auto index_of = [&classes](double c) {
    return std::ranges::lower_bound(classes, c) - classes.begin();
  };
  for (std::size_t i = 0; i < actual.size(); ++i)
    cells(index_of(actual[i]), index_of(predicted[i])) += 1;
  call.keep_going((32 * actual.size() + 2 * count * count) * sizeof(double));
  std::vector<std::string> names;
  for (const double c : classes) {
    names.emplace_back("pred_");
    append_json_number(names.back(), c);
  }
  return table_value(std::move(names), cells);
}

constexpr Port kPredictions[] = {{"actual", "Actual", Takes::Vector},
                                 {"predicted", "Predicted", Takes::Vector}};

constexpr BlockDef score(std::string_view id,
                         std::string_view label,
                         GeneralFn run,
                         std::string_view formula) {
  return operation(Category::MachineLearning, id, label, kPredictions, Kernel::of(run), formula);
}

constexpr BlockDef kRows[] = {
    score("ml.mse",
          "Mean Squared Error",
          mean_squared_error,
          "mean of (actual - predicted)^2; NaN for lists of unequal length"),
    score("ml.r2",
          "R² Score",
          determination,
          "1 - sum (actual - predicted)^2 / sum (actual - mean)^2; of a constant 1 or 0"),
    score("ml.confusionMatrix",
          "Confusion Matrix",
          confusion_matrix,
          "row i, column j: how often class j was predicted for class i; classes ascend"),
};

}  // namespace

std::span<const BlockDef> ml_scores_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
