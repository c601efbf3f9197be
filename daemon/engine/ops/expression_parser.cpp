#include "daemon/engine/ops/expression_parser.h"

#include "daemon/engine/ops/expression.h"
#include "protocol/error.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace chainsolved::ops {

namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool starts_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string quoted(std::string_view word) {
  std::string text = "'";
  text += word;
  text += '\'';
  return text;
}

std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::optional<double> constant_named(std::string_view word) noexcept {
  if (word == "pi") return std::numbers::pi;
  if (word == "e") return std::numbers::e;
  return std::nullopt;
}

/// Counts a level of nesting for as long as it lives.
class Nested {
 public:
  explicit Nested(std::size_t& level) noexcept : level_(level) { ++level_; }
  Nested(const Nested&) = delete;
  Nested& operator=(const Nested&) = delete;
  ~Nested() { --level_; }

 private:
  std::size_t& level_;
};

}  // namespace

ExpressionParser::ExpressionParser(std::string_view text,
                                   const std::span<const std::string_view>* names)
    : text_(text), free_names_(names == nullptr) {
  if (names != nullptr) expression_.variables_.assign(names->begin(), names->end());
}

Result<Expression> ExpressionParser::parse() {
  if (text_.size() > Expression::kMaxLength) {
    return limit_error("formulaLength", Expression::kMaxLength, "the formula is too long");
  }
  skip_blanks();
  if (at_ == text_.size()) {
    fail("the formula is empty");
  } else if (sum() && at_ < text_.size()) {
    fail("expected an operator or the end, found " + what_stands_here());
  }
  if (!error_.empty()) return Error{ErrorCode::InvalidParams, std::move(error_), {}};
  return std::move(expression_);
}

bool ExpressionParser::sum() {
  if (!product()) return false;
  for (;;) {
    if (take('+')) {
      if (!product() || !emit(Expression::Code::Add, 2)) return false;
    } else if (take('-')) {
      if (!product() || !emit(Expression::Code::Subtract, 2)) return false;
    } else {
      return true;
    }
  }
}

bool ExpressionParser::product() {
  if (!signed_power()) return false;
  for (;;) {
    if (take('*')) {
      if (!signed_power() || !emit(Expression::Code::Multiply, 2)) return false;
    } else if (take('/')) {
      if (!signed_power() || !emit(Expression::Code::Divide, 2)) return false;
    } else {
      return true;
    }
  }
}

bool ExpressionParser::signed_power() {
  const Nested level(nesting_);
  if (nesting_ > Expression::kMaxNesting) return fail("the formula is nested too deeply");
  if (take('-')) return signed_power() && emit(Expression::Code::Negate, 1);
  if (take('+')) return signed_power();
  return power();
}

bool ExpressionParser::power() {
  if (!atom()) return false;
  if (!take('^')) return true;
  return signed_power() && emit(Expression::Code::Power, 2);
}

bool ExpressionParser::atom() {
  if (take('(')) {
    if (!sum()) return false;
    return take(')') || fail("expected ')', found " + what_stands_here());
  }
  if (at_ == text_.size()) return fail("expected a number or a name, found the end");
  if (is_digit(text_[at_]) || text_[at_] == '.') return number();
  if (starts_word(text_[at_])) return name();
  return fail("expected a number or a name, found " + what_stands_here());
}

bool ExpressionParser::number() {
  double value = 0;
  const char* const begin = text_.data() + at_;
  const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc()) return fail("this is no number that a double can hold");
  at_ += static_cast<std::size_t>(end - begin);
  skip_blanks();
  return emit({.code = Expression::Code::Number, .number = value}, 0);
}

bool ExpressionParser::name() {
  const std::size_t begin = at_;
  const std::string_view word = take_word();
  if (take('(')) return call(word);
  const auto constant = constant_named(word);
  if (free_names_ && constant) {
    return emit({.code = Expression::Code::Number, .number = *constant}, 0);
  }
  if (const auto index = variable_named(word)) {
    return emit({.code = Expression::Code::Variable, .index = *index}, 0);
  }
  if (constant) return emit({.code = Expression::Code::Number, .number = *constant}, 0);
  at_ = begin;
  const auto& known = expression_.variables_;
  return fail("unknown name " + quoted(word) +
              (known.empty() ? "; there are no variables" : "; known are " + joined(known)));
}

bool ExpressionParser::call(std::string_view function_name) {
  const auto functions = Expression::functions();
  const auto found = std::ranges::find(functions, function_name, &Expression::Function::name);
  if (found == functions.end()) return fail("unknown function " + quoted(function_name));
  const Expression::Instruction step = {
      .code = Expression::Code::Function,
      .index = static_cast<std::uint32_t>(found - functions.begin())};
  const std::size_t arity = found->arity();
  const bool folds = function_name == "min" || function_name == "max";
  std::size_t arguments = 0;
  do {
    if (!sum()) return false;
    ++arguments;
    if (arguments > arity && !folds) break;
    if (arguments >= arity && !emit(step, arity)) return false;
  } while (take(','));
  if (arguments != arity && !(folds && arguments > arity)) {
    return fail(quoted(function_name) + " takes " + std::to_string(arity) +
                (arity == 1 ? " argument" : " arguments"));
  }
  return take(')') || fail("expected ')', found " + what_stands_here());
}

void ExpressionParser::skip_blanks() noexcept {
  while (at_ < text_.size() &&
         std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
    ++at_;
}

bool ExpressionParser::take(char wanted) noexcept {
  if (at_ == text_.size() || text_[at_] != wanted) return false;
  ++at_;
  skip_blanks();
  return true;
}

std::string_view ExpressionParser::take_word() noexcept {
  const std::size_t begin = at_;
  while (at_ < text_.size() && (starts_word(text_[at_]) || is_digit(text_[at_])))
    ++at_;
  const std::string_view word = text_.substr(begin, at_ - begin);
  skip_blanks();
  return word;
}

bool ExpressionParser::emit(const Expression::Instruction& step, std::size_t pops) {
  stack_ = stack_ - pops + 1;
  if (stack_ > Expression::kMaxStack) return fail("the formula is nested too deeply");
  expression_.program_.push_back(step);
  return true;
}

std::optional<std::uint32_t> ExpressionParser::variable_named(std::string_view word) {
  auto& names = expression_.variables_;
  const auto found = std::ranges::find(names, word);
  const auto index = static_cast<std::uint32_t>(found - names.begin());
  if (found != names.end()) return index;
  if (!free_names_ || names.size() == Expression::kMaxVariables) return std::nullopt;
  names.emplace_back(word);
  return index;
}

bool ExpressionParser::fail(std::string message) {
  if (error_.empty()) error_ = std::move(message) + " (character " + std::to_string(at_ + 1) + ")";
  return false;
}

std::string ExpressionParser::what_stands_here() const {
  return at_ == text_.size() ? "the end" : quoted(text_.substr(at_, 1));
}

}  // namespace chainsolved::ops
