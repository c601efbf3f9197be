#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <functional>

namespace chainsolved::ops {

/// The triangular factor of [design | y], gathered from the design a few rows at a time: long
/// samples neither need their square nor keep a call from being stopped.
/// Demmel, Grigori, Hoemmen, Langou, "Communication-optimal parallel and sequential QR and LU
/// factorizations", SIAM J. Sci. Comput. 34(1), 2012 (sequential TSQR).
class LeastSquares {
 public:
  /// The row of the design that belongs to sample `i`, written to its argument.
  using Row = std::function<void(Eigen::Index i, Eigen::Ref<Eigen::RowVectorXd> row)>;
  using KeepGoing = std::function<bool(std::size_t bytes)>;

  LeastSquares(Eigen::Index terms, const Row& row, const Eigen::VectorXd& y, const KeepGoing& go);

  bool stopped() const noexcept { return stopped_; }
  /// Whether the samples determine every coefficient.
  bool determined() const;
  /// The coefficients; the shortest of them (in scaled columns) where they are not determined, and
  /// NaN where the samples are not all finite.
  Eigen::VectorXd coefficients() const;

 private:
  Eigen::MatrixXd factor_;  // terms + 1 columns, as many rows at most
  Eigen::VectorXd scale_;
  bool stopped_ = false;
};

}  // namespace chainsolved::ops
