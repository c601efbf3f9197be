#pragma once

#include "daemon/engine/ops/unit.h"

#include <span>
#include <string_view>

namespace chainsolved::ops {

struct NamedUnit {
  std::string_view name;
  Unit unit;
  bool takes_prefix = false;
};

struct Prefix {
  std::string_view name;
  double factor;
};

std::span<const NamedUnit> named_units() noexcept;
std::span<const Prefix> si_prefixes() noexcept;

}  // namespace chainsolved::ops
