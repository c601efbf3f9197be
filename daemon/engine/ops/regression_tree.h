#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <functional>
#include <vector>

namespace chainsolved::ops {

/// A regression tree: each split takes the feature and the midpoint between two neighbouring values
/// that leave the least sum of squares; of equal ones the first feature's lowest. A leaf predicts
/// its samples' mean. Breiman, Friedman, Olshen, Stone, "Classification and Regression Trees",
/// Wadsworth 1984, chapter 8.
class RegressionTree {
 public:
  using KeepGoing = std::function<bool(std::size_t bytes)>;

  /// `x` has a row per sample and finite cells; `y` as many finite labels, one at least.
  RegressionTree(const Eigen::MatrixXd& x,
                 const Eigen::VectorXd& y,
                 int max_depth,
                 const KeepGoing& keep_going);

  /// Told to stop: the tree is not to be used.
  bool stopped() const noexcept { return stopped_; }
  double predict(const Eigen::MatrixXd& x, Eigen::Index row) const;

 private:
  struct Node {
    Eigen::Index feature = -1;  // -1: a leaf
    double threshold = 0;       // at most: the left child, which follows its parent
    double value = 0;
    std::size_t right = 0;
  };
  struct Split {
    Eigen::Index feature = -1;
    double threshold = 0;
    double explained = 0;
  };
  using Samples = std::vector<Eigen::Index>;

  void grow(const Samples& samples, int depth);
  Split best_split(const Samples& samples, double mean);
  void look_along(Eigen::Index feature, Samples& sorted, double mean, Split& best) const;

  const Eigen::MatrixXd* x_;
  const Eigen::VectorXd* y_;
  const KeepGoing* keep_going_;
  std::vector<Node> nodes_;
  bool stopped_ = false;
};

}  // namespace chainsolved::ops
