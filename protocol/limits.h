#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chainsolved {

// Every limit of DESIGN §8: X(member, name on the wire and in --limit, default, what it bounds).
#define CHAINSOLVED_LIMITS(X)                                                                   \
  X(inline_limit,                                                                               \
    "inlineLimit",                                                                              \
    160U << 10,                                                                                 \
    "bytes of one native frame; larger parts go into segments")                                 \
  X(max_json_bytes, "maxJsonBytes", 1ULL << 30, "bytes of one request's JSON")                  \
  X(max_line_bytes, "maxLineBytes", 256ULL << 20, "bytes of one line on the line carrier")      \
  X(max_nesting, "maxNesting", 64, "levels of arrays and objects in JSON")                      \
  X(max_nodes, "maxNodes", 4'000'000, "nodes of one graph")                                     \
  X(max_edges, "maxEdges", 16'000'000, "edges of one graph")                                    \
  X(max_id_bytes, "maxIdBytes", 1024, "bytes of a node, edge, dataset, port or block id")       \
  X(max_name_bytes, "maxNameBytes", 128, "bytes of a session's name")                           \
  X(max_node_data_bytes, "maxNodeDataBytes", 64ULL << 20, "bytes of one node's data object")    \
  X(max_patch_ops, "maxPatchOps", 4'000'000, "operations of one patch")                         \
  X(max_inputs, "maxInputs", 1'000'000, "inputs of one setInputs")                              \
  X(max_trace_nodes, "maxTraceNodes", 10'000, "nodes of one trace")                             \
  X(max_vector_length, "maxVectorLength", 1ULL << 31, "entries of a vector that a block makes") \
  X(max_table_columns, "maxTableColumns", 65'536, "columns of a table")                         \
  X(max_datasets, "maxDatasets", 4096, "datasets of one session")                               \
  X(max_dataset_bytes, "maxDatasetBytes", 64ULL << 30, "bytes of all datasets of one session")  \
  X(max_result_bytes, "maxResultBytes", 8ULL << 30, "bytes of result segments not yet taken")   \
  X(max_queued_bytes,                                                                           \
    "maxQueuedBytes",                                                                           \
    64ULL << 20,                                                                                \
    "bytes of replies that one client has not read")                                            \
  X(max_in_flight, "maxInFlight", 64, "requests taken and unanswered in one session")           \
  X(max_clients, "maxClients", 64, "clients of one session")                                    \
  X(max_sessions, "maxSessions", 1024, "sessions of one daemon")                                \
  X(max_connections, "maxConnections", 4096, "connections that have not opened a session")

/// The limits in force. Every one has a number, a default and a name, and is told in `hello`.
struct Limits {
#define X(member, name, value, what) std::uint64_t member = value;
  CHAINSOLVED_LIMITS(X)
#undef X
};

struct LimitInfo {
  std::string_view name;
  std::uint64_t Limits::*member;
  std::uint64_t default_value;
  std::string_view what;
};

inline constexpr auto kLimits = std::to_array<LimitInfo>({
#define X(member, name, value, what) {name, &Limits::member, value, what},
    CHAINSOLVED_LIMITS(X)
#undef X
});

/// The row named `name`, or nullptr.
const LimitInfo* find_limit(std::string_view name) noexcept;

}  // namespace chainsolved
