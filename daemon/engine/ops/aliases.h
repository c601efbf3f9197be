#pragma once

#include <span>
#include <string_view>

namespace chainsolved::ops {

/// Another id under which graphs of the original name a block.
struct Alias {
  std::string_view id;
  std::string_view target;
};

std::span<const Alias> all_aliases() noexcept;

}  // namespace chainsolved::ops
