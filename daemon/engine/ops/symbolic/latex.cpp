#include "daemon/engine/ops/symbolic/functions.h"
#include "daemon/engine/ops/symbolic/rules.h"
#include "daemon/engine/ops/symbolic/tree.h"

#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::ops::symbolic {

namespace {

constexpr std::string_view kOpen = "\\left(";
constexpr std::string_view kClose = "\\right)";

bool is_sum(const Node& node) noexcept {
  return node.kind == Kind::Add || node.kind == Kind::Subtract;
}

bool starts_with_minus(const Node& node) noexcept {
  return node.kind == Kind::Negate || (node.kind == Kind::Number && node.number < 0);
}

/// Stands by itself under a power or behind a minus sign.
bool is_atom(const Node& node) noexcept {
  return (node.kind == Kind::Number && node.number >= 0) || node.kind == Kind::Variable ||
         node.kind == Kind::Pi || node.kind == Kind::Euler;
}

/// The shortest decimal digits that are this double, never with an exponent.
std::string decimal(double value) {
  if (std::isnan(value)) return "\\text{NaN}";
  if (std::isinf(value)) return value > 0 ? "\\infty" : "-\\infty";
  std::array<char, 1100> text{};  // the smallest double has 1074 digits behind the point
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return error == std::errc() ? std::string(text.data(), end) : std::string();
}

/// Writes on an explicit stack of what is still to come: text, or a node.
class Printer {
 public:
  explicit Printer(const Tree& tree) : tree_(tree) {}

  std::optional<std::string> run(NodeId root) {
    pending_.push_back(whole(root));
    while (!pending_.empty()) {
      const Piece piece = pending_.back();
      pending_.pop_back();
      if (piece.node) {
        write(*piece.node);
      } else {
        out_ += piece.text;
      }
      if (out_.size() > kMaxLatex) return std::nullopt;
    }
    return std::move(out_);
  }

 private:
  struct Piece {
    std::optional<NodeId> node;
    std::string_view text;
  };

  static Piece text(std::string_view literal) { return {.node = {}, .text = literal}; }
  static Piece whole(NodeId id) { return {.node = id, .text = {}}; }

  /// The next to be written stands first.
  void push(std::initializer_list<Piece> pieces) {
    pending_.insert(pending_.end(),
                    std::make_reverse_iterator(pieces.end()),
                    std::make_reverse_iterator(pieces.begin()));
  }

  void push_operand(NodeId id, bool parenthesised) {
    if (parenthesised) {
      push({text(kOpen), whole(id), text(kClose)});
    } else {
      push({whole(id)});
    }
  }

  /// Between two operands, pushed from the last to the first.
  void push_infix(const Node& node, std::string_view sign, bool left_wrapped, bool right_wrapped) {
    push_operand(node.right, right_wrapped);
    push({text(sign)});
    push_operand(node.left, left_wrapped);
  }

  void write(NodeId id) {
    const Node& node = tree_[id];
    switch (node.kind) {
      case Kind::Number:
        out_ += decimal(node.number);
        return;
      case Kind::Pi:
        out_ += "\\pi";
        return;
      case Kind::Euler:
        out_ += 'e';
        return;
      case Kind::Variable:
        out_ += tree_.name_of(node);
        return;
      case Kind::Negate:
        push_operand(node.left, !is_atom(tree_[node.left]));
        out_ += '-';
        return;
      case Kind::Function:
        return write_function(node);
      default:
        return write_binary(node);
    }
  }

  void write_binary(const Node& node) {
    const Node& left = tree_[node.left];
    const Node& right = tree_[node.right];
    switch (node.kind) {
      case Kind::Add:
        return push_infix(node, " + ", false, starts_with_minus(right));
      case Kind::Subtract:
        return push_infix(node, " - ", false, is_sum(right) || starts_with_minus(right));
      case Kind::Multiply:
        return push_infix(
            node, " \\cdot ", is_sum(left), is_sum(right) || starts_with_minus(right));
      case Kind::Divide:
        return push({text("\\frac{"), whole(node.left), text("}{"), whole(node.right), text("}")});
      default:
        push({text("^{"), whole(node.right), text("}")});
        push_operand(node.left, !is_atom(left));
        return;
    }
  }

  void write_function(const Node& node) {
    const FunctionInfo& info = info_of(node.function);
    if (arity(node.function) == 1) {
      push({text(info.latex_before), whole(node.left), text(info.latex_after)});
    } else {
      push({text(info.latex_before),
            whole(node.left),
            text(", "),
            whole(node.right),
            text(info.latex_after)});
    }
  }

  const Tree& tree_;
  std::vector<Piece> pending_;
  std::string out_;
};

}  // namespace

std::optional<std::string> latex(const Tree& tree, NodeId root) {
  return Printer(tree).run(root);
}

}  // namespace chainsolved::ops::symbolic
