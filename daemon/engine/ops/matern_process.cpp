#include "daemon/engine/ops/matern_process.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace chainsolved::ops {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Columns that are factorised between two questions whether to go on.
constexpr Index kPanel = 128;

}  // namespace

MaternProcess::MaternProcess(const MatrixXd& x,
                             const VectorXd& y,
                             Covariance covariance,
                             const KeepGoing& keep_going)
    : x_(x), covariance_(covariance) {
  const Index n = x.rows();
  MatrixXd k(n, n);
  for (Index j = 0; j < n; ++j) {
    for (Index i = j; i < n; ++i)
      k(i, j) = covariance_at((x.row(i) - x.row(j)).norm());
    k(j, j) += covariance_.noise;
    if (!keep_going(static_cast<std::size_t>((n - j) * (x.cols() + 8)) * sizeof(double))) return;
  }
  if (!factorise(k, keep_going)) return;
  const auto lower = k.triangularView<Eigen::Lower>();
  weights_ = lower.adjoint().solve(lower.solve(y));
  usable_ = weights_.allFinite();
}

bool MaternProcess::factorise(MatrixXd& k, const KeepGoing& keep_going) const {
  const Index n = k.rows();
  for (Index j = 0; j < n; j += kPanel) {
    const Index width = std::min(kPanel, n - j);
    const Index rest = n - j - width;
    auto panel = k.block(j, j, n - j, width);
    panel.noalias() -= k.block(j, 0, n - j, j) * k.block(j, 0, width, j).transpose();
    const Eigen::LLT<MatrixXd> diagonal(panel.topRows(width));
    if (diagonal.info() != Eigen::Success) return false;
    const MatrixXd factor = diagonal.matrixL();
    panel.topRows(width) = factor;
    factor.triangularView<Eigen::Lower>().transpose().solveInPlace<Eigen::OnTheRight>(
        panel.bottomRows(rest));
    const auto cost =
        static_cast<std::size_t>((n - j) * width) * static_cast<std::size_t>(j + width);
    if (!keep_going(cost * sizeof(double) / 4)) return false;
  }
  return true;
}

double MaternProcess::covariance_at(double distance) const {
  const double s = std::sqrt(5.0) * distance / covariance_.length;
  return covariance_.variance * (1 + s + s * s / 3) * std::exp(-s);
}

double MaternProcess::predict(const MatrixXd& x, Index row) const {
  double mean = 0;
  for (Index i = 0; i < x_.rows(); ++i) {
    mean += weights_[i] * covariance_at((x_.row(i) - x.row(row)).norm());
  }
  return mean;
}

}  // namespace chainsolved::ops
