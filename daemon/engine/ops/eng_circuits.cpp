// Circuits: resistors, capacitors, coils, transformers and the diode.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/broadcast.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

constexpr double kPi = std::numbers::pi;

// The original reads `omega` where the catalog says `f`, and a temperature where the catalog says
// a thermal voltage. Both work; these blocks therefore look at their ports by name.
const Value* find_port(const Call& call, std::string_view name) {
  for (const Call::NamedInput& input : call.free_inputs()) {
    if (input.port == name && !input.value->is(ValueKind::None)) return input.value;
  }
  return nullptr;
}

double scalar_of(const Value* value) {
  return value != nullptr && value->is(ValueKind::Scalar)
             ? value->as_scalar()
             : std::numeric_limits<double>::quiet_NaN();
}

Value capacitive_reactance(Call& call) {
  const Value* by_omega = find_port(call, "omega");
  if (by_omega != nullptr && by_omega->is(ValueKind::Error)) return *by_omega;
  const double omega = call.has(0) ? 2 * kPi * call.scalar(0) : scalar_of(by_omega);
  const double capacitance = call.scalar(1);
  if (omega == 0 || capacitance == 0) return call.fail("the frequency or C is 0");
  return Value::scalar(1 / (omega * capacitance));
}

Value inductive_reactance(Call& call) {
  const Value* omega = find_port(call, "omega");
  if (call.has(0) || omega == nullptr) {
    const Value full_turns = product(call, call.input(0), Value::scalar(2 * kPi));
    return full_turns.is(ValueKind::Error) ? full_turns : product(call, full_turns, call.input(1));
  }
  return omega->is(ValueKind::Error) ? *omega : product(call, call.input(1), *omega);
}

Value shockley_diode(Call& call) {
  constexpr double kBoltzmann = 1.380649e-23;            // J/K
  constexpr double kElementaryCharge = 1.602176634e-19;  // C
  const double saturation = call.scalar(0);
  const double v = call.scalar(1);
  const double ideality = call.scalar(2);
  const Value* temperature = find_port(call, "T");
  if (temperature != nullptr && temperature->is(ValueKind::Error)) return *temperature;
  const double thermal =
      call.has(3) ? call.scalar(3) : kBoltzmann * scalar_of(temperature) / kElementaryCharge;
  if (ideality == 0 || thermal == 0) return call.fail("eta or the thermal voltage is 0");
  return Value::scalar(saturation * (std::exp(v / (ideality * thermal)) - 1));
}

constexpr Port kOhmsV[] = {{"I", "I (A)", Takes::Broadcast, "A"},
                           {"R", "R (Ω)", Takes::Broadcast, "ohm"}};
constexpr Port kPowerVI[] = {{"V", "V (V)", Takes::Broadcast, "V"},
                             {"I", "I (A)", Takes::Broadcast, "A"}};
constexpr Port kPowerI2R[] = {{"I", "I (A)", Takes::Scalar, "A"},
                              {"R", "R (Ω)", Takes::Scalar, "ohm"}};
constexpr Port kPowerV2R[] = {{"V", "V (V)", Takes::Scalar, "V"},
                              {"R", "R (Ω)", Takes::Scalar, "ohm"}};
constexpr Port kCapacitanceQV[] = {{"Q", "Q (C)", Takes::Scalar, "C"},
                                   {"V", "V (V)", Takes::Scalar, "V"}};
constexpr Port kSeriesResistance[] = {{"R1", "R₁ (Ω)", Takes::Broadcast, "ohm"},
                                      {"R2", "R₂ (Ω)", Takes::Broadcast, "ohm"}};
constexpr Port kParallelResistance[] = {{"R1", "R₁ (Ω)", Takes::Scalar, "ohm"},
                                        {"R2", "R₂ (Ω)", Takes::Scalar, "ohm"}};
constexpr Port kRCTau[] = {{"R", "R (Ω)", Takes::Broadcast, "ohm"},
                           {"C", "C (F)", Takes::Broadcast, "F"}};
constexpr Port kRLTau[] = {{"R", "R (Ω)", Takes::Scalar, "ohm"},
                           {"L", "L (H)", Takes::Scalar, "H"}};
constexpr Port kRLCF0[] = {{"L", "L (H)", Takes::Scalar, "H"}, {"C", "C (F)", Takes::Scalar, "F"}};
constexpr Port kRLCQ[] = {{"R", "R (Ω)", Takes::Scalar, "ohm"},
                          {"L", "L (H)", Takes::Scalar, "H"},
                          {"C", "C (F)", Takes::Scalar, "F"}};
constexpr Port kVDivider[] = {{"Vin", "Vin (V)", Takes::Scalar, "V"},
                              {"R1", "R1 (Ω)", Takes::Scalar, "ohm"},
                              {"R2", "R2 (Ω)", Takes::Scalar, "ohm"}};
constexpr Port kIDivider[] = {{"Iin", "Iin (A)", Takes::Scalar, "A"},
                              {"R1", "R1 (Ω)", Takes::Scalar, "ohm"},
                              {"R2", "R2 (Ω)", Takes::Scalar, "ohm"}};
constexpr Port kZCap[] = {{"f", "f (Hz)", Takes::Scalar, "Hz"}, {"C", "C (F)", Takes::Scalar, "F"}};
constexpr Port kZInd[] = {{"f", "f (Hz)", Takes::Broadcast, "Hz"},
                          {"L", "L (H)", Takes::Broadcast, "H"}};
constexpr Port kFilterFc[] = {{"R", "R (Ω)", Takes::Scalar, "ohm"},
                              {"C", "C (F)", Takes::Scalar, "F"}};
constexpr Port kTransformerV2[] = {{"V1", "V1 (V)", Takes::Scalar, "V"},
                                   {"N1", "N1 (turns)", Takes::Scalar, {}},
                                   {"N2", "N2 (turns)", Takes::Scalar, {}}};
constexpr Port kThreePhaseP[] = {{"VL", "VL (V)", Takes::Scalar, "V", "V_line"},
                                 {"IL", "IL (A)", Takes::Scalar, "A", "I_line"},
                                 {"pf", "pf", Takes::Scalar, {}, {}}};
constexpr Port kDiodeShockley[] = {{"Is", "Is (A)", Takes::Scalar, "A", {}},
                                   {"V", "V (V)", Takes::Scalar, "V", {}},
                                   {"eta", "η", Takes::Scalar, {}, "n"},
                                   {"Vt", "Vt (V)", Takes::Scalar, "V", {}}};

constexpr BlockDef kRows[] = {
    operation(Category::EngElectrical,
              "eng.elec.ohms_V",
              "V = IR",
              kOhmsV,
              elementwise([](double current, double resistance) { return current * resistance; }),
              "V = I R",
              "Ohm's law"),
    operation(Category::EngElectrical,
              "eng.elec.power_VI",
              "P = VI",
              kPowerVI,
              elementwise([](double voltage, double current) { return voltage * current; }),
              "P = V I"),
    operation(
        Category::EngElectrical,
        "eng.elec.power_I2R",
        "P = I²R",
        kPowerI2R,
        formula([](double current, double resistance) { return squared(current) * resistance; }),
        "P = I^2 R",
        "Joule's law"),
    operation(Category::EngElectrical,
              "eng.elec.power_V2R",
              "P = V²/R",
              kPowerV2R,
              formula([](double voltage, double resistance) {
                return quotient(squared(voltage), resistance, "R is 0");
              }),
              "P = V^2 / R"),
    operation(
        Category::EngElectrical,
        "eng.elec.capacitance_Q_V",
        "C = Q/V",
        kCapacitanceQV,
        formula([](double charge, double voltage) { return quotient(charge, voltage, "V is 0"); }),
        "C = Q / V"),
    operation(Category::EngElectrical,
              "eng.elec.series_resistance",
              "R = R₁+R₂",
              kSeriesResistance,
              elementwise([](double r1, double r2) { return r1 + r2; }),
              "R = R1 + R2"),
    operation(
        Category::EngElectrical,
        "eng.elec.parallel_resistance",
        "R∥ = R₁R₂/(R₁+R₂)",
        kParallelResistance,
        formula([](double r1, double r2) { return quotient(r1 * r2, r1 + r2, "R1 + R2 is 0"); }),
        "R = R1 R2 / (R1 + R2)"),
    pro(operation(Category::EngElectrical,
                  "eng.elec.RC_tau",
                  "RC Time Constant",
                  kRCTau,
                  elementwise([](double r, double c) { return r * c; }),
                  "tau = R C")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.RL_tau",
                  "RL Time Constant",
                  kRLTau,
                  formula([](double r, double l) { return quotient(l, r, "R is 0"); }),
                  "tau = L / R")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.RLC_f0",
                  "RLC Resonant Frequency",
                  kRLCF0,
                  formula([](double l, double c) -> Outcome {
                    const double lc = l * c;
                    if (lc <= 0) return Outcome::fail("L C must be positive");
                    return 1 / (2 * kPi * std::sqrt(lc));
                  }),
                  "f0 = 1 / (2 pi sqrt(L C))",
                  "Thomson 1853")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.RLC_Q",
                  "RLC Quality Factor",
                  kRLCQ,
                  formula([](double r, double l, double c) -> Outcome {
                    if (r == 0) return Outcome::fail("R is 0");
                    if (c <= 0) return Outcome::fail("C must be positive");
                    return std::sqrt(l / c) / r;
                  }),
                  "Q = sqrt(L / C) / R, in series")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.V_divider",
                  "Voltage Divider",
                  kVDivider,
                  formula([](double v_in, double r1, double r2) {
                    return quotient(v_in * r2, r1 + r2, "R1 + R2 is 0");
                  }),
                  "V = Vin R2 / (R1 + R2)")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.I_divider",
                  "Current Divider",
                  kIDivider,
                  formula([](double i_in, double r1, double r2) {
                    return quotient(i_in * r1, r1 + r2, "R1 + R2 is 0");
                  }),
                  "I2 = Iin R1 / (R1 + R2)")),
    free_ports(pro(operation(Category::EngElectrical,
                             "eng.elec.Z_cap",
                             "Capacitive Reactance",
                             kZCap,
                             Kernel::of(capacitive_reactance),
                             "X = 1 / (2 pi f C), or 1 / (omega C) with the port omega"))),
    free_ports(pro(operation(Category::EngElectrical,
                             "eng.elec.Z_ind",
                             "Inductive Reactance",
                             kZInd,
                             Kernel::of(inductive_reactance),
                             "X = 2 pi f L, or omega L with the port omega"))),
    pro(operation(Category::EngElectrical,
                  "eng.elec.filter_fc",
                  "RC Filter Cutoff",
                  kFilterFc,
                  formula([](double r, double c) -> Outcome {
                    const double rc = r * c;
                    if (rc <= 0) return Outcome::fail("R C must be positive");
                    return 1 / (2 * kPi * rc);
                  }),
                  "fc = 1 / (2 pi R C)")),
    pro(operation(
        Category::EngElectrical,
        "eng.elec.transformer_v2",
        "Transformer Voltage",
        kTransformerV2,
        formula([](double v1, double n1, double n2) { return quotient(v1 * n2, n1, "N1 is 0"); }),
        "V2 = V1 N2 / N1")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.three_phase_P",
                  "Three-Phase Power",
                  kThreePhaseP,
                  formula([](double line_voltage, double line_current, double pf) {
                    return std::numbers::sqrt3 * line_voltage * line_current * pf;
                  }),
                  "P = sqrt(3) VL IL pf")),
    free_ports(pro(operation(Category::EngElectrical,
                             "eng.elec.diode_shockley",
                             "Diode Current (Shockley)",
                             kDiodeShockley,
                             Kernel::of(shockley_diode),
                             "I = Is (exp(V / (eta Vt)) - 1); Vt = k T / q with the port T",
                             "Shockley 1949"))),
};

}  // namespace

std::span<const BlockDef> eng_circuits_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
