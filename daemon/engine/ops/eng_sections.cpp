// Areas, second moments and stresses of cross sections.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <numbers>
#include <span>

namespace chainsolved::ops {

namespace {

constexpr double kPi = std::numbers::pi;

constexpr Port kAreaCircle[] = {{"d", "d (m)", Takes::Broadcast, "m"}};
constexpr Port kAreaAnnulus[] = {{"d_outer", "d outer (m)", Takes::Scalar, "m"},
                                 {"d_inner", "d inner (m)", Takes::Scalar, "m"}};
constexpr Port kIRect[] = {{"b", "b (m)", Takes::Scalar, "m"}, {"h", "h (m)", Takes::Scalar, "m"}};
constexpr Port kBendingStress[] = {{"M", "M (N·m)", Takes::Scalar, "N*m"},
                                   {"y", "y (m)", Takes::Scalar, "m"},
                                   {"I", "I (m⁴)", Takes::Scalar, "m^4"}};
constexpr Port kTorsionalShear[] = {{"T", "T (N·m)", Takes::Scalar, "N*m"},
                                    {"r", "r (m)", Takes::Scalar, "m"},
                                    {"J", "J (m⁴)", Takes::Scalar, "m^4"}};

constexpr BlockDef kRows[] = {
    operation(Category::EngSections,
              "eng.sections.area_circle",
              "Area Circle",
              kAreaCircle,
              elementwise([](double d) { return kPi * squared(d) / 4; }),
              "A = pi d^2 / 4"),
    operation(Category::EngSections,
              "eng.sections.area_annulus",
              "Area Annulus",
              kAreaAnnulus,
              formula([](double outer, double inner) -> Outcome {
                const double area = kPi * (squared(outer) - squared(inner)) / 4;
                if (area < 0) return Outcome::fail("the inner diameter is larger than the outer");
                return area;
              }),
              "A = pi (D^2 - d^2) / 4"),
    operation(Category::EngSections,
              "eng.sections.I_rect",
              "I Rectangle",
              kIRect,
              formula([](double b, double h) { return b * h * h * h / 12; }),
              "I = b h^3 / 12",
              "Roark, Formulas for Stress and Strain, app. A"),
    operation(Category::EngSections,
              "eng.sections.I_circle",
              "I Circle",
              kAreaCircle,
              elementwise([](double d) { return kPi * squared(squared(d)) / 64; }),
              "I = pi d^4 / 64",
              "Roark, Formulas for Stress and Strain, app. A"),
    operation(Category::EngSections,
              "eng.sections.J_circle",
              "J Circle",
              kAreaCircle,
              elementwise([](double d) { return kPi * squared(squared(d)) / 32; }),
              "J = pi d^4 / 32",
              "Roark, Formulas for Stress and Strain, app. A"),
    operation(Category::EngSections,
              "eng.sections.bending_stress",
              "σ = My/I",
              kBendingStress,
              formula([](double moment, double y, double inertia) {
                return quotient(moment * y, inertia, "I is 0");
              }),
              "sigma = M y / I",
              "Euler-Bernoulli beam"),
    operation(Category::EngSections,
              "eng.sections.torsional_shear",
              "τ = Tr/J",
              kTorsionalShear,
              formula([](double torque, double r, double polar) {
                return quotient(torque * r, polar, "J is 0");
              }),
              "tau = T r / J"),
};

}  // namespace

std::span<const BlockDef> eng_sections_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
