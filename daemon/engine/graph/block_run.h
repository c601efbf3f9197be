#pragma once

#include "daemon/engine/graph/node_table.h"
#include "daemon/engine/ops/block.h"
#include "daemon/engine/ops/call.h"
#include "protocol/value.h"

#include <string_view>
#include <vector>

namespace chainsolved::graph {

/// A block's inputs as values. Borrowed.
struct BlockInputs {
  std::vector<const Value*> row;             // by port of the row, null where nothing is
  std::vector<const Value*> variadic;        // in_0, in_1, ... up to the first gap
  std::vector<ops::Call::NamedInput> named;  // every port that has something, by name
};

/// What a node runs: its row's kernel, or the one that the row's select() chose.
struct BlockCode {
  Path path = Path::General;
  HotNode::Function run;
};

/// The code of a row on `data`, folding when in_0 is there. Path Source is left to the caller.
BlockCode code_for(const ops::BlockDef& block, const ops::BlockData& data, bool has_variadic);

/// Runs one block on any inputs: the slow, general way. Takes checks, broadcasting, and whatever a
/// block throws become values here. The result is not yet canonical.
Value run_block(const ops::BlockDef& block,
                const BlockCode& code,
                const BlockInputs& inputs,
                const ops::BlockData& data,
                const void* prepared,
                ops::Surroundings& surroundings);

}  // namespace chainsolved::graph
