#include "daemon/engine/ops/projected_bfgs.h"

#include "daemon/engine/ops/optimisation.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

double inner(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::vector<double> moved(const std::vector<double>& x,
                          double length,
                          const std::vector<double>& direction) {
  std::vector<double> result = x;
  for (std::size_t i = 0; i < x.size(); ++i)
    result[i] += length * direction[i];
  return result;
}

}  // namespace

ProjectedBfgs::ProjectedBfgs(const SmoothFunction& function,
                             std::span<const DesignVariable> variables,
                             std::vector<double> start,
                             std::size_t memory)
    : function_(function),
      variables_(variables),
      memory_(memory),
      x_(std::move(start)),
      value_(value_at(x_)),
      slope_(function.gradient(x_)) {}

double ProjectedBfgs::value_at(const std::vector<double>& x) const {
  const double value = function_.value(x);
  return std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
}

void ProjectedBfgs::limit(std::vector<double>& x) const {
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = variables_[i].limited(x[i]);
}

double ProjectedBfgs::projected_gradient() const {
  std::vector<double> next = moved(x_, -1, slope_);
  limit(next);
  double largest = 0;
  for (std::size_t i = 0; i < x_.size(); ++i)
    largest = std::fmax(largest, std::abs(next[i] - x_[i]));
  return largest;
}

bool ProjectedBfgs::step() {
  if (search(direction())) return true;
  if (pairs_.empty()) return false;
  pairs_.clear();
  return search(direction());
}

bool ProjectedBfgs::is_held(std::size_t i) const {
  const DesignVariable& variable = variables_[i];
  return (x_[i] <= variable.min && slope_[i] > 0) || (x_[i] >= variable.max && slope_[i] < 0);
}

std::vector<double> ProjectedBfgs::direction() const {
  std::vector<double> q = slope_;
  hold(q);
  std::vector<double> alpha(pairs_.size());
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    alpha[i] = inner(pairs_[i].step, q) / pairs_[i].product;
    q = moved(q, -alpha[i], pairs_[i].change);
  }
  if (!pairs_.empty()) {
    const Pair& newest = pairs_.back();
    const double scale = newest.product / inner(newest.change, newest.change);
    for (double& entry : q)
      entry *= scale;
  }
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const double beta = inner(pairs_[i].change, q) / pairs_[i].product;
    q = moved(q, alpha[i] - beta, pairs_[i].step);
  }
  for (double& entry : q)
    entry = -entry;
  hold(q);
  return q;
}

void ProjectedBfgs::hold(std::vector<double>& direction) const {
  for (std::size_t i = 0; i < direction.size(); ++i) {
    if (is_held(i)) direction[i] = 0;
  }
}

bool ProjectedBfgs::search(const std::vector<double>& direction) {
  constexpr int kMaxHalvings = 60;
  constexpr double kArmijo = 1e-4;
  double length = 1;
  for (int i = 0; i < kMaxHalvings; ++i, length /= 2) {
    std::vector<double> next = moved(x_, length, direction);
    limit(next);
    std::vector<double> step = moved(next, -1, x_);
    const double descent = inner(slope_, step);
    if (!(descent < 0)) continue;
    const double value = value_at(next);
    if (value > value_ + kArmijo * descent) continue;
    accept(std::move(next), std::move(step), value);
    return true;
  }
  return false;
}

void ProjectedBfgs::accept(std::vector<double> next, std::vector<double> step, double value) {
  std::vector<double> slope = function_.gradient(next);
  std::vector<double> change = moved(slope, -1, slope_);
  const double product = inner(step, change);
  if (product > 1e-12 * inner(change, change)) {
    pairs_.push_back({std::move(step), std::move(change), product});
    if (pairs_.size() > memory_) pairs_.pop_front();
  }
  x_ = std::move(next);
  slope_ = std::move(slope);
  value_ = value;
}

}  // namespace chainsolved::ops
