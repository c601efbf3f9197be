#include "chainsolved/async_engine.h"

#include "client/cpp/src/async_session.h"
#include "client/cpp/src/calls.h"
#include "client/cpp/src/request.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace chainsolved::client {

namespace detail {

namespace {

// Which decoder an answer of type T goes to.
template <class T>
Decode<T> decoder(const PreparedRequest& request);
template <>
Decode<EvalResult> decoder(const PreparedRequest& request) {
  return request.loads ? decode_load : decode_evaluate;
}
template <>
Decode<IncrementalResult> decoder(const PreparedRequest& /*request*/) {
  return decode_incremental;
}
template <>
Decode<BlockResult> decoder(const PreparedRequest& /*request*/) {
  return decode_block;
}
template <>
Decode<std::vector<Diagnostic>> decoder(const PreparedRequest& /*request*/) {
  return decode_diagnostics;
}
template <>
Decode<Values> decoder(const PreparedRequest& /*request*/) {
  return decode_values;
}
template <>
Decode<std::string> decoder(const PreparedRequest& request) {
  return request.is_catalog ? decode_text : decode_snapshot_text;
}
template <>
Decode<Stats> decoder(const PreparedRequest& /*request*/) {
  return decode_stats;
}
template <>
Decode<bool> decoder(const PreparedRequest& /*request*/) {
  return decode_released;
}
template <>
Decode<std::vector<DatasetInfo>> decoder(const PreparedRequest& /*request*/) {
  return decode_datasets;
}
template <>
Decode<RawMessage> decoder(const PreparedRequest& /*request*/) {
  return decode_raw;
}

template <class T>
Result<T> result_of(AsyncSession& session, PreparedRequest& request, Result<Reply>&& reply) {
  if (!reply.ok()) return std::move(reply).error();
  return decoder<T>(request)(session.core(), *reply);
}

template <>
Result<DatasetHandle> result_of(AsyncSession& session,
                                PreparedRequest& request,
                                Result<Reply>&& reply) {
  if (!reply.ok()) return std::move(reply).error();
  auto bytes = decode_registered(session.core(), *reply);
  if (!bytes.ok()) return std::move(bytes).error();
  request.dataset->detach();  // the caller's, who waits for this
  return DatasetHandle(
      request.dataset_id, *bytes, [weak = session.weak_from_this()](const std::string& id) {
        const auto alive = weak.lock();
        if (alive == nullptr) return;
        boost::asio::dispatch(alive->strand(), [alive, id] { alive->release_dataset(id); });
      });
}

/// dispose(): a daemon that is gone, or an engine that died over it, has let this client go, too.
template <>
Result<void> result_of(AsyncSession& session, PreparedRequest& /*request*/, Result<Reply>&& reply) {
  session.close_after_answer();
  if (reply.ok() || let_go(reply.error())) return {};
  return std::move(reply).error();
}

template <class T>
void start_on_strand(const std::shared_ptr<AsyncSession>& session,
                     const std::shared_ptr<PreparedRequest>& request,
                     const Callback<T>& done) {
  if (request->cancelled)
    return done(Error{ErrorCode::Cancelled, "cancelled before it was sent", {}, Applied::No});
  if (request->disposes) {
    session->reject_pending();
    // An engine that is being replaced would answer late: closing says the same.
    if (session->core().state() == SessionState::Recreating) session->close();
  }
  // The session's waits keep it alive while an answer is out.
  AsyncSession* const its = session.get();
  auto id = session->call(request->request, [its, request, done](Result<Reply>&& reply) {
    done(result_of<T>(*its, *request, std::move(reply)));
  });
  if (!id.ok()) return done(result_of<T>(*session, *request, std::move(id).error()));
  request->id = *id;
}

}  // namespace

template <class T>
void start(const std::shared_ptr<AsyncSession>& session, PreparedCall<T> call, Callback<T> done) {
  boost::asio::dispatch(session->strand(),
                        [session, request = std::move(call.request), done = std::move(done)] {
                          if (request->error.has_value()) return done(*request->error);
                          start_on_strand<T>(session, request, done);
                        });
}

std::function<void()> canceller(const std::shared_ptr<AsyncSession>& session,
                                const std::shared_ptr<PreparedRequest>& request) {
  return [weak = std::weak_ptr(session), request] {
    const auto alive = weak.lock();
    if (alive == nullptr) return;
    boost::asio::dispatch(alive->strand(), [alive, request] {
      if (request->id != 0)
        alive->cancel(request->id);
      else
        request->cancelled = true;
    });
  };
}

boost::asio::any_io_executor executor_of(const AsyncSession& session) {
  return session.strand();
}

template void start(const std::shared_ptr<AsyncSession>&,
                    PreparedCall<EvalResult>,
                    Callback<EvalResult>);
template void start(const std::shared_ptr<AsyncSession>&,
                    PreparedCall<IncrementalResult>,
                    Callback<IncrementalResult>);
template void start(const std::shared_ptr<AsyncSession>&,
                    PreparedCall<BlockResult>,
                    Callback<BlockResult>);
template void start(const std::shared_ptr<AsyncSession>&,
                    PreparedCall<std::vector<Diagnostic>>,
                    Callback<std::vector<Diagnostic>>);
template void start(const std::shared_ptr<AsyncSession>&, PreparedCall<Values>, Callback<Values>);
template void start(const std::shared_ptr<AsyncSession>&,
                    PreparedCall<std::string>,
                    Callback<std::string>);
template void start(const std::shared_ptr<AsyncSession>&, PreparedCall<Stats>, Callback<Stats>);
template void start(const std::shared_ptr<AsyncSession>&,
                    PreparedCall<DatasetHandle>,
                    Callback<DatasetHandle>);
template void start(const std::shared_ptr<AsyncSession>&, PreparedCall<bool>, Callback<bool>);
template void start(const std::shared_ptr<AsyncSession>&,
                    PreparedCall<std::vector<DatasetInfo>>,
                    Callback<std::vector<DatasetInfo>>);
template void start(const std::shared_ptr<AsyncSession>&, PreparedCall<void>, Callback<void>);
template void start(const std::shared_ptr<AsyncSession>&,
                    PreparedCall<RawMessage>,
                    Callback<RawMessage>);

namespace {

/// A new request, and `write` has written it.
template <class Write>
std::shared_ptr<PreparedRequest> prepare(Write&& write) {
  auto prepared = std::make_shared<PreparedRequest>();
  if (Result<void> written = write(prepared->request); !written.ok())
    prepared->error = std::move(written).error();
  return prepared;
}

}  // namespace

}  // namespace detail

AsyncEngine& AsyncEngine::operator=(AsyncEngine&& other) noexcept {
  AsyncEngine(std::move(other)).session_.swap(session_);
  return *this;
}

AsyncEngine::~AsyncEngine() {
  if (session_ == nullptr) return;
  try {
    boost::asio::post(session_->strand(), [session = session_] { session->close(); });
  } catch (...) {
    // No memory to say so: the connection then ends with the executor's context.
    session_.reset();
  }
}

const DaemonInfo& AsyncEngine::daemon() const noexcept {
  return session_->daemon;
}
const SessionInfo& AsyncEngine::session() const noexcept {
  return session_->session;
}

void AsyncEngine::cancel(RequestId request) {
  boost::asio::dispatch(session_->strand(),
                        [session = session_, request] { session->cancel(request); });
}

detail::PreparedCall<EvalResult> AsyncEngine::prepare_load(std::string_view json,
                                                           const EvaluateOptions& options) const {
  auto prepared = detail::prepare([&](Request& request) {
    return session_->encoder.snapshot(request, Method::LoadSnapshot, json, options);
  });
  prepared->loads = true;
  return {std::move(prepared)};
}

detail::PreparedCall<EvalResult> AsyncEngine::prepare_evaluate(
    std::string_view json, const EvaluateOptions& options) const {
  return {detail::prepare([&](Request& request) {
    return session_->encoder.snapshot(request, Method::Evaluate, json, options);
  })};
}

detail::PreparedCall<IncrementalResult> AsyncEngine::prepare_patch(
    std::string_view ops, const EvaluateOptions& options) const {
  return {detail::prepare(
      [&](Request& request) { return session_->encoder.apply_patch(request, ops, options); })};
}

detail::PreparedCall<IncrementalResult> AsyncEngine::prepare_input(
    const Input& input, const EvaluateOptions& options) const {
  return {detail::prepare([&](Request& request) {
    return session_->encoder.set_input(request, input.node_id, input.port_id, input.value, options);
  })};
}

detail::PreparedCall<IncrementalResult> AsyncEngine::prepare_inputs(
    std::span<const Input> inputs, const EvaluateOptions& options) const {
  return {detail::prepare(
      [&](Request& request) { return session_->encoder.set_inputs(request, inputs, options); })};
}

detail::PreparedCall<BlockResult> AsyncEngine::prepare_block(std::string_view type,
                                                             std::span<const BlockInput> inputs,
                                                             std::string_view data_json) const {
  return {detail::prepare([&](Request& request) {
    return session_->encoder.evaluate_block(request, type, inputs, data_json);
  })};
}

detail::PreparedCall<std::vector<Diagnostic>> AsyncEngine::prepare_validate() const {
  return {detail::prepare(
      [&](Request& request) { return session_->encoder.plain(request, Method::ValidateGraph); })};
}

detail::PreparedCall<Values> AsyncEngine::prepare_values(
    std::span<const std::string> node_ids) const {
  return {detail::prepare(
      [&](Request& request) { return session_->encoder.get_values(request, node_ids); })};
}

detail::PreparedCall<std::string> AsyncEngine::prepare_snapshot() const {
  return {detail::prepare(
      [&](Request& request) { return session_->encoder.plain(request, Method::GetSnapshot); })};
}

detail::PreparedCall<std::string> AsyncEngine::prepare_catalog() const {
  auto prepared = detail::prepare(
      [&](Request& request) { return session_->encoder.plain(request, Method::GetCatalog); });
  prepared->is_catalog = true;
  return {std::move(prepared)};
}

detail::PreparedCall<Stats> AsyncEngine::prepare_stats() const {
  return {detail::prepare(
      [&](Request& request) { return session_->encoder.plain(request, Method::GetStats); })};
}

detail::PreparedCall<DatasetHandle> AsyncEngine::prepare_register(std::string_view id,
                                                                  DatasetBuilder& data,
                                                                  const DatasetShape& shape) const {
  auto prepared = detail::prepare([&](Request& request) {
    return session_->encoder.register_dataset(request, id, data, shape);
  });
  prepared->dataset = &data;
  prepared->dataset_id = id;
  return {std::move(prepared)};
}

detail::PreparedCall<bool> AsyncEngine::prepare_release(std::string_view id) const {
  return {detail::prepare([&](Request& request) {
    return session_->encoder.plain(request, Method::ReleaseDataset, "datasetId", id);
  })};
}

detail::PreparedCall<std::vector<DatasetInfo>> AsyncEngine::prepare_list() const {
  return {detail::prepare(
      [&](Request& request) { return session_->encoder.plain(request, Method::ListDatasets); })};
}

detail::PreparedCall<void> AsyncEngine::prepare_dispose() const {
  auto prepared = detail::prepare(
      [&](Request& request) { return session_->encoder.plain(request, Method::Dispose); });
  prepared->disposes = true;
  return {std::move(prepared)};
}

detail::PreparedCall<RawMessage> AsyncEngine::prepare_raw(RawRequest&& given) const {
  return {detail::prepare(
      [&](Request& request) { return session_->encoder.raw(request, std::move(given)); })};
}

}  // namespace chainsolved::client
