#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace chainsolved {

inline constexpr std::uint32_t kProtocolVersion = 1;
inline constexpr std::uint32_t kContractVersion = 4;
inline constexpr std::string_view kEngineVersion = "0.1.0";

/// Who serves a method.
enum class Served : std::uint8_t { Supervisor, Engine };

/// What a request may do to the session's graph: only Changes carry `data.applied` in errors.
enum class Effect : std::uint8_t { Reads, Changes };

/// Overtaking (WIRE.md): Ordered requests wait their turn; Immediate ones are taken during an
/// evaluation; WhenIdle ones are, if no earlier request of that client waits.
enum class Turn : std::uint8_t { Ordered, Immediate, WhenIdle };

// The one table of methods. X(enumerator, wire name, served by, effect, turn, params, result).
// The dispatchers, the clients, docs/methods.md and the fuzzers' dictionary come from it; a method
// without a handler does not compile.
#define CHAINSOLVED_METHODS(X)                                                                    \
  X(Hello,                                                                                        \
    "hello",                                                                                      \
    Supervisor,                                                                                   \
    Reads,                                                                                        \
    Ordered,                                                                                      \
    "{protocol: {min, max}, client: {name, version, pid}, wants?: [capability]}",                 \
    "{protocol, daemonVersion, engineVersion, contractVersion, capabilities, limits, "            \
    "methodsHash, pid}")                                                                          \
  X(OpenSession,                                                                                  \
    "openSession",                                                                                \
    Supervisor,                                                                                   \
    Reads,                                                                                        \
    Ordered,                                                                                      \
    "{name?, create?, names?, share?, watchdogMs?, watchdogMode?, maxRequestMs?, timeBudgetMs?, " \
    "datasets?, lingerMs?, limits?, valueBoard?}",                                                \
    "{sessionId, name?, created, epoch, clientId, catalogHash, constantValues, engineVersion, "   \
    "contractVersion, slots, state}")                                                             \
  X(ListSessions, "listSessions", Supervisor, Reads, Ordered, "{}", "{sessions}")                 \
  X(Status,                                                                                       \
    "status",                                                                                     \
    Supervisor,                                                                                   \
    Reads,                                                                                        \
    Ordered,                                                                                      \
    "{}",                                                                                         \
    "{uptimeMs, counters, sessions, limits, versions}")                                           \
  X(RestartSession, "restartSession", Supervisor, Reads, Ordered, "{session}", "{epoch}")         \
  X(CloseSession, "closeSession", Supervisor, Reads, Ordered, "{session}", "{}")                  \
  X(Evaluate, "evaluate", Engine, Reads, Ordered, "{snapshot, options?}", "EvalResult")           \
  X(LoadSnapshot, "loadSnapshot", Engine, Changes, Ordered, "{snapshot, options?}", "EvalResult") \
  X(ApplyPatch,                                                                                   \
    "applyPatch",                                                                                 \
    Engine,                                                                                       \
    Changes,                                                                                      \
    Ordered,                                                                                      \
    "{ops, options?}",                                                                            \
    "IncrementalEvalResult")                                                                      \
  X(SetInput,                                                                                     \
    "setInput",                                                                                   \
    Engine,                                                                                       \
    Changes,                                                                                      \
    Ordered,                                                                                      \
    "{nodeId, portId, value, options?}",                                                          \
    "IncrementalEvalResult")                                                                      \
  X(SetInputs,                                                                                    \
    "setInputs",                                                                                  \
    Engine,                                                                                       \
    Changes,                                                                                      \
    Ordered,                                                                                      \
    "{inputs: [{nodeId, portId, value}], options?}",                                              \
    "IncrementalEvalResult")                                                                      \
  X(RegisterDataset,                                                                              \
    "registerDataset",                                                                            \
    Engine,                                                                                       \
    Changes,                                                                                      \
    Ordered,                                                                                      \
    "{datasetId, data | values, rows?, columns?, lease?}",                                        \
    "{datasetId, bytes}")                                                                         \
  X(ReleaseDataset, "releaseDataset", Engine, Changes, Ordered, "{datasetId}", "{released}")      \
  X(ListDatasets, "listDatasets", Engine, Reads, Ordered, "{}", "{datasets}")                     \
  X(GetStats,                                                                                     \
    "getStats",                                                                                   \
    Engine,                                                                                       \
    Reads,                                                                                        \
    WhenIdle,                                                                                     \
    "{}",                                                                                         \
    "{datasetCount, datasetTotalBytes, nodeCount, edgeCount, epoch, heapBytes, ...}")             \
  X(ValidateGraph, "validateGraph", Engine, Reads, Ordered, "{}", "{diagnostics}")                \
  X(GetValues, "getValues", Engine, Reads, Ordered, "{nodeIds?}", "{values}")                     \
  X(GetSnapshot, "getSnapshot", Engine, Reads, Ordered, "{}", "{snapshot}")                       \
  X(GetCatalog,                                                                                   \
    "getCatalog",                                                                                 \
    Engine,                                                                                       \
    Reads,                                                                                        \
    Ordered,                                                                                      \
    "{}",                                                                                         \
    "{catalog, constantValues, engineVersion, contractVersion}")                                  \
  X(EvaluateBlock,                                                                                \
    "evaluateBlock",                                                                              \
    Engine,                                                                                       \
    Reads,                                                                                        \
    Ordered,                                                                                      \
    "{blockType, inputs, data?}",                                                                 \
    "{value, diagnostics}")                                                                       \
  X(Dispose, "dispose", Engine, Reads, Immediate, "{}", "{}")                                     \
  X(Cancel, "cancel", Engine, Reads, Immediate, "{requestId} (a notification)", "")

enum class Method : std::uint8_t {
#define X(name, wire, served, effect, turn, params, result) name,
  CHAINSOLVED_METHODS(X)
#undef X
};

struct MethodInfo {
  Method method;
  std::string_view name;
  Served served;
  Effect effect;
  Turn turn;
  std::string_view params;
  std::string_view result;
};

inline constexpr auto kMethods = std::to_array<MethodInfo>({
#define X(name, wire, served, effect, turn, params, result) \
  {Method::name, wire, Served::served, Effect::effect, Turn::turn, params, result},
    CHAINSOLVED_METHODS(X)
#undef X
});

constexpr const MethodInfo& info_of(Method method) noexcept {
  return kMethods[static_cast<std::size_t>(method)];
}

/// The row of the method named `name`, or nullptr.
const MethodInfo* find_method(std::string_view name) noexcept;

/// A hash of the table (FNV-1a over its rows, 16 hex digits), told in `hello`: clients that were
/// generated from another table can see it.
std::string methods_hash();

}  // namespace chainsolved
