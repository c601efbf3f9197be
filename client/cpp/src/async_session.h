#pragma once

#include "chainsolved/async_engine.h"
#include "chainsolved/dataset.h"
#include "client/cpp/src/calls.h"
#include "client/cpp/src/request.h"
#include "client/cpp/src/session_core.h"
#include "client/cpp/src/transport.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace chainsolved::client::detail {

using Strand = boost::asio::strand<boost::asio::any_io_executor>;

/// A request as it goes from the thread that makes it to the session's strand.
struct PreparedRequest {
  Request request;
  std::optional<Error> error;         // it could not be written
  DatasetBuilder* dataset = nullptr;  // detached when it was registered
  std::string dataset_id;
  bool disposes = false;
  bool is_catalog = false;  // of the two answers that are texts
  bool loads = false;       // of the two that are EvalResults
  RequestId id = 0;         // on the strand: once it was started
  bool cancelled = false;   // on the strand: before it was started
};

/// Drives a core with Asio. Everything but prepare, the encoder and what was told at the opening
/// happens on the strand. Kept alive by its own waits until close().
class AsyncSession : public std::enable_shared_from_this<AsyncSession> {
 public:
  AsyncSession(Strand strand, const Options& options, Handlers handlers, UniqueFd socket);
  AsyncSession(const AsyncSession&) = delete;
  AsyncSession& operator=(const AsyncSession&) = delete;
  ~AsyncSession();

  const Strand& strand() const noexcept { return strand_; }

  // Set while opening, read-only from then on, hence from any thread.
  DaemonInfo daemon;
  SessionInfo session;
  RequestEncoder encoder{Limits().inline_limit};

  // --- on the strand ---
  SessionCore& core() noexcept { return core_; }
  /// Begins to listen to the daemon.
  Result<void> begin();
  void set_frame_limit(std::uint64_t bytes) noexcept { transport_.set_frame_limit(bytes); }
  Result<RequestId> call(Request& request, Done done);
  Result<RequestId> call_handshake(Request& request, Done done);
  void cancel(RequestId id);
  void release_dataset(const std::string& id);
  void reject_pending();
  /// Rejects what is pending and ends the connection.
  void close();
  /// The same, as soon as the answer that is being handled has been.
  void close_after_answer();
  void end(const Error& cause);

 private:
  void wait_readable();
  void on_readable();
  void send();
  void wait_writable();
  void retry_later();
  void dispatch_events();
  void stop_waiting() noexcept;

  Strand strand_;
  Handlers handlers_;
  SessionCore core_;
  Transport transport_;
  // Watches the transport's descriptor, does not own it: released before it is closed.
  boost::asio::posix::stream_descriptor watch_;
  boost::asio::steady_timer retry_;
  bool waiting_to_write_ = false;
};

}  // namespace chainsolved::client::detail
