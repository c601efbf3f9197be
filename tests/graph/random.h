#pragma once

#include <cstdint>
#include <random>

namespace chainsolved::test {

/// Reproducible numbers of 32 bits.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

}  // namespace chainsolved::test
