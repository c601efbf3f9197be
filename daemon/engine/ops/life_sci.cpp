// Enzymes, growth, doses and bodies.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <cmath>
#include <numbers>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr Port kMichaelisMenten[] = {{"Vmax", "V_max"}, {"Km", "K_m"}, {"S", "[S]"}};
constexpr Port kHillEq[] = {{"n", "n (Hill coef)"}, {"Kd", "K_d"}, {"L", "[L]"}};
constexpr Port kLogisticGrowth[] = {
    {"r", "r (growth rate)"}, {"K", "K (capacity)"}, {"N0", "N0 (initial)"}, {"t", "t"}};
constexpr Port kExpDecay[] = {{"N0", "N0"}, {"lambda", "lambda (decay rate)"}, {"t", "t"}};
constexpr Port kHalfLife[] = {{"lambda", "lambda (decay rate)"}};
constexpr Port kDrug1cmp[] = {{"D", "D (dose)", Takes::Scalar, {}},
                              {"V", "V_d (L)", Takes::Scalar, "L"},
                              {"k", "k_el (1/h)", Takes::Scalar, "1/h"},
                              {"t", "t (h)", Takes::Scalar, "h"}};
constexpr Port kHendersonHasselbalch[] = {{"pKa", "pKa"}, {"A", "[A-]"}, {"HA", "[HA]"}};
constexpr Port kNernst[] = {{"R", "R (J/molK)", Takes::Scalar, "J/(mol*K)"},
                            {"T", "T (K)", Takes::Scalar, "K"},
                            {"z", "z (valence)", Takes::Scalar, {}},
                            {"F", "F (C/mol)", Takes::Scalar, "C/mol"},
                            {"C_out", "[out]", Takes::Scalar, {}},
                            {"C_in", "[in]", Takes::Scalar, {}}};
constexpr Port kBMI[] = {{"mass_kg", "mass (kg)", Takes::Scalar, "kg"},
                         {"height_m", "height (m)", Takes::Scalar, "m"}};
constexpr Port kBSADubois[] = {{"W_kg", "W (kg)", Takes::Scalar, "kg"},
                               {"H_cm", "H (cm)", Takes::Scalar, "cm"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::LifeSci,
                  "bio.michaelis_menten",
                  "Michaelis-Menten",
                  kMichaelisMenten,
                  formula([](double v_max, double km, double s) {
                    return quotient(v_max * s, km + s, "Km + [S] is 0");
                  }),
                  "v = Vmax S / (Km + S)",
                  "Michaelis and Menten 1913")),
    pro(operation(Category::LifeSci,
                  "bio.hill_eq",
                  "Hill Equation",
                  kHillEq,
                  formula([](double n, double kd, double ligand) -> Outcome {
                    const double bound = std::pow(ligand, n);
                    return quotient(bound, std::pow(kd, n) + bound, "Kd^n + L^n is 0");
                  }),
                  "L^n / (Kd^n + L^n)",
                  "Hill 1910")),
    pro(operation(Category::LifeSci,
                  "bio.logistic_growth",
                  "Logistic Growth",
                  kLogisticGrowth,
                  formula([](double r, double k, double n0, double t) -> Outcome {
                    if (n0 == 0) return Outcome::fail("N0 is 0");
                    return quotient(k, 1 + (k / n0 - 1) * std::exp(-r * t), "the denominator is 0");
                  }),
                  "N = K / (1 + (K / N0 - 1) exp(-r t))",
                  "Verhulst 1838")),
    pro(operation(
        Category::LifeSci,
        "bio.exp_decay",
        "N = N0*e^(-lambda*t)",
        kExpDecay,
        formula([](double n0, double lambda, double t) { return n0 * std::exp(-lambda * t); }),
        "N = N0 exp(-lambda t)")),
    pro(operation(
        Category::LifeSci,
        "bio.half_life",
        "t1/2 = ln2/lambda",
        kHalfLife,
        formula([](double lambda) { return quotient(std::numbers::ln2, lambda, "lambda is 0"); }),
        "ln 2 / lambda")),
    pro(operation(Category::LifeSci,
                  "bio.drug_1cmp",
                  "1-Compartment PK",
                  kDrug1cmp,
                  formula([](double dose, double volume, double k, double t) -> Outcome {
                    if (volume == 0) return Outcome::fail("V_d is 0");
                    return dose / volume * std::exp(-k * t);
                  }),
                  "C = D / V exp(-k t)",
                  "Rowland and Tozer, Clinical Pharmacokinetics")),
    pro(operation(Category::LifeSci,
                  "bio.henderson_hasselbalch",
                  "Henderson-Hasselbalch",
                  kHendersonHasselbalch,
                  formula([](double pka, double base, double acid) -> Outcome {
                    if (acid == 0) return Outcome::fail("[HA] is 0");
                    return pka + std::log10(base / acid);
                  }),
                  "pH = pKa + log10([A-] / [HA])",
                  "Hasselbalch 1917")),
    pro(operation(
        Category::LifeSci,
        "bio.nernst",
        "Nernst Equation",
        kNernst,
        formula([](double gas, double t, double valence, double faraday, double out, double in)
                    -> Outcome {
          if (valence * faraday == 0) return Outcome::fail("z F is 0");
          if (in <= 0) return Outcome::fail("[in] must be positive");
          return gas * t / (valence * faraday) * std::log(out / in);
        }),
        "E = R T / (z F) ln([out] / [in])",
        "Nernst 1889")),
    pro(operation(Category::LifeSci,
                  "bio.BMI",
                  "BMI",
                  kBMI,
                  formula([](double mass, double height) {
                    return quotient(mass, squared(height), "the height is 0");
                  }),
                  "mass / height^2",
                  "Quetelet 1832")),
    pro(operation(Category::LifeSci,
                  "bio.BSA_dubois",
                  "BSA (DuBois)",
                  kBSADubois,
                  formula([](double mass, double height) {
                    return 0.007184 * std::pow(mass, 0.425) * std::pow(height, 0.725);
                  }),
                  "0.007184 W^0.425 H^0.725",
                  "Du Bois and Du Bois 1916")),
};

}  // namespace

std::span<const BlockDef> life_sci_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
