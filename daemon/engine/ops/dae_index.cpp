// The structure of differential-algebraic equations.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/formula_system.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "daemon/engine/ops/text_list.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr std::size_t kMaxEquations = 1000;
constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

/// Gives each constraint a variable of its own where that can be: augmenting paths (Kuhn 1955).
class Matching {
 public:
  Matching(const std::vector<std::vector<std::size_t>>& variables_of, std::size_t variables)
      : variables_of_(variables_of), owner_(variables, kNobody) {}

  bool match(std::size_t constraint) {
    seen_.assign(owner_.size(), false);
    return augment(constraint);
  }

 private:
  // As deep as there are constraints, which are at most a thousand.
  // NOLINTNEXTLINE(misc-no-recursion)
  bool augment(std::size_t constraint) {
    for (const std::size_t variable : variables_of_[constraint]) {
      if (seen_[variable]) continue;
      seen_[variable] = true;
      if (owner_[variable] == kNobody || augment(owner_[variable])) {
        owner_[variable] = constraint;
        return true;
      }
    }
    return false;
  }

  const std::vector<std::vector<std::size_t>>& variables_of_;
  std::vector<std::size_t> owner_;
  std::vector<bool> seen_;
};

std::string text_from(const Call& call, std::size_t port, std::string_view key) {
  const Value& value = call.input(port);
  return value.is(ValueKind::Text) ? value.as_text() : call.data().text_or(key, "");
}

/// Which of the variables each constraint has.
Result<std::vector<std::vector<std::size_t>>> incidence(std::span<const std::string> constraints,
                                                        std::span<const std::string> names) {
  std::vector<std::vector<std::size_t>> result;
  for (const std::string& text : constraints) {
    const Result<Expression> parsed = Expression::parse(text);
    if (!parsed.ok()) {
      return Error{ErrorCode::InvalidParams, "'" + text + "': " + parsed.error().message, {}};
    }
    std::vector<std::size_t> variables;
    for (const std::string& name : parsed->variables()) {
      const auto at = std::ranges::find(names, name);
      if (at != names.end()) variables.push_back(static_cast<std::size_t>(at - names.begin()));
    }
    result.push_back(std::move(variables));
  }
  return result;
}

Value index_reduction(Call& call) {
  const auto equations = split_list(text_from(call, 0, "diff_eqs"), ';');
  const auto constraints = split_list(text_from(call, 1, "alg_eqs"), ';');
  if (equations.empty()) return call.fail("needs differential equations in 'diff_eqs'");
  if (constraints.empty()) return call.fail("needs constraints in 'alg_eqs'");
  if (std::max(equations.size(), constraints.size()) > kMaxEquations) {
    return call.fail("more than 1000 equations");
  }
  std::vector<std::string> names = numbered_names("y", equations.size());
  for (std::string& name : numbered_names("z", constraints.size()))
    names.push_back(std::move(name));
  const auto variables_of = incidence(constraints, names);
  if (!variables_of.ok()) return call.fail(variables_of.error().message);

  const std::size_t rows = constraints.size();
  Matching matching(*variables_of, names.size());
  NumberBuffer cells(4 * rows);
  double unmatched = 0;
  for (std::size_t r = 0; r < rows && call.keep_going(8 * names.size()); ++r) {
    const bool matched = matching.match(r);
    cells[r] = static_cast<double>(r);
    cells[rows + r] = matched ? 0 : 1;
    unmatched += matched ? 0 : 1;
  }
  for (std::size_t r = 0; r < rows; ++r) {
    cells[2 * rows + r] = unmatched == 0 ? 1 : 2;
    cells[3 * rows + r] = unmatched;
  }
  return Value::table(
      table_of_columns({"alg_eq_idx", "diff_count", "structural_index", "n_differentiated"},
                       rows,
                       std::move(cells).take()));
}

constexpr Port kPorts[] = {{"diff_eqs", "Diff. eqs (text)", Takes::Any},
                           {"alg_eqs", "Constraints (text)", Takes::Any}};
constexpr std::string_view kKeys[] = {"diff_eqs", "alg_eqs"};

constexpr BlockDef kRows[] = {
    // Pantelides would match highest derivatives only and differentiate the constraint of case
    // ode.daeIndexReduction/2, which has no z; the data matches any y or z.
    reads(kKeys,
          operation(Category::Simulation,
                    "ode.daeIndexReduction",
                    "DAE Index Reduction",
                    kPorts,
                    Kernel::of(index_reduction),
                    "index 1 when every constraint can have a y or z of its own, else 2; those "
                    "without are to be differentiated once",
                    "Pantelides 1988, SIAM J. Sci. Stat. Comput. 9, simplified")),
};

}  // namespace

std::span<const BlockDef> dae_index_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
