// Blocks that show or hand on what reaches them.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <limits>
#include <span>

namespace chainsolved::ops {

namespace {

Value pass_or_nan(Call& call) {
  return call.has(0) ? call.input(0) : Value::scalar(std::numeric_limits<double>::quiet_NaN());
}

Value pass_or_empty_text(Call& call) {
  return call.has(0) ? call.input(0) : Value::text({});
}

constexpr Port kValue[] = {{"value", "Value", Takes::Any}};

constexpr BlockDef kRows[] = {
    never_reports_nan(row(NodeKind::Display,
                          Category::Output,
                          "display",
                          "Display",
                          kValue,
                          Kernel::of(pass_or_nan),
                          "value")),
    row(NodeKind::Publish,
        Category::Output,
        "publish",
        "Publish",
        kValue,
        Kernel::of(pass_or_nan),
        "value"),
    unlisted(row(NodeKind::Display,
                 Category::Legacy,
                 "probe",
                 "Probe",
                 kValue,
                 Kernel::of(pass_or_nan),
                 "value")),
    unlisted(row(NodeKind::Display,
                 Category::Legacy,
                 "textDisplay",
                 "Text Display",
                 kValue,
                 Kernel::of(pass_or_empty_text),
                 "value, an empty text when there is none")),
};

}  // namespace

std::span<const BlockDef> output_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
