// Conversions between fixed pairs of units.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/broadcast.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <numbers>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

constexpr double kPi = std::numbers::pi;

constexpr std::string_view kScaleKeys[] = {"convFactor"};

Value scaled_by_factor(Call& call) {
  return product(call, call.input(0), Value::scalar(call.data().number_or("convFactor", 1)));
}

constexpr Port kDegToRad[] = {{"deg", "deg", Takes::Broadcast}};
constexpr Port kRadToDeg[] = {{"rad", "rad", Takes::Broadcast}};
constexpr Port kMmToM[] = {{"mm", "mm", Takes::Broadcast}};
constexpr Port kMToMm[] = {{"m", "m", Takes::Broadcast}};
constexpr Port kBarToPa[] = {{"bar", "bar", Takes::Broadcast}};
constexpr Port kPaToBar[] = {{"Pa", "Pa", Takes::Broadcast}};
constexpr Port kLpmToM3s[] = {{"lpm", "L/min", Takes::Broadcast}};
constexpr Port kM3sToLpm[] = {{"m3s", "m³/s", Takes::Broadcast}};
constexpr Port kUnitConvert[] = {{"value", "value", Takes::Broadcast}};

constexpr BlockDef kRows[] = {
    operation(Category::EngConversions,
              "eng.conv.deg_to_rad",
              "Deg → Rad",
              kDegToRad,
              elementwise([](double degrees) { return degrees * kPi / 180; }),
              "rad = deg pi / 180"),
    operation(Category::EngConversions,
              "eng.conv.rad_to_deg",
              "Rad → Deg",
              kRadToDeg,
              elementwise([](double radians) { return radians * 180 / kPi; }),
              "deg = rad 180 / pi"),
    operation(Category::EngConversions,
              "eng.conv.mm_to_m",
              "mm → m",
              kMmToM,
              elementwise([](double mm) { return mm / 1000; }),
              "m = mm / 1000"),
    operation(Category::EngConversions,
              "eng.conv.m_to_mm",
              "m → mm",
              kMToMm,
              elementwise([](double m) { return m * 1000; }),
              "mm = 1000 m"),
    operation(Category::EngConversions,
              "eng.conv.bar_to_pa",
              "bar → Pa",
              kBarToPa,
              elementwise([](double bar) { return bar * 1e5; }),
              "Pa = 1e5 bar"),
    operation(Category::EngConversions,
              "eng.conv.pa_to_bar",
              "Pa → bar",
              kPaToBar,
              elementwise([](double pa) { return pa / 1e5; }),
              "bar = Pa / 1e5"),
    operation(Category::EngConversions,
              "eng.conv.lpm_to_m3s",
              "L/min → m³/s",
              kLpmToM3s,
              elementwise([](double lpm) { return lpm / 60000; }),
              "m^3/s = (L/min) / 60000"),
    operation(Category::EngConversions,
              "eng.conv.m3s_to_lpm",
              "m³/s → L/min",
              kM3sToLpm,
              elementwise([](double m3s) { return m3s * 60000; }),
              "L/min = 60000 m^3/s"),
    reads(kScaleKeys,
          operation(Category::EngConversions,
                    "unit_convert",
                    "Unit Convert",
                    kUnitConvert,
                    Kernel::of(scaled_by_factor),
                    "value * convFactor")),
};

}  // namespace

std::span<const BlockDef> eng_conversions_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
