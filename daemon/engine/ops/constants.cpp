// Constants of mathematics, physics and materials under the ids that graphs of the original use.
// None has ports or reads data. Physical values are CODATA 2022, exact ones of the SI.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/rows.h"

#include <limits>
#include <numbers>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// X(id, label, value, what it is)
#define CHAINSOLVED_CONSTANTS(X)                                                                  \
  X("pi", "Pi", std::numbers::pi, "circumference / diameter of a circle")                         \
  X("euler", "e", std::numbers::e, "base of the natural logarithm")                               \
  X("tau", "Tau", 2 * std::numbers::pi, "2 pi")                                                   \
  X("phi", "Golden Ratio", std::numbers::phi, "(1 + sqrt(5)) / 2")                                \
  X("ln2", "ln 2", std::numbers::ln2, "natural logarithm of 2")                                   \
  X("ln10", "ln 10", std::numbers::ln10, "natural logarithm of 10")                               \
  X("sqrt2", "sqrt 2", std::numbers::sqrt2, "square root of 2")                                   \
  X("inf", "Infinity", kInfinity, "positive infinity")                                            \
  X("const.math.pi", "Pi", std::numbers::pi, "circumference / diameter of a circle")              \
  X("const.math.e", "e", std::numbers::e, "base of the natural logarithm")                        \
  X("const.math.tau", "Tau", 2 * std::numbers::pi, "2 pi")                                        \
  X("const.math.phi", "Golden Ratio", std::numbers::phi, "(1 + sqrt(5)) / 2")                     \
  X("const.math.sqrt2", "sqrt 2", std::numbers::sqrt2, "square root of 2")                        \
  X("const.math.ln2", "ln 2", std::numbers::ln2, "natural logarithm of 2")                        \
  X("const.math.ln10", "ln 10", std::numbers::ln10, "natural logarithm of 10")                    \
  X("const.physics.g0", "Standard Gravity", 9.80665, "standard acceleration of gravity, m/s^2")   \
  X("const.physics.R_molar", "Gas Constant", 8.314462618, "molar gas constant, J/(mol K)")        \
  X("const.physics.R", "Gas Constant", 8.314462618, "molar gas constant, J/(mol K)")              \
  X("const.physics.c", "Speed of Light", 299'792'458.0, "speed of light in vacuum, m/s")          \
  X("const.physics.h", "Planck Constant", 6.62607015e-34, "Planck constant, J s")                 \
  X("const.physics.hbar", "Reduced Planck Constant", 1.0545718176461565e-34, "h / (2 pi), J s")   \
  X("const.physics.kB", "Boltzmann Constant", 1.380649e-23, "Boltzmann constant, J/K")            \
  X("const.physics.Na", "Avogadro Constant", 6.02214076e23, "Avogadro constant, 1/mol")           \
  X("const.physics.NA", "Avogadro Constant", 6.02214076e23, "Avogadro constant, 1/mol")           \
  X("const.physics.qe", "Elementary Charge", 1.602176634e-19, "elementary charge, C")             \
  X("const.physics.e", "Elementary Charge", 1.602176634e-19, "elementary charge, C")              \
  X("const.physics.F", "Faraday Constant", 96485.33212, "Faraday constant, C/mol")                \
  X("const.physics.me", "Electron Mass", 9.1093837139e-31, "mass of the electron, kg")            \
  X("const.physics.mp", "Proton Mass", 1.67262192595e-27, "mass of the proton, kg")               \
  X("const.physics.G",                                                                            \
    "Gravitational Constant",                                                                     \
    6.6743e-11,                                                                                   \
    "Newtonian constant of gravitation, m^3/(kg s^2)")                                            \
  X("const.physics.mu0",                                                                          \
    "Vacuum Permeability",                                                                        \
    1.25663706127e-06,                                                                            \
    "vacuum magnetic permeability, N/A^2")                                                        \
  X("const.physics.eps0",                                                                         \
    "Vacuum Permittivity",                                                                        \
    8.8541878188e-12,                                                                             \
    "vacuum electric permittivity, F/m")                                                          \
  X("const.physics.sigma_sb",                                                                     \
    "Stefan-Boltzmann Constant",                                                                  \
    5.670374419e-08,                                                                              \
    "Stefan-Boltzmann constant, W/(m^2 K^4)")                                                     \
  X("const.physics.sigma",                                                                        \
    "Stefan-Boltzmann Constant",                                                                  \
    5.670374419e-08,                                                                              \
    "Stefan-Boltzmann constant, W/(m^2 K^4)")                                                     \
  X("const.physics.mn", "Neutron Mass", 1.67492750056e-27, "mass of the neutron, kg")             \
  X("const.physics.alpha", "Fine-Structure Constant", 0.0072973525643, "fine-structure constant") \
  X("const.physics.Ry", "Rydberg Constant", 10973731.568157, "Rydberg constant, 1/m")             \
  X("const.physics.amu", "Atomic Mass Unit", 1.66053906892e-27, "atomic mass constant, kg")       \
  X("const.physics.u", "Atomic Mass Unit", 1.66053906892e-27, "atomic mass constant, kg")         \
  X("const.physics.a0", "Bohr Radius", 5.29177210903e-11, "Bohr radius, m")                       \
  X("const.physics.mu_B", "Bohr Magneton", 9.2740100783e-24, "Bohr magneton, J/T")                \
  X("const.physics.mu_N", "Nuclear Magneton", 5.0507837461e-27, "nuclear magneton, J/T")          \
  X("const.atmos.p0_pa",                                                                          \
    "Sea-Level Pressure",                                                                         \
    101'325.0,                                                                                    \
    "standard atmosphere, pressure at sea level, Pa")                                             \
  X("const.atmos.t0_k",                                                                           \
    "Sea-Level Temperature",                                                                      \
    288.15,                                                                                       \
    "standard atmosphere, temperature at sea level, K")                                           \
  X("const.atmos.rho_air_sl",                                                                     \
    "Sea-Level Air Density",                                                                      \
    1.225,                                                                                        \
    "standard atmosphere, density at sea level, kg/m^3")                                          \
  X("const.atmos.gamma_air", "Heat Capacity Ratio of Air", 1.4, "cp / cv of air")                 \
  X("const.atmos.R_air",                                                                          \
    "Gas Constant of Air",                                                                        \
    287.05,                                                                                       \
    "specific gas constant of dry air, J/(kg K)")                                                 \
  X("const.atmos.mu_air_20c",                                                                     \
    "Viscosity of Air",                                                                           \
    1.81e-05,                                                                                     \
    "dynamic viscosity of air at 20 °C, Pa s")                                                    \
  X("const.atmos.a_air_20c", "Speed of Sound", 343.0, "speed of sound in air at 20 °C, m/s")      \
  X("const.thermo.cp_air",                                                                        \
    "cp of Air",                                                                                  \
    1005.0,                                                                                       \
    "specific heat of air at constant pressure, J/(kg K)")                                        \
  X("const.thermo.cv_air",                                                                        \
    "cv of Air",                                                                                  \
    718.0,                                                                                        \
    "specific heat of air at constant volume, J/(kg K)")                                          \
  X("const.thermo.k_air", "Conductivity of Air", 0.0262, "thermal conductivity of air, W/(m K)")  \
  X("const.thermo.k_water",                                                                       \
    "Conductivity of Water",                                                                      \
    0.6,                                                                                          \
    "thermal conductivity of water, W/(m K)")                                                     \
  X("const.elec.rho_copper",                                                                      \
    "Resistivity of Copper",                                                                      \
    1.68e-08,                                                                                     \
    "electrical resistivity of copper, ohm m")                                                    \
  X("const.elec.rho_aluminium",                                                                   \
    "Resistivity of Aluminium",                                                                   \
    2.82e-08,                                                                                     \
    "electrical resistivity of aluminium, ohm m")                                                 \
  X("preset.materials.steel_rho", "Steel Density", 7850.0, "density of steel, kg/m^3")            \
  X("preset.materials.steel_E",                                                                   \
    "Steel Young's Modulus",                                                                      \
    200'000'000'000.0,                                                                            \
    "Young's modulus of steel, Pa")                                                               \
  X("preset.materials.steel_nu", "Steel Poisson's Ratio", 0.3, "Poisson's ratio of steel")        \
  X("preset.materials.al_rho", "Aluminium Density", 2700.0, "density of aluminium, kg/m^3")       \
  X("preset.materials.al_E",                                                                      \
    "Aluminium Young's Modulus",                                                                  \
    69'000'000'000.0,                                                                             \
    "Young's modulus of aluminium, Pa")                                                           \
  X("preset.materials.al_nu", "Aluminium Poisson's Ratio", 0.33, "Poisson's ratio of aluminium")  \
  X("preset.materials.ti_rho", "Titanium Density", 4430.0, "density of titanium, kg/m^3")         \
  X("preset.materials.ti_E",                                                                      \
    "Titanium Young's Modulus",                                                                   \
    116'000'000'000.0,                                                                            \
    "Young's modulus of titanium, Pa")                                                            \
  X("preset.materials.ti_nu", "Titanium Poisson's Ratio", 0.34, "Poisson's ratio of titanium")    \
  X("preset.fluids.water_rho_20c", "Water Density", 998.0, "density of water at 20 °C, kg/m^3")   \
  X("preset.fluids.water_mu_20c",                                                                 \
    "Water Viscosity",                                                                            \
    0.001002,                                                                                     \
    "dynamic viscosity of water at 20 °C, Pa s")                                                  \
  X("preset.fluids.gasoline_rho", "Gasoline Density", 745.0, "density of gasoline, kg/m^3")       \
  X("preset.fluids.diesel_rho", "Diesel Density", 832.0, "density of diesel, kg/m^3")

constexpr BlockDef kRows[] = {
#define X(id, label, value, what)                                          \
  unlisted(row(NodeKind::Source,                                           \
               Category::Legacy,                                           \
               id,                                                         \
               label,                                                      \
               {},                                                         \
               Kernel::of([](const double*) -> Outcome { return value; }), \
               what)),
    CHAINSOLVED_CONSTANTS(X)
#undef X
};

}  // namespace

std::span<const BlockDef> constants_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
