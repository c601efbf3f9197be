// Beams, columns, soil and reinforced concrete.
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

constexpr double kPi = std::numbers::pi;

constexpr Port kBeamDeflectSs[] = {{"P", "P (N)", Takes::Scalar, "N"},
                                   {"L", "L (m)", Takes::Scalar, "m"},
                                   {"E", "E (Pa)", Takes::Scalar, "Pa"},
                                   {"I", "I (m4)", Takes::Scalar, "m^4"}};
constexpr Port kBeamMomentSs[] = {{"P", "P (N)", Takes::Scalar, "N"},
                                  {"a", "a (m)", Takes::Scalar, "m"},
                                  {"b", "b (m)", Takes::Scalar, "m"},
                                  {"L", "L (m)", Takes::Scalar, "m"}};
constexpr Port kEulerBuckling[] = {{"E", "E (Pa)", Takes::Scalar, "Pa"},
                                   {"I", "I (m4)", Takes::Scalar, "m^4"},
                                   {"L", "L (m)", Takes::Scalar, "m"},
                                   {"K", "K (eff. len)", Takes::Scalar, {}}};
constexpr Port kVonMises[] = {{"sx", "sx (Pa)", Takes::Scalar, "Pa"},
                              {"sy", "sy (Pa)", Takes::Scalar, "Pa"},
                              {"txy", "txy (Pa)", Takes::Scalar, "Pa"}};
constexpr Port kCombinedStress[] = {{"s_ax", "s_axial (Pa)", Takes::Broadcast, "Pa"},
                                    {"s_bend", "s_bending (Pa)", Takes::Broadcast, "Pa"}};
constexpr Port kSteelCheck[] = {{"sigma", "sigma (Pa)", Takes::Scalar, "Pa"},
                                {"Fy", "F_y (Pa)", Takes::Scalar, "Pa"},
                                {"phi", "phi", Takes::Scalar, {}}};
constexpr Port kBearingCapacity[] = {{"c", "c (Pa)", Takes::Scalar, "Pa"},
                                     {"gamma", "gamma (kN/m3)", Takes::Scalar, "kN/m^3"},
                                     {"D", "D_f (m)", Takes::Scalar, "m"},
                                     {"B", "B (m)", Takes::Scalar, "m"},
                                     {"Nc", "N_c", Takes::Scalar, {}},
                                     {"Nq", "N_q", Takes::Scalar, {}},
                                     {"Ngamma", "N_gamma", Takes::Scalar, {}}};
constexpr Port kConcreteMomentAci[] = {{"fc", "f'c (Pa)", Takes::Scalar, "Pa"},
                                       {"b", "b (m)", Takes::Scalar, "m"},
                                       {"d", "d (m)", Takes::Scalar, "m"},
                                       {"As", "A_s (m2)", Takes::Scalar, "m^2"},
                                       {"fy", "f_y (Pa)", Takes::Scalar, "Pa"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::Structural,
                  "struct.beam_deflect_ss",
                  "delta = PL3/48EI",
                  kBeamDeflectSs,
                  formula([](double load, double length, double modulus, double inertia) {
                    return quotient(
                        load * length * length * length, 48 * modulus * inertia, "E I is 0");
                  }),
                  "delta = P L^3 / (48 E I), load at mid-span",
                  "Roark, Formulas for Stress and Strain, table 8.1")),
    pro(operation(Category::Structural,
                  "struct.beam_deflect_cantilever",
                  "delta = PL3/3EI",
                  kBeamDeflectSs,
                  formula([](double load, double length, double modulus, double inertia) {
                    return quotient(
                        load * length * length * length, 3 * modulus * inertia, "E I is 0");
                  }),
                  "delta = P L^3 / (3 E I), load at the end",
                  "Roark, Formulas for Stress and Strain, table 8.1")),
    pro(operation(Category::Structural,
                  "struct.beam_moment_ss",
                  "M = Pab/L",
                  kBeamMomentSs,
                  formula([](double load, double a, double b, double length) {
                    return quotient(load * a * b, length, "L is 0");
                  }),
                  "M = P a b / L")),
    pro(operation(Category::Structural,
                  "struct.euler_buckling",
                  "P_cr = pi2EI/(KL)2",
                  kEulerBuckling,
                  formula([](double modulus, double inertia, double length, double k) {
                    return quotient(
                        squared(kPi) * modulus * inertia, squared(k * length), "K L is 0");
                  }),
                  "P_cr = pi^2 E I / (K L)^2",
                  "Euler 1757")),
    pro(operation(Category::Structural,
                  "struct.von_mises",
                  "sigma_vm (Von Mises)",
                  kVonMises,
                  formula([](double sx, double sy, double txy) {
                    return std::sqrt(squared(sx) - sx * sy + squared(sy) + 3 * squared(txy));
                  }),
                  "sqrt(sx^2 - sx sy + sy^2 + 3 txy^2), plane stress",
                  "von Mises 1913")),
    pro(operation(Category::Structural,
                  "struct.combined_stress",
                  "sigma = sigma_ax + sigma_bend",
                  kCombinedStress,
                  elementwise([](double axial, double bending) { return axial + bending; }),
                  "sigma = sigma_ax + sigma_bend")),
    pro(operation(Category::Structural,
                  "struct.steel_check",
                  "Util = sigma/(Fy*phi)",
                  kSteelCheck,
                  formula([](double stress, double yield, double phi) {
                    return quotient(stress, yield * phi, "Fy phi is 0");
                  }),
                  "utilisation = sigma / (phi Fy)",
                  "AISC 360")),
    pro(operation(Category::Structural,
                  "struct.bearing_capacity",
                  "q_ult (Terzaghi)",
                  kBearingCapacity,
                  formula([](double c,
                             double gamma,
                             double depth,
                             double width,
                             double nc,
                             double nq,
                             double ngamma) {
                    return c * nc + gamma * depth * nq + 0.5 * gamma * width * ngamma;
                  }),
                  "q_ult = c Nc + gamma D Nq + gamma B Ngamma / 2",
                  "Terzaghi 1943")),
    pro(operation(Category::Structural,
                  "struct.concrete_moment_aci",
                  "M_n (ACI)",
                  kConcreteMomentAci,
                  formula([](double fc, double b, double d, double steel, double fy) -> Outcome {
                    const double compression = 1.7 * fc * b;
                    if (compression == 0) return Outcome::fail("f'c b is 0");
                    const double block = steel * fy / compression;
                    return steel * fy * (d - block / 2);
                  }),
                  "M_n = As fy (d - a / 2), a = As fy / (1.7 f'c b)",
                  "the contract's form of ACI 318, whose stress block has 0.85 for 1.7")),
};

}  // namespace

std::span<const BlockDef> structural_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
