// Conversion between units, and a look at what units are.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "daemon/engine/ops/text_list.h"
#include "daemon/engine/ops/unit.h"
#include "protocol/error.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

/// From one unit to another, or why not. Made once per data change.
struct Conversion {
  Unit from;
  Unit to;
  std::string error;

  double operator()(double value) const noexcept {
    return (value * from.scale + from.offset - to.offset) / to.scale;
  }
};

Conversion conversion_between(const std::string& from_name, const std::string& to_name) {
  const Result<Unit> from = find_unit(from_name);
  if (!from.ok()) return {.from = {}, .to = {}, .error = from.error().message};
  const Result<Unit> to = find_unit(to_name);
  if (!to.ok()) return {.from = {}, .to = {}, .error = to.error().message};
  Conversion conversion{.from = *from, .to = *to, .error = {}};
  if (from->dimension != to->dimension) {
    conversion.error = "'" + from_name + "' is " + to_text(from->dimension) + " and '" + to_name +
                       "' is " + to_text(to->dimension);
  }
  return conversion;
}

std::shared_ptr<const void> prepare_conversion(const BlockData& data) {
  return std::make_shared<const Conversion>(
      conversion_between(data.text_or("from_unit", "m"), data.text_or("to_unit", "m")));
}

Value convert(Call& call) {
  const auto& conversion = call.prepared<Conversion>();
  const Value& value = call.input(0);
  if (!value.is(ValueKind::Scalar) && !value.is(ValueKind::Vector)) {
    return call.fail("needs a number or a vector on port 'value'");
  }
  if (!conversion.error.empty()) return call.fail(conversion.error);
  if (value.is(ValueKind::Scalar)) return Value::scalar(conversion(value.as_scalar()));
  const Numbers& numbers = value.as_vector();
  NumberBuffer converted(numbers.size());
  std::ranges::transform(numbers, converted.data(), conversion);
  return Value::vector(std::move(converted).take());
}

/// The first row says whether all units have the dimension of the first known one; then a row per
/// unit: index, SI scale, whether it has it.
Value analyze(Call& call) {
  const auto names = split_list(call.data().text_or("units", "kg,m,s"), ',');
  std::optional<Dimension> reference;
  bool consistent = true;
  const std::size_t rows = names.size() + 1;
  std::vector<double> cells(3 * rows, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Result<Unit> unit = find_unit(names[i]);
    if (unit.ok() && !reference) reference = unit->dimension;
    const bool fits = unit.ok() && unit->dimension == *reference;
    consistent = consistent && fits;
    cells[i + 1] = static_cast<double>(i);
    if (unit.ok()) cells[rows + i + 1] = unit->scale;
    cells[2 * rows + i + 1] = fits ? 1 : 0;
  }
  cells[0] = consistent ? 1 : 0;
  return Value::table(
      table_of_columns({"idx_or_meta", "scale_si", "ok"}, rows, Numbers(std::move(cells))));
}

constexpr Port kValue[] = {{"value", "Value", Takes::Any}};
constexpr std::string_view kConvertKeys[] = {"from_unit", "to_unit"};
constexpr std::string_view kAnalyzeKeys[] = {"units"};

constexpr BlockDef convert_row() {
  BlockDef block = operation(Category::Math,
                             "units.convert",
                             "Unit Converter",
                             kValue,
                             Kernel::of(convert),
                             "(value from.scale + from.offset - to.offset) / to.scale",
                             "BIPM SI brochure; NIST SP 811");
  block.prepare = prepare_conversion;
  return reads(kConvertKeys, block);
}

constexpr BlockDef kRows[] = {
    convert_row(),
    reads(kAnalyzeKeys,
          operation(Category::Math,
                    "units.analyze",
                    "Unit Analyser",
                    {},
                    Kernel::of(analyze),
                    "SI scales of the units in data.units, and whether their dimensions agree")),
};

}  // namespace

std::span<const BlockDef> units_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
