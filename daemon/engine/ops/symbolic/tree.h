#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::ops::symbolic {

/// A node of a Tree, by position.
using NodeId = std::uint32_t;

enum class Kind : std::uint8_t {
  Number,
  Pi,
  Euler,
  Variable,
  Add,
  Subtract,
  Multiply,
  Divide,
  Power,
  Negate,
  Function,
};

/// Named functions, of one argument but for the last three.
enum class Function : std::uint8_t {
  Sqrt,
  Abs,
  Sin,
  Cos,
  Tan,
  Asin,
  Acos,
  Atan,
  Sinh,
  Cosh,
  Tanh,
  Ln,
  Log10,
  Log2,
  Exp,
  Ceil,
  Floor,
  Round,
  Sign,
  Min,
  Max,
  Atan2,
};

struct Node {
  Kind kind = Kind::Number;
  Function function = Function::Sqrt;
  std::uint16_t depth = 0;  // of the longest way down to a leaf
  NodeId left = 0;          // the only operand of Negate and of functions of one argument
  NodeId right = 0;
  std::uint32_t name = 0;  // Variable: into names()
  double number = 0;
};

/// Formulas as trees in one arena. A node's operands stand before it, so that whoever works from
/// the leaves up goes through the positions in order and needs no recursion; parts may be shared.
/// Both size and depth are bounded: past either bound full() is set, building goes on without
/// effect, and what was built is to be thrown away.
class Tree {
 public:
  static constexpr std::size_t kMaxNodes = 200'000;
  static constexpr std::uint16_t kMaxDepth = 1000;

  NodeId number(double value);
  NodeId pi() { return append({.kind = Kind::Pi}); }
  NodeId euler() { return append({.kind = Kind::Euler}); }
  NodeId variable(std::string_view name);
  NodeId add(NodeId a, NodeId b) { return binary(Kind::Add, a, b); }
  NodeId subtract(NodeId a, NodeId b) { return binary(Kind::Subtract, a, b); }
  NodeId multiply(NodeId a, NodeId b) { return binary(Kind::Multiply, a, b); }
  NodeId divide(NodeId a, NodeId b) { return binary(Kind::Divide, a, b); }
  NodeId power(NodeId base, NodeId exponent) { return binary(Kind::Power, base, exponent); }
  NodeId negate(NodeId a);
  NodeId call(Function function, NodeId a);
  NodeId call(Function function, NodeId a, NodeId b);

  /// The node again with other operands; itself when they are the same.
  NodeId with_operands(NodeId id, NodeId left, NodeId right);

  const Node& operator[](NodeId id) const noexcept { return nodes_[id]; }
  std::size_t size() const noexcept { return nodes_.size(); }
  const std::string& name_of(const Node& variable) const noexcept { return names_[variable.name]; }
  bool full() const noexcept { return full_; }

  /// Which nodes up to `root` it is made of.
  std::vector<bool> parts_of(NodeId root) const;
  /// For every node up to `root`, whether the variable occurs in it.
  std::vector<bool> depends_on(NodeId root, std::string_view variable) const;

 private:
  NodeId binary(Kind kind, NodeId a, NodeId b);
  NodeId append(const Node& node);

  std::vector<Node> nodes_;
  std::vector<std::string> names_;
  bool full_ = false;
};

constexpr bool is_binary(Kind kind) noexcept {
  return kind >= Kind::Add && kind <= Kind::Power;
}

constexpr std::size_t arity(Function function) noexcept {
  return function >= Function::Min ? 2 : 1;
}

/// How many operands a node has: 0, 1 or 2.
constexpr std::size_t operands(const Node& node) noexcept {
  if (is_binary(node.kind)) return 2;
  if (node.kind == Kind::Negate) return 1;
  return node.kind == Kind::Function ? arity(node.function) : 0;
}

}  // namespace chainsolved::ops::symbolic
