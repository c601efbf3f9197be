#pragma once

#include "protocol/frame.h"
#include "shm/message_socket.h"
#include "shm/unique_fd.h"
#include "tests/support/daemon_fixture.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace chainsolved::test {

/// A message that the client under test sent.
struct PeerMessage {
  FrameHeader header;
  std::string json;  // out of its segment, if it lay in one
  std::vector<std::byte> data;
  FdList segments;

  bool mentions(std::string_view text) const { return json.find(text) != std::string::npos; }
};

/// Stands for the daemon: a real socket whose other end a test steers, on a thread of its own. Each
/// step waits for what it needs and throws when it does not come; the destructor of the thread's
/// owner sees that the test fails.
class ScriptedPeer {
 public:
  ScriptedPeer();

  const std::string& path() const noexcept { return path_; }

  void accept();
  /// accept(), then answers hello and openSession as the daemon does.
  void open_session(std::string_view session_members = "");
  /// The next message; throws at the end of the connection.
  PeerMessage next();
  /// Waits until the client has closed the connection.
  void wait_for_end();
  /// Waits until the next message has arrived, and leaves it.
  void wait_for_message();
  /// Whether nothing has come until now.
  bool silent();

  void send(FrameHeader header,
            std::string_view json,
            std::span<const std::byte> data = {},
            std::span<const BorrowedFd> fds = {});
  void reply(std::uint64_t id, std::string_view result, std::span<const std::byte> data = {});
  void fail(std::uint64_t id, std::string_view code, std::string_view members = "");
  void notify(std::string_view method,
              std::string_view params,
              std::span<const std::byte> data = {});
  void send_bytes(std::span<const std::byte> bytes);
  /// Ends the connection. What the client sent and nobody read makes it a reset.
  void hang_up() noexcept { connection_.reset(); }
  BorrowedFd connection() const noexcept { return connection_.borrow(); }

  std::uint32_t epoch = 1;

 private:
  void wait(short events);

  TemporaryDirectory directory_;
  std::string path_;
  UniqueFd listening_;
  UniqueFd connection_;
};

/// Bytes of a scalars answer for `{"slots": $column at 0, "values": $column behind}`.
struct Scalars {
  std::vector<std::byte> data;
  std::string json;  // the member "scalars"
};
Scalars scalars(std::span<const std::uint32_t> slots, std::span<const double> values);
std::vector<std::byte> u32_column(std::span<const std::uint32_t> values);

/// Runs a peer's script; joins at the end and fails the test with what it threw.
class PeerThread {
 public:
  template <class Script>
  explicit PeerThread(Script script) : thread_([this, script]() mutable { run(script); }) {}
  PeerThread(const PeerThread&) = delete;
  PeerThread& operator=(const PeerThread&) = delete;
  ~PeerThread();

 private:
  template <class Script>
  void run(Script& script) {
    try {
      script();
    } catch (const std::exception& wrong) {
      failure_ = wrong.what();
    }
  }
  std::string failure_;
  std::thread thread_;
};

}  // namespace chainsolved::test
