#pragma once

#include "protocol/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::ops {

/// A formula as a user types it, read once and evaluated often. One grammar for every block that
/// takes a formula:
///
///   sum     = product { ("+" | "-") product }
///   product = signed { ("*" | "/") signed }
///   signed  = ("-" | "+") signed | power
///   power   = atom [ "^" signed ]              so -x^2 is -(x^2), 2^-3 and 2^3^2 = 2^(3^2) are
///   fine atom    = number | name | name "(" sum { "," sum } ")" | "(" sum ")"
///
/// `pi` and `e` are constants, unless a variable that the caller names has their name. Functions of
/// one argument: sqrt abs sin cos tan asin acos atan sinh cosh tanh ln log (= log10) log10 log2 exp
/// ceil floor round sign; of two: min max pow atan2 (min and max take more, from the left).
class Expression {
 public:
  enum class Code : std::uint8_t {
    Number,    // pushes `number`
    Variable,  // pushes the variable `index`
    Negate,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Function,  // `index` is the row in functions(); pops its arguments
  };

  /// One step of the postfix program.
  struct Instruction {
    Code code = Code::Number;
    std::uint32_t index = 0;
    double number = 0;
  };

  /// A function of the grammar. Exactly one of the two pointers is set.
  struct Function {
    std::string_view name;
    double (*of_one)(double) = nullptr;
    double (*of_two)(double, double) = nullptr;
    std::size_t arity() const noexcept { return of_one != nullptr ? 1 : 2; }
  };
  static std::span<const Function> functions() noexcept;

  static constexpr std::size_t kMaxLength = 65'536;  // bytes
  static constexpr std::size_t kMaxNesting = 100;    // parentheses, signs and powers
  static constexpr std::size_t kMaxVariables = 1024;
  static constexpr std::size_t kMaxStack = 512;  // values under way at once

  /// Reads `text`; every name that is no constant or function is a variable, numbered in the order
  /// of appearance. INVALID_PARAMS with a sentence that says what is wrong and at which character.
  static Result<Expression> parse(std::string_view text);

  /// Reads `text` whose variables can only be `names`, numbered in that order. Another name is an
  /// error ("unknown name 'c'; known are a, b").
  static Result<Expression> parse(std::string_view text, std::span<const std::string_view> names);

  /// Names of the variables, by index.
  std::span<const std::string> variables() const noexcept { return variables_; }

  /// For evaluation with other numbers than doubles (derivatives, intervals).
  std::span<const Instruction> program() const noexcept { return program_; }

  /// `values[i]` is the variable `i`. Requires values.size() >= variables().size().
  double evaluate(std::span<const double> values) const noexcept;

 private:
  friend class ExpressionParser;
  Expression() = default;

  std::vector<Instruction> program_;
  std::vector<std::string> variables_;
};

}  // namespace chainsolved::ops
