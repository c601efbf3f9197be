#include "daemon/engine/ops/category.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace chainsolved::ops {

namespace {

constexpr auto kCategoryNames = std::to_array<std::string_view>({
#define X(name, wire) wire,
    CHAINSOLVED_CATEGORIES(X)
#undef X
});

constexpr auto kNodeKindNames = std::to_array<std::string_view>({
#define X(name, wire) wire,
    CHAINSOLVED_NODE_KINDS(X)
#undef X
});

}  // namespace

std::string_view name_of(Category category) noexcept {
  return kCategoryNames[static_cast<std::size_t>(category)];
}

std::string_view name_of(NodeKind kind) noexcept {
  return kNodeKindNames[static_cast<std::size_t>(kind)];
}

}  // namespace chainsolved::ops
