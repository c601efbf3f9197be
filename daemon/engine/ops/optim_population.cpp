// Global minimisers that keep a population: genetic algorithm and CMA-ES.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/optimisation.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

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

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

struct Individual {
  std::vector<double> x;
  double value = 0;
};

/// A NaN is worse than anything.
double fitness(const Optimisation& problem, const std::vector<double>& x) {
  const double value = problem.objective(x);
  return std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
}

// --- optim.geneticAlgorithm ---

struct Breeding {
  double mutation;
  double crossover;
};

/// A real-coded population: the best one lives on, the others are bred by tournaments of three.
class Population {
 public:
  Population(const Optimisation& problem, std::size_t size, double seed)
      : problem_(problem), random_(seed) {
    for (std::size_t i = 0; i < size; ++i) {
      std::vector<double> x;
      for (const DesignVariable& variable : problem.variables)
        x.push_back(variable.min + random_.uniform() * variable.range());
      const double value = fitness(problem, x);
      members_.push_back({std::move(x), value});
    }
  }

  const Individual& best() const {
    return *std::ranges::min_element(
        members_, [](const Individual& a, const Individual& b) { return a.value < b.value; });
  }

  void breed(const Breeding& rates) {
    std::vector<Individual> next = {best()};
    while (next.size() < members_.size()) {
      std::vector<double> child = cross(winner().x, winner().x, rates.crossover);
      mutate(child, rates.mutation);
      const double value = fitness(problem_, child);
      next.push_back({std::move(child), value});
    }
    members_ = std::move(next);
  }

 private:
  const Individual& winner() {
    const Individual* best = nullptr;
    for (int i = 0; i < 3; ++i) {
      const Individual& one = members_[random_.next() % members_.size()];
      if (best == nullptr || one.value < best->value) best = &one;
    }
    return *best;
  }

  std::vector<double> cross(const std::vector<double>& a,
                            const std::vector<double>& b,
                            double rate) {
    std::vector<double> child = a;
    if (random_.uniform() >= rate) return child;
    for (std::size_t i = 0; i < child.size(); ++i) {
      if (random_.uniform() < 0.5) child[i] = b[i];
    }
    return child;
  }

  void mutate(std::vector<double>& x, double rate) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (random_.uniform() < rate) x[i] += 0.1 * problem_.variables[i].range() * random_.normal();
    }
    problem_.limit(x);
  }

  const Optimisation& problem_;
  Xorshift64 random_;
  std::vector<Individual> members_;
};

/// Whether the last `count` objectives lie within `tolerance`.
bool has_settled(std::span<const double> best, std::size_t count, double tolerance) {
  if (best.size() < count) return false;
  const auto [low, high] = std::ranges::minmax(best.last(count));
  return high - low < tolerance;
}

Value genetic_algorithm(Call& call) {
  const auto problem = optimisation(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const std::size_t generations = count_of(call, "maxGenerations", 200, 0, 100'000);
  const std::size_t size = count_of(call, "populationSize", 50, 2, 10'000);
  const double tolerance = call.data().number_or("tolerance", 1e-8);
  const Breeding rates{.mutation = call.data().number_or("mutationRate", 0.1),
                       .crossover = call.data().number_or("crossoverRate", 0.8)};
  Population population(*problem, size, call.data().number_or("seed", 42));
  std::vector<double> best = {population.best().value};
  while (best.size() <= generations && call.keep_going(size * problem->objective.work())) {
    population.breed(rates);
    best.push_back(population.best().value);
    if (best.size() > 11 && has_settled(best, 11, tolerance)) break;
  }
  OptimisationHistory history;
  for (const double value : best)
    history.add(value);
  return history.table(problem->variables, population.best().x);
}

// --- optim.cmaes ---

/// Weights and rates of Hansen 2016, "The CMA Evolution Strategy: A Tutorial", table 1, for `n`
/// variables and `lambda` samples.
struct Strategy {
  Strategy(std::size_t variables, std::size_t samples)
      : n(static_cast<double>(variables)), lambda(samples), weights(samples / 2) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] =
          std::log(static_cast<double>(samples) / 2 + 0.5) - std::log(static_cast<double>(i) + 1);
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    double squares = 0;
    for (double& weight : weights) {
      weight /= sum;
      squares += squared(weight);
    }
    mu = 1 / squares;
    path_rate = (4 + mu / n) / (n + 4 + 2 * mu / n);
    size_rate = (mu + 2) / (n + mu + 5);
    rank_one = 2 / (squared(n + 1.3) + mu);
    rank_mu = std::fmin(1 - rank_one, 2 * (mu - 2 + 1 / mu) / (squared(n + 2) + mu));
    damping = 1 + 2 * std::fmax(0, std::sqrt((mu - 1) / (n + 1)) - 1) + size_rate;
    expected_norm = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  }

  double n;
  std::size_t lambda;
  std::vector<double> weights;
  double mu = 0;
  double path_rate = 0;
  double size_rate = 0;
  double rank_one = 0;
  double rank_mu = 0;
  double damping = 0;
  double expected_norm = 0;
};

/// Works in the unit box; samples beyond it are evaluated at its wall.
class CovarianceAdaptation {
 public:
  CovarianceAdaptation(const Optimisation& problem,
                       const Strategy& strategy,
                       double sigma,
                       double seed)
      : problem_(problem),
        strategy_(strategy),
        random_(seed),
        sigma_(sigma),
        mean_(size()),
        size_path_(VectorXd::Zero(size())),
        path_(VectorXd::Zero(size())),
        covariance_(MatrixXd::Identity(size(), size())),
        axes_(MatrixXd::Identity(size(), size())),
        lengths_(VectorXd::Ones(size())) {
    for (std::size_t i = 0; i < problem.variables.size(); ++i) {
      const DesignVariable& v = problem.variables[i];
      mean_(static_cast<Index>(i)) = v.range() > 0 ? (v.initial - v.min) / v.range() : 0;
    }
    const VectorXd start = mean_;
    best_ = {in_bounds(start), fitness(problem, in_bounds(start))};
  }

  const Individual& best() const noexcept { return best_; }
  double sigma() const noexcept { return sigma_; }
  /// The objectives of the last generation lie within `tolerance`, and so do its points.
  bool is_flat(double tolerance) const { return sigma_ * lengths_.maxCoeff() < tolerance; }

  /// False when the covariance is no longer one.
  bool generation() {
    std::vector<std::pair<double, VectorXd>> samples;
    for (std::size_t k = 0; k < strategy_.lambda; ++k)
      samples.push_back(sample());
    std::ranges::stable_sort(samples,
                             [](const auto& a, const auto& b) { return a.first < b.first; });
    adapt(samples);
    return decompose();
  }

 private:
  Index size() const { return static_cast<Index>(problem_.variables.size()); }

  std::vector<double> in_bounds(const VectorXd& unit) const {
    std::vector<double> x;
    for (std::size_t i = 0; i < problem_.variables.size(); ++i) {
      const DesignVariable& v = problem_.variables[i];
      x.push_back(v.limited(v.min + unit(static_cast<Index>(i)) * v.range()));
    }
    return x;
  }

  std::pair<double, VectorXd> sample() {
    VectorXd z(size());
    for (double& coordinate : z)
      coordinate = random_.normal();
    VectorXd unit = mean_ + sigma_ * (axes_ * (lengths_.array() * z.array()).matrix());
    unit = unit.cwiseMax(0).cwiseMin(1);
    std::vector<double> x = in_bounds(unit);
    const double value = fitness(problem_, x);
    if (value < best_.value) best_ = {std::move(x), value};
    return {value, std::move(unit)};
  }

  void adapt(const std::vector<std::pair<double, VectorXd>>& samples) {
    const Strategy& s = strategy_;
    const VectorXd before = mean_;
    mean_.setZero();
    for (std::size_t i = 0; i < s.weights.size(); ++i)
      mean_ += s.weights[i] * samples[i].second;
    const VectorXd step = (mean_ - before) / sigma_;
    const VectorXd whitened = axes_ * (axes_.transpose() * step).cwiseQuotient(lengths_);
    size_path_ = (1 - s.size_rate) * size_path_ +
                 std::sqrt(s.size_rate * (2 - s.size_rate) * s.mu) * whitened;
    ++generations_;
    const double grown = 1 - std::pow(1 - s.size_rate, 2 * generations_);
    const bool steady =
        size_path_.norm() / std::sqrt(grown) < (1.4 + 2 / (s.n + 1)) * s.expected_norm;
    path_ *= 1 - s.path_rate;
    if (steady) path_ += std::sqrt(s.path_rate * (2 - s.path_rate) * s.mu) * step;
    const double lost = steady ? 0 : s.rank_one * s.path_rate * (2 - s.path_rate);
    covariance_ *= 1 - s.rank_one - s.rank_mu + lost;
    covariance_ += s.rank_one * path_ * path_.transpose();
    for (std::size_t i = 0; i < s.weights.size(); ++i) {
      const VectorXd y = (samples[i].second - before) / sigma_;
      covariance_ += s.rank_mu * s.weights[i] * y * y.transpose();
    }
    sigma_ *=
        std::exp(std::fmin(1, s.size_rate / s.damping * (size_path_.norm() / s.expected_norm - 1)));
    sigma_ = std::fmin(sigma_, 1);
  }

  bool decompose() {
    if (!covariance_.allFinite() || !(sigma_ > 0)) return false;
    const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(covariance_);
    if (solver.info() != Eigen::Success) return false;
    axes_ = solver.eigenvectors();
    lengths_ = solver.eigenvalues().cwiseMax(1e-20).cwiseSqrt();
    return true;
  }

  const Optimisation& problem_;
  const Strategy& strategy_;
  Xorshift64 random_;
  double sigma_;
  VectorXd mean_;
  VectorXd size_path_;
  VectorXd path_;
  MatrixXd covariance_;
  MatrixXd axes_;
  VectorXd lengths_;
  Individual best_;
  double generations_ = 0;
};

constexpr std::size_t kMaxCmaVariables = 200;

Value cma_es(Call& call) {
  const auto problem = optimisation(call);
  if (!problem.ok()) return call.fail(problem.error().message);
  const std::size_t n = problem->variables.size();
  if (n > kMaxCmaVariables) return call.fail("more than 200 design variables");
  const std::size_t generations = count_of(call, "maxGenerations", 1000, 0, 100'000);
  const double tolerance = call.data().number_or("tolerance", 1e-10);
  const double natural = 4 + std::floor(3 * std::log(static_cast<double>(n)));
  const std::size_t asked = count_of(call, "lambda", 0, 0, 10'000);
  const double given_sigma = call.data().number_or("sigma0", 0);
  const Strategy strategy(n, asked < 2 ? static_cast<std::size_t>(natural) : asked);
  CovarianceAdaptation search(*problem,
                              strategy,
                              given_sigma > 0 ? std::fmin(given_sigma, 1) : 0.3,
                              call.data().number_or("seed", 42));
  OptimisationHistory history;
  history.add(search.best().value);
  const std::size_t work = strategy.lambda * problem->objective.work() + 128 * n * n * n;
  while (history.size() <= generations && !search.is_flat(tolerance) && call.keep_going(work)) {
    const bool goes_on = search.generation();
    history.add(search.best().value);
    if (!goes_on) break;
  }
  return history.table(problem->variables, search.best().x);
}

constexpr Port kPorts[] = {{"objective", "Objective", Takes::Any},
                           {"variables", "Variables", Takes::Any, {}, "variable"}};
constexpr std::string_view kGeneticKeys[] = {"coefficients",
                                             "expression",
                                             "min",
                                             "max",
                                             "value",
                                             "label",
                                             "maxGenerations",
                                             "populationSize",
                                             "mutationRate",
                                             "crossoverRate",
                                             "tolerance",
                                             "seed"};
constexpr std::string_view kCmaKeys[] = {"coefficients",
                                         "expression",
                                         "min",
                                         "max",
                                         "value",
                                         "label",
                                         "maxGenerations",
                                         "sigma0",
                                         "tolerance",
                                         "seed",
                                         "lambda"};

constexpr BlockDef kRows[] = {
    reads(kGeneticKeys,
          operation(Category::Optimization,
                    "optim.geneticAlgorithm",
                    "Genetic Algorithm",
                    kPorts,
                    Kernel::of(genetic_algorithm),
                    "real-coded: the best lives on, tournaments of three, uniform crossover, "
                    "Gaussian mutation of 10% of the range (xorshift64)",
                    "Goldberg 1989, Genetic Algorithms; Marsaglia 2003")),
    reads(kCmaKeys,
          pro(operation(Category::Optimization,
                        "optim.cmaes",
                        "CMA-ES",
                        kPorts,
                        Kernel::of(cma_es),
                        "covariance matrix adaptation in the unit box (xorshift64, Box-Muller)",
                        "Hansen 2016, The CMA Evolution Strategy: A Tutorial"))),
};

}  // namespace

std::span<const BlockDef> optim_population_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
