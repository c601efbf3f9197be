// Ideal gases, heat transfer and heat exchangers.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/one_row.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <cmath>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr double kStefanBoltzmann = 5.670374419e-8;  // W/(m^2 K^4)

Outcome lmtd_heat(double u, double area, double dt1, double dt2) {
  if (dt1 <= 0 || dt2 <= 0) return Outcome::fail("both temperature differences must be positive");
  // The logarithmic mean of two equal numbers is that number.
  if (std::abs(dt1 - dt2) < 1e-10) return u * area * dt1;
  return u * area * (dt1 - dt2) / std::log(dt1 / dt2);
}

Value ntu_exchanger(Call& call) {
  const double ntu = call.scalar(0);
  const double capacity_ratio = call.scalar(1);
  const double q_max = call.scalar(2);
  const double e = std::exp(-ntu * (1 - capacity_ratio));
  // Equal capacity flows are the limit of the formula, which is 0 / 0 there.
  const double effectiveness =
      std::abs(capacity_ratio - 1) < 1e-6 ? ntu / (1 + ntu) : (1 - e) / (1 - capacity_ratio * e);
  return one_row({{"eps", effectiveness}, {"Q", effectiveness * q_max}});
}

constexpr Port kIdealGasP[] = {{"n", "n (mol)", Takes::Scalar, "mol"},
                               {"R", "R (J/mol·K)", Takes::Scalar, "J/(mol*K)"},
                               {"T", "T (K)", Takes::Scalar, "K"},
                               {"V", "V (m³)", Takes::Scalar, "m^3"}};
constexpr Port kIdealGasT[] = {{"P", "P (Pa)", Takes::Scalar, "Pa"},
                               {"V", "V (m³)", Takes::Scalar, "m^3"},
                               {"n", "n (mol)", Takes::Scalar, "mol"},
                               {"R", "R (J/mol·K)", Takes::Scalar, "J/(mol*K)"}};
constexpr Port kHeatQMcDT[] = {{"m", "m (kg)", Takes::Scalar, "kg"},
                               {"c", "c (J/kg·K)", Takes::Scalar, "J/(kg*K)"},
                               {"dT", "ΔT (K)", Takes::Scalar, "K"}};
constexpr Port kConductionQdot[] = {{"k", "k (W/m·K)", Takes::Scalar, "W/(m*K)"},
                                    {"A", "A (m²)", Takes::Scalar, "m^2"},
                                    {"dT", "ΔT (K)", Takes::Scalar, "K"},
                                    {"L", "L (m)", Takes::Scalar, "m"}};
constexpr Port kConvectionQdot[] = {{"h", "h (W/m²·K)", Takes::Scalar, "W/(m^2*K)"},
                                    {"A", "A (m²)", Takes::Scalar, "m^2"},
                                    {"dT", "ΔT (K)", Takes::Scalar, "K"}};
constexpr Port kCarnotEfficiency[] = {{"T_cold", "Tᴄₒₗᵈ (K)", Takes::Scalar, "K"},
                                      {"T_hot", "Tₕₒₜ (K)", Takes::Scalar, "K"}};
constexpr Port kThermalExpansion[] = {{"alpha", "α (1/K)", Takes::Scalar, "1/K"},
                                      {"L", "L (m)", Takes::Scalar, "m"},
                                      {"dT", "ΔT (K)", Takes::Scalar, "K"}};
constexpr Port kConductorR[] = {{"L", "L (m)", Takes::Scalar, "m"},
                                {"k", "k (W/mK)", Takes::Scalar, "W/(m*K)"},
                                {"A", "A (m²)", Takes::Scalar, "m^2"},
                                {"dT", "ΔT (K)", Takes::Scalar, "K"}};
constexpr Port kCapacitorDT[] = {{"m", "m (kg)", Takes::Scalar, "kg"},
                                 {"c", "c (J/kgK)", Takes::Scalar, "J/(kg*K)"},
                                 {"Q", "Q (W)", Takes::Scalar, "W"},
                                 {"dt", "dt (s)", Takes::Scalar, "s"}};
constexpr Port kConvection[] = {{"h", "h (W/m²K)", Takes::Scalar, "W/(m^2*K)"},
                                {"A", "A (m²)", Takes::Scalar, "m^2"},
                                {"Ts", "T_s (K)", Takes::Scalar, "K"},
                                {"Tf", "T_f (K)", Takes::Scalar, "K"}};
constexpr Port kRadiation[] = {{"eps", "ε", Takes::Scalar, {}},
                               {"A", "A (m²)", Takes::Scalar, "m^2"},
                               {"Ts", "T_s (K)", Takes::Scalar, "K"},
                               {"Tamb", "T_amb (K)", Takes::Scalar, "K"}};
constexpr Port kHxLmtd[] = {{"U", "U (W/m²K)", Takes::Scalar, "W/(m^2*K)"},
                            {"A", "A (m²)", Takes::Scalar, "m^2"},
                            {"dT1", "ΔT1 (K)", Takes::Scalar, "K"},
                            {"dT2", "ΔT2 (K)", Takes::Scalar, "K"}};
constexpr Port kHxNtu[] = {{"NTU", "NTU", Takes::Scalar, {}},
                           {"Cr", "C_r", Takes::Scalar, {}},
                           {"Q_max", "Q_max (W)", Takes::Scalar, "W"}};

constexpr BlockDef kRows[] = {
    operation(Category::EngThermo,
              "eng.thermo.ideal_gas_P",
              "P = nRT/V",
              kIdealGasP,
              formula([](double n, double gas, double t, double volume) {
                return quotient(n * gas * t, volume, "V is 0");
              }),
              "P = n R T / V"),
    operation(Category::EngThermo,
              "eng.thermo.ideal_gas_T",
              "T = PV/nR",
              kIdealGasT,
              formula([](double p, double volume, double n, double gas) {
                return quotient(p * volume, n * gas, "n R is 0");
              }),
              "T = P V / (n R)"),
    operation(Category::EngThermo,
              "eng.thermo.heat_Q_mcDT",
              "Q = mcΔT",
              kHeatQMcDT,
              formula([](double mass, double capacity, double dt) { return mass * capacity * dt; }),
              "Q = m c dT"),
    operation(Category::EngThermo,
              "eng.thermo.conduction_Qdot",
              "Conduction",
              kConductionQdot,
              formula([](double k, double area, double dt, double length) {
                return quotient(k * area * dt, length, "L is 0");
              }),
              "Q = k A dT / L",
              "Fourier's law"),
    operation(Category::EngThermo,
              "eng.thermo.convection_Qdot",
              "Convection",
              kConvectionQdot,
              formula([](double h, double area, double dt) { return h * area * dt; }),
              "Q = h A dT",
              "Newton's law of cooling"),
    operation(Category::EngThermo,
              "eng.thermo.carnot_efficiency",
              "η = 1−Tᴄ/Tᴴ",
              kCarnotEfficiency,
              formula([](double cold, double hot) -> Outcome {
                if (hot == 0) return Outcome::fail("T_hot is 0");
                return 1 - cold / hot;
              }),
              "eta = 1 - T_cold / T_hot"),
    operation(Category::EngThermo,
              "eng.thermo.thermal_expansion",
              "ΔL = αLΔT",
              kThermalExpansion,
              formula([](double alpha, double length, double dt) { return alpha * length * dt; }),
              "dL = alpha L dT"),
    pro(operation(Category::EngThermo,
                  "eng.thermal.conductor_R",
                  "Thermal Conduction Q=k·A·ΔT/L",
                  kConductorR,
                  formula([](double length, double k, double area, double dt) -> Outcome {
                    if (k == 0 || area == 0) return Outcome::fail("k or A is 0");
                    return dt / (length / (k * area));
                  }),
                  "Q = dT / (L / (k A))",
                  "Incropera, Fundamentals of Heat and Mass Transfer, ch. 3")),
    pro(operation(Category::EngThermo,
                  "eng.thermal.capacitor_dT",
                  "Thermal Mass ΔT=Q·dt/(m·c)",
                  kCapacitorDT,
                  formula([](double mass, double capacity, double heat, double dt) -> Outcome {
                    if (mass == 0 || capacity == 0) return Outcome::fail("m or c is 0");
                    return heat * dt / (mass * capacity);
                  }),
                  "dT = Q dt / (m c)")),
    pro(operation(Category::EngThermo,
                  "eng.thermal.convection",
                  "Convection Q=h·A·ΔT",
                  kConvection,
                  formula([](double h, double area, double surface, double fluid) {
                    return h * area * (surface - fluid);
                  }),
                  "Q = h A (T_s - T_f)",
                  "Newton's law of cooling")),
    pro(operation(Category::EngThermo,
                  "eng.thermal.radiation",
                  "Radiation Q=εσA(T⁴-T_amb⁴)",
                  kRadiation,
                  formula([](double emissivity, double area, double surface, double ambient) {
                    return emissivity * kStefanBoltzmann * area *
                           (squared(squared(surface)) - squared(squared(ambient)));
                  }),
                  "Q = eps sigma A (T_s^4 - T_amb^4)",
                  "Stefan-Boltzmann law, CODATA 2018")),
    pro(operation(Category::EngThermo,
                  "eng.thermal.hx_lmtd",
                  "Heat Exchanger (LMTD)",
                  kHxLmtd,
                  formula<lmtd_heat>(),
                  "Q = U A (dT1 - dT2) / ln(dT1 / dT2)",
                  "Incropera, Fundamentals of Heat and Mass Transfer, ch. 11")),
    pro(operation(
        Category::EngThermo,
        "eng.thermal.hx_ntu",
        "Heat Exchanger (ε-NTU)",
        kHxNtu,
        Kernel::of(ntu_exchanger),
        "eps = (1 - E) / (1 - C_r E), E = exp(-NTU (1 - C_r)), Q = eps Q_max; counterflow",
        "Kays and London, Compact Heat Exchangers")),
};

}  // namespace

std::span<const BlockDef> eng_thermo_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
