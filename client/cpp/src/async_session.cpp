#include "client/cpp/src/async_session.h"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

namespace chainsolved::client::detail {

namespace {

/// How many messages are taken before others on the executor get their turn.
constexpr int kMessagesAtOnce = 64;
/// How long descriptors in flight are given to arrive before the next try.
constexpr std::chrono::milliseconds kRetryAfter{2};

}  // namespace

AsyncSession::AsyncSession(Strand strand,
                           const Options& options,
                           Handlers handlers,
                           UniqueFd socket)
    : strand_(std::move(strand)),
      handlers_(std::move(handlers)),
      core_(options.names ? SessionCore::Names::Ids : SessionCore::Names::Slots,
            options.mirror ? SessionCore::Mirroring::Yes : SessionCore::Mirroring::No),
      transport_(std::move(socket), core_),
      watch_(strand_),
      retry_(strand_) {
  core_.want_raw(static_cast<bool>(handlers_.on_raw));
}

// Also when the executor's context ends first: the descriptor is the transport's to close.
AsyncSession::~AsyncSession() {
  stop_waiting();
}

Result<void> AsyncSession::begin() {
  boost::system::error_code error;
  watch_.assign(transport_.fd().get(), error);
  if (error)
    return limit_error("descriptors", 0, "the connection cannot be watched: " + error.message());
  wait_readable();
  return {};
}

void AsyncSession::wait_readable() {
  watch_.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      boost::asio::bind_executor(
          strand_, [self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) self->on_readable();
          }));
}

void AsyncSession::on_readable() {
  for (int i = 0; i < kMessagesAtOnce && transport_.open(); ++i) {
    const Transport::Took took = transport_.receive();
    if (took == Transport::Took::End) {
      stop_waiting();
      transport_.close();
      dispatch_events();
      return;
    }
    if (took == Transport::Took::Nothing) break;
    dispatch_events();
  }
  if (!transport_.open()) return;  // a handler closed it
  send();                          // what was held may go now
  wait_readable();
}

void AsyncSession::send() {
  switch (transport_.send()) {
    case Transport::Sent::All:
      break;
    case Transport::Sent::Full:
      wait_writable();
      break;
    case Transport::Sent::Later:
      retry_later();
      break;
  }
}

void AsyncSession::wait_writable() {
  if (std::exchange(waiting_to_write_, true)) return;
  watch_.async_wait(
      boost::asio::posix::stream_descriptor::wait_write,
      boost::asio::bind_executor(
          strand_, [self = shared_from_this()](const boost::system::error_code& error) {
            self->waiting_to_write_ = false;
            if (!error && self->transport_.open()) self->send();
          }));
}

void AsyncSession::retry_later() {
  if (std::exchange(waiting_to_write_, true)) return;
  retry_.expires_after(kRetryAfter);
  retry_.async_wait(boost::asio::bind_executor(
      strand_, [self = shared_from_this()](const boost::system::error_code& error) {
        self->waiting_to_write_ = false;
        if (!error && self->transport_.open()) self->send();
      }));
}

Result<RequestId> AsyncSession::call(Request& request, Done done) {
  auto id = core_.call(request, std::move(done));
  if (id.ok()) send();
  return id;
}

Result<RequestId> AsyncSession::call_handshake(Request& request, Done done) {
  auto id = core_.call_handshake(request, std::move(done));
  if (id.ok()) send();
  return id;
}

void AsyncSession::cancel(RequestId id) {
  if (core_.cancel_unsent(id)) return;
  Request request;
  if (encoder.cancel(request, id).ok()) static_cast<void>(call(request, {}));
}

void AsyncSession::release_dataset(const std::string& id) {
  core_.forget_dataset(id);
  Request request;
  if (encoder.plain(request, Method::ReleaseDataset, "datasetId", id).ok())
    static_cast<void>(call(request, [](Result<Reply>&&) {}));
}

void AsyncSession::reject_pending() {
  core_.reject_pending(
      {ErrorCode::EngineDisposed, std::string(info_of(ErrorCode::EngineDisposed).sentence)});
}

void AsyncSession::close() {
  core_.dispose();
  stop_waiting();
  transport_.close();
}

void AsyncSession::close_after_answer() {
  // Answers are handled inside the core, which must not be called back.
  boost::asio::post(strand_, [self = shared_from_this()] { self->close(); });
}

void AsyncSession::end(const Error& cause) {
  core_.on_ended(cause.message);
  stop_waiting();
  transport_.close();
  dispatch_events();
}

void AsyncSession::stop_waiting() noexcept {
  if (watch_.is_open()) static_cast<void>(watch_.release());
  boost::system::error_code ignored;
  retry_.cancel(ignored);
}

void AsyncSession::dispatch_events() {
  while (auto event = core_.next_event())
    deliver(*event, handlers_);
}

}  // namespace chainsolved::client::detail
