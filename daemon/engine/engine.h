#pragma once

#include "daemon/engine/client_connection.h"
#include "daemon/engine/dataset_store.h"
#include "daemon/engine/event_loop.h"
#include "daemon/engine/frame_builder.h"
#include "daemon/engine/graph/graph.h"
#include "daemon/engine/in_flight_table.h"
#include "daemon/engine/incoming_request.h"
#include "daemon/engine/outgoing_frame.h"
#include "daemon/engine/replay.h"
#include "daemon/engine/result_encoder.h"
#include "daemon/engine/session.h"
#include "daemon/engine/status_writer.h"
#include "daemon/engine/supervisor_channel.h"
#include "protocol/channel.h"
#include "protocol/methods.h"
#include "protocol/request.h"
#include "shm/status_page.h"
#include "shm/unique_fd.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace chainsolved::engine {

/// Builds frames of one kind of occasion, reusing its memory.
struct Composer {
  explicit Composer(const SegmentFinder& segments) noexcept : frame(segments), encoder(frame) {}

  void start(const Limits& limits) {
    frame.start(limits);
    encoder.start();
  }

  FrameBuilder frame;
  ResultEncoder encoder;
  OutgoingFrame out;
};

/// The engine process: one session's clients, served in turn by one thread.
///
/// A request is peeked at, entered in the in-flight table, received, served, answered; its entry is
/// given back when the kernel has the reply (DESIGN §3). One request is served at a time. While it
/// evaluates, keep_going() looks at the sockets: what may overtake is done there and then, the rest
/// waits in order of arrival. Nothing that a handler reaches during an evaluation touches the
/// graph or destroys a client; that waits for settle(), between requests.
class Engine final : private ClientListener, private ChannelListener, private graph::Monitor {
 public:
  Engine(UniqueFd channel, StatusPage& page);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() override;

  /// Tells the supervisor that the engine may be configured.
  void announce_ready();
  /// Serves until the supervisor closes the channel.
  void run();

 private:
  struct Reply {
    std::uint64_t id = 0;
    std::optional<InFlightTable::Entry> entry;
  };

  /// The request that is being served.
  struct Running {
    ClientConnection& client;
    std::uint64_t id = 0;
    const MethodInfo* method = nullptr;
    std::uint64_t began_ns = 0;
    std::uint64_t told_ns = 0;      // when progress was last told
    bool committed = false;         // the definition has changed
    bool closes = false;            // it is a dispose: the connection ends with its answer
    std::optional<ErrorCode> stop;  // why it has to end
    std::optional<Reply> dispose;   // came meanwhile; answered after it
  };

  // engine.cpp
  void on_configure(ConfigureMessage message) override;
  void on_attach(AttachMessage message, UniqueFd socket) override;
  void on_keep(KeepMessage message, UniqueFd segment) override;
  void on_replay(ReplayMessage message, UniqueFd snapshot, UniqueFd journal) override;
  void on_channel_closed() noexcept override { channel_closed_ = true; }
  void on_client_settled(ClientConnection& client) noexcept override;
  void on_client_paused(ClientConnection& client) noexcept override;
  void on_client_lingering(ClientConnection& client) noexcept override;
  void on_client_retry(ClientConnection& client) noexcept override;
  int patience_ms() const noexcept;
  void cut_lingering();
  void answer_open(ClientConnection& client, const AttachMessage& attach);
  void drain_waiting();
  void settle();
  void settle_client(std::uint64_t id);
  void detach(ClientConnection& client);
  ClientConnection* find_client(std::uint64_t id) noexcept;

  // engine_recreate.cpp
  void replay();
  void retry_suspects();
  void tell_retried();
  void greet(ClientConnection& client, AttachMessage& attach);
  bool drop_answered(ClientConnection& client, std::uint64_t id);
  Error refuse_epoch(const ClientConnection& client, std::uint32_t epoch) const;

  // engine_intake.cpp
  void on_client_readable(ClientConnection& client) noexcept override;
  bool take(ClientConnection& client);
  void accept(ClientConnection& client, IncomingRequest& request);
  void take_notification(ClientConnection& client, const IncomingRequest& request);
  void refuse_disposed(ClientConnection& client);
  bool overtake(ClientConnection& client, IncomingRequest& request);
  void cancel(ClientConnection& client, std::string_view params);
  void dispose(ClientConnection& client, Reply reply);
  void refuse_waiting(ClientConnection& client,
                      const Error& error,
                      std::optional<std::uint64_t> id);

  // engine_serve.cpp
  void serve(ClientConnection& client, IncomingRequest& request);
  Result<void> attempt(IncomingRequest& request);
  Result<void> attempt_method(IncomingRequest& request, const RequestReader::Envelope& envelope);
  void finish_serving(const Running& ended, bool failed);
  Error completed(Error error) const;
  bool keep_going(graph::Slot node, std::size_t done, std::size_t total) override;
  void entering(graph::Slot node) override { status_.name_node(node, session_.node_name(node)); }
  void tell_progress(std::size_t done, std::size_t total);
  void answer_stats(ClientConnection& client, Reply reply);
  void answer_nothing(ClientConnection& client, Reply reply);
  void answer_error(ClientConnection& client, Reply reply, const Error& error);
  FrameHeader header_of(FrameKind kind, std::uint64_t id) const noexcept;

  // engine_tell.cpp
  /// `teller` knows already; may be null.
  void tell_others(const ClientConnection* teller, News news);
  void tell_full(ClientConnection& client);
  void tell_released();
  bool compose_changes(Composer& composer, News news, Naming naming);
  void miss(ClientConnection& client) noexcept;

  EventLoop loop_;
  StatusWriter status_;
  InFlightTable table_;
  DatasetStore datasets_;
  SupervisorChannel channel_;
  Session session_;
  Composer composer_;  // answers to requests
  Composer aside_;     // what is said during an evaluation, and to others
  RequestReader reader_;
  RequestReader aside_reader_;
  // A request that is served at once is read where it was received; during an evaluation others
  // are received in the second buffer.
  std::array<std::vector<std::byte>, 2> buffers_;

  std::unordered_map<std::uint64_t, std::unique_ptr<ClientConnection>> clients_;
  std::deque<IncomingRequest> waiting_;
  std::optional<Running> running_;
  std::vector<std::uint64_t> settled_;  // clients to look at between requests
  std::vector<std::uint64_t> paused_;
  std::vector<std::uint64_t> retry_;
  struct Lingering {
    std::uint64_t client = 0;
    std::uint64_t until_ns = 0;
  };
  std::deque<Lingering> lingering_;         // in order of time
  std::uint64_t dropped_ = 0;               // notifications that slow clients did not get
  std::optional<Inheritance> inheritance_;  // to be replayed
  bool suspects_left_ = false;              // to be tried when the first client is there
  // The engine evaluates or commits for itself: what clients send waits, as during a request.
  bool own_work_ = false;
  bool configured_ = false;
  bool channel_closed_ = false;
};

}  // namespace chainsolved::engine
