#pragma once

#include "daemon/engine/dataset_store.h"
#include "daemon/engine/frame_builder.h"
#include "daemon/engine/generations.h"
#include "daemon/engine/graph/graph.h"
#include "daemon/engine/incoming_request.h"
#include "daemon/engine/result_encoder.h"
#include "daemon/engine/status_writer.h"
#include "protocol/channel.h"
#include "protocol/error.h"
#include "protocol/request.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::engine {

struct DatasetRecord;

/// One request being served: what the handlers read, and what they say of it.
struct Service {
  const RequestReader::Envelope& envelope;
  RequestReader& reader;
  IncomingRequest& request;
  Naming naming = Naming::Slots;
  graph::Monitor& monitor;
  FrameBuilder& frame;
  ResultEncoder& encoder;  // of that frame

  bool& committed;  // set when the definition has changed: `applied`, should an error follow
};

/// What the other clients of a session are told of what one of them did.
enum class News : std::uint8_t {
  None,
  Changes,  // the report of the last evaluation
  Full,     // everything: slots have been given out anew, or somebody missed something
};

struct ReleasedDataset {
  std::string id;
  std::string_view reason;  // "released", "replaced", "disconnected"; a literal
  std::uint64_t by = 0;     // the client that knows already
};

/// What getStats tells beside the session's own.
struct EngineCounters {
  std::size_t clients = 0;
  std::uint64_t dropped_notifications = 0;
};

/// The state of one session, a graph and its datasets, and the methods that clients call on it. It
/// knows no sockets: handlers read a request and write the members of `result`.
class Session final : private GenerationSource {
 public:
  Session(DatasetStore& datasets,
          StatusWriter& status,
          SupervisorChannel& channel,
          InFlightTable& table);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() override = default;

  void configure(ConfigureMessage message);
  const ConfigureMessage& configuration() const noexcept { return config_; }
  const Limits& limits() const noexcept { return config_.limits; }
  std::uint32_t epoch() const noexcept { return config_.epoch; }

  /// Serves one request: writes the members of its result into the open object, or returns why not.
  /// Supervisor's methods are NOT_ALLOWED here. cancel and dispose are the engine's.
  Result<void> serve(Service& service);

  // What happened since these were last asked, for the others.
  News take_news() noexcept { return std::exchange(news_, News::None); }
  std::vector<ReleasedDataset> take_released() noexcept { return std::exchange(released_, {}); }

  /// Whether the last report has anything to tell.
  bool anything_changed() const noexcept;
  /// The members of a valuesChanged notification: the last report, or everything.
  void write_changes(ResultEncoder& encoder, Naming naming) const;
  void write_everything(ResultEncoder& encoder, Naming naming) const;

  /// The members of the answer to openSession.
  void write_opened(JsonWriter& json,
                    ResultEncoder& encoder,
                    std::uint64_t client,
                    bool created,
                    Naming naming) const;
  void write_stats(JsonWriter& json) const;
  void set_counters(const EngineCounters& counters) noexcept { counters_ = counters; }

  /// A client has left: its datasets go.
  void release_owned(std::uint64_t client);

  // --- replay (session_replay.cpp); nothing is evaluated or told before evaluate_replayed() ---

  /// A segment that records refer to by number.
  void inherit(std::uint32_t kept, SealedSegment segment);
  /// What a generation begins with: a loadSnapshot request. INVALID_PARAMS and what a load gives.
  Result<void> replay_snapshot(std::string_view json, RequestReader& reader);
  /// A record of a journal. INVALID_PARAMS for what is no record, and what the request gives.
  Result<void> replay_record(std::string_view json, RequestReader& reader);
  std::uint64_t definition_hash() const override { return graph_.hash(); }
  /// Begins this engine's first generation with what was replayed. Datasets that are not there any
  /// more are released; their ids.
  Result<std::vector<std::string>> resume(std::shared_ptr<const SealedSegment> snapshot,
                                          const JournalReader& journal,
                                          std::uint64_t bytes);
  /// Everything but the suspects and what depends on them, without budget or trace.
  void evaluate_replayed(const ReplayMessage& message, graph::Monitor& monitor);
  /// How many nodes the last evaluation evaluated.
  std::size_t evaluated() const noexcept { return report_.evaluated_count; }
  /// Those of them that there are, with their ids.
  std::vector<BlamedNode> known(const std::vector<BlamedNode>& nodes) const;

  /// Evaluates the next suspect alone; its slot, or none when none is left.
  std::optional<graph::Slot> try_suspect(graph::Monitor& monitor);
  /// Evaluates what depends on no suspect any more.
  void evaluate_released(graph::Monitor& monitor);

  /// The node under evaluation, by the slot that a monitor is told.
  std::string_view node_name(graph::Slot slot) const noexcept;

 private:
  // --- graph ---
  Result<void> evaluate(Service& service);
  Result<void> load_snapshot(Service& service);
  Result<void> apply_patch(Service& service);
  Result<void> set_inputs(Service& service);
  Result<void> validate_graph(Service& service);
  Result<void> get_values(Service& service);
  Result<void> get_snapshot(Service& service);
  Result<void> evaluate_block(Service& service);
  Result<void> get_catalog(Service& service);
  // --- datasets ---
  Result<void> register_dataset(Service& service);
  Result<void> release_dataset(Service& service);
  Result<void> list_datasets(Service& service);
  Result<void> get_stats(Service& service);

  EvaluateOptions effective(EvaluateOptions options) const noexcept;
  Result<void> bring_up_to_date(Service& service, const EvaluateOptions& options);
  Result<void> answer_change(Service& service,
                             const std::vector<graph::Ignored>& ignored,
                             const EvaluateOptions& options,
                             std::uint64_t began_ns);
  void commit(Service& service);
  void tell_quarantine_ended();
  bool reattaches() const noexcept { return config_.options.datasets == "reattach"; }
  Result<void> keep_cells(Dataset& dataset, Numbers& cells) const;
  void evaluate_own(const EvaluateOptions& options, graph::Monitor& monitor);
  Result<void> replay_registration(std::string_view params);
  bool reattach(DatasetRecord& record);

  // GenerationSource
  std::string definition_snapshot() const override { return graph_.snapshot(); }
  void continue_from(std::string_view snapshot) override { graph_.continue_from(snapshot); }
  std::vector<Registration> registrations() const override;

  void remember_names(const std::vector<PatchOp>& ops);
  void datasets_changed(std::string_view id);
  void measure();

  DatasetStore& datasets_;
  StatusWriter& status_;
  SupervisorChannel& channel_;
  Generations generations_;
  ConfigureMessage config_;
  graph::Graph graph_;
  const graph::Graph* evaluating_ = nullptr;  // whose nodes the monitor is told of
  graph::Report report_;
  RemovedNames removed_names_;  // of the last report
  News news_ = News::None;
  std::vector<ReleasedDataset> released_;
  std::map<std::uint32_t, std::shared_ptr<const SealedSegment>> inherited_;  // while replaying
  std::set<std::string, std::less<>> lost_datasets_;                         // likewise
  EngineCounters counters_;
  std::uint64_t evaluations_ = 0;
  std::uint64_t began_ns_;
};

}  // namespace chainsolved::engine
