#pragma once

#include "protocol/error.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved::ops {

/// Exponents of length, mass, time, current, temperature, amount and luminous intensity.
using Dimension = std::array<std::int8_t, 7>;

/// "L T^-2"; "1" for pure numbers.
std::string to_text(const Dimension& dimension);

/// value in SI = value * scale + offset.
struct Unit {
  Dimension dimension{};
  double scale = 1;
  double offset = 0;
};

/// Reads a unit: a name ("psi", "°F"), a name with an SI prefix ("kPa"), or such names joined by *,
/// · and / with exponents ("kg/m^3", "W/(m^2*K)" without its parentheses: "W/m^2/K"). Case counts,
/// since mW is not MW; where it fits nothing it is passed over, and if several units then fit, that
/// is an error.
Result<Unit> find_unit(std::string_view text);

}  // namespace chainsolved::ops
