// Angles. The node's angleUnit "deg" makes a function take or give degrees.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <cmath>
#include <numbers>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

double radians(double degrees) {
  return degrees * std::numbers::pi / 180.0;
}
double degrees(double radians) {
  return radians * 180.0 / std::numbers::pi;
}

bool in_degrees(const BlockData& data) {
  return data.text("angleUnit") == "deg";
}

constexpr UnaryFn kSin = [](double a) {
  return std::sin(a);
};
constexpr UnaryFn kCos = [](double a) {
  return std::cos(a);
};
constexpr UnaryFn kTan = [](double a) {
  return std::tan(a);
};
constexpr UnaryFn kAsin = [](double a) {
  return std::asin(a);
};
constexpr UnaryFn kAcos = [](double a) {
  return std::acos(a);
};
constexpr UnaryFn kAtan = [](double a) {
  return std::atan(a);
};
constexpr BinaryFn kAtan2 = [](double y, double x) {
  return std::atan2(y, x);
};

template <UnaryFn F>
Kernel taking_angle(const BlockData& data) {
  if (in_degrees(data)) return elementwise([](double a) { return F(radians(a)); });
  return Kernel::of(F);
}

template <UnaryFn F>
Kernel giving_angle(const BlockData& data) {
  if (in_degrees(data)) return elementwise([](double a) { return degrees(F(a)); });
  return Kernel::of(F);
}

Kernel giving_angle_of_two(const BlockData& data) {
  if (in_degrees(data)) {
    return elementwise([](double y, double x) { return degrees(kAtan2(y, x)); });
  }
  return Kernel::of(kAtan2);
}

constexpr Port kAngle[] = {{"a", "θ (rad)", Takes::Broadcast}};
constexpr Port kA[] = {{"a", "A", Takes::Broadcast}};
constexpr Port kYX[] = {{"y", "Y", Takes::Broadcast}, {"x", "X", Takes::Broadcast}};
constexpr Port kDegrees[] = {{"deg", "°", Takes::Broadcast, "deg"}};
constexpr Port kRadians[] = {{"rad", "rad", Takes::Broadcast, "rad"}};
constexpr std::string_view kAngleUnit[] = {"angleUnit"};

constexpr BlockDef trig(std::string_view id,
                        std::string_view label,
                        std::span<const Port> ports,
                        Kernel kernel,
                        std::string_view formula) {
  return operation(Category::Trig, id, label, ports, kernel, formula);
}

constexpr BlockDef by_angle_unit(Kernel (*select)(const BlockData&), BlockDef row) {
  row.select = select;
  return reads(kAngleUnit, row);
}

constexpr BlockDef kRows[] = {
    by_angle_unit(taking_angle<kSin>, trig("sin", "Sin", kAngle, Kernel::of(kSin), "sin(a)")),
    by_angle_unit(taking_angle<kCos>, trig("cos", "Cos", kAngle, Kernel::of(kCos), "cos(a)")),
    by_angle_unit(taking_angle<kTan>, trig("tan", "Tan", kAngle, Kernel::of(kTan), "tan(a)")),
    by_angle_unit(giving_angle<kAsin>, trig("asin", "Asin", kA, Kernel::of(kAsin), "arcsin(a)")),
    by_angle_unit(giving_angle<kAcos>, trig("acos", "Acos", kA, Kernel::of(kAcos), "arccos(a)")),
    by_angle_unit(giving_angle<kAtan>, trig("atan", "Atan", kA, Kernel::of(kAtan), "arctan(a)")),
    by_angle_unit(giving_angle_of_two,
                  trig("atan2", "Atan2", kYX, Kernel::of(kAtan2), "angle of the point (x, y)")),
    trig("degToRad",
         "Deg → Rad",
         kDegrees,
         elementwise([](double deg) { return radians(deg); }),
         "deg * pi / 180"),
    trig("radToDeg",
         "Rad → Deg",
         kRadians,
         elementwise([](double rad) { return degrees(rad); }),
         "rad * 180 / pi"),
};

}  // namespace

std::span<const BlockDef> trig_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
