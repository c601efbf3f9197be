// Stress, strain and springs.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <span>

namespace chainsolved::ops {

namespace {

constexpr Port kStressFA[] = {{"F", "F (N)", Takes::Scalar, "N"},
                              {"A", "A (m²)", Takes::Scalar, "m^2"}};
constexpr Port kStrainDLL[] = {{"dL", "ΔL (m)", Takes::Scalar, "m"},
                               {"L", "L (m)", Takes::Scalar, "m"}};
constexpr Port kYoungsModulus[] = {{"sigma", "σ (Pa)", Takes::Scalar, "Pa"},
                                   {"epsilon", "ε", Takes::Scalar, {}}};
constexpr Port kSafetyFactor[] = {{"strength", "Strength (Pa)", Takes::Scalar, "Pa"},
                                  {"stress", "Stress (Pa)", Takes::Scalar, "Pa"}};
constexpr Port kSpringForceKx[] = {{"k", "k (N/m)", Takes::Broadcast, "N/m"},
                                   {"x", "x (m)", Takes::Broadcast, "m"}};
constexpr Port kSpringEnergy[] = {{"k", "k (N/m)", Takes::Scalar, "N/m"},
                                  {"x", "x (m)", Takes::Scalar, "m"}};

constexpr BlockDef kRows[] = {
    operation(Category::EngMaterials,
              "eng.materials.stress_F_A",
              "σ = F/A",
              kStressFA,
              formula([](double force, double area) { return quotient(force, area, "A is 0"); }),
              "sigma = F / A"),
    operation(Category::EngMaterials,
              "eng.materials.strain_dL_L",
              "ε = ΔL/L",
              kStrainDLL,
              formula([](double elongation, double length) {
                return quotient(elongation, length, "L is 0");
              }),
              "epsilon = dL / L"),
    operation(Category::EngMaterials,
              "eng.materials.youngs_modulus",
              "E = σ/ε",
              kYoungsModulus,
              formula([](double stress, double strain) {
                return quotient(stress, strain, "the strain is 0");
              }),
              "E = sigma / epsilon",
              "Hooke's law"),
    operation(Category::EngMaterials,
              "eng.materials.pressure_F_A",
              "p = F/A",
              kStressFA,
              formula([](double force, double area) { return quotient(force, area, "A is 0"); }),
              "p = F / A"),
    operation(Category::EngMaterials,
              "eng.materials.safety_factor",
              "Safety Factor",
              kSafetyFactor,
              formula([](double strength, double stress) {
                return quotient(strength, stress, "the stress is 0");
              }),
              "n = strength / stress"),
    operation(Category::EngMaterials,
              "eng.materials.spring_force_kx",
              "F = kx",
              kSpringForceKx,
              elementwise([](double stiffness, double x) { return stiffness * x; }),
              "F = k x",
              "Hooke's law"),
    operation(Category::EngMaterials,
              "eng.materials.spring_energy",
              "E = ½kx²",
              kSpringEnergy,
              formula([](double stiffness, double x) { return 0.5 * stiffness * squared(x); }),
              "E = k x^2 / 2"),
};

}  // namespace

std::span<const BlockDef> eng_materials_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
