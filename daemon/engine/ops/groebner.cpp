// Systems of polynomials: Gröbner bases, and the real solutions.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/symbolic/buchberger.h"
#include "daemon/engine/ops/symbolic/polynomial.h"
#include "daemon/engine/ops/symbolic/polynomial_system.h"
#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"
#include "daemon/engine/ops/text_list.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

using symbolic::Effort;
using symbolic::GroebnerBasis;
using symbolic::MonomialOrder;
using symbolic::Polynomial;

constexpr std::size_t kMaxVariables = 16;
constexpr std::size_t kMaxSteps = 5'000'000;  // some seconds
constexpr std::size_t kBytesPerStep = 256;
constexpr double kMostPairs = 1e6;

struct System {
  std::vector<std::string> variables;
  std::vector<Polynomial> polynomials;
};

bool is_name(std::string_view text) {
  const auto is_letter = [](unsigned char c) {
    return std::isalpha(c) != 0 || c == '_';
  };
  return !text.empty() && is_letter(static_cast<unsigned char>(text.front())) &&
         std::ranges::all_of(text,
                             [&](unsigned char c) { return is_letter(c) || std::isdigit(c) != 0; });
}

Result<std::vector<std::string>> variables_in(const std::string& text) {
  const auto problem = [](std::string message) {
    return Error{ErrorCode::InvalidParams, std::move(message), {}};
  };
  std::vector<std::string> names = split_list(text, ',');
  if (names.empty()) return problem("needs the names of the variables in data.variables");
  if (names.size() > kMaxVariables) return problem("16 variables at most");
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (!is_name(*name)) return problem("'" + *name + "' is not a name");
    if (std::find(names.begin(), name, *name) != name) return problem("'" + *name + "' is twice");
  }
  return names;
}

/// The text on the port, else in the node.
std::string polynomials_text(const Call& call) {
  for (const Call::NamedInput& input : call.free_inputs()) {
    if (input.port == "polynomials" && input.value->is(ValueKind::Text)) {
      return input.value->as_text();
    }
  }
  return call.data().text_or("polynomials", "");
}

Result<System> read_system(const Call& call, MonomialOrder order, Effort& effort) {
  auto variables = variables_in(call.data().text_or("variables", "x,y"));
  if (!variables.ok()) return variables.error();
  System system{.variables = *std::move(variables), .polynomials = {}};
  for (const std::string& text : split_list(polynomials_text(call), ';')) {
    if (text.empty()) continue;
    symbolic::Tree tree;
    const Result<symbolic::NodeId> root = symbolic::parse(tree, text);
    if (!root.ok()) return root.error();
    auto polynomial = symbolic::polynomial_of(tree, *root, system.variables, order, effort);
    if (!polynomial.ok()) return polynomial.error();
    system.polynomials.push_back(*std::move(polynomial));
  }
  if (system.polynomials.empty()) {
    return Error{ErrorCode::InvalidParams,
                 "needs polynomials, separated by semicolons, on port 'polynomials' or in the node",
                 {}};
  }
  return system;
}

std::optional<MonomialOrder> order_named(std::string_view name) {
  if (name == "lex") return MonomialOrder::Lex;
  if (name == "grlex") return MonomialOrder::GradedLex;
  if (name == "grevlex") return MonomialOrder::GradedReverseLex;
  return std::nullopt;
}

std::string basis_text(const GroebnerBasis& basis, const System& system) {
  std::string text = "Gröbner basis (" + std::to_string(basis.polynomials.size()) +
                     " polynomials, " + std::to_string(basis.s_polynomials) + " S-polys, " +
                     std::to_string(basis.zero_reductions) + " zero reductions):";
  for (const Polynomial& p : basis.polynomials)
    text += "\n" + symbolic::written(p, system.variables);
  return text;
}

/// Without the sign of a zero.
std::string with_six_places(double value) {
  if (std::abs(value) < 5e-7) value = 0;
  std::array<char, 400> buffer;  // NOLINT(*-member-init): written before it is read
  const auto end = std::to_chars(
      buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 6);
  return {buffer.data(), end.ptr};
}

std::string solution_text(const std::vector<std::vector<double>>& points, const System& system) {
  if (points.empty()) return "No real solutions";
  std::string text;
  for (std::size_t s = 0; s < points.size(); ++s) {
    if (s > 0) text += '\n';
    text += "Solution " + std::to_string(s + 1) + ": ";
    for (std::size_t v = 0; v < system.variables.size(); ++v) {
      if (v > 0) text += ", ";
      text += system.variables[v] + " = " + with_six_places(points[s][v]);
    }
  }
  return text;
}

constexpr std::string_view kTooMuch =
    "takes too many steps; fewer or simpler polynomials, or another order, may do";

Value solve(const Call& call, const GroebnerBasis& basis, const System& system, Effort& effort) {
  const auto solutions =
      symbolic::real_solutions(basis.polynomials, system.variables.size(), effort);
  if (effort.spent()) return call.fail(kTooMuch);
  if (!solutions.finitely_many) return call.fail("the system has infinitely many solutions");
  return Value::text(solution_text(solutions.points, system));
}

Value groebner(Call& call) {
  for (const Call::NamedInput& input : call.free_inputs()) {
    if (input.value->is(ValueKind::Error)) return *input.value;
  }
  const std::string mode = call.data().text_or("mode", "basis");
  if (mode != "basis" && mode != "solve") return call.fail("the mode must be basis or solve");
  const auto order = order_named(call.data().text_or("order", "grevlex"));
  if (!order) return call.fail("the order must be lex, grlex or grevlex");
  const double most_pairs = call.data().number_or("max_iter", 10'000);
  if (!(most_pairs >= 1)) return call.fail("max_iter must be positive");

  Effort effort(kMaxSteps,
                [&call](std::size_t steps) { return call.keep_going(steps * kBytesPerStep); });
  Result<System> system = read_system(call, *order, effort);
  if (!system.ok()) return call.fail(system.error().message);
  const auto basis =
      symbolic::groebner_basis(std::move(system->polynomials),
                               static_cast<std::size_t>(std::min(most_pairs, kMostPairs)),
                               effort);
  if (effort.spent()) return call.fail(kTooMuch);
  if (!basis) return call.fail("the basis is not complete after max_iter pairs");
  if (mode == "solve") return solve(call, *basis, *system, effort);
  return Value::text(basis_text(*basis, *system));
}

constexpr std::string_view kKeys[] = {"polynomials", "variables", "order", "mode", "max_iter"};

/// The catalog has no ports, but graphs connect one.
constexpr BlockDef groebner_row() {
  BlockDef block = operation(Category::Symbolic,
                             "sym.groebner",
                             "Gröbner Basis",
                             {},
                             Kernel::of(groebner),
                             "the reduced basis of data.polynomials, or of the text on port "
                             "polynomials, by Buchberger's algorithm; or their real solutions",
                             "Cox, Little and O'Shea, Ideals, Varieties, and Algorithms, ch. 2");
  return reads(kKeys, free_ports(block));
}

constexpr BlockDef kRows[] = {groebner_row()};

}  // namespace

std::span<const BlockDef> groebner_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
