// Texts.
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/block_list.h"
#include "daemon/engine/ops/call.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/formula.h"
#include "daemon/engine/ops/rows.h"
#include "protocol/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace chainsolved::ops {

namespace {

constexpr int kMaxPrecision = 350;  // digits after the point that a double can have and more
constexpr int kDefaultPrecision = 6;

/// The digits after the dot of a printf format.
int precision_of(std::string_view format) {
  const std::size_t dot = format.find('.');
  if (dot == std::string_view::npos) return kDefaultPrecision;
  int precision = 0;
  const auto read =
      std::from_chars(format.data() + dot + 1, format.data() + format.size(), precision);
  if (read.ec != std::errc()) return kDefaultPrecision;
  return std::clamp(precision, 0, kMaxPrecision);
}

template <class... Style>
std::string printed(double value, Style... style) {
  std::array<char, 2 * kMaxPrecision> buffer;  // NOLINT(*-member-init): written before it is read
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, style...).ptr;
  return {buffer.data(), end};
}

/// The decimal exponent of `value` as it is printed with `digits` digits.
int exponent_of(const std::string& scientific) {
  return std::atoi(scientific.c_str() + scientific.find('e') + 1);  // NOLINT(cert-err34-c): ours
}

/// 1.5e+03 as 1.5e3.
std::string without_exponent_padding(const std::string& scientific) {
  return scientific.substr(0, scientific.find('e') + 1) + std::to_string(exponent_of(scientific));
}

std::string without_trailing_zeros(std::string fixed) {
  if (fixed.find('.') == std::string::npos) return fixed;
  fixed.erase(fixed.find_last_not_of('0') + 1);
  if (fixed.back() == '.') fixed.pop_back();
  return fixed;
}

std::string general(double value, int precision) {
  const int digits = std::max(precision, 1);
  const std::string scientific = printed(value, std::chars_format::scientific, digits - 1);
  const int exponent = exponent_of(scientific);
  if (exponent < -4 || exponent >= digits) return without_exponent_padding(scientific);
  return without_trailing_zeros(printed(value, std::chars_format::fixed, digits - 1 - exponent));
}

std::string formatted(double value, std::string_view format) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Inf" : "-Inf";
  switch (format.empty() ? '\0' : format.back()) {
    case 'f':
      return printed(value, std::chars_format::fixed, precision_of(format));
    case 'e':
      return without_exponent_padding(
          printed(value, std::chars_format::scientific, precision_of(format)));
    case 'g':
      return general(value, precision_of(format));
    case 'd':
      return printed(std::round(value), std::chars_format::fixed, 0);
    default:
      return printed(value, std::chars_format::fixed);
  }
}

Value number_to_text(Call& call) {
  const Value& format = call.input(1);
  return Value::text(formatted(
      call.scalar(0),
      format.is(ValueKind::Text) ? format.as_text() : call.data().text_or("format", "%.6g")));
}

constexpr Port kNumber[] = {{"value", "Value"}, {"format", "Format", Takes::Any}};
constexpr std::string_view kFormatKey[] = {"format"};

constexpr BlockDef kRows[] = {
    reads(kFormatKey,
          operation(Category::Text,
                    "num_to_text",
                    "Number to Text",
                    kNumber,
                    Kernel::of(number_to_text),
                    "value as printf's %f, %e, %g or %d writes it, else shortest")),
};

}  // namespace

std::span<const BlockDef> text_blocks() noexcept {
  return kRows;
}

}  // namespace chainsolved::ops
