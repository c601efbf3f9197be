// Power electronics, motors and batteries.
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

double mosfet_drain_current(double kp, double v_gs, double v_th, double v_ds) {
  const double overdrive = v_gs - v_th;
  if (overdrive <= 0) return 0.0;
  if (v_ds >= overdrive) return 0.5 * kp * squared(overdrive);
  return kp * (overdrive * v_ds - 0.5 * squared(v_ds));
}

Value dc_motor(Call& call) {
  const double v = call.scalar(0);
  const double current = call.scalar(1);
  const double resistance = call.scalar(2);
  const double ke = call.scalar(3);
  const double kt = call.scalar(4);
  if (ke == 0) return call.fail("Ke is 0");
  const double omega = (v - current * resistance) / ke;
  const double torque = kt * current;
  return one_row({{"omega", omega}, {"torque", torque}, {"power", torque * omega}});
}

Value pmsm_voltages(Call& call) {
  const double rs = call.scalar(0);
  const double ld = call.scalar(1);
  const double lq = call.scalar(2);
  const double flux = call.scalar(3);
  const double omega = call.scalar(4);
  const double i_d = call.scalar(5);
  const double i_q = call.scalar(6);
  return one_row(
      {{"Vd", rs * i_d - omega * lq * i_q}, {"Vq", rs * i_q + omega * ld * i_d + omega * flux}});
}

Value battery_thevenin(Call& call) {
  const double ocv = call.scalar(0);
  const double current = call.scalar(1);
  const double r0 = call.scalar(2);
  const double r1 = call.scalar(3);
  const double tau = r1 * call.scalar(4);
  const double dt = call.scalar(5);
  // Without a time constant the capacitor is charged at once.
  const double charged = tau <= 0 ? 1 : 1 - std::exp(-dt / tau);
  const double v1 = current * r1 * charged;
  const double drop = current * r0 + v1;
  return one_row({{"Vt", ocv - drop}, {"V1", v1}, {"V_drop", drop}});
}

constexpr Port kDiodeIv[] = {{"Is", "Is (A)", Takes::Scalar, "A"},
                             {"V", "V (V)", Takes::Scalar, "V"},
                             {"n", "n", Takes::Scalar, {}},
                             {"Vt", "Vt (V)", Takes::Scalar, "V"}};
constexpr Port kMosfetId[] = {{"kp", "kp (A/V²)", Takes::Scalar, "A/V^2"},
                              {"Vgs", "Vgs (V)", Takes::Scalar, "V"},
                              {"Vth", "Vth (V)", Takes::Scalar, "V"},
                              {"Vds", "Vds (V)", Takes::Scalar, "V"}};
constexpr Port kIgbtVceDrop[] = {{"Vce0", "Vce0 (V)", Takes::Scalar, "V"},
                                 {"Ic", "Ic (A)", Takes::Scalar, "A"},
                                 {"Rce", "Rce (Ω)", Takes::Scalar, "ohm"}};
constexpr Port kOpampVout[] = {{"Vp", "V+ (V)", Takes::Scalar, "V"},
                               {"Vm", "V- (V)", Takes::Scalar, "V"},
                               {"A", "A (gain)", Takes::Scalar, {}},
                               {"Vcc", "Vcc (V)", Takes::Scalar, "V"}};
constexpr Port kPwmDuty[] = {{"Vdc", "Vdc (V)", Takes::Scalar, "V"},
                             {"duty", "duty (0-1)", Takes::Scalar, {}}};
constexpr Port kHbridgeVout[] = {{"Vdc", "Vdc (V)", Takes::Scalar, "V"},
                                 {"duty_a", "duty_a", Takes::Scalar, {}},
                                 {"duty_b", "duty_b", Takes::Scalar, {}}};
constexpr Port kThreePhaseSpwm[] = {{"Vdc", "Vdc (V)", Takes::Scalar, "V"},
                                    {"m", "m (mod. index)", Takes::Scalar, {}}};
constexpr Port kDcMotor[] = {{"V", "V (V)", Takes::Scalar, "V"},
                             {"Ia", "Ia (A)", Takes::Scalar, "A"},
                             {"Ra", "Ra (Ω)", Takes::Scalar, "ohm"},
                             {"Ke", "Ke (V·s/rad)", Takes::Scalar, "V*s/rad"},
                             {"Kt", "Kt (N·m/A)", Takes::Scalar, "N*m/A"}};
constexpr Port kPmsmTorque[] = {{"P", "P (pole pairs)", Takes::Scalar, {}},
                                {"lambda", "λ (Wb)", Takes::Scalar, "Wb"},
                                {"Ld", "Ld (H)", Takes::Scalar, "H"},
                                {"Lq", "Lq (H)", Takes::Scalar, "H"},
                                {"id", "id (A)", Takes::Scalar, "A"},
                                {"iq", "iq (A)", Takes::Scalar, "A"}};
constexpr Port kPmsmVdVq[] = {{"Rs", "Rs (Ω)", Takes::Scalar, "ohm"},
                              {"Ld", "Ld (H)", Takes::Scalar, "H"},
                              {"Lq", "Lq (H)", Takes::Scalar, "H"},
                              {"lambda", "λ (Wb)", Takes::Scalar, "Wb"},
                              {"omega", "ω_e (rad/s)", Takes::Scalar, "rad/s"},
                              {"id", "id (A)", Takes::Scalar, "A"},
                              {"iq", "iq (A)", Takes::Scalar, "A"}};
constexpr Port kBatteryThevenin[] = {{"OCV", "OCV (V)", Takes::Scalar, "V"},
                                     {"I", "I (A)", Takes::Scalar, "A"},
                                     {"R0", "R0 (Ω)", Takes::Scalar, "ohm"},
                                     {"R1", "R1 (Ω)", Takes::Scalar, "ohm"},
                                     {"C1", "C1 (F)", Takes::Scalar, "F"},
                                     {"dt", "dt (s)", Takes::Scalar, "s"}};
constexpr Port kBatterySoc[] = {{"SOC0", "SOC0 (0-1)", Takes::Scalar, {}},
                                {"I", "I (A)", Takes::Scalar, "A"},
                                {"dt", "dt (s)", Takes::Scalar, "s"},
                                {"Q_nom", "Q_nom (Ah)", Takes::Scalar, "Ah"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::EngElectrical,
                  "eng.elec.diode_iv",
                  "Diode I-V (Exponential)",
                  kDiodeIv,
                  formula([](double saturation, double v, double n, double vt) -> Outcome {
                    if (n == 0 || vt == 0) return Outcome::fail("n or Vt is 0");
                    return saturation * (std::exp(v / (n * vt)) - 1);
                  }),
                  "I = Is (exp(V / (n Vt)) - 1)",
                  "Shockley 1949")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.mosfet_id",
                  "MOSFET Drain Current",
                  kMosfetId,
                  formula<mosfet_drain_current>(),
                  "vov = Vgs - Vth: 0 when vov <= 0, kp vov^2 / 2 when Vds >= vov, else kp (vov "
                  "Vds - Vds^2 / 2)",
                  "Shichman and Hodges 1968")),
    pro(operation(
        Category::EngElectrical,
        "eng.elec.igbt_vce_drop",
        "IGBT Vce Drop",
        kIgbtVceDrop,
        formula([](double v_ce0, double current, double r_ce) { return v_ce0 + current * r_ce; }),
        "Vce = Vce0 + Ic Rce")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.opamp_vout",
                  "OpAmp Output",
                  kOpampVout,
                  formula([](double v_plus, double v_minus, double gain, double supply) -> Outcome {
                    if (supply < 0) return Outcome::fail("Vcc must not be negative");
                    if (std::isnan(supply)) return supply;
                    return limited(gain * (v_plus - v_minus), -supply, supply);
                  }),
                  "A (V+ - V-), within -Vcc and Vcc")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.pwm_duty",
                  "PWM Average Output",
                  kPwmDuty,
                  formula([](double v_dc, double duty) { return v_dc * limited(duty, 0, 1); }),
                  "V = Vdc duty, duty within 0 and 1")),
    pro(operation(
        Category::EngElectrical,
        "eng.elec.hbridge_vout",
        "H-Bridge Output",
        kHbridgeVout,
        formula([](double v_dc, double duty_a, double duty_b) { return v_dc * (duty_a - duty_b); }),
        "V = Vdc (duty_a - duty_b)")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.three_phase_spwm",
                  "3-Phase SPWM Voltage",
                  kThreePhaseSpwm,
                  formula([](double v_dc, double modulation) {
                    return limited(modulation, 0, 1) * v_dc / 2;
                  }),
                  "V = m Vdc / 2, m within 0 and 1",
                  "Holmes and Lipo 2003")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.dc_motor",
                  "DC Motor Steady-State",
                  kDcMotor,
                  Kernel::of(dc_motor),
                  "omega = (V - Ia Ra) / Ke, torque = Kt Ia, power = torque omega",
                  "Krause, Analysis of Electric Machinery")),
    pro(operation(
        Category::EngElectrical,
        "eng.elec.pmsm_torque",
        "PMSM Torque (dq-frame)",
        kPmsmTorque,
        formula([](double poles, double flux, double ld, double lq, double i_d, double i_q) {
          return 1.5 * (poles / 2) * (flux * i_q + (ld - lq) * i_d * i_q);
        }),
        "T = 1.5 (P / 2) (lambda iq + (Ld - Lq) id iq)",
        "Krause, Analysis of Electric Machinery")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.pmsm_vd_vq",
                  "PMSM Vd/Vq Equations",
                  kPmsmVdVq,
                  Kernel::of(pmsm_voltages),
                  "Vd = Rs id - omega Lq iq, Vq = Rs iq + omega Ld id + omega lambda",
                  "Krause, Analysis of Electric Machinery")),
    pro(operation(Category::EngElectrical,
                  "eng.elec.battery_thevenin",
                  "Battery (Thevenin ECM)",
                  kBatteryThevenin,
                  Kernel::of(battery_thevenin),
                  "V1 = I R1 (1 - exp(-dt / (R1 C1))), Vt = OCV - I R0 - V1",
                  "Plett, Battery Management Systems I")),
    pro(operation(
        Category::EngElectrical,
        "eng.elec.battery_soc",
        "Battery SOC Update",
        kBatterySoc,
        formula([](double soc, double current, double seconds, double ampere_hours) -> Outcome {
          if (ampere_hours == 0) return Outcome::fail("Q_nom is 0");
          return limited(soc - current * seconds / (3600 * ampere_hours), 0, 1);
        }),
        "SOC = SOC0 - I dt / (3600 Q_nom), within 0 and 1",
        "Coulomb counting")),
};

}  // namespace

std::span<const BlockDef> eng_power_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
