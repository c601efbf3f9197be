// The standard atmosphere, flight and orbits.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <cmath>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr double kGravity = 9.80665;  // m/s^2
constexpr double kGasAir = 287.05;    // J/(kg K)
constexpr double kGammaAir = 1.4;
constexpr double kTropopause = 11'000;     // m: the temperature falls up to here,
constexpr double kUpperLayer = 20'000;     // m: is constant up to here, and rises above
constexpr double kSeaLevelT = 288.15;      // K
constexpr double kTropopauseT = 216.65;    // K
constexpr double kTropopauseP = 22'632.1;  // Pa
constexpr double kUpperLayerP = 5'474.89;  // Pa
constexpr double kLapse = 0.0065;          // K/m
constexpr double kUpperLapse = 0.001;      // K/m

double isa_temperature(double h) {
  if (h <= kTropopause) return kSeaLevelT - kLapse * h;
  if (h <= kUpperLayer) return kTropopauseT;
  return kTropopauseT + kUpperLapse * (h - kUpperLayer);
}

double isa_pressure(double h) {
  if (h <= kTropopause) {
    return 101'325 * std::pow(isa_temperature(h) / kSeaLevelT, kGravity / (kLapse * kGasAir));
  }
  if (h <= kUpperLayer) {
    return kTropopauseP * std::exp(-kGravity * (h - kTropopause) / (kGasAir * kTropopauseT));
  }
  return kUpperLayerP *
         std::pow(isa_temperature(h) / kTropopauseT, -kGravity / (kUpperLapse * kGasAir));
}

constexpr Port kISAT[] = {{"h", "h (m)", Takes::Scalar, "m"}};
constexpr Port kMachFromV[] = {{"v", "v (m/s)", Takes::Scalar, "m/s"},
                               {"a", "a (m/s)", Takes::Scalar, "m/s"}};
constexpr Port kDynamicQ[] = {{"rho", "rho (kg/m3)", Takes::Scalar, "kg/m^3"},
                              {"v", "v (m/s)", Takes::Scalar, "m/s"}};
constexpr Port kLift[] = {{"CL", "C_L", Takes::Scalar, {}},
                          {"q", "q (Pa)", Takes::Scalar, "Pa"},
                          {"S", "S (m2)", Takes::Scalar, "m^2"}};
constexpr Port kDrag[] = {{"CD", "C_D", Takes::Scalar, {}},
                          {"q", "q (Pa)", Takes::Scalar, "Pa"},
                          {"S", "S (m2)", Takes::Scalar, "m^2"}};
constexpr Port kTsfc[] = {{"thrust", "Thrust (N)", Takes::Scalar, "N"},
                          {"fuel_flow", "fuel_flow (kg/s)", Takes::Scalar, "kg/s"}};
constexpr Port kTsiolkovsky[] = {{"Isp", "Isp (s)", Takes::Scalar, "s"},
                                 {"g0", "g0 (m/s2)", Takes::Scalar, "m/s^2"},
                                 {"m0", "m0 (kg)", Takes::Scalar, "kg"},
                                 {"mf", "mf (kg)", Takes::Scalar, "kg"}};
constexpr Port kOrbitalV[] = {{"GM", "GM (m3/s2)", Takes::Scalar, "m^3/s^2"},
                              {"r", "r (m)", Takes::Scalar, "m"}};
constexpr Port kHohmannDv1[] = {{"GM", "GM (m3/s2)", Takes::Scalar, "m^3/s^2"},
                                {"r1", "r1 (m)", Takes::Scalar, "m"},
                                {"r2", "r2 (m)", Takes::Scalar, "m"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::Aerospace,
                  "aero.ISA_T",
                  "ISA T(h)",
                  kISAT,
                  formula<isa_temperature>(),
                  "288.15 - 0.0065 h to 11 km, 216.65 to 20 km, then + 0.001 per m",
                  "ISO 2533:1975")),
    pro(operation(Category::Aerospace,
                  "aero.ISA_P",
                  "ISA P(h)",
                  kISAT,
                  formula<isa_pressure>(),
                  "hydrostatic pressure in the layers of ISA_T, from 101325 Pa",
                  "ISO 2533:1975")),
    pro(operation(
        Category::Aerospace,
        "aero.ISA_rho",
        "ISA rho(h)",
        kISAT,
        formula([](double h) { return isa_pressure(h) / (kGasAir * isa_temperature(h)); }),
        "rho = P / (287.05 T)",
        "ISO 2533:1975")),
    pro(operation(
        Category::Aerospace,
        "aero.ISA_a",
        "ISA a(h)",
        kISAT,
        formula([](double h) { return std::sqrt(kGammaAir * kGasAir * isa_temperature(h)); }),
        "a = sqrt(1.4 * 287.05 T)",
        "ISO 2533:1975")),
    pro(operation(Category::Aerospace,
                  "aero.mach_from_v",
                  "M = v/a",
                  kMachFromV,
                  formula([](double v, double sound) {
                    return quotient(v, sound, "the speed of sound is 0");
                  }),
                  "M = v / a")),
    pro(operation(Category::Aerospace,
                  "aero.dynamic_q",
                  "q = 0.5*rho*v2",
                  kDynamicQ,
                  formula([](double rho, double v) { return 0.5 * rho * squared(v); }),
                  "q = rho v^2 / 2")),
    pro(operation(
        Category::Aerospace,
        "aero.lift",
        "L = CL*q*S",
        kLift,
        formula([](double coefficient, double q, double area) { return coefficient * q * area; }),
        "L = CL q S",
        "Anderson, Introduction to Flight")),
    pro(operation(
        Category::Aerospace,
        "aero.drag",
        "D = CD*q*S",
        kDrag,
        formula([](double coefficient, double q, double area) { return coefficient * q * area; }),
        "D = CD q S",
        "Anderson, Introduction to Flight")),
    pro(operation(Category::Aerospace,
                  "aero.tsfc",
                  "TSFC",
                  kTsfc,
                  formula([](double thrust, double fuel_flow) {
                    return quotient(fuel_flow, thrust, "the thrust is 0");
                  }),
                  "fuel flow / thrust")),
    pro(operation(Category::Aerospace,
                  "aero.tsiolkovsky",
                  "dv = Isp*g0*ln(m0/mf)",
                  kTsiolkovsky,
                  formula([](double isp, double g0, double m0, double mf) -> Outcome {
                    if (mf <= 0 || m0 <= mf) return Outcome::fail("needs m0 > mf > 0");
                    return isp * g0 * std::log(m0 / mf);
                  }),
                  "dv = Isp g0 ln(m0 / mf)",
                  "Tsiolkovsky 1903")),
    pro(operation(Category::Aerospace,
                  "aero.orbital_v",
                  "v = sqrt(GM/r)",
                  kOrbitalV,
                  formula([](double gm, double r) -> Outcome {
                    if (r <= 0) return Outcome::fail("r must be positive");
                    return std::sqrt(gm / r);
                  }),
                  "v = sqrt(GM / r)")),
    pro(operation(Category::Aerospace,
                  "aero.escape_v",
                  "v_esc = sqrt(2GM/r)",
                  kOrbitalV,
                  formula([](double gm, double r) -> Outcome {
                    if (r <= 0) return Outcome::fail("r must be positive");
                    return std::sqrt(2 * gm / r);
                  }),
                  "v = sqrt(2 GM / r)")),
    pro(operation(Category::Aerospace,
                  "aero.hohmann_dv1",
                  "Hohmann dv1",
                  kHohmannDv1,
                  formula([](double gm, double r1, double r2) -> Outcome {
                    if (r1 <= 0 || r2 <= 0) return Outcome::fail("r1 and r2 must be positive");
                    return std::sqrt(gm / r1) * (std::sqrt(2 * r2 / (r1 + r2)) - 1);
                  }),
                  "dv = sqrt(GM / r1) (sqrt(2 r2 / (r1 + r2)) - 1)",
                  "Hohmann 1925")),
    pro(operation(Category::Aerospace,
                  "aero.hohmann_dv2",
                  "Hohmann dv2",
                  kHohmannDv1,
                  formula([](double gm, double r1, double r2) -> Outcome {
                    if (r1 <= 0 || r2 <= 0) return Outcome::fail("r1 and r2 must be positive");
                    return std::sqrt(gm / r2) * (1 - std::sqrt(2 * r1 / (r1 + r2)));
                  }),
                  "dv = sqrt(GM / r2) (1 - sqrt(2 r1 / (r1 + r2)))",
                  "Hohmann 1925")),
};

}  // namespace

std::span<const BlockDef> aerospace_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
