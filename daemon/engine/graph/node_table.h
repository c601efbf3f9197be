#pragma once

#include "daemon/engine/graph/graph.h"
#include "daemon/engine/graph/name_table.h"
#include "daemon/engine/graph/span_pool.h"
#include "daemon/engine/graph/text_pool.h"
#include "daemon/engine/ops/block.h"
#include "protocol/value.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::graph {

/// Where a node lies in the arrays. After a load that is its place in the topological order, so
/// that evaluating walks through memory forwards however the snapshot was shuffled. Reused when
/// the node is removed; callers know nodes by Slot, which is not.
using Index = std::uint32_t;
inline constexpr Index kNoIndex = 0xffffffff;

/// Where an input's value lies: a node's Index, or, with the top bit, a cell of the constants.
using InputRef = std::uint32_t;
inline constexpr InputRef kConstantBit = 0x80000000;
/// Constant 0 is NaN for good: what a missing input counts as.
inline constexpr InputRef kMissing = kConstantBit;
inline constexpr std::uint32_t kNoCell = 0;

/// How a node is evaluated. All before General have a fast way for scalars.
enum class Path : std::uint8_t {
  Vacant,  // no node here
  Source,
  Unary,
  Binary,
  Fold,  // Binary over in_0, in_1, ...
  Formula,
  General,
  Unknown,  // no such block
};

using NodeFlags = std::uint16_t;

namespace node_flag {
inline constexpr NodeFlags kBlocked = 1;        // on a cycle or behind one
inline constexpr NodeFlags kOnCycle = 2;        // on one
inline constexpr NodeFlags kCycleReported = 4;  // CYCLE_DETECTED was said
inline constexpr NodeFlags kAppeared = 8;       // its slot stood in a report
inline constexpr NodeFlags kValueWritten = 16;  // set_inputs changed data.value
inline constexpr NodeFlags kNanSilent = 32;     // the row's NanReport::Never
inline constexpr NodeFlags kMayFold = 64;       // the row's Kernel::folds
inline constexpr NodeFlags kOddEdges = 128;     // source of dangling or held-out edges
inline constexpr NodeFlags kWithheld = 256;     // a suspect or behind one: not evaluated yet
inline constexpr NodeFlags kQuarantined = 512;  // an error value until it is edited
/// What an evaluation treats differently from all other nodes.
inline constexpr NodeFlags kSpecial = kBlocked | kWithheld | kQuarantined;
}  // namespace node_flag

/// What the evaluation of scalars touches, two nodes to a cache line.
struct HotNode {
  union Function {
    ops::UnaryFn unary = nullptr;
    ops::BinaryFn binary;
    ops::FormulaFn formula;
    ops::GeneralFn general;
  };
  struct Pair {
    InputRef a;
    InputRef b;
  };
  union Inputs {
    Pair pair = {kMissing, kMissing};  // Source, Unary (a), Binary
    Span refs;                         // Fold, Formula: in the ref pool
  };
  Function run;
  Inputs inputs;
  Span successors{};  // SuccessorEntry, without held-out edges
  Slot slot = 0;
  Path path = Path::Vacant;
  NodeFlags flags = 0;
};
static_assert(sizeof(HotNode) == 32);

struct SuccessorEntry {
  Index target;
  std::uint32_t edge;
};

/// A number of data.manualValues, or only an entry of data.portOverrides (cell kNoCell).
struct ManualEntry {
  NameId name;
  std::uint32_t cell;
  std::uint16_t port;  // PortCode
  bool overrides;
  bool written;  // by set_inputs; the node's text does not show it
};

struct ColdNode {
  TextPool::Ref id;
  TextPool::Ref data;  // null: "{}"
  const ops::BlockDef* block = nullptr;
  Span incoming{};  // edges in the order of adding, dangling and held-out ones included
  Span manual{};
  NameId type_name = 0;
  std::uint32_t extras = 0;  // 0: none
};

/// What few nodes have.
struct NodeExtras {
  NodeExtras();
  ~NodeExtras();
  NodeExtras(NodeExtras&&) noexcept;
  NodeExtras& operator=(NodeExtras&&) noexcept;
  NodeExtras(const NodeExtras&) = delete;
  NodeExtras& operator=(const NodeExtras&) = delete;

  std::unique_ptr<nlohmann::json> data;  // parsed when first needed
  std::shared_ptr<const void> prepared;
  bool is_prepared = false;
  std::string dataset;  // data.datasetRef
};

/// A value that is no scalar.
struct ObjectCell {
  Value value;
  bool nonfinite = false;  // has a NaN or an infinity
};

/// The nodes' arrays and pools. Plain storage: Definition keeps them consistent.
struct NodeTable {
  std::vector<HotNode> hot;
  std::vector<double> values;    // a scalar, or the bits of an index into objects
  std::vector<ValueKind> kinds;  // None: no value
  std::vector<ColdNode> cold;
  std::vector<double> constants{__builtin_nan("")};
  std::vector<std::uint32_t> free_constants;
  std::vector<ObjectCell> objects;
  std::vector<std::uint32_t> free_objects;
  std::vector<NodeExtras> extras;
  std::vector<std::uint32_t> free_extras;
  std::vector<Index> free_indices;
  std::vector<Index> index_of_slot;  // kNoIndex: vacant
  SpanPool<SuccessorEntry> successors;
  SpanPool<std::uint32_t> incoming;
  SpanPool<InputRef> refs;
  SpanPool<ManualEntry> manual;
  TextPool texts;
  NameTable names;
  IdIndex ids;
  std::size_t count = 0;

  Index find(std::string_view id) const;
  Index allocate();
  std::uint32_t add_constant(double value);
  NodeExtras& extras_of(Index node);
  void drop_extras(Index node);

  Value value_of(Index node) const;
  const ObjectCell& object_of(Index node) const noexcept;
  /// Gives back what lies in the object store; the node has no value then.
  void drop_value(Index node);
  void set_object(Index node, Value value, bool nonfinite);

  std::size_t memory_bytes() const;
};

}  // namespace chainsolved::graph
