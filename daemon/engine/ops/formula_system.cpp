#include "daemon/engine/ops/formula_system.h"

#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/gradient.h"
#include "protocol/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

Result<FormulaSystem> FormulaSystem::parse(std::span<const std::string> formulas,
                                           std::span<const std::string> names,
                                           const Constants& constants) {
  FormulaSystem system;
  for (const std::string& text : formulas) {
    Result<Expression> parsed = Expression::parse(text);
    if (!parsed.ok()) {
      return Error{ErrorCode::InvalidParams, "'" + text + "': " + parsed.error().message, {}};
    }
    Bound bound{.expression = *std::move(parsed), .unknown = {}, .arguments = {}};
    for (const std::string& name : bound.expression.variables()) {
      const auto at = std::ranges::find(names, name);
      const auto constant = constants.find(name);
      bound.unknown.push_back(at == names.end() ? kConstant
                                                : static_cast<std::size_t>(at - names.begin()));
      bound.arguments.push_back(constant == constants.end()
                                    ? std::numeric_limits<double>::quiet_NaN()
                                    : constant->second);
    }
    system.work_ += 8 * bound.expression.program().size();
    system.formulas_.push_back(std::move(bound));
  }
  return system;
}

void FormulaSystem::fill(const Bound& formula, std::span<const double> point) {
  for (std::size_t i = 0; i < formula.unknown.size(); ++i) {
    if (formula.unknown[i] != kConstant) formula.arguments[i] = point[formula.unknown[i]];
  }
}

double FormulaSystem::value(std::size_t i, std::span<const double> point) const {
  fill(formulas_[i], point);
  return formulas_[i].expression.evaluate(formulas_[i].arguments);
}

void FormulaSystem::evaluate(std::span<const double> point, std::span<double> values) const {
  for (std::size_t i = 0; i < formulas_.size(); ++i)
    values[i] = value(i, point);
}

Eigen::MatrixXd FormulaSystem::jacobian(std::span<const double> point) const {
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(formulas_.size()),
                                                 static_cast<Eigen::Index>(point.size()));
  for (std::size_t i = 0; i < formulas_.size(); ++i) {
    const Bound& formula = formulas_[i];
    fill(formula, point);
    const ValueAndGradient at = evaluate_with_gradient(formula.expression, formula.arguments);
    for (std::size_t v = 0; v < formula.unknown.size(); ++v) {
      if (formula.unknown[v] == kConstant) continue;
      result(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(formula.unknown[v])) =
          at.partials[v];
    }
  }
  return result;
}

FormulaSystem::Constants constants_of(const nlohmann::json& data, std::string_view key) {
  FormulaSystem::Constants constants;
  const auto member = data.find(key);
  if (member == data.end() || !member->is_object()) return constants;
  for (const auto& [name, value] : member->items()) {
    if (value.is_number()) constants.emplace(name, value.get<double>());
  }
  return constants;
}

std::vector<std::string> numbered_names(std::string_view prefix, std::size_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    names.push_back(std::string(prefix) + std::to_string(i));
  return names;
}

}  // namespace chainsolved::ops
