// Mechanics of points and shafts.
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

constexpr Port kVFromUat[] = {{"u", "u (m/s)", Takes::Scalar, "m/s"},
                              {"a", "a (m/s²)", Takes::Scalar, "m/s^2"},
                              {"t", "t (s)", Takes::Scalar, "s"}};
constexpr Port kSFromUtAT[] = {{"u", "u (m/s)", Takes::Scalar, "m/s"},
                               {"t", "t (s)", Takes::Scalar, "s"},
                               {"a", "a (m/s²)", Takes::Scalar, "m/s^2"}};
constexpr Port kV2FromU2As[] = {{"u", "u (m/s)", Takes::Scalar, "m/s"},
                                {"a", "a (m/s²)", Takes::Scalar, "m/s^2"},
                                {"s", "s (m)", Takes::Scalar, "m"}};
constexpr Port kForceMa[] = {{"m", "m (kg)", Takes::Broadcast, "kg"},
                             {"a", "a (m/s²)", Takes::Broadcast, "m/s^2"}};
constexpr Port kWeightMg[] = {{"m", "m (kg)", Takes::Broadcast, "kg"},
                              {"g", "g (m/s²)", Takes::Broadcast, "m/s^2"}};
constexpr Port kMomentumMv[] = {{"m", "m (kg)", Takes::Broadcast, "kg"},
                                {"v", "v (m/s)", Takes::Broadcast, "m/s"}};
constexpr Port kKineticEnergy[] = {{"m", "m (kg)", Takes::Scalar, "kg"},
                                   {"v", "v (m/s)", Takes::Scalar, "m/s"}};
constexpr Port kPotentialEnergy[] = {{"m", "m (kg)", Takes::Scalar, "kg"},
                                     {"g", "g (m/s²)", Takes::Scalar, "m/s^2"},
                                     {"h", "h (m)", Takes::Scalar, "m"}};
constexpr Port kWorkFs[] = {{"F", "F (N)", Takes::Broadcast, "N"},
                            {"s", "s (m)", Takes::Broadcast, "m"}};
constexpr Port kPowerWorkTime[] = {{"W", "W (J)", Takes::Scalar, "J"},
                                   {"t", "t (s)", Takes::Scalar, "s"}};
constexpr Port kPowerFv[] = {{"F", "F (N)", Takes::Broadcast, "N"},
                             {"v", "v (m/s)", Takes::Broadcast, "m/s"}};
constexpr Port kTorqueFr[] = {{"F", "F (N)", Takes::Broadcast, "N"},
                              {"r", "r (m)", Takes::Broadcast, "m"}};
constexpr Port kOmegaFromRpm[] = {{"rpm", "RPM", Takes::Broadcast}};
constexpr Port kRpmFromOmega[] = {{"omega", "ω (rad/s)", Takes::Broadcast, "rad/s"}};
constexpr Port kPowerRotTomega[] = {{"T", "T (N·m)", Takes::Broadcast, "N*m"},
                                    {"omega", "ω (rad/s)", Takes::Broadcast, "rad/s"}};
constexpr Port kCentripetalAcc[] = {{"v", "v (m/s)", Takes::Scalar, "m/s"},
                                    {"r", "r (m)", Takes::Scalar, "m"}};
constexpr Port kCentripetalForce[] = {{"m", "m (kg)", Takes::Scalar, "kg"},
                                      {"v", "v (m/s)", Takes::Scalar, "m/s"},
                                      {"r", "r (m)", Takes::Scalar, "m"}};
constexpr Port kFrictionForce[] = {{"mu", "μ", Takes::Scalar, {}},
                                   {"N", "N (N)", Takes::Scalar, "N"}};
constexpr Port kImpulse[] = {{"F", "F (N)", Takes::Scalar, "N"},
                             {"dt", "Δt (s)", Takes::Scalar, "s"}};

constexpr BlockDef kRows[] = {
    operation(Category::EngMechanics,
              "eng.mechanics.v_from_uat",
              "v = u + at",
              kVFromUat,
              formula([](double u, double a, double t) { return u + a * t; }),
              "v = u + a t"),
    operation(Category::EngMechanics,
              "eng.mechanics.s_from_ut_a_t",
              "s = ut + ½at²",
              kSFromUtAT,
              formula([](double u, double t, double a) { return u * t + 0.5 * a * t * t; }),
              "s = u t + a t^2 / 2"),
    operation(Category::EngMechanics,
              "eng.mechanics.v2_from_u2_as",
              "v = √(u²+2as)",
              kV2FromU2As,
              formula([](double u, double a, double s) -> Outcome {
                const double v2 = u * u + 2 * a * s;
                if (v2 < 0)
                  return Outcome::fail("u^2 + 2 a s is negative: the point is never reached");
                return std::sqrt(v2);
              }),
              "v = sqrt(u^2 + 2 a s)"),
    operation(Category::EngMechanics,
              "eng.mechanics.force_ma",
              "F = ma",
              kForceMa,
              elementwise([](double mass, double acceleration) { return mass * acceleration; }),
              "F = m a",
              "Newton's second law"),
    operation(Category::EngMechanics,
              "eng.mechanics.weight_mg",
              "W = mg",
              kWeightMg,
              elementwise([](double mass, double gravity) { return mass * gravity; }),
              "W = m g"),
    operation(Category::EngMechanics,
              "eng.mechanics.momentum_mv",
              "p = mv",
              kMomentumMv,
              elementwise([](double mass, double velocity) { return mass * velocity; }),
              "p = m v"),
    operation(Category::EngMechanics,
              "eng.mechanics.kinetic_energy",
              "KE = ½mv²",
              kKineticEnergy,
              formula([](double mass, double velocity) { return 0.5 * mass * squared(velocity); }),
              "KE = m v^2 / 2"),
    operation(
        Category::EngMechanics,
        "eng.mechanics.potential_energy",
        "PE = mgh",
        kPotentialEnergy,
        formula([](double mass, double gravity, double height) { return mass * gravity * height; }),
        "PE = m g h"),
    operation(Category::EngMechanics,
              "eng.mechanics.work_Fs",
              "W = Fs",
              kWorkFs,
              elementwise([](double force, double distance) { return force * distance; }),
              "W = F s"),
    operation(Category::EngMechanics,
              "eng.mechanics.power_work_time",
              "P = W/t",
              kPowerWorkTime,
              formula([](double work, double time) { return quotient(work, time, "t is 0"); }),
              "P = W / t"),
    operation(Category::EngMechanics,
              "eng.mechanics.power_Fv",
              "P = Fv",
              kPowerFv,
              elementwise([](double force, double velocity) { return force * velocity; }),
              "P = F v"),
    operation(Category::EngMechanics,
              "eng.mechanics.torque_Fr",
              "T = Fr",
              kTorqueFr,
              elementwise([](double force, double radius) { return force * radius; }),
              "T = F r"),
    operation(Category::EngMechanics,
              "eng.mechanics.omega_from_rpm",
              "ω from RPM",
              kOmegaFromRpm,
              elementwise([](double rpm) { return rpm * 2 * kPi / 60; }),
              "omega = 2 pi rpm / 60"),
    operation(Category::EngMechanics,
              "eng.mechanics.rpm_from_omega",
              "RPM from ω",
              kRpmFromOmega,
              elementwise([](double omega) { return omega * 60 / (2 * kPi); }),
              "rpm = 60 omega / (2 pi)"),
    operation(Category::EngMechanics,
              "eng.mechanics.power_rot_Tomega",
              "P = Tω",
              kPowerRotTomega,
              elementwise([](double torque, double omega) { return torque * omega; }),
              "P = T omega"),
    operation(Category::EngMechanics,
              "eng.mechanics.centripetal_acc",
              "a = v²/r",
              kCentripetalAcc,
              formula([](double v, double r) { return quotient(squared(v), r, "r is 0"); }),
              "a = v^2 / r"),
    operation(Category::EngMechanics,
              "eng.mechanics.centripetal_force",
              "F = mv²/r",
              kCentripetalForce,
              formula([](double mass, double v, double r) {
                return quotient(mass * squared(v), r, "r is 0");
              }),
              "F = m v^2 / r"),
    operation(Category::EngMechanics,
              "eng.mechanics.friction_force",
              "F = μN",
              kFrictionForce,
              formula([](double mu, double normal) { return mu * normal; }),
              "F = mu N",
              "Coulomb friction"),
    operation(Category::EngMechanics,
              "eng.mechanics.impulse",
              "J = FΔt",
              kImpulse,
              formula([](double force, double dt) { return force * dt; }),
              "J = F dt"),
};

}  // namespace

std::span<const BlockDef> eng_mechanics_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
