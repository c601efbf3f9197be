// Formula blocks against values printed in standards and textbooks, not taken from any engine.
#include "daemon/engine/ops/block.h"
#include "protocol/value.h"
#include "tests/ops/block_helpers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace chainsolved::test {
namespace {

struct Known {
  const char* block;
  std::vector<std::pair<const char*, double>> inputs;
  double value;
  double tolerance;  // half a unit of the last digit that the source prints
  const char* source;
};

/// How a failure names the case.
std::ostream& operator<<(std::ostream& out, const Known& known) {
  return out << known.block << " (" << known.source << ")";
}

Inputs scalars(const std::vector<std::pair<const char*, double>>& numbers) {
  Inputs inputs;
  for (const auto& [port, number] : numbers)
    inputs.emplace_back(port, scalar(number));
  return inputs;
}

class KnownFormula : public testing::TestWithParam<Known> {};

TEST_P(KnownFormula, GivesThePrintedValue) {
  const Known& known = GetParam();
  const Value value = run_block(known.block, scalars(known.inputs)).value;
  ASSERT_TRUE(value.is(ValueKind::Scalar)) << name_of(value.kind());
  EXPECT_NEAR(value.as_scalar(), known.value, known.tolerance);
}

const Known kKnown[] = {
    {"aero.ISA_T", {{"h", 5000}}, 255.65, 0.005, "ISO 2533 table"},
    {"aero.ISA_P", {{"h", 5000}}, 54'020, 5, "ISO 2533 table"},
    {"aero.ISA_rho", {{"h", 5000}}, 0.73612, 5e-5, "ISO 2533 table"},
    {"aero.ISA_a", {{"h", 5000}}, 320.53, 0.01, "ISO 2533 table"},
    {"aero.ISA_P", {{"h", 15'000}}, 12'045, 5, "ISO 2533 table"},
    {"aero.ISA_T", {{"h", 25'000}}, 221.65, 0.005, "ISO 2533 table"},
    {"aero.ISA_P", {{"h", 25'000}}, 2511, 1, "ISO 2533 table"},
    {"aero.escape_v", {{"GM", 3.986004418e14}, {"r", 6.371e6}}, 11'186, 1, "Curtis, app. A"},
    {"aero.hohmann_dv1",
     {{"GM", 3.986004e14}, {"r1", 6.678e6}, {"r2", 4.2164e7}},
     2425.7,
     0.5,
     "300 km to geostationary"},
    {"aero.hohmann_dv2",
     {{"GM", 3.986004e14}, {"r1", 6.678e6}, {"r2", 4.2164e7}},
     1466.8,
     0.5,
     "300 km to geostationary"},
    {"fin.options.bs_call",
     {{"S", 42}, {"K", 40}, {"T", 0.5}, {"r", 0.1}, {"sigma", 0.2}},
     4.76,
     0.005,
     "Hull, example 15.6"},
    {"fin.options.bs_put",
     {{"S", 42}, {"K", 40}, {"T", 0.5}, {"r", 0.1}, {"sigma", 0.2}},
     0.81,
     0.005,
     "Hull, example 15.6"},
    {"fin.options.bs_delta",
     {{"S", 42}, {"K", 40}, {"T", 0.5}, {"r", 0.1}, {"sigma", 0.2}},
     0.7791,
     5e-5,
     "Hull, example 15.6"},
    {"fin.options.bs_gamma",
     {{"S", 49}, {"K", 50}, {"T", 20.0 / 52}, {"r", 0.05}, {"sigma", 0.2}},
     0.066,
     5e-4,
     "Hull, example 19.4"},
    {"fin.options.bs_vega",
     {{"S", 49}, {"K", 50}, {"T", 20.0 / 52}, {"r", 0.05}, {"sigma", 0.2}},
     12.1,
     0.05,
     "Hull, example 19.6"},
    {"fin.options.bond_duration",
     {{"coupon", 100}, {"face", 1000}, {"ytm", 0.1}, {"n", 3}},
     2.7355,
     5e-5,
     "a par bond's (1 + y) / y (1 - (1 + y)^-n)"},
    {"fin.tvm.annuity_pmt",
     {{"PV", 100'000}, {"r", 0.005}, {"n", 360}},
     599.55,
     0.005,
     "a 30-year mortgage at 6 %"},
    {"fin.tvm.compound_fv",
     {{"PV", 1000}, {"r", 0.05}, {"n", 12}, {"t", 10}},
     1647.01,
     0.005,
     "compound interest tables"},
    {"fin.tvm.effective_rate", {{"r", 0.12}, {"n", 12}}, 0.126825, 5e-7, "tables"},
    {"eng.thermo.carnot_efficiency", {{"T_cold", 300}, {"T_hot", 600}}, 0.5, 1e-12, "Carnot"},
    {"eng.thermal.radiation",
     {{"eps", 1}, {"A", 1}, {"Ts", 300}, {"Tamb", 0}},
     459.30,
     0.005,
     "Incropera, table 12.1 text"},
    {"eng.thermal.hx_lmtd",
     {{"U", 1}, {"A", 1}, {"dT1", 60}, {"dT2", 30}},
     43.28,
     0.005,
     "Incropera, LMTD"},
    {"eng.fluids.reynolds",
     {{"rho", 998}, {"v", 1}, {"D", 0.05}, {"mu", 1.002e-3}},
     49'800,
     5,
     "water at 20 degC"},
    {"eng.fluids.oil_viscosity",
     {{"nu40", 46}, {"nu100", 6.8}, {"T", 100}},
     6.8,
     1e-9,
     "ASTM D341 passes through its points"},
    {"eng.elec.RLC_f0", {{"L", 1e-3}, {"C", 1e-6}}, 5032.9, 0.05, "Horowitz and Hill"},
    {"eng.elec.Z_cap", {{"f", 50}, {"C", 1e-6}}, 3183.1, 0.05, "1 uF at 50 Hz"},
    {"eng.elec.Z_cap", {{"omega", 1000}, {"C", 1e-6}}, 1000, 1e-9, "the original's port"},
    {"eng.elec.Z_ind", {{"f", 50}, {"L", 1}}, 314.159, 5e-4, "1 H at 50 Hz"},
    {"eng.elec.Z_ind", {{"omega", 1000}, {"L", 0.05}}, 50, 1e-9, "the original's port"},
    {"eng.elec.three_phase_P",
     {{"VL", 400}, {"IL", 10}, {"pf", 0.8}},
     5542.6,
     0.05,
     "sqrt(3) 400 V 10 A 0.8"},
    {"eng.elec.diode_shockley",
     {{"Is", 1e-12}, {"V", 0.6}, {"eta", 1}, {"Vt", 0.02585}},
     1.200e-2,
     5e-5,
     "Sedra and Smith"},
    {"eng.elec.diode_shockley",
     {{"Is", 1e-12}, {"V", 0.6}, {"n", 1}, {"T", 300}},
     1.200e-2,
     5e-5,
     "the original's ports"},
    {"ctrl.overshoot_2nd", {{"zeta", 0.5}}, 16.3, 0.05, "Ogata, fig. 5-11"},
    {"ctrl.step_2nd_order",
     {{"K", 1}, {"wn", 2}, {"zeta", 1}, {"t", 1}},
     0.5940,
     5e-5,
     "1 - 3 exp(-2)"},
    {"ctrl.damping_ratio", {{"c", 1}, {"k", 1}, {"m", 1}}, 0.5, 1e-12, "definition"},
    {"struct.beam_deflect_ss",
     {{"P", 1e4}, {"L", 4}, {"E", 200e9}, {"I", 8e-6}},
     8.333e-3,
     5e-7,
     "Roark, table 8.1"},
    {"struct.euler_buckling",
     {{"E", 200e9}, {"I", 1e-6}, {"L", 3}, {"K", 1}},
     219'325,
     0.5,
     "Gere and Timoshenko"},
    {"eng.sections.I_rect", {{"b", 0.1}, {"h", 0.2}}, 6.6667e-5, 5e-10, "Roark, table A.1"},
    {"eng.inertia.rod_end", {{"m", 3}, {"L", 2}}, 4, 1e-12, "m L^2 / 3"},
    {"bio.nernst",
     {{"R", 8.314}, {"T", 310}, {"z", 1}, {"F", 96'485}, {"C_out", 5}, {"C_in", 140}},
     -0.0890,
     5e-5,
     "potassium in a neuron"},
    {"bio.BSA_dubois", {{"W_kg", 70}, {"H_cm", 175}}, 1.85, 0.005, "Du Bois and Du Bois"},
    {"chem.ideal_gas_n",
     {{"P", 101'325}, {"V", 0.022414}, {"R", 8.314462618}, {"T", 273.15}},
     1.0000,
     5e-5,
     "the molar volume"},
    {"chem.antoine_vp",
     {{"A", 8.07131}, {"B", 1730.63}, {"C", 233.426}, {"T", 100}},
     760,
     0.5,
     "water boils"},
    {"veh.powertrain.wheelSpeed",
     {{"rpm", 60}, {"radius", 1}, {"ratio", 1}},
     6.2832,
     5e-5,
     "a turn a second"},
};

INSTANTIATE_TEST_SUITE_P(Handbook, KnownFormula, testing::ValuesIn(kKnown));

TEST(LineFit, OfAnscombesQuartetIsTheSameForAllFour) {
  const std::vector<double> x = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
  const std::vector<double> fourth_x = {8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8};
  const std::pair<std::vector<double>, std::vector<double>> quartet[] = {
      {x, {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68}},
      {x, {9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74}},
      {x, {7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73}},
      {fourth_x, {6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89}},
  };
  for (const auto& [xs, ys] : quartet) {
    Inputs inputs = {{"x", list(xs)}, {"y", list(ys)}};
    EXPECT_NEAR(run_block("stats.rel.linreg_slope_vec", inputs).value.as_scalar(), 0.500, 5e-4);
    EXPECT_NEAR(run_block("stats.rel.linreg_intercept_vec", inputs).value.as_scalar(), 3.00, 5e-3);
    EXPECT_NEAR(run_block("stats.rel.linreg_r2", inputs).value.as_scalar(), 0.667, 1e-3);
    inputs.emplace_back("x_new", scalar(20));
    EXPECT_NEAR(run_block("stats.rel.linreg_predict", inputs).value.as_scalar(), 13.0, 0.01);
  }
}

TEST(StepResponse, IsContinuousWhereItsThreeFormulasMeet) {
  const auto at = [](double zeta) {
    return run_block(
               "ctrl.step_2nd_order",
               {{"K", scalar(1)}, {"wn", scalar(2)}, {"zeta", scalar(zeta)}, {"t", scalar(1)}})
        .value.as_scalar();
  };
  EXPECT_NEAR(at(1 - 1e-6), at(1), 1e-5);
  EXPECT_NEAR(at(1 + 1e-6), at(1), 1e-5);
}

TEST(TwoDofArm, ReachesWhereInverseKinematicsAims) {
  const Value joints =
      run_block("eng.multibody.ik_2dof_planar",
                {{"l1", scalar(1)}, {"l2", scalar(0.8)}, {"x", scalar(1.2)}, {"y", scalar(0.5)}})
          .value;
  ASSERT_TRUE(joints.is(ValueKind::Table));
  const Value tip = run_block("eng.multibody.fk_2dof_planar",
                              {{"l1", scalar(1)},
                               {"l2", scalar(0.8)},
                               {"theta1", scalar(joints.as_table().cell(0, 0))},
                               {"theta2", scalar(joints.as_table().cell(0, 1))}})
                        .value;
  EXPECT_NEAR(tip.as_table().cell(0, 0), 1.2, 1e-12);
  EXPECT_NEAR(tip.as_table().cell(0, 1), 0.5, 1e-12);
}

/// A NaN on any port of these reaches the result, where the original lost it in a limit or a guard.
TEST(MissingInput, IsNotSwallowedByALimit) {
  const std::pair<const char*, std::vector<std::pair<const char*, double>>> blocks[] = {
      {"eng.fluids.valve_cv", {{"Cv", 1}, {"SG", 1}}},
      {"eng.fluids.orifice_flow", {{"Cd", 1}, {"A", 1}, {"rho", 1}}},
      {"ctrl.damping_ratio", {{"c", 1}, {"k", 1}}},
      {"eng.elec.pwm_duty", {{"Vdc", 24}}},
      {"eng.elec.three_phase_spwm", {{"Vdc", 24}}},
      {"eng.elec.opamp_vout", {{"Vp", 1}, {"Vm", 0}, {"A", 10}}},
      {"veh.aero.balance", {{"f_total", 0}}},
      {"fin.depr.declining_balance", {{"salvage", 1}, {"life", 5}}},
      {"veh.brake.power", {{"dt", 0}}},
      {"aero.ISA_P", {}},
  };
  for (const auto& [block, inputs] : blocks) {
    const Value value = run_block(block, scalars(inputs)).value;
    ASSERT_TRUE(value.is(ValueKind::Scalar)) << block;
    EXPECT_TRUE(std::isnan(value.as_scalar())) << block << " gives " << value.as_scalar();
  }
}

TEST(PumpPower, WithoutEfficiencyHasNoShaftPower) {
  const Value value = run_block("eng.fluids.pump_power",
                                scalars({{"rho", 1000}, {"g", 9.81}, {"H", 10}, {"Q", 0.1}}))
                          .value;
  ASSERT_TRUE(value.is(ValueKind::Table));
  EXPECT_NEAR(value.as_table().cell(0, 0), 9810, 1e-9);
  EXPECT_TRUE(std::isnan(value.as_table().cell(0, 1)));
}

TEST(ContactPenalty, WithoutAGapHasNoForce) {
  const Value value =
      run_block("eng.multibody.contact_penalty", scalars({{"k_p", 1000}, {"mu", 0.3}})).value;
  EXPECT_TRUE(std::isnan(value.as_table().cell(0, 0)));
}

TEST(OpAmp, WithANegativeSupplyIsAnError) {
  const Value value =
      run_block("eng.elec.opamp_vout", scalars({{"Vp", 1}, {"Vm", 0}, {"A", 10}, {"Vcc", -5}}))
          .value;
  EXPECT_TRUE(value.is(ValueKind::Error));
}

TEST(Valuation, OverHugeCountsIsRefusedPromptly) {
  EXPECT_TRUE(run_block("fin.options.bond_duration",
                        scalars({{"coupon", 1}, {"face", 1}, {"ytm", 0.1}, {"n", 1e15}}))
                  .value.is(ValueKind::Error));
  EXPECT_TRUE(
      run_block("fin.options.dcf", scalars({{"fcf", 1}, {"wacc", 0.1}, {"g", 0}, {"n", 1e300}}))
          .value.is(ValueKind::Error));
}

TEST(EveryFormula, PassesAnErrorOnWithItsMessage) {
  std::size_t tried = 0;
  for (const ops::BlockDef* block : ops::all_blocks()) {
    if (block->kernel.shape != ops::Kernel::Shape::Formula) continue;
    for (const ops::Port& port : block->ports) {
      const Value value =
          run_block(block->id, {{std::string(port.id), Value::error("the pump is off")}}).value;
      ASSERT_TRUE(value.is(ValueKind::Error)) << block->id << "." << port.id;
      EXPECT_EQ(value.error_message(), "the pump is off") << block->id << "." << port.id;
      ++tried;
    }
  }
  EXPECT_GT(tried, 300);
}

}  // namespace
}  // namespace chainsolved::test
