// The units that units.convert knows. Scales are exact by definition where the source is "exact";
// psi, gal and hp have the digits of the contract's data.
#include "daemon/engine/ops/unit_table.h"

#include "daemon/engine/ops/unit.h"

#include <array>
#include <numbers>
#include <span>

namespace chainsolved::ops {

namespace {

//                                  L  M  T  I  K  N  J
constexpr Dimension kNone = {0, 0, 0, 0, 0, 0, 0};
constexpr Dimension kLength = {1, 0, 0, 0, 0, 0, 0};
constexpr Dimension kMass = {0, 1, 0, 0, 0, 0, 0};
constexpr Dimension kTime = {0, 0, 1, 0, 0, 0, 0};
constexpr Dimension kCurrent = {0, 0, 0, 1, 0, 0, 0};
constexpr Dimension kTemperature = {0, 0, 0, 0, 1, 0, 0};
constexpr Dimension kAmount = {0, 0, 0, 0, 0, 1, 0};
constexpr Dimension kLuminous = {0, 0, 0, 0, 0, 0, 1};
constexpr Dimension kArea = {2, 0, 0, 0, 0, 0, 0};
constexpr Dimension kVolume = {3, 0, 0, 0, 0, 0, 0};
constexpr Dimension kSpeed = {1, 0, -1, 0, 0, 0, 0};
constexpr Dimension kAcceleration = {1, 0, -2, 0, 0, 0, 0};
constexpr Dimension kRate = {0, 0, -1, 0, 0, 0, 0};
constexpr Dimension kForce = {1, 1, -2, 0, 0, 0, 0};
constexpr Dimension kPressure = {-1, 1, -2, 0, 0, 0, 0};
constexpr Dimension kEnergy = {2, 1, -2, 0, 0, 0, 0};
constexpr Dimension kPower = {2, 1, -3, 0, 0, 0, 0};
constexpr Dimension kCharge = {0, 0, 1, 1, 0, 0, 0};
constexpr Dimension kVoltage = {2, 1, -3, -1, 0, 0, 0};
constexpr Dimension kResistance = {2, 1, -3, -2, 0, 0, 0};
constexpr Dimension kConductance = {-2, -1, 3, 2, 0, 0, 0};
constexpr Dimension kCapacitance = {-2, -1, 4, 2, 0, 0, 0};
constexpr Dimension kInductance = {2, 1, -2, -2, 0, 0, 0};
constexpr Dimension kFlux = {2, 1, -2, -1, 0, 0, 0};
constexpr Dimension kFluxDensity = {0, 1, -2, -1, 0, 0, 0};
constexpr Dimension kDynamicViscosity = {-1, 1, -1, 0, 0, 0, 0};
constexpr Dimension kKinematicViscosity = {2, 0, -1, 0, 0, 0, 0};
constexpr Dimension kFlow = {3, 0, -1, 0, 0, 0, 0};

/// An SI unit: takes prefixes.
constexpr NamedUnit si(std::string_view name, const Dimension& dimension, double scale = 1) {
  return {name, {dimension, scale, 0}, true};
}

constexpr NamedUnit unit(std::string_view name,
                         const Dimension& dimension,
                         double scale,
                         double offset = 0) {
  return {name, {dimension, scale, offset}, false};
}

constexpr double kPi = std::numbers::pi;
constexpr double kFahrenheit = 5.0 / 9.0;
constexpr double kFahrenheitZero = 273.15 - 32 * kFahrenheit;  // K at 0 degF
constexpr double kYear = 365.25 * 86'400;                      // the Julian year
constexpr double kPoundForce = 0.45359237 * 9.80665;           // exact
constexpr double kPsi = 6894.757;
constexpr double kGallon = 3.7854118e-3;

constexpr auto kUnits = std::to_array<NamedUnit>({
    // pure numbers and angles
    unit("1", kNone, 1),
    si("rad", kNone),
    unit("deg", kNone, kPi / 180),
    unit("°", kNone, kPi / 180),
    unit("grad", kNone, kPi / 200),
    unit("arcmin", kNone, kPi / 10'800),
    unit("arcsec", kNone, kPi / 648'000),
    unit("rev", kNone, 2 * kPi),
    unit("turn", kNone, 2 * kPi),
    unit("%", kNone, 0.01),
    unit("ppm", kNone, 1e-6),
    // length
    si("m", kLength),
    unit("in", kLength, 0.0254),
    unit("inch", kLength, 0.0254),
    unit("ft", kLength, 0.3048),
    unit("yd", kLength, 0.9144),
    unit("mi", kLength, 1609.344),
    unit("mile", kLength, 1609.344),
    unit("nmi", kLength, 1852),
    unit("mil", kLength, 2.54e-5),
    unit("Å", kLength, 1e-10),
    unit("angstrom", kLength, 1e-10),
    unit("au", kLength, 149'597'870'700),
    unit("ly", kLength, 9.4607304725808e15),
    // mass
    si("g", kMass, 1e-3),
    unit("kg", kMass, 1),
    si("t", kMass, 1000),
    unit("tonne", kMass, 1000),
    unit("lb", kMass, 0.45359237),
    unit("lbm", kMass, 0.45359237),
    unit("oz", kMass, 0.028349523125),
    unit("ton", kMass, 907.18474),
    unit("slug", kMass, kPoundForce / 0.3048),
    unit("u", kMass, 1.66053906660e-27),
    // time
    si("s", kTime),
    unit("sec", kTime, 1),
    unit("min", kTime, 60),
    unit("h", kTime, 3600),
    unit("hr", kTime, 3600),
    unit("hour", kTime, 3600),
    unit("d", kTime, 86'400),
    unit("day", kTime, 86'400),
    unit("week", kTime, 604'800),
    unit("yr", kTime, kYear),
    unit("year", kTime, kYear),
    // current, temperature, amount, light
    si("A", kCurrent),
    si("K", kTemperature),
    unit("°C", kTemperature, 1, 273.15),
    unit("degC", kTemperature, 1, 273.15),
    unit("celsius", kTemperature, 1, 273.15),
    unit("°F", kTemperature, kFahrenheit, kFahrenheitZero),
    unit("degF", kTemperature, kFahrenheit, kFahrenheitZero),
    unit("fahrenheit", kTemperature, kFahrenheit, kFahrenheitZero),
    unit("°R", kTemperature, kFahrenheit),
    unit("degR", kTemperature, kFahrenheit),
    unit("rankine", kTemperature, kFahrenheit),
    si("mol", kAmount),
    si("cd", kLuminous),
    // area and volume
    unit("ha", kArea, 1e4),
    unit("acre", kArea, 4046.8564224),
    si("L", kVolume, 1e-3),
    si("l", kVolume, 1e-3),
    unit("gal", kVolume, kGallon),
    unit("qt", kVolume, kGallon / 4),
    unit("pt", kVolume, kGallon / 8),
    unit("cup", kVolume, kGallon / 16),
    unit("floz", kVolume, kGallon / 128),
    unit("bbl", kVolume, kGallon * 42),
    unit("cc", kVolume, 1e-6),
    // motion
    unit("mph", kSpeed, 0.44704),
    unit("kph", kSpeed, 1 / 3.6),
    unit("kmh", kSpeed, 1 / 3.6),
    unit("fps", kSpeed, 0.3048),
    unit("kn", kSpeed, 1852.0 / 3600),
    unit("kt", kSpeed, 1852.0 / 3600),
    unit("knot", kSpeed, 1852.0 / 3600),
    unit("g0", kAcceleration, 9.80665),
    si("Hz", kRate),
    unit("rpm", kRate, 2 * kPi / 60),
    // force and pressure
    si("N", kForce),
    unit("lbf", kForce, kPoundForce),
    unit("kip", kForce, 1000 * kPoundForce),
    unit("kgf", kForce, 9.80665),
    unit("dyn", kForce, 1e-5),
    si("Pa", kPressure),
    si("bar", kPressure, 1e5),
    unit("atm", kPressure, 101'325),
    unit("psi", kPressure, kPsi),
    unit("ksi", kPressure, 1000 * kPsi),
    unit("mmHg", kPressure, 133.322387415),
    unit("torr", kPressure, 101'325.0 / 760),
    unit("inHg", kPressure, 3386.389),
    // energy and power
    si("J", kEnergy),
    si("Wh", kEnergy, 3600),
    si("cal", kEnergy, 4.184),
    unit("BTU", kEnergy, 1055.05585262),
    si("eV", kEnergy, 1.602176634e-19),
    unit("erg", kEnergy, 1e-7),
    unit("ftlbf", kEnergy, kPoundForce * 0.3048),
    unit("therm", kEnergy, 1.05505585262e8),
    si("W", kPower),
    unit("hp", kPower, 745.6999),
    unit("PS", kPower, 735.49875),
    // electricity and magnetism
    si("C", kCharge),
    si("Ah", kCharge, 3600),
    si("V", kVoltage),
    si("ohm", kResistance),
    si("Ω", kResistance),
    si("S", kConductance),
    si("F", kCapacitance),
    si("H", kInductance),
    si("Wb", kFlux),
    si("T", kFluxDensity),
    unit("G", kFluxDensity, 1e-4),
    unit("gauss", kFluxDensity, 1e-4),
    // flow
    si("P", kDynamicViscosity, 0.1),
    si("St", kKinematicViscosity, 1e-4),
    unit("lpm", kFlow, 1.0 / 60'000),
    unit("gpm", kFlow, kGallon / 60),
    unit("cfm", kFlow, 0.028316846592 / 60),
});

constexpr auto kPrefixes = std::to_array<Prefix>({
    {"da", 1e1},
    {"f", 1e-15},
    {"p", 1e-12},
    {"n", 1e-9},
    {"u", 1e-6},
    {"m", 1e-3},
    {"c", 1e-2},
    {"d", 1e-1},
    {"h", 1e2},
    {"k", 1e3},
    {"M", 1e6},
    {"G", 1e9},
    {"T", 1e12},
    {"P", 1e15},
});

}  // namespace

std::span<const NamedUnit> named_units() noexcept {
  return kUnits;
}

std::span<const Prefix> si_prefixes() noexcept {
  return kPrefixes;
}

}  // namespace chainsolved::ops
