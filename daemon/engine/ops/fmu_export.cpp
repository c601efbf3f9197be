// A value as a functional mock-up unit (FMI 2.0).
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/fmu_model.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::ops {

namespace {

/// More outputs than any tool would list; a vector of millions is a mistake, not a model.
constexpr std::size_t kMaxOutputs = 10'000;

/// A number, a vector's entries or a table's first row; nothing for other kinds.
std::optional<std::vector<FmuModel::Output>> outputs_of(const Value& value) {
  std::vector<FmuModel::Output> outputs;
  if (value.is(ValueKind::Scalar)) {
    outputs.push_back({.name = "output_0", .value = value.as_scalar()});
  } else if (value.is(ValueKind::Vector) && value.as_vector().size() <= kMaxOutputs) {
    for (const double entry : value.as_vector())
      outputs.push_back({.name = "output_" + std::to_string(outputs.size()), .value = entry});
  } else if (value.is(ValueKind::Table) && value.as_table().width <= kMaxOutputs) {
    const Table& table = value.as_table();
    const std::size_t width = table.row_count > 0 ? table.row_length(0) : 0;
    for (std::size_t c = 0; c < width; ++c) {
      const bool named = c < table.columns.size() && !table.columns[c].empty();
      outputs.push_back({.name = named ? table.columns[c] : "output_" + std::to_string(c),
                         .value = table.cell(0, c)});
    }
  }
  if (outputs.empty()) return std::nullopt;
  return outputs;
}

Value export_fmu(Call& call) {
  auto outputs = outputs_of(call.input(0));
  if (!outputs) {
    return call.fail(
        "needs a number, a vector or a table with a row on port 'data'; at most 10000");
  }
  const BlockData& data = call.data();
  const FmuModel model{.name = data.text_or("fmuModelName", "ChainSolveFMU"),
                       .description = data.text_or("fmuDescription", "Exported by chainsolved"),
                       .guid = data.text_or("fmuGuid", "{00000000-0000-0000-0000-000000000001}"),
                       .stop_time = data.number_or("stopTime", 10),
                       .step_size = data.number_or("stepSize", 0.01),
                       .outputs = *std::move(outputs)};
  const nlohmann::json files = {{"modelDescriptionXml", model_description(model)},
                                {"cStub", c_stub(model)}};
  return Value::text(files.dump());
}

constexpr Port kData[] = {{"data", "Computed value", Takes::Any}};
constexpr std::string_view kKeys[] = {
    "fmuModelName", "fmuDescription", "fmuGuid", "stopTime", "stepSize"};

constexpr BlockDef kRows[] = {
    reads(kKeys,
          pro(operation(Category::Data,
                        "fmu.export",
                        "FMU Export",
                        kData,
                        Kernel::of(export_fmu),
                        "{modelDescriptionXml, cStub} of a unit whose outputs are the data",
                        "FMI 2.0.4"))),
};

}  // namespace

std::span<const BlockDef> fmu_export_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
