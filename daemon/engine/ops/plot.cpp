// Plots: front ends draw what reaches them; the value says how much that is.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

Value count_points(Call& call) {
  const Value& data = call.input(0);
  if (data.is(ValueKind::Vector)) {
    return Value::scalar(static_cast<double>(data.as_vector().size()));
  }
  if (data.is(ValueKind::Table)) {
    return Value::scalar(static_cast<double>(data.as_table().row_count));
  }
  return call.fail(call.has(0) ? "data must be a vector or a table"
                               : "needs a vector or a table on port 'data'");
}

Value list(Call& call) {
  return call.has(0) ? call.input(0) : call.fail("nothing is connected to 'data'");
}

constexpr Port kData[] = {{"data", "Data", Takes::Any}};

constexpr BlockDef plot(std::string_view id, std::string_view label) {
  return pro(row(NodeKind::Plot,
                 Category::Plot,
                 id,
                 label,
                 kData,
                 Kernel::of(count_points),
                 "how many entries or rows data has"));
}

constexpr BlockDef kRows[] = {
    plot("xyPlot", "XY Plot"),
    plot("histogram", "Histogram"),
    plot("barChart", "Bar Chart"),
    plot("heatmap", "Heatmap"),
    pro(row(NodeKind::ListTable,
            Category::Plot,
            "listTable",
            "List Table",
            kData,
            Kernel::of(list),
            "data")),
};

}  // namespace

std::span<const BlockDef> plot_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
