#pragma once

#include "daemon/engine/ops/symbolic/tree.h"
#include "protocol/error.h"

#include <optional>
#include <string>
#include <string_view>

// What can be done with a formula's tree. Each adds to the tree and returns the new root; after any
// of them tree.full() says whether the result got too large to be one.
namespace chainsolved::ops::symbolic {

/// Reads `text` by the grammar of Expression; -x^2 is -(x^2). INVALID_PARAMS says what is wrong.
Result<NodeId> parse(Tree& tree, std::string_view text);

/// One pass from the leaves up: numbers are folded, sums with 0, products with 0 and 1, powers with
/// 0 and 1 and double negations vanish. Terms are not reordered.
NodeId simplify(Tree& tree, NodeId root);

/// Replaces a variable by a number.
NodeId substitute(Tree& tree, NodeId root, std::string_view variable, double value);

/// d/d variable, not simplified. Nothing for what has no derivative here: min and max.
std::optional<NodeId> differentiate(Tree& tree, NodeId root, std::string_view variable);

/// An antiderivative from a table of forms, not simplified; nothing when none fits, which does not
/// mean that there is none.
std::optional<NodeId> integrate(Tree& tree, NodeId root, std::string_view variable);

/// Multiplies products over sums and differences, and powers 0 to 6 out. Not simplified.
NodeId expand(Tree& tree, NodeId root);

/// Nothing when it is longer than kMaxLatex.
std::optional<std::string> latex(const Tree& tree, NodeId root);
inline constexpr std::size_t kMaxLatex = 1 << 20;

}  // namespace chainsolved::ops::symbolic
