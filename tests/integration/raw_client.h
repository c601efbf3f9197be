#pragma once

#include "protocol/frame.h"
#include "shm/message_socket.h"
#include "shm/unique_fd.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chainsolved::test {

/// A client that says exactly what a test wants on the wire, right or wrong, and reads frame by
/// frame when the test wants it to: no library between.
class RawClient {
 public:
  /// One received frame, columns beside its parsed JSON.
  struct Frame {
    FrameHeader header;
    nlohmann::json json;
    std::vector<std::byte> data;

    bool is_error(std::string_view code) const;
    /// `data.code` of an error, or the JSON-RPC number as text; empty when it is none.
    std::string error_code() const;
    /// The f64 or u32 column that a `$column` object names.
    std::vector<double> numbers(const nlohmann::json& column) const;
    std::vector<std::uint32_t> slots(const nlohmann::json& column) const;
  };

  /// Connects; throws std::system_error.
  explicit RawClient(const std::string& socket_path);

  /// hello and openSession; the answer to the latter. Throws when either is refused.
  Frame open(const std::string& open_params = "{}");
  /// hello alone, for tests of openSession itself.
  void hello();

  /// Sends a request and gives its id, without waiting.
  std::uint64_t request(std::string_view method, std::string_view params = "{}");
  std::uint64_t request(std::string_view method, std::string_view params, BorrowedFd segment);
  void notify(std::string_view method, std::string_view params);
  /// Any bytes as one message. False when the socket has no room or is gone.
  bool send_bytes(std::span<const std::byte> message, std::span<const BorrowedFd> fds = {});

  /// The next frame of any kind; nothing at the end of the connection. Throws after `limit`.
  std::optional<Frame> receive(std::chrono::milliseconds limit = std::chrono::seconds(30));
  /// The answer to `id`, which may have come already; notifications and other answers that come
  /// before it are kept in `passed`.
  Frame answer(std::uint64_t id);
  /// request() and answer().
  Frame call(std::string_view method, std::string_view params = "{}");
  /// Reads until a notification of this method.
  Frame notification(std::string_view method);
  /// True when the connection ends; frames before that go to `passed`.
  bool ends();
  /// Reads until `recreated` and sends what follows with the new epoch, as a library does. Its
  /// params.
  nlohmann::json await_recreation();

  std::vector<Frame> passed;

  BorrowedFd socket() const noexcept { return socket_.borrow(); }
  void close() noexcept { socket_.reset(); }

 private:
  nlohmann::json follow(const nlohmann::json& recreated);

  UniqueFd socket_;
  std::uint64_t next_id_ = 1;
  std::uint32_t epoch_ = 0;
  std::vector<std::byte> buffer_;
};

/// A snapshot of one number.
inline constexpr const char* kOneNode =
    R"({"version":1,"nodes":[{"id":"x","blockType":"number","data":{"value":1}}],"edges":[]})";

/// openSession that joins or makes the session `name`, with further members.
std::string session_named(std::string_view name, std::string_view more = "");

/// A chain of `length` elementwise blocks over a vector of `width`: an evaluation that takes as
/// long as a test needs. The head is the node "gain", a number; the last is "n<length - 1>".
std::string slow_snapshot(std::size_t length, std::size_t width);

}  // namespace chainsolved::test
