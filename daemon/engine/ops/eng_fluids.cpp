// Flow in pipes and valves, hydraulics, liquids.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/one_row.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr double kPi = std::numbers::pi;

/// Flow does not run backwards through these formulas; a NaN stays one.
constexpr double not_negative(double x) noexcept {
  return x < 0 ? 0 : x;
}

double walther_viscosity(double nu40, double nu100, double celsius) {
  const auto scale = [](double nu) {
    return std::log(std::log(nu + 0.7));
  };
  const double ln_t40 = std::log(313.15);
  const double slope = (scale(nu40) - scale(nu100)) / (std::log(373.15) - ln_t40);
  const double intercept = scale(nu40) + slope * ln_t40;
  return std::exp(std::exp(intercept - slope * std::log(celsius + 273.15))) - 0.7;
}

Value pump_power(Call& call) {
  const double rho = call.scalar(0);
  const double gravity = call.scalar(1);
  const double head = call.scalar(2);
  const double flow = call.scalar(3);
  const double eta = call.scalar(4);
  const double hydraulic = rho * gravity * head * flow;
  const double shaft = eta <= 0 ? std::numeric_limits<double>::infinity() : hydraulic / eta;
  return one_row({{"P_hyd", hydraulic}, {"P_shaft", shaft}});
}

Value hydraulic_cylinder(Call& call) {
  const double p_bore = call.scalar(0);
  const double a_bore = call.scalar(1);
  const double p_rod = call.scalar(2);
  const double a_rod = call.scalar(3);
  const double flow = call.scalar(4);
  if (a_bore == 0) return call.fail("A_bore is 0");
  return one_row({{"F", p_bore * a_bore - p_rod * a_rod}, {"v", flow / a_bore}});
}

Value hydraulic_motor(Call& call) {
  const double dp = call.scalar(0);
  const double displacement = call.scalar(1);
  const double flow = call.scalar(2);
  const double eta = call.scalar(3);
  if (displacement == 0) return call.fail("D is 0");
  const double torque = dp * displacement / (2 * kPi);
  const double omega = flow / displacement * 2 * kPi;
  return one_row({{"torque", torque}, {"omega", omega}, {"power", torque * omega * eta}});
}

constexpr Port kFlowQFromAv[] = {{"A", "A (m²)", Takes::Broadcast, "m^2"},
                                 {"v", "v (m/s)", Takes::Broadcast, "m/s"}};
constexpr Port kVelocityFromQA[] = {{"Q", "Q (m³/s)", Takes::Scalar, "m^3/s"},
                                    {"A", "A (m²)", Takes::Scalar, "m^2"}};
constexpr Port kMassFlow[] = {{"rho", "ρ (kg/m³)", Takes::Broadcast, "kg/m^3"},
                              {"Q", "Q (m³/s)", Takes::Broadcast, "m^3/s"}};
constexpr Port kReynolds[] = {{"rho", "ρ (kg/m³)", Takes::Scalar, "kg/m^3"},
                              {"v", "v (m/s)", Takes::Scalar, "m/s"},
                              {"D", "D (m)", Takes::Scalar, "m"},
                              {"mu", "μ (Pa·s)", Takes::Scalar, "Pa*s"}};
constexpr Port kDynamicPressure[] = {{"rho", "ρ (kg/m³)", Takes::Scalar, "kg/m^3"},
                                     {"v", "v (m/s)", Takes::Scalar, "m/s"}};
constexpr Port kHagenPoiseuilleDp[] = {{"mu", "μ (Pa·s)", Takes::Scalar, "Pa*s"},
                                       {"L", "L (m)", Takes::Scalar, "m"},
                                       {"Q", "Q (m³/s)", Takes::Scalar, "m^3/s"},
                                       {"D", "D (m)", Takes::Scalar, "m"}};
constexpr Port kDarcyWeisbachDp[] = {{"f", "f", Takes::Scalar, {}},
                                     {"L", "L (m)", Takes::Scalar, "m"},
                                     {"D", "D (m)", Takes::Scalar, "m"},
                                     {"rho", "ρ (kg/m³)", Takes::Scalar, "kg/m^3"},
                                     {"v", "v (m/s)", Takes::Scalar, "m/s"}};
constexpr Port kBuoyancy[] = {{"rho", "ρ (kg/m³)", Takes::Scalar, "kg/m^3"},
                              {"V", "V (m³)", Takes::Scalar, "m^3"},
                              {"g", "g (m/s²)", Takes::Scalar, "m/s^2"}};
constexpr Port kPipeDp[] = {{"f", "f (Darcy)", Takes::Scalar, {}},
                            {"L", "L (m)", Takes::Scalar, "m"},
                            {"D", "D (m)", Takes::Scalar, "m"},
                            {"rho", "ρ (kg/m³)", Takes::Scalar, "kg/m^3"},
                            {"v", "v (m/s)", Takes::Scalar, "m/s"},
                            {"K_minor", "K_minor", Takes::Scalar, {}}};
constexpr Port kValveCv[] = {{"Cv", "Cv", Takes::Scalar, {}},
                             {"dP", "ΔP (bar)", Takes::Scalar, "bar"},
                             {"SG", "SG", Takes::Scalar, {}}};
constexpr Port kPumpPower[] = {{"rho", "ρ (kg/m³)", Takes::Scalar, "kg/m^3"},
                               {"g", "g (m/s²)", Takes::Scalar, "m/s^2"},
                               {"H", "H (m)", Takes::Scalar, "m"},
                               {"Q", "Q (m³/s)", Takes::Scalar, "m^3/s"},
                               {"eta", "η", Takes::Scalar, {}}};
constexpr Port kOrificeFlow[] = {{"Cd", "Cd", Takes::Scalar, {}},
                                 {"A", "A (m²)", Takes::Scalar, "m^2"},
                                 {"dP", "ΔP (Pa)", Takes::Scalar, "Pa"},
                                 {"rho", "ρ (kg/m³)", Takes::Scalar, "kg/m^3"}};
constexpr Port kAccumulator[] = {{"P1", "P1 (Pa)", Takes::Scalar, "Pa"},
                                 {"V1", "V1 (m³)", Takes::Scalar, "m^3"},
                                 {"V2", "V2 (m³)", Takes::Scalar, "m^3"},
                                 {"gamma", "γ", Takes::Scalar, {}}};
constexpr Port kHydraulicCylinder[] = {{"P_bore", "P_bore (Pa)", Takes::Scalar, "Pa"},
                                       {"A_bore", "A_bore (m²)", Takes::Scalar, "m^2"},
                                       {"P_rod", "P_rod (Pa)", Takes::Scalar, "Pa"},
                                       {"A_rod", "A_rod (m²)", Takes::Scalar, "m^2"},
                                       {"Q", "Q (m³/s)", Takes::Scalar, "m^3/s"}};
constexpr Port kHydraulicMotor[] = {{"dP", "ΔP (Pa)", Takes::Scalar, "Pa"},
                                    {"D", "D (m³/rev)", Takes::Scalar, "m^3/rev"},
                                    {"Q", "Q (m³/s)", Takes::Scalar, "m^3/s"},
                                    {"eta", "η", Takes::Scalar, {}}};
constexpr Port kWaterDensity[] = {{"T", "T (°C)", Takes::Scalar, "degC"}};
constexpr Port kOilViscosity[] = {{"nu40", "ν40 (cSt)", Takes::Scalar, "cSt"},
                                  {"nu100", "ν100 (cSt)", Takes::Scalar, "cSt"},
                                  {"T", "T (°C)", Takes::Scalar, "degC"}};

constexpr BlockDef kRows[] = {
    operation(Category::EngFluids,
              "eng.fluids.flow_Q_from_Av",
              "Q = Av",
              kFlowQFromAv,
              elementwise([](double area, double v) { return area * v; }),
              "Q = A v"),
    operation(Category::EngFluids,
              "eng.fluids.velocity_from_QA",
              "v = Q/A",
              kVelocityFromQA,
              formula([](double flow, double area) { return quotient(flow, area, "A is 0"); }),
              "v = Q / A"),
    operation(Category::EngFluids,
              "eng.fluids.mass_flow",
              "ṁ = ρQ",
              kMassFlow,
              elementwise([](double rho, double flow) { return rho * flow; }),
              "m_dot = rho Q"),
    operation(Category::EngFluids,
              "eng.fluids.reynolds",
              "Reynolds Re",
              kReynolds,
              formula([](double rho, double v, double diameter, double mu) {
                return quotient(rho * v * diameter, mu, "the viscosity is 0");
              }),
              "Re = rho v D / mu",
              "Reynolds 1883"),
    operation(Category::EngFluids,
              "eng.fluids.dynamic_pressure",
              "q = ½ρv²",
              kDynamicPressure,
              formula([](double rho, double v) { return 0.5 * rho * squared(v); }),
              "q = rho v^2 / 2"),
    operation(Category::EngFluids,
              "eng.fluids.hagen_poiseuille_dp",
              "Hagen-Poiseuille",
              kHagenPoiseuilleDp,
              formula([](double mu, double length, double flow, double diameter) {
                return quotient(
                    128 * mu * length * flow, kPi * squared(squared(diameter)), "D is 0");
              }),
              "dp = 128 mu L Q / (pi D^4), laminar",
              "White, Fluid Mechanics, ch. 6"),
    operation(Category::EngFluids,
              "eng.fluids.darcy_weisbach_dp",
              "Darcy-Weisbach",
              kDarcyWeisbachDp,
              formula([](double f, double length, double diameter, double rho, double v) {
                return quotient(f * length * 0.5 * rho * squared(v), diameter, "D is 0");
              }),
              "dp = f (L / D) rho v^2 / 2",
              "White, Fluid Mechanics, ch. 6"),
    operation(
        Category::EngFluids,
        "eng.fluids.buoyancy",
        "F = ρVg",
        kBuoyancy,
        formula([](double rho, double volume, double gravity) { return rho * volume * gravity; }),
        "F = rho V g",
        "Archimedes' principle"),
    pro(operation(
        Category::EngFluids,
        "eng.fluids.pipe_dp",
        "Pipe Pressure Drop (Darcy-Weisbach)",
        kPipeDp,
        formula([](double f, double length, double diameter, double rho, double v, double k_minor)
                    -> Outcome {
          if (diameter == 0) return Outcome::fail("D is 0");
          return (f * length / diameter + k_minor) * 0.5 * rho * squared(v);
        }),
        "dp = (f L / D + K) rho v^2 / 2",
        "White, Fluid Mechanics, ch. 6")),
    pro(operation(Category::EngFluids,
                  "eng.fluids.valve_cv",
                  "Valve Flow (Cv)",
                  kValveCv,
                  formula([](double cv, double dp, double gravity) -> Outcome {
                    if (gravity <= 0) return Outcome::fail("SG must be positive");
                    return cv * std::sqrt(not_negative(dp) / gravity);
                  }),
                  "Q = Cv sqrt(dp / SG), 0 when dp < 0",
                  "IEC 60534-2-1")),
    pro(operation(Category::EngFluids,
                  "eng.fluids.pump_power",
                  "Pump Power",
                  kPumpPower,
                  Kernel::of(pump_power),
                  "P_hyd = rho g H Q, P_shaft = P_hyd / eta (infinite when eta <= 0)")),
    pro(operation(Category::EngFluids,
                  "eng.fluids.orifice_flow",
                  "Orifice Flow (Cd)",
                  kOrificeFlow,
                  formula([](double cd, double area, double dp, double rho) -> Outcome {
                    if (rho <= 0) return Outcome::fail("the density must be positive");
                    return cd * area * std::sqrt(2 * not_negative(dp) / rho);
                  }),
                  "Q = Cd A sqrt(2 dp / rho), 0 when dp < 0",
                  "ISO 5167")),
    pro(operation(Category::EngFluids,
                  "eng.fluids.accumulator",
                  "Gas Accumulator P2=P1(V1/V2)^γ",
                  kAccumulator,
                  formula([](double p1, double v1, double v2, double gamma) -> Outcome {
                    if (v2 <= 0) return Outcome::fail("V2 must be positive");
                    return p1 * std::pow(v1 / v2, gamma);
                  }),
                  "P2 = P1 (V1 / V2)^gamma, polytropic")),
    pro(operation(Category::EngFluids,
                  "eng.fluids.hydraulic_cylinder",
                  "Hydraulic Cylinder",
                  kHydraulicCylinder,
                  Kernel::of(hydraulic_cylinder),
                  "F = P_bore A_bore - P_rod A_rod, v = Q / A_bore")),
    pro(operation(Category::EngFluids,
                  "eng.fluids.hydraulic_motor",
                  "Hydraulic Motor",
                  kHydraulicMotor,
                  Kernel::of(hydraulic_motor),
                  "torque = dP D / (2 pi), omega = 2 pi Q / D, power = torque omega eta")),
    pro(operation(Category::EngFluids,
                  "eng.fluids.water_density",
                  "Water Density ρ(T)",
                  kWaterDensity,
                  formula([](double celsius) {
                    return 999.842 + 0.06786 * celsius - 0.009095 * squared(celsius) +
                           1.001e-5 * celsius * squared(celsius);
                  }),
                  "rho = 999.842 + 0.06786 T - 0.009095 T^2 + 1.001e-5 T^3",
                  "the contract's polynomial, after UNESCO EOS-80")),
    pro(operation(Category::EngFluids,
                  "eng.fluids.water_viscosity",
                  "Water Viscosity μ(T)",
                  kWaterDensity,
                  formula([](double celsius) {
                    return 2.414e-5 * std::pow(10.0, 247.8 / (celsius + 273.15 + 133.15));
                  }),
                  "mu = 2.414e-5 * 10^(247.8 / (T + 273.15 + 133.15))",
                  "the contract's form of the Vogel equation, which gives a tenth of the tabulated "
                  "viscosity")),
    pro(operation(Category::EngFluids,
                  "eng.fluids.oil_viscosity",
                  "Oil Viscosity (Walther ASTM D341)",
                  kOilViscosity,
                  formula([](double nu40, double nu100, double celsius) -> Outcome {
                    if (nu40 <= 0 || nu100 <= 0)
                      return Outcome::fail("both viscosities must be positive");
                    return walther_viscosity(nu40, nu100, celsius);
                  }),
                  "ln ln(nu + 0.7) linear in ln T_K through the values at 40 and 100 degC",
                  "Walther 1931; ASTM D341")),
};

}  // namespace

std::span<const BlockDef> eng_fluids_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
