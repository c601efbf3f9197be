#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <functional>

namespace chainsolved::ops {

/// Regression by a Gaussian process of mean 0 with the Matérn 5/2 covariance.
/// Rasmussen, Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, algorithm 2.1
/// and equation 4.17.
class MaternProcess {
 public:
  using KeepGoing = std::function<bool(std::size_t bytes)>;

  struct Covariance {
    double length = 1;
    double variance = 1;
    double noise = 1e-6;  // variance of the labels
  };

  /// `x` has a row per sample and finite cells.
  MaternProcess(const Eigen::MatrixXd& x,
                const Eigen::VectorXd& y,
                Covariance covariance,
                const KeepGoing& keep_going);

  /// False when the covariance was not positive definite to working precision, or when told to
  /// stop.
  bool usable() const noexcept { return usable_; }
  /// The mean at this row of `x`.
  double predict(const Eigen::MatrixXd& x, Eigen::Index row) const;

 private:
  bool factorise(Eigen::MatrixXd& k, const KeepGoing& keep_going) const;
  double covariance_at(double distance) const;

  Eigen::MatrixXd x_;
  Covariance covariance_;
  Eigen::VectorXd weights_;
  bool usable_ = false;
};

}  // namespace chainsolved::ops
