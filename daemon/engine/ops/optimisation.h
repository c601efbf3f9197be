#pragma once

#include "daemon/engine/ops/formula_system.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

// What the optimisers read and give in the same way (OPS.md, "Objective keys").
namespace chainsolved::ops {

class Call;

struct DesignVariable {
  std::string name;
  double min = -10;
  double max = 10;
  double initial = 0;

  double range() const noexcept { return max - min; }
  double limited(double x) const noexcept;
};

/// The rows of a table with the columns min, max and initial (by name, else by position), named
/// x0, x1, ...; without a table the one variable of data. INVALID_PARAMS when there is none, or
/// bounds are not finite or the wrong way round.
Result<std::vector<DesignVariable>> design_variables(const Call& call, std::size_t port);

/// What is minimised: a polynomial in the first variable (data.coefficients), else a formula in x0,
/// x1, ... (data.expression, else the text on port `objective`), else x^2 or Rosenbrock's function.
class Objective {
 public:
  /// `port`, when there is one, may hold the formula as a text or coefficients as a vector.
  static Result<Objective> read(const Call& call,
                                std::optional<std::size_t> port,
                                std::span<const DesignVariable> variables);
  static Result<Objective> of_formula(const std::string& text,
                                      std::span<const std::string> names,
                                      const FormulaSystem::Constants& constants = {});

  double operator()(std::span<const double> x) const;
  /// Exact up to rounding.
  std::vector<double> gradient(std::span<const double> x) const;
  /// Of one evaluation, for Call::keep_going.
  std::size_t work() const noexcept;

 private:
  Objective() = default;
  /// x, and x0 once more for those formulas that call it x.
  std::vector<double> point(std::span<const double> x) const;

  std::vector<double> coefficients_;
  std::optional<FormulaSystem> formula_;
};

struct Optimisation {
  std::vector<DesignVariable> variables;
  Objective objective;

  std::vector<double> initial() const;
  void limit(std::vector<double>& x) const;
};

/// Ports 0 (objective) and 1 (variables) and the data. Without a number at the initial point there
/// is nothing to improve: an error.
Result<Optimisation> optimisation(const Call& call);

/// What an optimiser gives: iteration and objective, and in the last row the variables.
class OptimisationHistory {
 public:
  void add(double objective) { objectives_.push_back(objective); }
  std::size_t size() const noexcept { return objectives_.size(); }
  Value table(std::span<const DesignVariable> variables, std::span<const double> x) const;

 private:
  std::vector<double> objectives_;
};

/// data[key] as a whole number within the bounds.
std::size_t count_of(const Call& call, const char* key, double fallback, double least, double most);

/// Marsaglia 2003, shifts 13, 7, 17.
class Xorshift64 {
 public:
  /// Seed 0, which would stay 0, counts as 1.
  explicit Xorshift64(double seed) noexcept;

  std::uint64_t next() noexcept;
  /// In [0, 1), from the top 53 bits.
  double uniform() noexcept;
  /// Box and Muller 1958, the cosine of two uniform numbers.
  double normal() noexcept;

 private:
  std::uint64_t state_;
};

}  // namespace chainsolved::ops
