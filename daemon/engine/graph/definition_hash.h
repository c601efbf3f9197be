#pragma once

#include <cstdint>
#include <string_view>

namespace chainsolved::graph {

/// A running hash (XXH3) of what a definition has become: equal after equal changes, in whatever
/// process. A replay is proved by it. Each addition is seeded with the hash so far.
class DefinitionHash {
 public:
  static std::uint64_t of(std::string_view text) noexcept;

  std::uint64_t value() const noexcept { return value_; }
  void reset(std::uint64_t value) noexcept { value_ = value; }

  void add(std::string_view text) noexcept;
  /// Two numbers at once cost no more than one.
  void add(std::uint64_t first, std::uint64_t second) noexcept;

 private:
  std::uint64_t value_ = 0;
};

}  // namespace chainsolved::graph
