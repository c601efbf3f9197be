#pragma once

#include "chainsolved/dataset.h"
#include "chainsolved/events.h"
#include "chainsolved/options.h"
#include "chainsolved/patch.h"
#include "chainsolved/results.h"
#include "protocol/error.h"
#include "protocol/methods.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chainsolved::client {

namespace detail {

class AsyncSession;
struct PreparedRequest;  // a request, encoded where it was made
struct OpenedSession {
  std::shared_ptr<AsyncSession> session;
};

template <class T>
using Callback = std::function<void(Result<T>)>;

/// What a call needs to be started: the request, and which result its answer is.
template <class T>
struct PreparedCall {
  std::shared_ptr<PreparedRequest> request;
};

/// Starts it from any thread; `done` is called once, on the session's strand.
template <class T>
void start(const std::shared_ptr<AsyncSession>& session, PreparedCall<T> call, Callback<T> done);
/// What cancels a request, before or after it was started, from any thread.
std::function<void()> canceller(const std::shared_ptr<AsyncSession>& session,
                                const std::shared_ptr<PreparedRequest>& request);
void open(const boost::asio::any_io_executor& executor,
          Options options,
          Handlers handlers,
          Callback<OpenedSession> done);
boost::asio::any_io_executor executor_of(const AsyncSession& session);

/// Wraps a completion handler: it runs on its own executor, keeps that one's loop alive until then,
/// and may be cancelled through its slot.
template <class T, class Handler>
class Completion {
 public:
  Completion(Handler handler, const boost::asio::any_io_executor& fallback)
      : handler_(std::make_shared<Held>(std::move(handler), fallback)) {}

  Callback<T> callback() const {
    return [held = handler_](Result<T> result) {
      const auto executor = held->work.get_executor();
      // Not at once: answers are handled inside the core, which a handler may want to call.
      boost::asio::post(executor, [held, result = std::move(result)]() mutable {
        boost::asio::get_associated_cancellation_slot(held->handler).clear();
        held->work.reset();
        std::move(held->handler)(std::move(result));
      });
    };
  }
  /// To be called before the operation is started.
  void on_cancel(std::function<void()> cancel) const {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_->handler);
    if (slot.is_connected())
      slot.assign([cancel = std::move(cancel)](boost::asio::cancellation_type) { cancel(); });
  }

 private:
  using Executor = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
  struct Held {
    Held(Handler its_handler, const boost::asio::any_io_executor& fallback)
        : handler(std::move(its_handler)),
          work(boost::asio::make_work_guard(
              boost::asio::get_associated_executor(handler, fallback))) {}
    Handler handler;
    boost::asio::executor_work_guard<Executor> work;
  };
  std::shared_ptr<Held> handler_;
};

}  // namespace detail

/// A session on a Boost.Asio executor. Every operation takes a completion token for
/// `void(Result<T>)`: a callback, use_future, use_awaitable, deferred, ...
///
///     auto engine = co_await AsyncEngine::create(executor, {}, {}, use_awaitable);
///     auto result = co_await engine->set_input("slider", "value", 3, use_awaitable);
///
/// Operations may be started from any thread: they go through a strand of the executor. Handlers
/// given to create() run on that strand, completion handlers on their own associated executor (the
/// strand, if they have none). What an operation is given is copied when it is started, datasets
/// excepted. Cancelling through the completion's slot asks the engine to end the request; its
/// answer then is CANCELLED.
///
/// The object is a handle, movable. When it ends, the connection is closed and what is pending is
/// rejected with ENGINE_DISPOSED.
class AsyncEngine {
 public:
  /// Finds or starts the daemon, says hello and opens the session. Nothing blocks.
  template <class Token>
  static auto create(const boost::asio::any_io_executor& executor,
                     Options options,
                     Handlers handlers,
                     Token&& token) {
    return boost::asio::async_initiate<Token, void(Result<AsyncEngine>)>(
        [executor](auto handler, auto its_options, auto its_handlers) {
          const detail::Completion<AsyncEngine, decltype(handler)> completion(std::move(handler),
                                                                              executor);
          detail::open(executor,
                       std::move(its_options),
                       std::move(its_handlers),
                       [done = completion.callback()](Result<detail::OpenedSession> opened) {
                         if (opened.ok())
                           done(AsyncEngine(std::move(opened->session)));
                         else
                           done(std::move(opened).error());
                       });
        },
        token,
        std::move(options),
        std::move(handlers));
  }

  AsyncEngine(AsyncEngine&&) noexcept = default;
  AsyncEngine& operator=(AsyncEngine&& other) noexcept;
  AsyncEngine(const AsyncEngine&) = delete;
  AsyncEngine& operator=(const AsyncEngine&) = delete;
  ~AsyncEngine();

  const DaemonInfo& daemon() const noexcept;
  const SessionInfo& session() const noexcept;

  // --- the graph ---
  template <class Token>
  auto load_snapshot(std::string_view json, const EvaluateOptions& options, Token&& token) {
    return run(prepare_load(json, options), std::forward<Token>(token));
  }
  template <class Token>
  auto evaluate(std::string_view json, const EvaluateOptions& options, Token&& token) {
    return run(prepare_evaluate(json, options), std::forward<Token>(token));
  }
  template <class Token>
  auto apply_patch(const Patch& patch, const EvaluateOptions& options, Token&& token) {
    return run(prepare_patch(patch.json(), options), std::forward<Token>(token));
  }
  template <class Token>
  auto apply_patch(std::string_view ops, const EvaluateOptions& options, Token&& token) {
    return run(prepare_patch(ops, options), std::forward<Token>(token));
  }
  template <class Token>
  auto set_input(std::string_view node, std::string_view port, double value, Token&& token) {
    return run(prepare_input({std::string(node), std::string(port), value}, {}),
               std::forward<Token>(token));
  }
  template <class Token>
  auto set_input(const Input& input, const EvaluateOptions& options, Token&& token) {
    return run(prepare_input(input, options), std::forward<Token>(token));
  }
  template <class Token>
  auto set_inputs(std::span<const Input> inputs, const EvaluateOptions& options, Token&& token) {
    return run(prepare_inputs(inputs, options), std::forward<Token>(token));
  }
  template <class Token>
  auto evaluate_block(std::string_view type,
                      std::span<const BlockInput> inputs,
                      std::string_view data_json,
                      Token&& token) {
    return run(prepare_block(type, inputs, data_json), std::forward<Token>(token));
  }
  template <class Token>
  auto validate_graph(Token&& token) {
    return run(prepare_validate(), std::forward<Token>(token));
  }
  template <class Token>
  auto get_values(std::span<const std::string> node_ids, Token&& token) {
    return run(prepare_values(node_ids), std::forward<Token>(token));
  }
  template <class Token>
  auto get_snapshot(Token&& token) {
    return run(prepare_snapshot(), std::forward<Token>(token));
  }
  template <class Token>
  auto get_catalog(Token&& token) {
    return run(prepare_catalog(), std::forward<Token>(token));
  }
  template <class Token>
  auto get_stats(Token&& token) {
    return run(prepare_stats(), std::forward<Token>(token));
  }

  // --- datasets ---
  /// Seals `data` at once and detaches it when the operation succeeds; it must stay until then. On
  /// failure it can be registered again.
  template <class Token>
  auto register_dataset(std::string_view id,
                        DatasetBuilder& data,
                        const DatasetShape& shape,
                        Token&& token) {
    return run(prepare_register(id, data, shape), std::forward<Token>(token));
  }
  template <class Token>
  auto release_dataset(std::string_view id, Token&& token) {
    return run(prepare_release(id), std::forward<Token>(token));
  }
  template <class Token>
  auto list_datasets(Token&& token) {
    return run(prepare_list(), std::forward<Token>(token));
  }

  // --- control ---
  /// Asks the engine to end a request that progress has named.
  void cancel(RequestId request);
  /// What is pending is rejected with ENGINE_DISPOSED at once; completes when the daemon has let
  /// this client go.
  template <class Token>
  auto dispose(Token&& token) {
    return run(prepare_dispose(), std::forward<Token>(token));
  }
  template <class Token>
  auto call_raw(RawRequest request, Token&& token) {
    return run(prepare_raw(std::move(request)), std::forward<Token>(token));
  }

 private:
  explicit AsyncEngine(std::shared_ptr<detail::AsyncSession> session) noexcept
      : session_(std::move(session)) {}

  template <class T, class Token>
  auto run(detail::PreparedCall<T> call, Token&& token) {
    return boost::asio::async_initiate<Token, void(Result<T>)>(
        [session = session_](auto handler, detail::PreparedCall<T> prepared) {
          const detail::Completion<T, decltype(handler)> completion(std::move(handler),
                                                                    detail::executor_of(*session));
          completion.on_cancel(detail::canceller(session, prepared.request));
          detail::start<T>(session, std::move(prepared), completion.callback());
        },
        token,
        std::move(call));
  }

  detail::PreparedCall<EvalResult> prepare_load(std::string_view, const EvaluateOptions&) const;
  detail::PreparedCall<EvalResult> prepare_evaluate(std::string_view, const EvaluateOptions&) const;
  detail::PreparedCall<IncrementalResult> prepare_patch(std::string_view,
                                                        const EvaluateOptions&) const;
  detail::PreparedCall<IncrementalResult> prepare_input(const Input&, const EvaluateOptions&) const;
  detail::PreparedCall<IncrementalResult> prepare_inputs(std::span<const Input>,
                                                         const EvaluateOptions&) const;
  detail::PreparedCall<BlockResult> prepare_block(std::string_view,
                                                  std::span<const BlockInput>,
                                                  std::string_view) const;
  detail::PreparedCall<std::vector<Diagnostic>> prepare_validate() const;
  detail::PreparedCall<Values> prepare_values(std::span<const std::string>) const;
  detail::PreparedCall<std::string> prepare_snapshot() const;
  detail::PreparedCall<std::string> prepare_catalog() const;
  detail::PreparedCall<Stats> prepare_stats() const;
  detail::PreparedCall<DatasetHandle> prepare_register(std::string_view,
                                                       DatasetBuilder&,
                                                       const DatasetShape&) const;
  detail::PreparedCall<bool> prepare_release(std::string_view) const;
  detail::PreparedCall<std::vector<DatasetInfo>> prepare_list() const;
  detail::PreparedCall<void> prepare_dispose() const;
  detail::PreparedCall<RawMessage> prepare_raw(RawRequest&&) const;

  std::shared_ptr<detail::AsyncSession> session_;
};

}  // namespace chainsolved::client
