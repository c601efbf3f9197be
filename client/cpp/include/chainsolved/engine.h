#pragma once

#include "chainsolved/dataset.h"
#include "chainsolved/events.h"
#include "chainsolved/options.h"
#include "chainsolved/patch.h"
#include "chainsolved/results.h"
#include "protocol/error.h"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::client {

/// A session, the blocking way: every call sends its request and reads until the answer is there,
/// dispatching notifications meanwhile. No thread of its own. Between calls, poll() (or watching
/// fd()) takes notifications.
///
/// One thread at a time; interrupt() alone may be called from anywhere, a signal handler included.
/// Errors come back as Result; nothing throws but std::bad_alloc. When the daemon is lost every
/// later call fails with DAEMON_LOST. Ending the object closes the connection: the session's
/// datasets of this client are released.
class Engine {
 public:
  /// Finds or starts the daemon, says hello and opens the session.
  static Result<Engine> create(const Options& options = {}, Handlers handlers = {});

  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  const DaemonInfo& daemon() const noexcept;
  const SessionInfo& session() const noexcept;
  std::uint32_t epoch() const noexcept;
  bool connected() const noexcept;
  Handlers& handlers() noexcept;

  // --- the graph ---
  /// `snapshot_json` is EngineSnapshotV1.
  Result<EvalResult> load_snapshot(std::string_view snapshot_json, const EvaluateOptions& = {});
  Result<EvalResult> evaluate(std::string_view snapshot_json, const EvaluateOptions& = {});
  Result<IncrementalResult> apply_patch(const Patch& patch, const EvaluateOptions& = {});
  Result<IncrementalResult> apply_patch(std::string_view ops_json, const EvaluateOptions& = {});
  /// No allocation after warm-up while the reply is scalars only and the result is let go.
  Result<IncrementalResult> set_input(std::string_view node_id,
                                      std::string_view port_id,
                                      double value,
                                      const EvaluateOptions& = {});
  Result<IncrementalResult> set_inputs(std::span<const Input> inputs, const EvaluateOptions& = {});
  Result<BlockResult> evaluate_block(std::string_view block_type,
                                     std::span<const BlockInput> inputs,
                                     std::string_view data_json = "{}");

  Result<std::vector<Diagnostic>> validate_graph();
  Result<Values> get_values(std::span<const std::string> node_ids = {});  // none: all
  Result<std::string> get_snapshot();                                     // EngineSnapshotV1
  Result<std::string> get_catalog();                                      // JSON
  Result<Stats> get_stats();

  // --- datasets ---
  /// Seals and moves `data`, which is detached afterwards; on failure it comes back sealed.
  Result<DatasetHandle> register_dataset(std::string_view id,
                                         DatasetBuilder& data,
                                         const DatasetShape& shape = {});
  /// Copies `values` into a segment and registers it.
  Result<DatasetHandle> put_dataset(std::string_view id,
                                    std::span<const double> values,
                                    const DatasetShape& shape = {});
  Result<bool> release_dataset(std::string_view id);
  Result<std::vector<DatasetInfo>> list_datasets();

  // --- control ---
  /// Asks the engine to end a request; its call then returns CANCELLED. From a handler.
  Result<void> cancel(RequestId request);
  /// Cancels the call that is under way; a second time gives it up at once. From anywhere.
  void interrupt() noexcept;
  /// Ends the membership: what is pending is rejected with ENGINE_DISPOSED at once.
  Result<void> dispose();

  // --- names and values ---
  std::optional<std::uint32_t> slot_of(std::string_view node_id) const;
  std::string_view id_of(std::uint32_t slot) const;
  /// With Options::mirror: the node's value as far as this client knows. None when it has none.
  Value current(std::string_view node_id) const;

  // --- notifications between calls ---
  /// Readable (or writable, if wants_write()) when poll() has something to do.
  BorrowedFd fd() const noexcept;
  bool wants_write() const noexcept;
  /// Takes what is there, without waiting. DAEMON_LOST when the connection ended.
  Result<void> poll();
  /// Waits and takes until `duration` is over, the connection ends or interrupt() is called.
  Result<void> run_for(std::chrono::milliseconds duration);

  // --- any method, for tools ---
  /// An error answer is a RawMessage of kind Error, not an Error.
  Result<RawMessage> call_raw(RawRequest request);
  /// Sends without waiting; the answer goes to handlers().on_raw. With Notify::Yes there is none.
  enum class Notify : std::uint8_t { No, Yes };
  Result<RequestId> send_raw(RawRequest request, Notify notify = Notify::No);
  /// Requests sent and not answered.
  std::size_t pending() const noexcept;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chainsolved::client
