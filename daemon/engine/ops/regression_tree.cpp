#include "daemon/engine/ops/regression_tree.h"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

namespace chainsolved::ops {

using Eigen::Index;

namespace {

/// Splits whose explained sums of squares differ by less are equally good: the sums' own rounding.
constexpr double kTie = 1e-12;

}  // namespace

RegressionTree::RegressionTree(const Eigen::MatrixXd& x,
                               const Eigen::VectorXd& y,
                               int max_depth,
                               const KeepGoing& keep_going)
    : x_(&x), y_(&y), keep_going_(&keep_going) {
  Samples all(static_cast<std::size_t>(y.size()));
  std::iota(all.begin(), all.end(), Index{0});
  grow(all, max_depth);
}

void RegressionTree::grow(const Samples& samples, int depth) {
  double mean = 0;
  for (const Index i : samples)
    mean += (*y_)[i] / static_cast<double>(samples.size());
  const std::size_t here = nodes_.size();
  nodes_.push_back({.value = mean});
  const bool pure =
      std::ranges::all_of(samples, [&](Index i) { return (*y_)[i] == (*y_)[samples.front()]; });
  if (pure) nodes_[here].value = (*y_)[samples.front()];
  if (pure || depth == 0 || stopped_) return;

  const Split split = best_split(samples, mean);
  if (split.feature < 0 || stopped_) return;
  Samples left;
  Samples right;
  for (const Index i : samples) {
    ((*x_)(i, split.feature) <= split.threshold ? left : right).push_back(i);
  }
  nodes_[here].feature = split.feature;
  nodes_[here].threshold = split.threshold;
  grow(left, depth - 1);
  nodes_[here].right = nodes_.size();
  grow(right, depth - 1);
}

RegressionTree::Split RegressionTree::best_split(const Samples& samples, double mean) {
  Split best;
  best.explained = -std::numeric_limits<double>::infinity();
  Samples sorted = samples;
  for (Index feature = 0; feature < x_->cols(); ++feature) {
    look_along(feature, sorted, mean, best);
    stopped_ = stopped_ || !(*keep_going_)(16 * sorted.size() * sizeof(double));
    if (stopped_) break;
  }
  return best;
}

void RegressionTree::look_along(Index feature, Samples& sorted, double mean, Split& best) const {
  const auto at = [&](std::size_t i) {
    return (*x_)(sorted[i], feature);
  };
  std::ranges::sort(sorted, [&](Index a, Index b) {
    const double left = (*x_)(a, feature);
    const double right = (*x_)(b, feature);
    return left < right || (left == right && a < b);
  });
  double total = 0;
  double squares = 0;
  for (const Index i : sorted) {
    total += (*y_)[i] - mean;
    squares += ((*y_)[i] - mean) * ((*y_)[i] - mean);
  }
  double sum = 0;
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    sum += (*y_)[sorted[i]] - mean;
    if (at(i) == at(i + 1)) continue;
    const auto below = static_cast<double>(i + 1);
    const double above = static_cast<double>(sorted.size()) - below;
    const double explained = sum * sum / below + (total - sum) * (total - sum) / above;
    if (!(explained > best.explained + kTie * squares)) continue;
    // The midpoint of two neighbouring doubles may be the upper one, which belongs to the right.
    const double middle = std::midpoint(at(i), at(i + 1));
    best = {feature, middle < at(i + 1) ? middle : at(i), explained};
  }
}

double RegressionTree::predict(const Eigen::MatrixXd& x, Index row) const {
  std::size_t i = 0;
  while (nodes_[i].feature >= 0) {
    i = x(row, nodes_[i].feature) <= nodes_[i].threshold ? i + 1 : nodes_[i].right;
  }
  return nodes_[i].value;
}

}  // namespace chainsolved::ops
