// Springs, joints, contacts and planar arms.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/one_row.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/numbers.h"
#include "protocol/value.h"

#include <cmath>
#include <span>

namespace chainsolved::ops {

namespace {

Value spring_mass_damper(Call& call) {
  const double k = call.scalar(0);
  const double m = call.scalar(1);
  const double b = call.scalar(2);
  if (k <= 0 || m <= 0) return call.fail("k and m must be positive");
  const double omega_n = std::sqrt(k / m);
  const double zeta = b / (2 * std::sqrt(k * m));
  // Overdamped: it does not oscillate.
  const double omega_d = zeta > 1 ? 0 : omega_n * std::sqrt(1 - squared(zeta));
  return one_row({{"omega_n", omega_n}, {"zeta", zeta}, {"omega_d", omega_d}});
}

Value rigid_body_1d(Call& call) {
  const double mass = call.scalar(0);
  const double force = call.scalar(1);
  const double v = call.scalar(2);
  const double mu = call.scalar(3);
  const double normal = call.scalar(4);
  if (mass == 0) return call.fail("m is 0");
  const double net = force - mu * normal;
  return one_row({{"F_net", net}, {"a", net / mass}, {"KE", 0.5 * mass * squared(v)}});
}

Value dh_transform(Call& call) {
  const double theta = call.scalar(0);
  const double d = call.scalar(1);
  const double a = call.scalar(2);
  const double alpha = call.scalar(3);
  const double ct = std::cos(theta);
  const double st = std::sin(theta);
  const double ca = std::cos(alpha);
  const double sa = std::sin(alpha);
  // clang-format off
  return Value::matrix(4, 4, Numbers({
      ct, -st * ca,  st * sa, a * ct,
      st,  ct * ca, -ct * sa, a * st,
       0,       sa,       ca,      d,
       0,        0,        0,      1}));
  // clang-format on
}

Value contact_penalty(Call& call) {
  const double stiffness = call.scalar(0);
  const double gap = call.scalar(1);
  const double mu = call.scalar(2);
  const double normal = stiffness * (gap > 0 ? 0 : -gap);
  return one_row({{"F_normal", normal}, {"F_friction", mu * normal}});
}

Value forward_kinematics_2dof(Call& call) {
  const double l1 = call.scalar(0);
  const double l2 = call.scalar(1);
  const double shoulder = call.scalar(2);
  const double elbow = call.scalar(3);
  return one_row({{"x", l1 * std::cos(shoulder) + l2 * std::cos(shoulder + elbow)},
                  {"y", l1 * std::sin(shoulder) + l2 * std::sin(shoulder + elbow)}});
}

Value inverse_kinematics_2dof(Call& call) {
  const double l1 = call.scalar(0);
  const double l2 = call.scalar(1);
  const double x = call.scalar(2);
  const double y = call.scalar(3);
  const double cos_elbow = (squared(x) + squared(y) - squared(l1) - squared(l2)) / (2 * l1 * l2);
  if (std::abs(cos_elbow) > 1) return call.fail("the target is out of reach");
  const double elbow = std::acos(cos_elbow);
  const double shoulder =
      std::atan2(y, x) - std::atan2(l2 * std::sin(elbow), l1 + l2 * std::cos(elbow));
  return one_row({{"theta1", shoulder}, {"theta2", elbow}});
}

constexpr Port kSpringForce[] = {{"k", "k (N/m)", Takes::Scalar, "N/m"},
                                 {"x", "x (m)", Takes::Scalar, "m"}};
constexpr Port kDamperForce[] = {{"b", "b (N·s/m)", Takes::Scalar, "N*s/m"},
                                 {"v", "v (m/s)", Takes::Scalar, "m/s"}};
constexpr Port kMassAccel[] = {{"F", "F (N)", Takes::Scalar, "N"},
                               {"m", "m (kg)", Takes::Scalar, "kg"}};
constexpr Port kSmdNaturalFreq[] = {{"k", "k (N/m)", Takes::Scalar, "N/m"},
                                    {"m", "m (kg)", Takes::Scalar, "kg"},
                                    {"b", "b (N·s/m)", Takes::Scalar, "N*s/m"}};
constexpr Port kRigidBody1d[] = {{"m", "m (kg)", Takes::Scalar, "kg"},
                                 {"F", "F (N)", Takes::Scalar, "N"},
                                 {"v", "v (m/s)", Takes::Scalar, "m/s"},
                                 {"mu", "μ", Takes::Scalar, {}},
                                 {"Fn", "F_n (N)", Takes::Scalar, "N"}};
constexpr Port kJointRevolute[] = {{"tau", "τ (N·m)", Takes::Scalar, "N*m"},
                                   {"I", "I (kg·m²)", Takes::Scalar, "kg*m^2"}};
constexpr Port kDhTransform[] = {{"theta", "θ (rad)", Takes::Scalar, "rad"},
                                 {"d", "d (m)", Takes::Scalar, "m"},
                                 {"a", "a (m)", Takes::Scalar, "m"},
                                 {"alpha", "α (rad)", Takes::Scalar, "rad"}};
constexpr Port kContactPenalty[] = {{"k_p", "k_p (N/m)", Takes::Scalar, "N/m"},
                                    {"gap", "gap (m)", Takes::Scalar, "m"},
                                    {"mu", "μ", Takes::Scalar, {}}};
constexpr Port kStribeckFriction[] = {{"mu_s", "μ_s", Takes::Scalar, {}},
                                      {"mu_k", "μ_k", Takes::Scalar, {}},
                                      {"vs", "v_s (m/s)", Takes::Scalar, "m/s"},
                                      {"v", "v (m/s)", Takes::Scalar, "m/s"},
                                      {"Fn", "F_n (N)", Takes::Scalar, "N"}};
constexpr Port kFk2dofPlanar[] = {{"l1", "l₁ (m)", Takes::Scalar, "m"},
                                  {"l2", "l₂ (m)", Takes::Scalar, "m"},
                                  {"theta1", "θ₁ (rad)", Takes::Scalar, "rad"},
                                  {"theta2", "θ₂ (rad)", Takes::Scalar, "rad"}};
constexpr Port kIk2dofPlanar[] = {{"l1", "l₁ (m)", Takes::Scalar, "m"},
                                  {"l2", "l₂ (m)", Takes::Scalar, "m"},
                                  {"x", "x (m)", Takes::Scalar, "m"},
                                  {"y", "y (m)", Takes::Scalar, "m"}};

constexpr BlockDef kRows[] = {
    pro(operation(Category::EngMechanics,
                  "eng.multibody.spring_force",
                  "Spring Force F=kx",
                  kSpringForce,
                  formula([](double stiffness, double x) { return stiffness * x; }),
                  "F = k x",
                  "Hooke's law")),
    pro(operation(Category::EngMechanics,
                  "eng.multibody.damper_force",
                  "Damper Force F=bv",
                  kDamperForce,
                  formula([](double damping, double v) { return damping * v; }),
                  "F = b v")),
    pro(operation(
        Category::EngMechanics,
        "eng.multibody.mass_accel",
        "Mass Acceleration a=F/m",
        kMassAccel,
        formula([](double force, double mass) { return quotient(force, mass, "m is 0"); }),
        "a = F / m")),
    pro(operation(
        Category::EngMechanics,
        "eng.multibody.smd_natural_freq",
        "SMD Natural Frequency",
        kSmdNaturalFreq,
        Kernel::of(spring_mass_damper),
        "omega_n = sqrt(k / m), zeta = b / (2 sqrt(k m)), omega_d = omega_n sqrt(1 - zeta^2)",
        "Rao, Mechanical Vibrations, ch. 2")),
    pro(operation(Category::EngMechanics,
                  "eng.multibody.rigid_body_1d",
                  "Rigid Body 1D",
                  kRigidBody1d,
                  Kernel::of(rigid_body_1d),
                  "F_net = F - mu F_n, a = F_net / m, KE = m v^2 / 2")),
    pro(operation(
        Category::EngMechanics,
        "eng.multibody.joint_revolute",
        "Revolute Joint α=τ/I",
        kJointRevolute,
        formula([](double torque, double inertia) { return quotient(torque, inertia, "I is 0"); }),
        "alpha = tau / I")),
    pro(operation(
        Category::EngMechanics,
        "eng.multibody.joint_prismatic",
        "Prismatic Joint a=F/m",
        kMassAccel,
        formula([](double force, double mass) { return quotient(force, mass, "m is 0"); }),
        "a = F / m")),
    pro(operation(Category::EngMechanics,
                  "eng.multibody.dh_transform",
                  "DH Transform Matrix",
                  kDhTransform,
                  Kernel::of(dh_transform),
                  "Rz(theta) Tz(d) Tx(a) Rx(alpha), a 4x4 homogeneous matrix",
                  "Denavit and Hartenberg 1955")),
    pro(operation(Category::EngMechanics,
                  "eng.multibody.contact_penalty",
                  "Contact Model (Penalty)",
                  kContactPenalty,
                  Kernel::of(contact_penalty),
                  "F_normal = k_p max(0, -gap), F_friction = mu F_normal")),
    pro(operation(
        Category::EngMechanics,
        "eng.multibody.stribeck_friction",
        "Stribeck Friction",
        kStribeckFriction,
        formula([](double mu_static, double mu_kinetic, double v_stribeck, double v, double normal)
                    -> Outcome {
          if (v_stribeck == 0) return Outcome::fail("v_s is 0");
          return (mu_kinetic + (mu_static - mu_kinetic) * std::exp(-squared(v / v_stribeck))) *
                 normal;
        }),
        "F = (mu_k + (mu_s - mu_k) exp(-(v / v_s)^2)) F_n",
        "Armstrong-Helouvry et al. 1994")),
    pro(operation(Category::EngMechanics,
                  "eng.multibody.fk_2dof_planar",
                  "FK 2-DOF Planar Arm",
                  kFk2dofPlanar,
                  Kernel::of(forward_kinematics_2dof),
                  "x = l1 cos t1 + l2 cos(t1 + t2), y = l1 sin t1 + l2 sin(t1 + t2)",
                  "Craig, Introduction to Robotics, ch. 3")),
    pro(operation(Category::EngMechanics,
                  "eng.multibody.ik_2dof_planar",
                  "IK 2-DOF Planar Arm",
                  kIk2dofPlanar,
                  Kernel::of(inverse_kinematics_2dof),
                  "theta2 = acos((x^2 + y^2 - l1^2 - l2^2) / (2 l1 l2)), elbow down",
                  "Craig, Introduction to Robotics, ch. 4")),
};

}  // namespace

std::span<const BlockDef> eng_multibody_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
