#pragma once

#include "chainsolved/events.h"
#include "chainsolved/results.h"
#include "client/cpp/src/frame.h"
#include "client/cpp/src/mirror.h"
#include "client/cpp/src/pending_table.h"
#include "client/cpp/src/queue.h"
#include "client/cpp/src/request.h"
#include "client/cpp/src/result_reader.h"
#include "client/cpp/src/retained_datasets.h"
#include "client/cpp/src/session_state.h"
#include "client/cpp/src/slot_names.h"
#include "protocol/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chainsolved::client {

/// A frame that waits to be sent.
struct OutgoingFrame {
  std::vector<std::byte> bytes;
  FdList segments;
  RequestId id = 0;  // 0: a notification
  bool handshake = false;
};

/// What a handler is to be told.
struct LifecycleEvent {
  enum class Kind : std::uint8_t { Failed, Closed };
  Kind kind;
  SessionEvent event;
};
struct DatasetReleasedEvent {
  std::string dataset_id;
};
struct MemoryPressureEvent {
  std::string params;
};
using Event = std::variant<Progress,
                           ValuesChanged,
                           RecreatingEvent,
                           RecreatedEvent,
                           LifecycleEvent,
                           DatasetReleasedEvent,
                           MemoryPressureEvent,
                           RawMessage>;

/// Calls the handler that an event is for, if there is one.
void deliver(const Event& event, const Handlers& handlers);

/// A connection's logic without its I/O: requests become frames, frames become answers and events.
/// The drivers (blocking and Asio) send what next_to_send() shows, feed what they receive, and take
/// events one by one. Callbacks given to call() run inside on_frame(), on_ended() and dispose();
/// they must not call back into the core. One thread at a time.
///
/// Nothing but the handshake is sent before the session is open; what is called while it is being
/// recreated is held and sent with the new epoch, which is written into a frame only when it goes.
/// Ahead of it go requests of the core's own: retained datasets that did not come back are
/// registered again, and an empty patch has their readers evaluated.
class SessionCore {
 public:
  enum class Names : std::uint8_t { Slots, Ids };
  enum class Mirroring : std::uint8_t { No, Yes };
  SessionCore(Names names, Mirroring mirroring);

  SessionState state() const noexcept { return state_; }
  std::uint32_t epoch() const noexcept { return epoch_; }
  std::size_t pending() const noexcept { return pending_.size(); }
  ResultReader& reader() noexcept { return reader_; }
  const std::shared_ptr<SlotNames>& names() const noexcept { return names_; }
  /// Null without mirroring.
  Mirror* mirror() noexcept { return mirror_.has_value() ? &*mirror_ : nullptr; }
  const Mirror* mirror() const noexcept { return mirror_.has_value() ? &*mirror_ : nullptr; }
  /// Every notification also becomes a RawMessage event.
  void want_raw(bool wanted) noexcept { raw_wanted_ = wanted; }

  /// Takes a request over (its buffers stay the caller's) and gives its id, 0 for a notification.
  /// On an error `done` is not called: the connection is closed, or too much waits already.
  Result<RequestId> call(Request& request, Done done);
  /// The same for hello and openSession, which go before all others. The answer to a request that
  /// says so opens the connection for them.
  Result<RequestId> call_handshake(Request& request, Done done);
  /// A raw call whose answer becomes a RawMessage event.
  Result<RequestId> call_for_event(Request& request);

  /// The frame to be sent next, or null when nothing may go now. The frame's epoch is current.
  OutgoingFrame* next_to_send();
  void sent();
  /// The system refused that frame: its call is rejected, the connection goes on.
  void on_send_failed(std::string_view why);
  bool wants_to_send() const noexcept;
  /// Nobody waits for this answer any more.
  void abandon(RequestId id);
  /// A call that has not been sent is answered with CANCELLED and never goes. False when it is too
  /// late for that.
  bool cancel_unsent(RequestId id);
  /// The dataset is not wanted any more: it will not be registered again.
  void forget_dataset(std::string_view id) { retained_.forget(id); }

  /// A message that was received and decoded.
  void on_frame(const FrameRef& frame);
  /// One whose header could be read and the rest not. False: nobody waits for it.
  bool on_bad_frame(RequestId id, const Error& error);
  /// The connection ended; `why` is for people.
  void on_ended(std::string_view why);
  /// Everything pending is rejected; no more is sent or taken.
  void dispose();
  /// Everything pending is rejected; the connection goes on.
  void reject_pending(const Error& cause) { reject(cause, true); }
  /// What a call would answer now that the connection is closed.
  Error closed_error() const;

  std::optional<Event> next_event();
  /// Puts an event behind those that wait.
  void push_event(Event event) { events_.push(std::move(event)); }

 private:
  Result<RequestId> enqueue(Request& request, Done done, bool handshake);
  void on_answer(const FrameRef& frame);
  void on_notification(const FrameRef& frame);
  void on_session_notification(std::string_view method, std::string_view params);
  void on_recreating(RecreatingEvent event);
  void on_recreated(RecreatedEvent event);
  void on_session_ends(SessionInput input, const SessionEvent& event);
  std::vector<std::string> register_lost_again();
  bool register_again(const std::shared_ptr<const Registration>& registration);
  void on_registered_again(const std::shared_ptr<const Registration>& registration,
                           const Result<Reply>& reply);
  void evaluate_readers();
  void settle_datasets(PendingCall& call);
  void on_values_changed(const FrameRef& frame, std::string_view params);
  void on_dataset_released(std::string_view params);
  Result<Reply> accept(PendingCall& call, const FrameRef& frame);
  void apply(SessionInput input, const Error& cause);
  void reject(const Error& cause, bool sent_too);
  static void reject_one(const PendingCall& call, const Error& cause);

  static constexpr std::uint64_t kMaxQueuedBytes = std::uint64_t{64} << 20;

  SessionState state_ = SessionState::Opening;
  const Names names_mode_;
  std::uint32_t epoch_ = 0;
  RequestId next_id_ = 1;
  bool raw_wanted_ = false;
  std::optional<Error> last_words_;  // what the peer said before it shut the connection down
  std::string closed_because_;
  std::shared_ptr<SlotNames> names_ = std::make_shared<SlotNames>();
  std::optional<Mirror> mirror_;
  ResultReader reader_;
  RetainedDatasets retained_;
  PendingTable pending_;
  Queue<OutgoingFrame> outgoing_;
  std::uint64_t queued_bytes_ = 0;
  std::vector<std::vector<std::byte>> spare_buffers_;
  Queue<Event> events_;
};

/// A message for tools: what a frame carries, or what a call that got no answer came to.
RawMessage raw_message(const FrameRef& frame);
RawMessage raw_error(RequestId id, const Error& error);

}  // namespace chainsolved::client
