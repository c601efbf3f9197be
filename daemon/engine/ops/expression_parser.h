#pragma once

#include "daemon/engine/ops/expression.h"
#include "protocol/error.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chainsolved::ops {

/// Turns a formula's text into Expression's program: recursive descent with a bounded depth, one
/// function per rule of the grammar in expression.h. Every rule returns false after the first
/// error.
class ExpressionParser {
 public:
  /// With `names` only those are variables.
  ExpressionParser(std::string_view text, const std::span<const std::string_view>* names);

  Result<Expression> parse();

 private:
  bool sum();
  bool product();
  bool signed_power();
  bool power();
  bool atom();
  bool number();
  bool name();
  bool call(std::string_view function_name);

  void skip_blanks() noexcept;
  /// Takes `wanted` if it is next.
  bool take(char wanted) noexcept;
  std::string_view take_word() noexcept;

  /// Adds a step that takes `pops` values and gives one.
  bool emit(const Expression::Instruction& step, std::size_t pops);
  bool emit(Expression::Code code, std::size_t pops) { return emit({.code = code}, pops); }
  std::optional<std::uint32_t> variable_named(std::string_view word);

  bool fail(std::string message);
  std::string what_stands_here() const;

  std::string_view text_;
  bool free_names_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
  std::size_t stack_ = 0;
  std::string error_;
  Expression expression_;
};

}  // namespace chainsolved::ops
