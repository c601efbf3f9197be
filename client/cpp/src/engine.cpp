#include "chainsolved/engine.h"

#include "client/cpp/src/blocking_driver.h"
#include "client/cpp/src/open_blocking.h"

#include <utility>

namespace chainsolved::client {

namespace {

/// How long dispose() waits for its answer: an engine that is hung is the watchdog's business.
constexpr std::chrono::seconds kDisposeWait{1};

}  // namespace

struct Engine::Impl {
  std::unique_ptr<BlockingDriver> driver;
  DaemonInfo daemon;
  SessionInfo session;
  // What dataset handles hold: null when this object has ended.
  std::shared_ptr<Impl*> self = std::make_shared<Impl*>(this);

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { *self = nullptr; }

  void release(const std::string& id) {
    driver->core.forget_dataset(id);
    Request request;
    if (driver->encoder.plain(request, Method::ReleaseDataset, "datasetId", id).ok() &&
        driver->core.call(request, [](Result<Reply>&&) {}).ok())
      driver->flush();
  }
  DatasetHandle handle(std::string_view id, std::uint64_t bytes) const {
    return {std::string(id), bytes, [weak = std::weak_ptr(self)](const std::string& dataset) {
              const auto alive = weak.lock();
              if (alive != nullptr && *alive != nullptr) (*alive)->release(dataset);
            }};
  }
};

Engine::Engine(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::create(const Options& options, Handlers handlers) {
  const Deadline deadline = std::chrono::steady_clock::now() + options.open_timeout;
  auto greeted = greet(options, std::move(handlers), Purpose::Session, deadline);
  if (!greeted.ok()) return std::move(greeted).error();
  auto impl = std::make_unique<Impl>();
  impl->driver = std::move(greeted->driver);
  impl->daemon = std::move(greeted->daemon);
  BlockingDriver& driver = *impl->driver;
  auto session = driver.call_handshake(
      driver.encoder.open_session(fresh(driver), options), decode_session, deadline);
  if (!session.ok()) return std::move(session).error();
  impl->session = std::move(*session);
  if (options.mirror && !impl->session.created) {
    auto values = driver.call_until(
        driver.encoder.get_values(fresh(driver), {}), decode_all_values, deadline);
    // When the engine died over it, its successor tells all values by itself.
    if (!values.ok() && info_of(values.error().code).blame != Blame::Engine)
      return std::move(values).error();
  }
  return Engine(std::move(impl));
}

const DaemonInfo& Engine::daemon() const noexcept {
  return impl_->daemon;
}
const SessionInfo& Engine::session() const noexcept {
  return impl_->session;
}
std::uint32_t Engine::epoch() const noexcept {
  return impl_->driver->core.epoch();
}
bool Engine::connected() const noexcept {
  return impl_->driver->core.state() != SessionState::Closed;
}
Handlers& Engine::handlers() noexcept {
  return impl_->driver->handlers;
}

// --- the graph ---

Result<EvalResult> Engine::load_snapshot(std::string_view snapshot_json,
                                         const EvaluateOptions& options) {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(
      driver.encoder.snapshot(fresh(driver), Method::LoadSnapshot, snapshot_json, options),
      decode_load);
}

Result<EvalResult> Engine::evaluate(std::string_view snapshot_json,
                                    const EvaluateOptions& options) {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(
      driver.encoder.snapshot(fresh(driver), Method::Evaluate, snapshot_json, options),
      decode_evaluate);
}

Result<IncrementalResult> Engine::apply_patch(const Patch& patch, const EvaluateOptions& options) {
  return apply_patch(patch.json(), options);
}

Result<IncrementalResult> Engine::apply_patch(std::string_view ops_json,
                                              const EvaluateOptions& options) {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.apply_patch(fresh(driver), ops_json, options),
                     decode_incremental);
}

Result<IncrementalResult> Engine::set_input(std::string_view node_id,
                                            std::string_view port_id,
                                            double value,
                                            const EvaluateOptions& options) {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.set_input(fresh(driver), node_id, port_id, value, options),
                     decode_incremental);
}

Result<IncrementalResult> Engine::set_inputs(std::span<const Input> inputs,
                                             const EvaluateOptions& options) {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.set_inputs(fresh(driver), inputs, options), decode_incremental);
}

Result<BlockResult> Engine::evaluate_block(std::string_view block_type,
                                           std::span<const BlockInput> inputs,
                                           std::string_view data_json) {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.evaluate_block(fresh(driver), block_type, inputs, data_json),
                     decode_block);
}

Result<std::vector<Diagnostic>> Engine::validate_graph() {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.plain(fresh(driver), Method::ValidateGraph),
                     decode_diagnostics);
}

Result<Values> Engine::get_values(std::span<const std::string> node_ids) {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.get_values(fresh(driver), node_ids), decode_values);
}

Result<std::string> Engine::get_snapshot() {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.plain(fresh(driver), Method::GetSnapshot),
                     decode_snapshot_text);
}

Result<std::string> Engine::get_catalog() {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.plain(fresh(driver), Method::GetCatalog), decode_text);
}

Result<Stats> Engine::get_stats() {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.plain(fresh(driver), Method::GetStats), decode_stats);
}

// --- datasets ---

Result<DatasetHandle> Engine::register_dataset(std::string_view id,
                                               DatasetBuilder& data,
                                               const DatasetShape& shape) {
  BlockingDriver& driver = *impl_->driver;
  auto bytes = driver.call(driver.encoder.register_dataset(fresh(driver), id, data, shape),
                           decode_registered);
  if (!bytes.ok()) return std::move(bytes).error();
  data.detach();
  return impl_->handle(id, *bytes);
}

Result<DatasetHandle> Engine::put_dataset(std::string_view id,
                                          std::span<const double> values,
                                          const DatasetShape& shape) {
  auto data = DatasetBuilder::copy_of(values);
  if (!data.ok()) return std::move(data).error();
  return register_dataset(id, *data, shape);
}

Result<bool> Engine::release_dataset(std::string_view id) {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.plain(fresh(driver), Method::ReleaseDataset, "datasetId", id),
                     decode_released);
}

Result<std::vector<DatasetInfo>> Engine::list_datasets() {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.plain(fresh(driver), Method::ListDatasets), decode_datasets);
}

// --- control ---

Result<void> Engine::cancel(RequestId request) {
  if (impl_->driver->core.cancel_unsent(request)) return {};
  Request cancel;
  auto written = impl_->driver->encoder.cancel(cancel, request);
  if (!written.ok()) return written;
  auto sent = impl_->driver->core.call(cancel, {});
  if (!sent.ok()) return std::move(sent).error();
  impl_->driver->flush();
  return {};
}

void Engine::interrupt() noexcept {
  impl_->driver->interrupt();
}

Result<void> Engine::dispose() {
  BlockingDriver& driver = *impl_->driver;
  if (driver.core.state() == SessionState::Closed) return {};
  driver.core.reject_pending(
      {ErrorCode::EngineDisposed, std::string(info_of(ErrorCode::EngineDisposed).sentence)});
  Result<void> answer;
  if (driver.core.state() != SessionState::Recreating)
    answer = driver.call_until(driver.encoder.plain(fresh(driver), Method::Dispose),
                               decode_nothing,
                               std::chrono::steady_clock::now() + kDisposeWait);
  driver.core.dispose();
  driver.transport().close();
  // A daemon that is gone, or an engine that died over it, has released everything, too.
  if (!answer.ok() && let_go(answer.error())) return {};
  return answer;
}

// --- names and values ---

std::optional<std::uint32_t> Engine::slot_of(std::string_view node_id) const {
  return impl_->driver->core.names()->slot_of(node_id);
}

std::string_view Engine::id_of(std::uint32_t slot) const {
  return impl_->driver->core.names()->id_of(slot);
}

Value Engine::current(std::string_view node_id) const {
  const Mirror* mirror = std::as_const(impl_->driver->core).mirror();
  return mirror == nullptr ? Value() : mirror->current(node_id);
}

// --- notifications between calls ---

BorrowedFd Engine::fd() const noexcept {
  return impl_->driver->transport().fd();
}

bool Engine::wants_write() const noexcept {
  return impl_->driver->core.wants_to_send();
}

Result<void> Engine::poll() {
  if (impl_->driver->poll()) return {};
  return impl_->driver->core.closed_error();
}

Result<void> Engine::run_for(std::chrono::milliseconds duration) {
  const Deadline deadline = std::chrono::steady_clock::now() + duration;
  while (true) {
    switch (impl_->driver->step(deadline)) {
      case BlockingDriver::Step::Went:
        impl_->driver->dispatch_events();
        break;
      case BlockingDriver::Step::TimedOut:
      case BlockingDriver::Step::Interrupted:
        impl_->driver->dispatch_events();
        return {};
      case BlockingDriver::Step::Ended:
        impl_->driver->dispatch_events();
        return impl_->driver->core.closed_error();
    }
  }
}

// --- any method ---

Result<RawMessage> Engine::call_raw(RawRequest request) {
  BlockingDriver& driver = *impl_->driver;
  return driver.call(driver.encoder.raw(fresh(driver), std::move(request)), decode_raw);
}

Result<RequestId> Engine::send_raw(RawRequest request, Notify notify) {
  BlockingDriver& driver = *impl_->driver;
  Request& written = fresh(driver);
  if (auto done = driver.encoder.raw(written, std::move(request)); !done.ok())
    return std::move(done).error();
  written.notification = notify == Notify::Yes;
  auto sent =
      written.notification ? driver.core.call(written, {}) : driver.core.call_for_event(written);
  driver.flush();
  return sent;
}

std::size_t Engine::pending() const noexcept {
  return impl_->driver->core.pending();
}

}  // namespace chainsolved::client
