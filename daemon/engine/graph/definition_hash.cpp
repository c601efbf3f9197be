#include "daemon/engine/graph/definition_hash.h"

#include <array>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace chainsolved::graph {

std::uint64_t DefinitionHash::of(std::string_view text) noexcept {
  return XXH3_64bits(text.data(), text.size());
}

void DefinitionHash::add(std::string_view text) noexcept {
  // With the length, so that two texts that follow each other have a border.
  value_ = XXH3_64bits_withSeed(text.data(), text.size(), value_) ^ text.size();
}

void DefinitionHash::add(std::uint64_t first, std::uint64_t second) noexcept {
  const std::array<std::uint64_t, 2> numbers{first, second};
  value_ = XXH3_64bits_withSeed(numbers.data(), sizeof numbers, value_);
}

}  // namespace chainsolved::graph
