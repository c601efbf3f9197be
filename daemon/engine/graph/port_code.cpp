#include "daemon/engine/graph/port_code.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace chainsolved::graph {
namespace {

constexpr std::uint16_t kMaxVariadic = 4096;

/// N of "in_N", or kMaxVariadic.
std::uint16_t variadic_number(std::string_view name) {
  constexpr std::string_view kPrefix = "in_";
  if (!name.starts_with(kPrefix)) return kMaxVariadic;
  const std::string_view digits = name.substr(kPrefix.size());
  if (digits.size() > 1 && digits.front() == '0') return kMaxVariadic;
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return kMaxVariadic;
  return std::min(number, kMaxVariadic);
}

}  // namespace

PortCode port_code(const ops::BlockDef* block, std::string_view name) {
  if (block == nullptr) return kFreePort;
  for (std::size_t i = 0; i < block->ports.size(); ++i) {
    const ops::Port& port = block->ports[i];
    if (port.id == name || (!port.alias.empty() && port.alias == name)) {
      return static_cast<PortCode>(i);
    }
  }
  if (block->variadic.max > 0 || block->kernel.folds) {
    const std::uint16_t number = variadic_number(name);
    if (number < kMaxVariadic) return static_cast<PortCode>(kVariadicBit | number);
  }
  return kFreePort;
}

}  // namespace chainsolved::graph
