#pragma once

#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/category.h"
#include "daemon/engine/ops/rows.h"

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

// Words for rows that are one formula. The formula is a lambda over named numbers, in the order of
// the row's ports: `formula([](double force, double area) { return quotient(force, area, "...");
// })`.
namespace chainsolved::ops {

namespace detail {

template <class Method>
struct Parameters;
template <class Class, class Result, class... Numbers>
struct Parameters<Result (Class::*)(Numbers...) const> {
  static_assert((std::same_as<Numbers, double> && ...), "a formula takes numbers");
  static constexpr std::size_t kCount = sizeof...(Numbers);
};

template <class Result, class... Numbers>
struct Parameters<Result (*)(Numbers...)> {
  static_assert((std::same_as<Numbers, double> && ...), "a formula takes numbers");
  static constexpr std::size_t kCount = sizeof...(Numbers);
};

template <auto F, std::size_t... I>
Outcome apply_function(const double* in, std::index_sequence<I...>) {
  return F(in[I]...);
}

template <class F, std::size_t... I>
Outcome apply(const double* in, std::index_sequence<I...>) {
  return F{}(in[I]...);
}

}  // namespace detail

/// Scalar ports to one scalar. Returns a number, or an Outcome where there may be none.
template <class F>
constexpr Kernel formula(F) {
  return Kernel::of(static_cast<FormulaFn>([](const double* in) {
    using Count = std::make_index_sequence<detail::Parameters<decltype(&F::operator())>::kCount>;
    return detail::apply<F>(in, Count{});
  }));
}

/// The same for a function that has a name: `formula<magic_formula>()`.
template <auto F>
constexpr Kernel formula() {
  return Kernel::of(static_cast<FormulaFn>([](const double* in) {
    using Count = std::make_index_sequence<detail::Parameters<decltype(F)>::kCount>;
    return detail::apply_function<F>(in, Count{});
  }));
}

/// Elementwise over one or two Broadcast ports.
template <class F>
constexpr Kernel elementwise(F f) {
  if constexpr (detail::Parameters<decltype(&F::operator())>::kCount == 1) {
    return Kernel::of(static_cast<UnaryFn>(f));
  } else {
    return Kernel::of(static_cast<BinaryFn>(f));
  }
}

/// a / b, and `reason` where b is zero. A NaN passes the guard and makes the result NaN.
inline Outcome quotient(double a, double b, const char* reason) noexcept {
  return b == 0 ? Outcome::fail(reason) : Outcome(a / b);
}

/// `value` kept within the bounds; a NaN stays one.
constexpr double limited(double value, double low, double high) noexcept {
  if (value < low) return low;
  return value > high ? high : value;
}

constexpr double squared(double x) noexcept {
  return x * x;
}

// NOLINTNEXTLINE(readability-function-size): a row has that many columns
constexpr BlockDef operation(Category category,
                             std::string_view id,
                             std::string_view label,
                             std::span<const Port> ports,
                             Kernel kernel,
                             std::string_view formula,
                             std::string_view source = {}) {
  BlockDef block = row(NodeKind::Operation, category, id, label, ports, kernel, formula);
  block.source = source;
  return block;
}

/// Takes edges into ports of any name, beside those of the row.
constexpr BlockDef free_ports(BlockDef block) {
  block.free_ports = true;
  return block;
}

}  // namespace chainsolved::ops
