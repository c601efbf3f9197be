// Gases, equilibria, rates and reactors.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <cmath>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr Port kIdealGasN[] = {{"P", "P (Pa)", Takes::Scalar, "Pa"},
                               {"V", "V (m3)", Takes::Scalar, "m^3"},
                               {"R", "R (J/molK)", Takes::Scalar, "J/(mol*K)"},
                               {"T", "T (K)", Takes::Scalar, "K"}};
constexpr Port kAntoineVp[] = {{"A", "A", Takes::Scalar, {}},
                               {"B", "B", Takes::Scalar, {}},
                               {"C", "C", Takes::Scalar, {}},
                               {"T", "T (C)", Takes::Scalar, "degC"}};
constexpr Port kRaoultsPartial[] = {{"x", "x (mol frac)", Takes::Broadcast},
                                    {"Psat", "P_sat", Takes::Broadcast}};
constexpr Port kEquilibriumK[] = {{"dG", "dG (J/mol)", Takes::Scalar, "J/mol"},
                                  {"R", "R (J/molK)", Takes::Scalar, "J/(mol*K)"},
                                  {"T", "T (K)", Takes::Scalar, "K"}};
constexpr Port kArrheniusRate[] = {{"A", "A (pre-exp)", Takes::Scalar, {}},
                                   {"Ea", "Ea (J/mol)", Takes::Scalar, "J/mol"},
                                   {"R", "R (J/molK)", Takes::Scalar, "J/(mol*K)"},
                                   {"T", "T (K)", Takes::Scalar, "K"}};
constexpr Port kHeatReaction[] = {{"H_prod", "H_products", Takes::Broadcast},
                                  {"H_react", "H_reactants", Takes::Broadcast}};
constexpr Port kMoleFraction[] = {{"n_comp", "n_comp (mol)", Takes::Scalar, "mol"},
                                  {"n_total", "n_total (mol)", Takes::Scalar, "mol"}};
constexpr Port kFicksFlux[] = {{"D", "D (m2/s)", Takes::Broadcast, "m^2/s"},
                               {"dC_dx", "dC/dx (mol/m4)", Takes::Broadcast, "mol/m^4"}};
constexpr Port kCSTRConv[] = {{"k", "k (s-1)", Takes::Scalar, "1/s"},
                              {"tau", "tau (s)", Takes::Scalar, "s"}};
constexpr Port kEnthalpySensible[] = {{"Cp", "Cp (J/molK)", Takes::Scalar, "J/(mol*K)"},
                                      {"T1", "T1 (K)", Takes::Scalar, "K"},
                                      {"T2", "T2 (K)", Takes::Scalar, "K"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::Chem,
                  "chem.ideal_gas_n",
                  "n = PV/RT",
                  kIdealGasN,
                  formula([](double p, double volume, double gas, double t) {
                    return quotient(p * volume, gas * t, "R T is 0");
                  }),
                  "n = P V / (R T)")),
    pro(operation(Category::Chem,
                  "chem.antoine_vp",
                  "Antoine VP",
                  kAntoineVp,
                  formula([](double a, double b, double c, double celsius) {
                    return std::pow(10.0, a - b / (c + celsius));
                  }),
                  "P = 10^(A - B / (C + T))",
                  "Antoine 1888")),
    pro(operation(
        Category::Chem,
        "chem.raoults_partial",
        "Raoult's P_partial",
        kRaoultsPartial,
        elementwise([](double fraction, double saturation) { return fraction * saturation; }),
        "P = x P_sat",
        "Raoult 1887")),
    pro(operation(Category::Chem,
                  "chem.equilibrium_K",
                  "K = exp(-dG/RT)",
                  kEquilibriumK,
                  formula([](double gibbs, double gas, double t) -> Outcome {
                    const double rt = gas * t;
                    if (rt == 0) return Outcome::fail("R T is 0");
                    return std::exp(-gibbs / rt);
                  }),
                  "K = exp(-dG / (R T))",
                  "Atkins, Physical Chemistry")),
    pro(operation(Category::Chem,
                  "chem.arrhenius_rate",
                  "k = A*exp(-Ea/RT)",
                  kArrheniusRate,
                  formula([](double factor, double activation, double gas, double t) -> Outcome {
                    const double rt = gas * t;
                    if (rt == 0) return Outcome::fail("R T is 0");
                    return factor * std::exp(-activation / rt);
                  }),
                  "k = A exp(-Ea / (R T))",
                  "Arrhenius 1889")),
    pro(operation(
        Category::Chem,
        "chem.heat_reaction",
        "dH_rxn",
        kHeatReaction,
        elementwise([](double products, double reactants) { return products - reactants; }),
        "dH = H_products - H_reactants",
        "Hess's law")),
    pro(operation(Category::Chem,
                  "chem.mole_fraction",
                  "x = n/n_total",
                  kMoleFraction,
                  formula([](double component, double total) {
                    return quotient(component, total, "n_total is 0");
                  }),
                  "x = n / n_total")),
    pro(operation(
        Category::Chem,
        "chem.ficks_flux",
        "Fick's Flux J",
        kFicksFlux,
        elementwise([](double diffusivity, double gradient) { return -diffusivity * gradient; }),
        "J = -D dC/dx",
        "Fick 1855")),
    pro(operation(Category::Chem,
                  "chem.CSTR_conv",
                  "CSTR X (1st order)",
                  kCSTRConv,
                  formula([](double k, double tau) -> Outcome {
                    const double damkohler = k * tau;
                    return quotient(damkohler, 1 + damkohler, "1 + k tau is 0");
                  }),
                  "X = k tau / (1 + k tau)",
                  "Fogler, Elements of Chemical Reaction Engineering")),
    pro(operation(Category::Chem,
                  "chem.enthalpy_sensible",
                  "dH = Cp*dT",
                  kEnthalpySensible,
                  formula([](double cp, double t1, double t2) { return cp * (t2 - t1); }),
                  "dH = Cp (T2 - T1)")),
};

}  // namespace

std::span<const BlockDef> chem_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
