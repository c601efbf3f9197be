#include "protocol/limits.h"

#include <string_view>

namespace chainsolved {

const LimitInfo* find_limit(std::string_view name) noexcept {
  for (const LimitInfo& limit : kLimits)
    if (limit.name == name) return &limit;
  return nullptr;
}

}  // namespace chainsolved
