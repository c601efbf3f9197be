#include "daemon/engine/ops/least_squares.h"

#include <Eigen/Core>
#include <Eigen/QR>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace chainsolved::ops {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index kLeastBlock = 256;

}  // namespace

LeastSquares::LeastSquares(Index terms, const Row& row, const VectorXd& y, const KeepGoing& go) {
  const Index width = terms + 1;
  const Index samples = y.size();
  const Index block = std::max(kLeastBlock, width);
  factor_.resize(0, width);
  for (Index first = 0; first < samples; first += block) {
    const Index count = std::min(block, samples - first);
    MatrixXd stack(factor_.rows() + count, width);
    stack.topRows(factor_.rows()) = factor_;
    Eigen::RowVectorXd terms_of_row(terms);
    for (Index i = 0; i < count; ++i) {
      row(first + i, terms_of_row);
      stack.row(factor_.rows() + i) << terms_of_row, y[first + i];
    }
    const Index rank = std::min(stack.rows(), width);
    const auto cost = static_cast<std::size_t>(stack.size() * width) * sizeof(double);
    factor_ = Eigen::HouseholderQR<MatrixXd>(stack).matrixQR().topRows(rank);
    factor_ = factor_.triangularView<Eigen::Upper>();
    if (!go(cost)) {
      stopped_ = true;
      return;
    }
  }
  // Powers of a large x differ by many orders of magnitude; scaled columns are comparable.
  scale_ = factor_.leftCols(terms).colwise().norm();
  for (double& norm : scale_)
    if (norm == 0) norm = 1;
}

bool LeastSquares::determined() const {
  const Index terms = factor_.cols() - 1;
  if (factor_.rows() < terms) return false;
  const MatrixXd scaled = factor_.leftCols(terms) * scale_.cwiseInverse().asDiagonal();
  return !scaled.allFinite() || Eigen::ColPivHouseholderQR<MatrixXd>(scaled).rank() == terms;
}

VectorXd LeastSquares::coefficients() const {
  const Index terms = factor_.cols() - 1;
  const MatrixXd scaled = factor_.leftCols(terms) * scale_.cwiseInverse().asDiagonal();
  if (!factor_.allFinite() || !scaled.allFinite()) {
    return VectorXd::Constant(terms, std::numeric_limits<double>::quiet_NaN());
  }
  const Eigen::CompleteOrthogonalDecomposition<MatrixXd> solver(scaled);
  return solver.solve(factor_.col(terms)).cwiseQuotient(scale_);
}

}  // namespace chainsolved::ops
