// Mass moments of inertia.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <span>

namespace chainsolved::ops {

namespace {

constexpr Port kSolidCylinder[] = {{"m", "m (kg)", Takes::Scalar, "kg"},
                                   {"r", "r (m)", Takes::Scalar, "m"}};
constexpr Port kHollowCylinder[] = {{"m", "m (kg)", Takes::Scalar, "kg"},
                                    {"r_inner", "r inner (m)", Takes::Scalar, "m"},
                                    {"r_outer", "r outer (m)", Takes::Scalar, "m"}};
constexpr Port kRodCenter[] = {{"m", "m (kg)", Takes::Scalar, "kg"},
                               {"L", "L (m)", Takes::Scalar, "m"}};

constexpr BlockDef kRows[] = {
    operation(Category::EngInertia,
              "eng.inertia.solid_cylinder",
              "I Solid Cylinder",
              kSolidCylinder,
              formula([](double m, double r) { return 0.5 * m * squared(r); }),
              "I = m r^2 / 2, about its axis"),
    operation(Category::EngInertia,
              "eng.inertia.hollow_cylinder",
              "I Hollow Cylinder",
              kHollowCylinder,
              formula([](double m, double inner, double outer) {
                return 0.5 * m * (squared(inner) + squared(outer));
              }),
              "I = m (r_i^2 + r_o^2) / 2, about its axis"),
    operation(Category::EngInertia,
              "eng.inertia.solid_sphere",
              "I Solid Sphere",
              kSolidCylinder,
              formula([](double m, double r) { return 0.4 * m * squared(r); }),
              "I = 2 m r^2 / 5"),
    operation(Category::EngInertia,
              "eng.inertia.rod_center",
              "I Rod (center)",
              kRodCenter,
              formula([](double m, double length) { return m * squared(length) / 12; }),
              "I = m L^2 / 12"),
    operation(Category::EngInertia,
              "eng.inertia.rod_end",
              "I Rod (end)",
              kRodCenter,
              formula([](double m, double length) { return m * squared(length) / 3; }),
              "I = m L^2 / 3"),
};

}  // namespace

std::span<const BlockDef> eng_inertia_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
