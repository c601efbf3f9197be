#pragma once

#include "protocol/channel.h"
#include "protocol/frame.h"
#include "shm/journal.h"
#include "shm/message_socket.h"
#include "shm/segment.h"
#include "shm/status_page.h"
#include "shm/unique_fd.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace chainsolved::test {

/// A frame as a client got it.
struct Message {
  FrameHeader header;
  nlohmann::json json;
  std::vector<std::byte> data;
  std::vector<SealedSegment> segments;

  bool ok() const { return json.contains("result"); }
  const nlohmann::json& result() const { return json.at("result"); }
  /// `data.code` of an error; "" when it is none.
  std::string code() const;
  nlohmann::json applied() const;
  /// The numbers of a `$column`, a `$segment` or an array.
  std::vector<double> numbers(const nlohmann::json& reference) const;
  std::vector<std::uint32_t> slots(const nlohmann::json& reference) const;
  /// `scalars` of `members` as slot: number.
  std::map<std::uint32_t, double> scalars(const nlohmann::json& members) const;
};

/// One client of an engine: the other end of the socket that was attached.
class TestClient {
 public:
  explicit TestClient(UniqueFd socket) : socket_(std::move(socket)) {}

  /// JSON that does not fit a frame goes into a segment.
  std::uint64_t send(std::string_view method,
                     const nlohmann::json& params = nlohmann::json::object(),
                     const std::vector<const SealedSegment*>& segments = {});
  void notify(std::string_view method, const nlohmann::json& params);
  /// Any bytes at all.
  SocketStatus send_bytes(std::span<const std::byte> message, std::span<const BorrowedFd> fds = {});

  /// The next message; none at the end of the connection. Fails the test after a long wait.
  std::optional<Message> receive();
  /// The answer to `id`; what comes before it is kept in `seen`.
  Message answer_to(std::uint64_t id);
  /// The next notification of this method; what comes before it is kept in `seen`.
  Message notification(std::string_view method);
  Message call(std::string_view method,
               const nlohmann::json& params = nlohmann::json::object(),
               const std::vector<const SealedSegment*>& segments = {}) {
    return answer_to(send(method, params, segments));
  }
  /// Whether the connection is at its end, everything before it read into `seen`.
  bool at_end();

  void hang_up() { socket_.reset(); }
  BorrowedFd socket() const { return socket_.borrow(); }

  std::uint32_t epoch = 1;
  std::vector<Message> seen;

 private:
  UniqueFd socket_;
  std::uint64_t next_id_ = 1;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(512U << 10);
};

/// The program chainsolve-engine, started as the supervisor starts it, and the supervisor's ends of
/// what they share.
class EngineHarness {
 public:
  explicit EngineHarness(ConfigureMessage configuration = default_configuration(),
                         std::vector<std::string> arguments = {});
  EngineHarness(const EngineHarness&) = delete;
  EngineHarness& operator=(const EngineHarness&) = delete;
  ~EngineHarness();

  static ConfigureMessage default_configuration();

  enum class Names : std::uint8_t { No, Yes };
  /// Attaches a client and waits until the engine says so. Its openSession has id 1'000'000.
  TestClient& attach(Names names = Names::No);
  /// The answer to openSession that attach() of this client met.
  const Message& opened(std::uint64_t client) const { return opened_.at(client); }
  /// Waits for the engine to let go of a client.
  void await_detached(std::uint64_t client);

  /// Closes the channel; the exit status of the engine.
  int stop();

  // --- what a supervisor keeps of an engine ---

  /// A generation as it was sent.
  struct Generation {
    UniqueFd snapshot;  // empty: none
    UniqueFd journal;
  };
  struct Record {
    nlohmann::json json;
    std::uint64_t hash = 0;
  };
  /// What was sent so far; messages that lie in the channel are read first.
  const std::map<std::uint32_t, Generation>& generations();
  /// Segments that the engine wants kept and has not let go of.
  const std::map<std::uint32_t, UniqueFd>& kept();
  void lose_kept(std::uint32_t n);
  /// The commit word: the largest of all journals.
  std::uint64_t committed();
  /// The committed records of the generation that the commit word names.
  std::vector<Record> records();
  /// The text of the snapshot of that generation; "" when it has none.
  std::string generation_snapshot();
  /// SIGKILL, and everything read that it still sent.
  void kill();
  /// Waits for it to end by itself, and reads likewise; the wait status.
  int await_death();
  /// The next channel message of this method.
  nlohmann::json channel_message(std::string_view method);

  /// Tells this engine, fresh from configure, to take the other's place; `replayed`'s params.
  nlohmann::json take_over(EngineHarness& dead,
                           const std::vector<BlamedNode>& suspects = {},
                           const std::vector<BlamedNode>& quarantined = {});
  /// The same without waiting for the end of it.
  void begin_take_over(EngineHarness& dead,
                       const std::vector<BlamedNode>& suspects = {},
                       const std::vector<BlamedNode>& quarantined = {});
  /// How the successor of this engine is configured.
  ConfigureMessage successor();
  /// Gives it a client of the dead engine. `attach.client` says which.
  TestClient& attach_again(EngineHarness& dead, AttachMessage attach);
  pid_t pid() const { return pid_; }
  const StatusPage& page() const { return page_->page(); }
  void send_channel(const std::string& json, std::span<const BorrowedFd> fds = {});

 private:
  nlohmann::json take_channel_message(std::span<const std::byte> bytes, FdList& fds);
  void read_channel();

  ConfigureMessage configuration_;
  UniqueFd channel_;
  std::optional<SharedStatusPage> page_;
  pid_t pid_ = -1;
  std::vector<std::unique_ptr<TestClient>> clients_;
  std::map<std::uint64_t, UniqueFd> sockets_;  // the supervisor's duplicates
  std::map<std::uint32_t, Generation> generations_;
  std::map<std::uint32_t, UniqueFd> kept_;
  std::map<std::uint64_t, Message> opened_;
  std::vector<nlohmann::json> early_;  // channel messages that came before they were asked for
};

/// Descriptors that a process has open.
std::size_t open_descriptors(pid_t pid);

/// Waits until `done`, looking again whenever the process has been given time.
void wait_until(const std::function<bool()>& done);

nlohmann::json node(std::string_view id,
                    std::string_view type,
                    const nlohmann::json& data = nlohmann::json::object());
nlohmann::json edge(std::string_view id,
                    std::string_view source,
                    std::string_view target,
                    std::string_view port);
nlohmann::json snapshot(const nlohmann::json& nodes,
                        const nlohmann::json& edges = nlohmann::json::array());

/// Params of setInput for a source.
nlohmann::json input(std::string_view id, const nlohmann::json& value);
/// `$segment` of doubles.
nlohmann::json in_segment(std::uint64_t count, std::uint64_t offset = 0, std::uint64_t index = 0);
/// How a client of a crashed engine is handed to the next.
AttachMessage after_crash(std::uint64_t client = 1, bool names = false);

/// A sealed segment with these bytes.
SealedSegment segment_of_bytes(std::span<const std::byte> bytes);
/// A sealed segment with these numbers.
SealedSegment segment_of(const std::vector<double>& numbers);

}  // namespace chainsolved::test
