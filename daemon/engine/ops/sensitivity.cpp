// Derivatives of solutions, and derivatives that the user gives.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/gradient.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/sensitivity_inputs.h"
#include "daemon/engine/ops/tables.h"
#include "daemon/engine/ops/text_list.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <Eigen/Core>
#include <Eigen/LU>

#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

// --- ad.linSolveSens ---

/// A(p) x = b(p), as formulas, row by row.
struct LinearSystem {
  std::vector<Expression> a;
  std::vector<Expression> b;
  std::vector<double> parameters;

  Eigen::Index size() const { return static_cast<Eigen::Index>(b.size()); }
};

/// Values and derivatives of every entry at the parameters.
struct Linearised {
  Eigen::MatrixXd a;
  Eigen::VectorXd b;
  std::vector<Eigen::MatrixXd> da;  // one per parameter
  std::vector<Eigen::VectorXd> db;
};

Linearised linearise(const LinearSystem& system) {
  const Eigen::Index n = system.size();
  const std::size_t parameters = system.parameters.size();
  Linearised result{.a = Eigen::MatrixXd(n, n),
                    .b = Eigen::VectorXd(n),
                    .da = std::vector(parameters, Eigen::MatrixXd(n, n)),
                    .db = std::vector(parameters, Eigen::VectorXd(n))};
  for (std::size_t i = 0; i < system.a.size(); ++i) {
    const ValueAndGradient entry = evaluate_with_gradient(system.a[i], system.parameters);
    const Eigen::Index row = static_cast<Eigen::Index>(i) / n;
    const Eigen::Index column = static_cast<Eigen::Index>(i) % n;
    result.a(row, column) = entry.value;
    for (std::size_t p = 0; p < parameters; ++p)
      result.da[p](row, column) = entry.partials[p];
  }
  for (std::size_t i = 0; i < system.b.size(); ++i) {
    const ValueAndGradient entry = evaluate_with_gradient(system.b[i], system.parameters);
    result.b(static_cast<Eigen::Index>(i)) = entry.value;
    for (std::size_t p = 0; p < parameters; ++p)
      result.db[p](static_cast<Eigen::Index>(i)) = entry.partials[p];
  }
  return result;
}

Value sensitivity_table(const std::vector<Eigen::VectorXd>& dx) {
  std::vector<std::string> columns = {"param_idx"};
  const auto n = static_cast<std::size_t>(dx.front().size());
  for (std::size_t j = 0; j < n; ++j)
    columns.push_back("dx" + std::to_string(j) + "/dp");
  const std::size_t rows = dx.size();
  NumberBuffer cells((n + 1) * rows);
  for (std::size_t r = 0; r < rows; ++r) {
    cells[r] = static_cast<double>(r);
    for (std::size_t j = 0; j < n; ++j)
      cells[(j + 1) * rows + r] = dx[r](static_cast<Eigen::Index>(j));
  }
  return Value::table(table_of_columns(std::move(columns), rows, std::move(cells).take()));
}

Value solve(const Call& call, const LinearSystem& system) {
  const Linearised at = linearise(system);
  const Eigen::FullPivLU<Eigen::MatrixXd> lu(at.a);
  if (!lu.isInvertible()) return call.fail("A is singular");
  const Eigen::VectorXd x = lu.solve(at.b);
  if (system.parameters.empty()) return Value::vector(std::vector<double>(x.begin(), x.end()));
  std::vector<Eigen::VectorXd> dx;
  for (std::size_t p = 0; p < system.parameters.size(); ++p)
    dx.emplace_back(lu.solve(at.db[p] - at.da[p] * x));
  return sensitivity_table(dx);
}

/// A dense solve of this size takes a few milliseconds.
constexpr std::size_t kMaxUnknowns = 200;

Value linear_solve_sensitivity(Call& call) {
  const BlockData& data = call.data();
  const auto a_texts = split_list(data.text_or("A_exprs", ""), ';');
  const auto b_texts = split_list(data.text_or("b_exprs", ""), ';');
  const auto names = split_list(data.text_or("param_names", ""), ',');
  if (b_texts.empty()) return call.fail("needs 'A_exprs' and 'b_exprs', separated by ';'");
  if (b_texts.size() > kMaxUnknowns) return call.fail("more than 200 unknowns");
  if (a_texts.size() != b_texts.size() * b_texts.size()) {
    return call.fail("A_exprs has " + std::to_string(a_texts.size()) + " entries; " +
                     std::to_string(b_texts.size()) + " in b_exprs need its square");
  }
  auto a = parse_all(a_texts, names);
  if (!a.ok()) return call.fail(a.error().message);
  auto b = parse_all(b_texts, names);
  if (!b.ok()) return call.fail(b.error().message);
  LinearSystem system{.a = *std::move(a),
                      .b = *std::move(b),
                      .parameters = split_numbers(data.text_or("param_values", ""), ',')};
  if (system.parameters.size() != names.size()) {
    return call.fail("param_names and param_values differ in number");
  }
  return solve(call, system);
}

// --- ad.customVjp ---

/// A formula with derivatives of the user's own, evaluated at a point.
class CustomRule {
 public:
  explicit CustomRule(Call& call)
      : call_(call),
        names_(split_list(call.data().text_or("var_names", "x"), ',')),
        primal_(call.data().text_or("primal_expr", "")) {}

  Value run() {
    const auto x = point_on(call_, 0, "x");
    if (!x) return call_.fail("needs a point: a vector on port 'x' or numbers in 'x'");
    if (x->size() != names_.size()) {
      return call_.fail(std::to_string(names_.size()) + " variables but " +
                        std::to_string(x->size()) + " numbers in x");
    }
    x_ = *x;
    const std::string mode = call_.data().text_or("mode", "primal");
    if (mode == "vjp") return vector_jacobian();
    if (mode == "jvp") return jacobian_vector();
    if (mode != "primal") return call_.fail("mode is one of primal, vjp, jvp");
    const auto value = primal();
    return value.ok() ? Value::scalar(value->value) : call_.fail(value.error().message);
  }

 private:
  Result<ValueAndGradient> primal() const {
    const auto parsed = parse_all({&primal_, 1}, names_);
    if (!parsed.ok()) return parsed.error();
    return evaluate_with_gradient(parsed->front(), x_);
  }

  /// The formulas at x with `direction` as variables letter, letter0, letter1, ...
  Result<std::vector<double>> evaluate(std::span<const std::string> formulas,
                                       std::string_view letter,
                                       std::span<const double> direction) const {
    std::vector<std::string> names = names_;
    std::vector<double> values = x_;
    names.emplace_back(letter);
    values.push_back(direction.front());
    for (std::size_t i = 0; i < direction.size(); ++i) {
      names.push_back(std::string(letter) + std::to_string(i));
      values.push_back(direction[i]);
    }
    const auto parsed = parse_all(formulas, names);
    if (!parsed.ok()) return parsed.error();
    std::vector<double> results;
    for (const Expression& formula : *parsed)
      results.push_back(formula.evaluate(values));
    return results;
  }

  Value vector_jacobian() const {
    const auto v = point_on(call_, 1, "v");
    if (!v || v->empty()) return call_.fail("needs the cotangent on port 'v' or in 'v'");
    const auto formulas = split_list(call_.data().text_or("vjp_exprs", ""), ';');
    if (formulas.empty()) return exact_vector_jacobian(v->front());
    if (formulas.size() != names_.size()) {
      return call_.fail("vjp_exprs needs one formula per variable, separated by ';'");
    }
    auto results = evaluate(formulas, "v", *v);
    return results.ok() ? Value::vector(*std::move(results)) : call_.fail(results.error().message);
  }

  Value exact_vector_jacobian(double v) const {
    auto at = primal();
    if (!at.ok()) return call_.fail(at.error().message);
    for (double& partial : at->partials)
      partial *= v;
    return Value::vector(std::move(at->partials));
  }

  Value jacobian_vector() const {
    const auto t = point_on(call_, 2, "t");
    if (!t || t->empty()) return call_.fail("needs the tangent on port 't' or in 't'");
    const std::string formula = call_.data().text_or("jvp_expr", "");
    if (!split_list(formula, ';').empty()) {
      const auto result = evaluate({&formula, 1}, "t", *t);
      return result.ok() ? Value::scalar(result->front()) : call_.fail(result.error().message);
    }
    if (t->size() != names_.size()) return call_.fail("t needs one number per variable");
    const auto at = primal();
    if (!at.ok()) return call_.fail(at.error().message);
    return Value::scalar(std::inner_product(t->begin(), t->end(), at->partials.begin(), 0.0));
  }

  Call& call_;
  std::vector<std::string> names_;
  std::string primal_;
  std::vector<double> x_;
};

Value custom_rule(Call& call) {
  return CustomRule(call).run();
}

constexpr std::string_view kSolveKeys[] = {"A_exprs", "b_exprs", "param_names", "param_values"};
constexpr std::string_view kRuleKeys[] = {
    "var_names", "primal_expr", "vjp_exprs", "jvp_expr", "mode", "x", "v", "t"};
constexpr Port kRulePorts[] = {{"x", "Eval point", Takes::Any},
                               {"v", "Cotangent (VJP)", Takes::Any},
                               {"t", "Tangent (JVP)", Takes::Any}};

constexpr BlockDef kRows[] = {
    reads(kSolveKeys,
          operation(Category::Math,
                    "ad.linSolveSens",
                    "Linear Solve Sensitivity",
                    {},
                    Kernel::of(linear_solve_sensitivity),
                    "A(p) x = b(p): dx/dp = A^-1 (db/dp - dA/dp x), exact; x without parameters",
                    "Giles 2008, Collected matrix derivative results")),
    reads(kRuleKeys,
          operation(Category::Math,
                    "ad.customVjp",
                    "Custom VJP/JVP Rule",
                    kRulePorts,
                    Kernel::of(custom_rule),
                    "primal_expr at x, or its derivative by the given formulas, or the exact one",
                    "Griewank and Walther, Evaluating Derivatives")),
};

}  // namespace

std::span<const BlockDef> sensitivity_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
