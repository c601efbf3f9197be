#include "daemon/engine/ops/sensitivity_inputs.h"

#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/expression.h"
#include "daemon/engine/ops/text_list.h"
#include "protocol/error.h"
#include "protocol/value.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

std::optional<std::vector<double>> point_on(const Call& call, std::size_t i, std::string_view key) {
  const Value& port = call.input(i);
  if (port.is(ValueKind::Scalar)) return std::vector{port.as_scalar()};
  if (port.is(ValueKind::Vector)) {
    return std::vector(port.as_vector().begin(), port.as_vector().end());
  }
  if (!port.is(ValueKind::None)) return std::nullopt;
  if (const auto text = call.data().text(key)) return split_numbers(*text, ',');
  if (const auto number = call.data().number(key)) return std::vector{*number};
  return call.data().numbers(key);
}

Result<std::vector<Expression>> parse_all(std::span<const std::string> formulas,
                                          std::span<const std::string> names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::vector<Expression> parsed;
  for (const std::string& formula : formulas) {
    Result<Expression> one = Expression::parse(formula, views);
    if (!one.ok()) {
      return Error{ErrorCode::InvalidParams, "'" + formula + "': " + one.error().message, {}};
    }
    parsed.push_back(*std::move(one));
  }
  return parsed;
}

}  // namespace chainsolved::ops
