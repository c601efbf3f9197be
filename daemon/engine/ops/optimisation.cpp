#include "daemon/engine/ops/optimisation.h"

#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr std::size_t kMaxVariables = 500;

Error refusal(std::string why) {
  return Error{ErrorCode::InvalidParams, std::move(why), {}};
}

/// Reads the columns of a table of variables, whatever their order.
class VariableColumns {
 public:
  explicit VariableColumns(const Table& table) : table_(table) {}

  double read(std::size_t row, const char* name, std::size_t position, double fallback) const {
    const auto at = std::ranges::find(table_.columns, name);
    if (at != table_.columns.end()) {
      position = static_cast<std::size_t>(at - table_.columns.begin());
    } else if (position < table_.columns.size() && is_known(table_.columns[position])) {
      return fallback;
    }
    return position < table_.row_length(row) ? table_.cell(row, position) : fallback;
  }

 private:
  static bool is_known(const std::string& name) {
    return name == "min" || name == "max" || name == "initial" || name == "step";
  }

  const Table& table_;
};

Result<DesignVariable> checked(DesignVariable variable) {
  if (!std::isfinite(variable.min) || !std::isfinite(variable.max)) {
    return refusal("min and max of " + variable.name + " must be finite");
  }
  if (variable.min > variable.max) return refusal("min of " + variable.name + " is above max");
  if (std::isnan(variable.initial)) variable.initial = (variable.min + variable.max) / 2;
  variable.initial = variable.limited(variable.initial);
  return variable;
}

constexpr double kMiddle = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double DesignVariable::limited(double x) const noexcept {
  return x < min ? min : (x > max ? max : x);
}

Result<std::vector<DesignVariable>> design_variables(const Call& call, std::size_t port) {
  const Value& given = call.input(port);
  std::vector<DesignVariable> variables;
  if (given.is(ValueKind::Table)) {
    const Table& table = given.as_table();
    if (table.row_count == 0) return refusal("there are no design variables");
    if (table.row_count > kMaxVariables) return refusal("more than 500 design variables");
    const VariableColumns columns(table);
    for (std::size_t r = 0; r < table.row_count; ++r) {
      auto variable = checked({.name = "x" + std::to_string(r),
                               .min = columns.read(r, "min", 0, -10),
                               .max = columns.read(r, "max", 1, 10),
                               .initial = columns.read(r, "initial", 2, kMiddle)});
      if (!variable.ok()) return variable.error();
      variables.push_back(*std::move(variable));
    }
    return variables;
  }
  if (!given.is(ValueKind::None)) return refusal("the variables must be a table");
  const BlockData& data = call.data();
  auto variable = checked({.name = data.text_or("label", "x"),
                           .min = data.number_or("min", -10),
                           .max = data.number_or("max", 10),
                           .initial = data.number_or("value", kMiddle)});
  if (!variable.ok()) return variable.error();
  variables.push_back(*std::move(variable));
  return variables;
}

Result<Objective> Objective::of_formula(const std::string& text,
                                        std::span<const std::string> names,
                                        const FormulaSystem::Constants& constants) {
  auto formula = FormulaSystem::parse({&text, 1}, names, constants);
  if (!formula.ok()) return formula.error();
  Objective objective;
  objective.formula_ = *std::move(formula);
  return objective;
}

Result<Objective> Objective::read(const Call& call,
                                  std::optional<std::size_t> port,
                                  std::span<const DesignVariable> variables) {
  std::vector<std::string> names = numbered_names("x", variables.size());
  names.emplace_back("x");
  std::string text = call.data().text_or("expression", "");
  Objective objective;
  if (auto coefficients = call.data().numbers("coefficients");
      coefficients && !coefficients->empty()) {
    objective.coefficients_ = *std::move(coefficients);
    return objective;
  }
  const bool blank = text.find_first_not_of(" \t\n") == std::string::npos;
  if (blank && port && call.has(*port)) {
    const Value& given = call.input(*port);
    if (given.is(ValueKind::Vector) && !given.as_vector().empty()) {
      objective.coefficients_.assign(given.as_vector().begin(), given.as_vector().end());
      return objective;
    }
    if (!given.is(ValueKind::Text)) {
      return refusal("the objective must be a formula: a text, or data's 'expression'");
    }
    text = given.as_text();
  } else if (blank) {
    text = variables.size() == 1 ? "x0^2" : "";
    for (std::size_t i = 0; i + 1 < variables.size(); ++i) {
      text.append(i == 0 ? "100*(" : "+100*(").append(names[i + 1]);
      text.append("-").append(names[i]).append("^2)^2+(1-").append(names[i]).append(")^2");
    }
  }
  return of_formula(text, names);
}

std::vector<double> Objective::point(std::span<const double> x) const {
  std::vector<double> point(x.begin(), x.end());
  point.push_back(x.front());
  return point;
}

double Objective::operator()(std::span<const double> x) const {
  if (formula_) return formula_->value(0, point(x));
  double value = 0;
  for (std::size_t i = coefficients_.size(); i-- > 0;)
    value = value * x.front() + coefficients_[i];
  return value;
}

std::vector<double> Objective::gradient(std::span<const double> x) const {
  std::vector<double> result(x.size(), 0.0);
  if (formula_) {
    const Eigen::MatrixXd slopes = formula_->jacobian(point(x));
    for (std::size_t i = 0; i < x.size(); ++i)
      result[i] = slopes(0, static_cast<Eigen::Index>(i));
    result[0] += slopes(0, static_cast<Eigen::Index>(x.size()));
    return result;
  }
  for (std::size_t i = coefficients_.size(); i-- > 1;)
    result[0] = result[0] * x.front() + static_cast<double>(i) * coefficients_[i];
  return result;
}

std::size_t Objective::work() const noexcept {
  return 64 + (formula_ ? formula_->work() : 8 * coefficients_.size());
}

std::vector<double> Optimisation::initial() const {
  std::vector<double> x;
  for (const DesignVariable& variable : variables)
    x.push_back(variable.initial);
  return x;
}

void Optimisation::limit(std::vector<double>& x) const {
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = variables[i].limited(x[i]);
}

Result<Optimisation> optimisation(const Call& call) {
  auto variables = design_variables(call, 1);
  if (!variables.ok()) return variables.error();
  auto objective = Objective::read(call, 0, *variables);
  if (!objective.ok()) return objective.error();
  Optimisation problem{.variables = *std::move(variables), .objective = *std::move(objective)};
  if (!std::isfinite(problem.objective(problem.initial()))) {
    return refusal("the objective has no finite value at the initial point");
  }
  return problem;
}

Value OptimisationHistory::table(std::span<const DesignVariable> variables,
                                 std::span<const double> x) const {
  std::vector<std::string> columns = {"iteration", "objective"};
  for (const DesignVariable& variable : variables)
    columns.push_back(variable.name);
  const std::size_t rows = objectives_.size();
  NumberBuffer cells(columns.size() * rows);
  for (std::size_t r = 0; r < rows; ++r) {
    cells[r] = static_cast<double>(r);
    cells[rows + r] = objectives_[r];
    for (std::size_t c = 0; c < x.size(); ++c) {
      cells[(c + 2) * rows + r] = r + 1 == rows ? x[c] : std::numeric_limits<double>::quiet_NaN();
    }
  }
  return Value::table(table_of_columns(std::move(columns), rows, std::move(cells).take()));
}

std::size_t count_of(
    const Call& call, const char* key, double fallback, double least, double most) {
  const double given = call.data().number_or(key, fallback);
  return static_cast<std::size_t>(std::fmin(std::fmax(given, least), most));
}

Xorshift64::Xorshift64(double seed) noexcept
    : state_(seed >= 1 && seed < 0x1p64 ? static_cast<std::uint64_t>(seed) : 1) {}

std::uint64_t Xorshift64::next() noexcept {
  state_ ^= state_ << 13U;
  state_ ^= state_ >> 7U;
  state_ ^= state_ << 17U;
  return state_;
}

double Xorshift64::uniform() noexcept {
  return static_cast<double>(next() >> 11U) * 0x1p-53;
}

double Xorshift64::normal() noexcept {
  const double radius = std::sqrt(-2 * std::log(std::fmax(uniform(), 0x1p-1022)));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

}  // namespace chainsolved::ops
