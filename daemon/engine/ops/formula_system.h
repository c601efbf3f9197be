#pragma once

#include "daemon/engine/ops/expression.h"
#include "protocol/error.h"

#include <Eigen/Core>
#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::ops {

/// Several formulas over one list of unknowns (t, y0, y1, ...) and constants (parameters). A name
/// that neither has is NaN, as the graphs of the original expect. Not for use by two threads.
class FormulaSystem {
 public:
  using Constants = std::map<std::string, double, std::less<>>;

  /// Formula i gives value i; `names` are the unknowns, in the order of evaluate's `point`.
  /// INVALID_PARAMS with a sentence that quotes the formula that cannot be read.
  static Result<FormulaSystem> parse(std::span<const std::string> formulas,
                                     std::span<const std::string> names,
                                     const Constants& constants);

  std::size_t size() const noexcept { return formulas_.size(); }
  /// Steps of all programs together: what one evaluation costs.
  std::size_t work() const noexcept { return work_; }

  double value(std::size_t i, std::span<const double> point) const;
  /// Requires values.size() >= size().
  void evaluate(std::span<const double> point, std::span<double> values) const;
  /// d formula / d point, exact: size() rows, one column per unknown.
  Eigen::MatrixXd jacobian(std::span<const double> point) const;

 private:
  static constexpr std::size_t kConstant = static_cast<std::size_t>(-1);

  struct Bound {
    Expression expression;
    std::vector<std::size_t> unknown;       // per variable; kConstant when it is none
    mutable std::vector<double> arguments;  // constants stand, unknowns are written over
  };

  static void fill(const Bound& formula, std::span<const double> point);

  std::vector<Bound> formulas_;
  std::size_t work_ = 0;
};

/// The numbers of an object like `params {"k": 0.5}`; other members are left out.
FormulaSystem::Constants constants_of(const nlohmann::json& data, std::string_view key);

/// "PREFIX0", "PREFIX1", ...
std::vector<std::string> numbered_names(std::string_view prefix, std::size_t count);

}  // namespace chainsolved::ops
