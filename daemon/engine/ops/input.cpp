// Blocks that stand at the beginning of a chain: what a user types, drags or sweeps.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace chainsolved::ops {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMaxSweepPoints = 100'000;

Value sweep(double start, double stop, double step) {
  const double span = stop - start;
  if (step == 0 || (span >= 0) != (step > 0) || std::isnan(span / step)) {
    return Value::vector(Numbers());
  }
  const auto count =
      static_cast<std::size_t>(std::min(std::floor(span / step) + 1, kMaxSweepPoints));
  NumberBuffer points(count);
  for (std::size_t i = 0; i < count; ++i)
    points[i] = start + static_cast<double>(i) * step;
  return Value::vector(std::move(points).take());
}

Value parameter_sweep(Call& call) {
  const BlockData& data = call.data();
  if (auto listed = data.numbers("values")) return Value::vector(*std::move(listed));
  return sweep(data.number_or("start", 0), data.number_or("stop", 10), data.number_or("step", 1));
}

constexpr std::string_view kValueKey[] = {"value"};
constexpr std::string_view kSweepKeys[] = {"values", "start", "stop", "step"};

constexpr BlockDef source(std::string_view id, std::string_view label) {
  return reads(kValueKey,
               row(NodeKind::Source,
                   Category::Input,
                   id,
                   label,
                   {},
                   Kernel::source(0),
                   "the number that the user set, else 0"));
}

constexpr BlockDef kRows[] = {
    never_reports_nan(source("number", "Number")),
    source("slider", "Slider"),
    source("variableSource", "Variable"),
    source("boolean_input", "Boolean Input"),
    reads(kSweepKeys,
          row(NodeKind::Source,
              Category::Input,
              "parameter_sweep",
              "Parameter Sweep",
              {},
              Kernel::of(parameter_sweep),
              "the listed values, else start, start + step, ... up to stop")),
    reads(kValueKey,
          row(NodeKind::Subscribe,
              Category::Input,
              "subscribe",
              "Subscribe",
              {},
              Kernel::source(kNan),
              "the number that the front end stored, else NaN")),
};

}  // namespace

std::span<const BlockDef> input_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
