// Comparisons (1 for true, 0 for false) and choices.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"

#include <cmath>
#include <limits>
#include <span>
#include <string_view>

namespace chainsolved::ops {

namespace {

double truth(bool b) {
  return b ? 1 : 0;
}

double if_then_else(double condition, double then_value, double else_value) {
  if (std::isnan(condition)) return condition;
  return condition != 0 ? then_value : else_value;
}

constexpr Port kAB[] = {{"a", "A", Takes::Broadcast}, {"b", "B", Takes::Broadcast}};
constexpr Port kChoice[] = {{"cond", "If (≠0)"}, {"then", "Then"}, {"else", "Else"}};

constexpr BlockDef logic(std::string_view id,
                         std::string_view label,
                         std::span<const Port> ports,
                         Kernel kernel,
                         std::string_view formula) {
  return operation(Category::Logic, id, label, ports, kernel, formula);
}

constexpr Kernel kMax = Kernel::fold([](double a, double b) { return std::fmax(a, b); });
constexpr Kernel kMin = Kernel::fold([](double a, double b) { return std::fmin(a, b); });

constexpr BlockDef kRows[] = {
    logic("greater",
          "Greater",
          kAB,
          elementwise([](double a, double b) { return truth(a > b); }),
          "1 if a > b, else 0"),
    logic("less",
          "Less",
          kAB,
          elementwise([](double a, double b) { return truth(a < b); }),
          "1 if a < b, else 0"),
    logic("equal",
          "Equal",
          kAB,
          elementwise([](double a, double b) {
            return truth(std::fabs(a - b) < std::numeric_limits<double>::epsilon());
          }),
          "1 if |a - b| < 2.2e-16, else 0"),
    logic("ifthenelse",
          "If / Then / Else",
          kChoice,
          formula([](double condition, double then_value, double else_value) {
            return if_then_else(condition, then_value, else_value);
          }),
          "then if cond is not 0, else else; NaN without a condition"),
    variadic(logic("max", "Max", kAB, kMax, "the larger; a NaN is passed over")),
    variadic(logic("min", "Min", kAB, kMin, "the smaller; a NaN is passed over")),
};

}  // namespace

std::span<const BlockDef> logic_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
