// Materials: their properties as the front end stored them.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/rows.h"
#include "daemon/engine/ops/tables.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr std::string_view kProperties[] = {"rho", "E", "nu", "k", "cp", "sigma_y", "mu"};

Value material_full(Call& call) {
  const nlohmann::json& data = call.data().json();
  const auto stored = data.find("materialProperties");
  if (stored == data.end() || !stored->is_object()) return call.fail("no properties selected");
  const BlockData properties(*stored);
  std::vector<std::string> columns;
  std::vector<double> cells;
  for (const std::string_view property : kProperties) {
    if (!stored->contains(property)) continue;
    columns.emplace_back(property);
    cells.push_back(properties.number_or(property, 0));
  }
  if (columns.empty()) return call.fail("no properties selected");
  return Value::table(table_of_columns(std::move(columns), 1, Numbers(std::move(cells))));
}

constexpr std::string_view kKeys[] = {"materialProperties"};

constexpr BlockDef kRows[] = {
    pro(reads(kKeys,
              row(NodeKind::Material,
                  Category::PresetMaterials,
                  "material_full",
                  "Material (Full)",
                  {},
                  Kernel::of(material_full),
                  "one row with the stored ones of rho, E, nu, k, cp, sigma_y, mu"))),
};

}  // namespace

std::span<const BlockDef> material_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
