#pragma once

#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/category.h"

#include <array>
#include <span>
#include <string_view>

// Words for writing rows: a family's table reads `operation(id, label, category, ports, kernel,
// formula)`, with what is rare wrapped around it: `pro(...)`, `variadic(...)`.
namespace chainsolved::ops {

// NOLINTNEXTLINE(readability-function-size): a row has that many columns
constexpr BlockDef row(NodeKind kind,
                       Category category,
                       std::string_view id,
                       std::string_view label,
                       std::span<const Port> ports,
                       Kernel kernel,
                       std::string_view formula) {
  return {.id = id,
          .label = label,
          .category = category,
          .kind = kind,
          .ports = ports,
          .kernel = kernel,
          .formula = formula};
}

/// Takes in_0, in_1, ... beside its two ports.
constexpr BlockDef variadic(BlockDef row) {
  row.variadic = {.min = 2, .max = 64};
  return row;
}

constexpr BlockDef pro(BlockDef row) {
  row.pro_only = true;
  return row;
}

/// Accepted, but not in the catalog.
constexpr BlockDef unlisted(BlockDef row) {
  row.listed = false;
  return row;
}

constexpr BlockDef never_reports_nan(BlockDef row) {
  row.nan_report = NanReport::Never;
  return row;
}

/// The keys of the node's data that the block reads.
constexpr BlockDef reads(std::span<const std::string_view> keys, BlockDef row) {
  row.data_keys = keys;
  return row;
}

}  // namespace chainsolved::ops
