#include "daemon/engine/ops/unit.h"

#include "daemon/engine/ops/unit_table.h"
#include "protocol/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace chainsolved::ops {

namespace {

constexpr int kMaxExponent = 12;
constexpr std::size_t kMaxUnitLength = 200;

Error unknown(std::string_view name) {
  return Error{ErrorCode::InvalidParams, "unknown unit '" + std::string(name) + "'", {}};
}

bool same_unit(const Unit& a, const Unit& b) {
  return a.dimension == b.dimension && a.scale == b.scale && a.offset == b.offset;
}

bool equal_exactly(std::string_view a, std::string_view b) {
  return a == b;
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

using Equal = bool (*)(std::string_view, std::string_view);

/// The units that `name` can mean, with and without a prefix, different ones only.
std::vector<Unit> meanings(std::string_view name, Equal equal) {
  std::vector<Unit> found;
  const auto add = [&found](const Unit& unit) {
    const auto same = [&unit](const Unit& other) {
      return same_unit(unit, other);
    };
    if (std::ranges::none_of(found, same)) found.push_back(unit);
  };
  for (const NamedUnit& named : named_units()) {
    if (equal(named.name, name)) add(named.unit);
  }
  // "min" is the minute, not the milli-inch: a whole name goes before a prefix.
  if (!found.empty()) return found;
  for (const Prefix& prefix : si_prefixes()) {
    if (name.size() <= prefix.name.size()) continue;
    if (!equal(name.substr(0, prefix.name.size()), prefix.name)) continue;
    const std::string_view rest = name.substr(prefix.name.size());
    for (const NamedUnit& named : named_units()) {
      if (!named.takes_prefix || !equal(named.name, rest)) continue;
      Unit scaled = named.unit;
      scaled.scale *= prefix.factor;
      add(scaled);
    }
  }
  return found;
}

Result<Unit> find_name(std::string_view name) {
  const std::vector<Unit> exact = meanings(name, equal_exactly);
  if (exact.size() == 1) return exact.front();
  const std::vector<Unit> similar = meanings(name, equal_but_for_case);
  if (similar.size() == 1) return similar.front();
  if (similar.empty()) return unknown(name);
  return Error{ErrorCode::InvalidParams,
               "unit '" + std::string(name) + "' can mean several units; mind upper and lower case",
               {}};
}

/// One factor of a compound: a name and its exponent.
struct Factor {
  std::string_view name;
  int exponent = 1;
};

std::optional<Factor> read_factor(std::string_view text) {
  Factor factor{.name = text};
  const auto caret = text.find('^');
  if (caret == std::string_view::npos) return factor;
  factor.name = text.substr(0, caret);
  const std::string_view digits = text.substr(caret + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), factor.exponent);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || std::abs(factor.exponent) > kMaxExponent) return std::nullopt;
  return factor;
}

/// Multiplies a factor into the compound. Units with an offset have no powers or products.
bool multiply(Unit& compound, const Unit& unit, int exponent) {
  if (unit.offset != 0) return false;
  compound.scale *= std::pow(unit.scale, exponent);
  for (std::size_t i = 0; i < compound.dimension.size(); ++i) {
    const int sum = compound.dimension[i] + unit.dimension[i] * exponent;
    if (std::abs(sum) > 100) return false;
    compound.dimension[i] = static_cast<std::int8_t>(sum);
  }
  return true;
}

Result<Unit> find_compound(std::string_view text) {
  Unit compound;
  int sign = 1;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("*/", at), text.size());
    const auto factor = read_factor(text.substr(at, end - at));
    if (!factor) return unknown(text);
    const bool one = factor->name == "1";
    const Result<Unit> unit = one ? Result<Unit>(Unit{}) : find_name(factor->name);
    if (!unit.ok()) return unit.error();
    if (!multiply(compound, *unit, sign * factor->exponent)) return unknown(text);
    sign = end < text.size() && text[end] == '/' ? -1 : 1;
    at = end + 1;
  }
  return compound;
}

/// Spells a unit with *, / and ^ only: "W/m²·K" is "W/m^2*K", and blanks go.
std::string normalised(std::string_view text) {
  struct Spelling {
    std::string_view from;
    std::string_view to;
  };
  constexpr Spelling kSpellings[] = {
      {"·", "*"}, {"²", "^2"}, {"³", "^3"}, {"⁴", "^4"}, {"µ", "u"}, {"μ", "u"}, {" ", ""}};
  std::string out;
  while (!text.empty()) {
    const auto* const known = std::ranges::find_if(
        kSpellings, [text](const Spelling& spelling) { return text.starts_with(spelling.from); });
    const bool found = known != std::end(kSpellings);
    out += found ? known->to : text.substr(0, 1);
    text.remove_prefix(found ? known->from.size() : 1);
  }
  return out;
}

}  // namespace

std::string to_text(const Dimension& dimension) {
  constexpr std::array<std::string_view, 7> kLetters = {"L", "M", "T", "I", "Θ", "N", "J"};
  std::string text;
  for (std::size_t i = 0; i < dimension.size(); ++i) {
    if (dimension[i] == 0) continue;
    if (!text.empty()) text += ' ';
    text += kLetters[i];
    if (dimension[i] != 1) text += "^" + std::to_string(dimension[i]);
  }
  return text.empty() ? "1" : text;
}

Result<Unit> find_unit(std::string_view text) {
  const std::string spelled = normalised(text);
  if (spelled.empty() || spelled.size() > kMaxUnitLength) return unknown(text);
  const bool plain = spelled.find_first_of("*/^") == std::string::npos;
  if (plain || meanings(spelled, equal_exactly).size() == 1) return find_name(spelled);
  return find_compound(spelled);
}

}  // namespace chainsolved::ops
